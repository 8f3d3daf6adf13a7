"""How much of a page moves while it loads."""

from playwright.sync_api import Locator, Page

LOADS = 3
SHIFT = """() => new Promise(resolve => {
  let sum = 0;
  const add = (list) => list.getEntries().forEach((entry) => (sum += entry.value));
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(sum), 50)));
})"""


def least_shift(page: Page, *, ready: Locator) -> float:
    """The layout shift of the calmest of some loads, each until `ready` is seen: a browser that is held up draws a page
    before it has all of it, and then what it has moves."""
    return min(shift_of(page, ready) for _ in range(LOADS))


def shift_of(page: Page, ready: Locator) -> float:
    page.reload()
    ready.wait_for()
    return float(page.evaluate(SHIFT))
