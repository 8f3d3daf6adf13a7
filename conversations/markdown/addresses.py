"""Which bare words are addresses."""

import re
from typing import Any

from linkify_it import LinkifyIt


def addresses() -> LinkifyIt:
    """Finds bare http(s) and mail addresses and `www.` names (taken as https), but no `manage.py` or `README.md`."""
    linkify = LinkifyIt(options={"fuzzy_link": False})
    after_www = re.compile(linkify.re["src_host_port_strict"] + linkify.re["src_path"], re.IGNORECASE)

    def validate(_: LinkifyIt, text: str, position: int) -> int:
        match = after_www.match(text, position)
        return match.end() - position if match else 0

    def normalize(_: LinkifyIt, match: Any) -> None:
        match.url = "https://" + match.url

    linkify.add("//", None).add("ftp:", None)
    linkify.add("www.", {"validate": validate, "normalize": normalize})
    return linkify
