"""Whether the streams of answers reach people as the site sends them, and which place on the way is to blame if not."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from conversations.doctor import asking, passing, reaching
from conversations.doctor.asking import Heard, Place
from conversations.doctor.finding import Finding, Level, ok, warning

LOOPBACK = "127.0.0.1"
EVERYWHERE = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - not listened on
PORTS = {"http": 80, "https": 443}


def look() -> Iterator[Finding]:
    """Reads one stream at each place on the way, nearest to the site first, for as long as real ones are silent."""
    if not settings.PORT:
        yield warning("PORT is 0: where the process itself listens is not known.", "Give the site a PORT of its own.")
    nearby = list(on_this_machine())
    places = [*process(), *nearby, *public(is_behind=bool(nearby))]
    yield from judged(list(zip(places, asking.listen_at(places), strict=True)))


def process() -> Iterator[Place]:
    if settings.PORT:
        address = (EVERYWHERE.get(settings.HOST, settings.HOST), settings.PORT)
        host = public_host() or f"localhost:{settings.PORT}"
        yield Place(f"the process at {at(address)}", address, host, is_process=True)


def on_this_machine() -> Iterator[Place]:
    """A proxy at PUBLIC_URL's port, unless the name leads to it anyway."""
    name, port, is_tls = public_address()
    is_process = port == settings.PORT and EVERYWHERE.get(settings.HOST, settings.HOST) == LOOPBACK
    if not name or is_process or LOOPBACK in asking.addresses(name, port) or not asking.is_open((LOOPBACK, port)):
        return
    yield Place("the proxy on this machine", (LOOPBACK, port), public_host(), is_tls=is_tls, server_name=name)


def public(*, is_behind: bool) -> Iterator[Place]:
    name, port, is_tls = public_address()
    if name:
        who = f"what stands between this machine and {settings.PUBLIC_URL}" if is_behind else settings.PUBLIC_URL
        yield Place(who, (name, port), public_host(), is_tls=is_tls, server_name=name, has_public_name=True)


def public_address() -> tuple[str, int, bool]:
    """Name, port and whether TLS is spoken there; an empty name without PUBLIC_URL."""
    url = urlsplit(settings.PUBLIC_URL)
    return url.hostname or "", url.port or PORTS.get(url.scheme, 0), url.scheme == "https"


def public_host() -> str:
    return urlsplit(settings.PUBLIC_URL).netloc.rpartition("@")[2]


def at(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def judged(way: list[tuple[Place, Heard]]) -> Iterator[Finding]:
    """The outermost place with a stream is what people meet. Nearer ones without it do not lie on their way, or are
    looked for in the wrong place; of those beyond, the first one is in the way of the others."""
    streams = [number for number, (_, heard) in enumerate(way) if heard.is_stream]
    last = streams[-1] if streams else -1
    for place, heard in way[: max(0, last)]:
        if place.is_process and not heard.is_stream:
            yield reaching.elsewhere(place, heard)
    if streams:
        yield from as_passed_on([way[number] for number in streams], is_whole=last == len(way) - 1)
    for number, (place, heard) in enumerate(way[last + 1 :]):
        if number == 0 or not heard.status:
            yield reaching.missing(place, heard)


def as_passed_on(way: list[tuple[Place, Heard]], *, is_whole: bool) -> Iterator[Finding]:
    """What is wrong with the stream that people meet, each with the nearest place that shows it."""
    direct = way[0][1] if way[0][0].is_process else None
    shown = [passing.wrongs(place, heard, direct) for place, heard in way]
    found = [next(wrongs[kind] for wrongs in shown if kind in wrongs) for kind in shown[-1]]
    yield from found
    if is_whole and not any(finding.level == Level.FAULT for finding in found):
        yield ok(well(*way[-1]))


def well(place: Place, heard: Heard) -> str:
    protocol = "HTTP/2 is offered" if heard.speaks_http2 else "HTTP/1.1"
    figures = (
        f"first event after {heard.arrivals[0].came * 1000:.0f} ms, no delay over {heard.lag * 1000:.0f} ms, {protocol}"
    )
    if settings.PUBLIC_URL:
        return f"through {settings.PUBLIC_URL}: {figures}"
    return f"PUBLIC_URL is not set; streams come well at http://{at(place.address)}: {figures}"
