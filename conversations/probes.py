"""The stream by which `manage.py doctor` looks at what stands before the site: where it is, and who may ask for it."""

from django.core import signing

UUID = "00000000-0000-0000-0000-000000000000"  # no answer has it
PATH = f"/messages/{UUID}/events/"  # of the shape of real streams: proxies are configured by it
HEADER = "X-Probe"
SECONDS = 60  # for which a pass is good

SIGNER = signing.TimestampSigner(salt="conversations.probes")


def make_pass() -> str:
    """What goes into the header HEADER: it lets in whoever has the site's SECRET_KEY."""
    return SIGNER.sign("probe")


def is_pass(value: str) -> bool:
    try:
        return SIGNER.unsign(value, max_age=SECONDS) == "probe"
    except signing.BadSignature:
        return False
