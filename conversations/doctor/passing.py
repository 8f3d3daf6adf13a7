"""What a place on the way does to a stream that it passes on, and what it tells the site of who asks."""

import time

from django.conf import settings

from conversations.doctor.asking import Heard, Place
from conversations.doctor.finding import Finding, fault, warning
from conversations.doctor.reaching import HOST_HEADER, named
from conversations.live.following import PING_INTERVAL

HELD = 0.5  # seconds by which an event may come later than others; more is no accident
SLOW = 1.0  # seconds by which the first event may come later than from the process itself
BREATH = 0.6  # seconds without an event that are a silence
RENEW = 14  # days before its end when a certificate should long be renewed
DAY = 86_400  # seconds

CONFIGURATION = "as in deploy/nginx/chatsite.conf"
SIX = "a browser opens six connections to a site, and six tabs with running answers let a seventh wait"


def wrongs(place: Place, heard: Heard, direct: Heard | None) -> dict[str, Finding]:
    """By their kinds. `direct` is what the process itself gives."""
    found = {
        "held": held(place, heard),
        "cut": cut(place, heard),
        "compressed": compressed(place, heard),
        "slow": slow(place, heard, direct),
    }
    if not place.is_process:
        found |= {"http2": without_http2(place, heard), "certificate": ending(place, heard), **told(place, heard)}
    return {kind: finding for kind, finding in found.items() if finding}


def held(place: Place, heard: Heard) -> Finding | None:
    late = heard.took if isinstance(heard.error, TimeoutError) else heard.lag
    if late <= HELD:
        return None
    over = " over HTTP/1.1" if heard.speaks_http2 else ""  # by which it was read: nginx may hold less back over HTTP/2
    text = f"{named(place, heard)} holds back what the site sends{over}: some came {late:.1f} s late, or not at all."
    if place.is_process:
        return fault(text, "The machine has too much to do: look what else runs on it, and run the doctor again.")
    return fault(
        text,
        "Turn its buffering off for /messages/…/events/ (nginx: `proxy_buffering off;`, and no `proxy_ignore_headers "
        f"X-Accel-Buffering`), {CONFIGURATION}.",
    )


def cut(place: Place, heard: Heard) -> Finding | None:
    if heard.has_ended or isinstance(heard.error, TimeoutError):
        return None
    silent = heard.took - heard.arrivals[-1].came
    how = f"a stream that is silent for {silent:.0f} s" if silent > BREATH else f"a stream after {heard.took:.0f} s"
    if place.is_process:
        return fault(f"{place.who} ends {how}.", "It was perhaps being stopped: look at its log, and ask again.")
    return fault(
        f"{named(place, heard)} cuts {how}. Between two signs of life there may be {PING_INTERVAL:.0f} s.",
        f"Let it wait for 45 s (nginx: `proxy_read_timeout 45s;`), {CONFIGURATION}.",
    )


def compressed(place: Place, heard: Heard) -> Finding | None:
    encoding = heard.headers.get("content-encoding", "identity")
    if encoding == "identity":
        return None
    return warning(
        f"{named(place, heard)} compresses streams ({encoding}), though they say no-transform: a compressor holds "
        "events back.",
        "Let it compress no text/event-stream (nginx: `gzip off;` in the location of /messages/…/events/).",
    )


def slow(place: Place, heard: Heard, direct: Heard | None) -> Finding | None:
    if place.is_process or direct is None or heard.lag > HELD:
        return None
    first, at_best = heard.arrivals[0].came, direct.arrivals[0].came
    if first - at_best <= SLOW:
        return None
    return warning(
        f"Through {named(place, heard)} the first event comes after {first:.1f} s; the process gives it after "
        f"{at_best:.1f} s.",
        "Look at the network and at what else the proxy does with each request.",
    )


def without_http2(place: Place, heard: Heard) -> Finding | None:
    if heard.speaks_http2:
        return None
    if not place.is_tls:
        return warning(
            f"PUBLIC_URL begins with http, over which browsers speak no HTTP/2: {SIX}.",
            f"Put a proxy before the site that speaks HTTPS with HTTP/2, {CONFIGURATION}.",
        )
    return warning(
        f"{named(place, heard)} does not speak HTTP/2: {SIX}.",
        "Turn HTTP/2 on there (nginx: `listen 443 ssl http2;`, from 1.25.1 on `http2 on;`).",
    )


def ending(place: Place, heard: Heard) -> Finding | None:
    if heard.certificate_ends is None or heard.certificate_begins is None:
        return None
    left = (heard.certificate_ends - time.time()) / DAY
    life = (heard.certificate_ends - heard.certificate_begins) / DAY
    if left > min(RENEW, life / 4):  # some last for days only, and are renewed sooner
        return None
    return warning(
        f"The certificate of {place.who} ends in {left:.0f} days.", "Look why it was not renewed, and renew it."
    )


def told(place: Place, heard: Heard) -> dict[str, Finding | None]:
    """What the site believes of who asks and how, where a proxy asks for them."""
    seen = heard.seen
    doubted = seen.get("forwarded_for") and not seen.get("is_believed")
    if doubted:
        return {"told": not_believed(place, heard), "host": other_host(place, heard)}
    return {
        "scheme": insecure(place, heard),
        "client": nobody_told(place, heard),
        "host": other_host(place, heard),
    }


def not_believed(place: Place, heard: Heard) -> Finding:
    client = heard.seen.get("client", "")
    return fault(
        f"The site does not believe the proxy who asks, and how: everybody seems to come from {client} by "
        f"{heard.seen.get('scheme')}, and a few wrong passwords lock out all.",
        f"Set TRUSTED_PROXIES to the address from which the proxy asks ({client}), and restart the site.",
    )


def insecure(place: Place, heard: Heard) -> Finding | None:
    if not place.is_tls or heard.seen.get("scheme") == "https":
        return None
    if heard.seen.get("forwarded_proto") == "https":
        return not_believed(place, heard)
    return fault(
        "The site takes what comes by https for http, in links and headers too: the proxy does not tell it otherwise.",
        f"Let the proxy say it (nginx: `proxy_set_header X-Forwarded-Proto $scheme;`), {CONFIGURATION}.",
    )


def nobody_told(place: Place, heard: Heard) -> Finding | None:
    if not place.is_tls or heard.seen.get("forwarded_for"):
        return None
    return warning(
        f"The proxy does not say who asks: everybody seems to come from {heard.seen.get('client')}, and a few wrong "
        "passwords lock out all.",
        f"Let it say it (nginx: `proxy_set_header X-Forwarded-For $remote_addr;`), {CONFIGURATION}.",
    )


def other_host(place: Place, heard: Heard) -> Finding | None:
    host = str(heard.seen.get("host", "")).lower()
    if without_port(host, place.is_tls) == without_port(place.host.lower(), place.is_tls):
        return None
    return fault(
        f"The site is asked for as {host}, and not as {place.host}: the links that it writes lead there.",
        f"{HOST_HEADER}, or correct PUBLIC_URL ({settings.PUBLIC_URL}).",
    )


def without_port(host: str, is_tls: bool) -> str:
    """`host` without the port that its scheme has anyway."""
    return host.removesuffix(":443" if is_tls else ":80")
