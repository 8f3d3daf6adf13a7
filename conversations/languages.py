"""Which of the site's languages somebody wants."""

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def asked(header: str) -> str:
    """The one that a browser's Accept-Language likes best among the site's; the usual one where it likes none."""
    for code, _ in parse_accept_lang_header(header):
        if code == "*":
            break
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return str(settings.LANGUAGE_CODE)
