"""What a page loads, and what moves on it meanwhile."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}  # a phone's 3G
SHIFTS = """
globalThis.shifts = [];
new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries()) {
    shifts.push({ value, moved: sources.map(({ node }) => node?.className || node?.nodeName) });
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Response:
    """One response: `size` is of its body as it came, compressed; `head` of its headers."""

    url: str
    kind: str
    headers: dict[str, str]
    head: int
    size: int = 0

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


@dataclass
class Load:
    """What a page loaded, without any act of its reader, until nothing more came."""

    responses: list[Response] = field(default_factory=list)
    shifts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sizes(self) -> Counter[str]:
        """Of the bodies, in bytes, by kind: Document, Stylesheet, Script, Image."""
        return self._sum(lambda response: response.size)

    @property
    def whole_sizes(self) -> Counter[str]:
        """With the headers, as they are over HTTP/1.1."""
        return self._sum(lambda response: response.size + response.head)

    @property
    def whole_size(self) -> int:
        return self.whole_sizes.total()

    def _sum(self, size_of: Callable[[Response], int]) -> Counter[str]:
        sizes: Counter[str] = Counter()
        for response in self.responses:
            sizes[response.kind] += size_of(response)
        return sizes

    @property
    def shift(self) -> float:
        """How much what was shown has moved; 0 is not at all."""
        return float(sum(shift["value"] for shift in self.shifts))


def load(page: Page, url: str, *, is_slow: bool = False) -> Load:
    """Opens `url` in `page`, with nothing in the browser's cache."""
    with responses(page, is_slow=is_slow) as came:
        page.goto(url, wait_until="networkidle")
        page.evaluate("() => new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))")
    return Load(came, page.evaluate("shifts"))


@contextmanager
def responses(page: Page, *, is_slow: bool) -> Iterator[list[Response]]:
    """The responses that `page` gets meanwhile."""
    came: dict[str, Response] = {}
    browser = page.context.new_cdp_session(page)
    browser.on("Network.responseReceived", lambda event: came.update({event["requestId"]: begun(event)}))
    browser.on("Network.loadingFinished", lambda event: end(came[event["requestId"]], event["encodedDataLength"]))
    browser.send("Network.enable")
    browser.send("Network.clearBrowserCache")
    if is_slow:
        browser.send("Network.emulateNetworkConditions", SLOW)
    page.add_init_script(SHIFTS)
    collected: list[Response] = []
    yield collected
    browser.detach()
    collected += (response for response in came.values() if response.head)  # the icon is asked for twice and comes once


def begun(event: dict[str, Any]) -> Response:
    response = event["response"]
    headers = {name.lower(): value for name, value in response["headers"].items()}
    return Response(response["url"], event["type"], headers, response["encodedDataLength"])


def end(response: Response, whole_size: int) -> None:
    response.size = whole_size - response.head
