"""An authenticator app: the codes of RFC 6238, made by other code than the site's."""

import hmac
import time
from base64 import b32decode

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code_of(secret: str = SECRET) -> str:
    """What an app shows now that knows `secret`."""
    digest = hmac.digest(b32decode(secret), (int(time.time()) // 30).to_bytes(8, "big"), "sha1")
    place = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[place : place + 4], 'big') & 0x7FFFFFFF) % 10**6:06}"
