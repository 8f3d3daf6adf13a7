"""A connection that fails in mid-answer: the page says so quietly, and shows the whole answer once, however it ends."""

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.proxy import Proxy, page_of
from tests.browser.site import Site, growing, send
from tests.browser.whole import HEAD, MIDDLE, TAIL, WHOLE, Gates, begin, expect_so_far, expect_whole, wait_end
from tests.fakes.provider import FakeProvider

PAUSES = """
async ([script, randoms]) => {
  const { Stream } = await import(script);
  const real = { EventSource, setTimeout, random: Math.random };
  const pauses = [];
  const stream = new Stream("/refused/", {
    cursor: "", onEvent() {}, isStillRunning: () => Promise.resolve(true), onConnection() {}, onRefused() {},
  });
  await new Promise((enough) => {
    Math.random = () => randoms;
    window.EventSource = class extends EventTarget {
      static CLOSED = 2;
      readyState = 2;
      constructor() { super(); queueMicrotask(() => this.dispatchEvent(new Event("error"))); }
      close() {}
    };
    window.setTimeout = (work, pause) => {
      if (pause === 45000) return 0;
      pauses.push(pause);
      if (pauses.length < 8) queueMicrotask(work); else enough();
      return 0;
    };
    stream.open();
  });
  stream.close();
  window.EventSource = real.EventSource;
  window.setTimeout = real.setTimeout;
  Math.random = real.random;
  return pauses;
}
"""


@pytest.mark.fault(37)
def test_offline_in_mid_answer_is_said_quietly_and_loses_nothing(
    proxied_page: Page, proxy: Proxy, context: BrowserContext, model: FakeProvider, gate: Gates
) -> None:
    page = proxied_page
    first, last = begin(page, model, gate)
    page.clock.install()
    context.set_offline(True)
    proxy.cut()
    expect(page.locator("connection-notice")).to_have_text(
        "You are offline. Your text is kept here; send it when you are back."
    )
    first.open()
    page.clock.fast_forward(20_000)
    expect(page.get_by_role("alert")).to_be_hidden()

    context.set_offline(False)

    expect_so_far(page, HEAD + MIDDLE)
    with page.expect_request("**/markdown/") as rendering:
        last.open()
    assert parse_qs(rendering.value.post_data)["text"] == [WHOLE]
    expect_whole(page)


@pytest.mark.fault(37)
def test_an_answer_that_ended_while_the_page_was_offline_is_shown_whole(
    proxied_page: Page, proxy: Proxy, context: BrowserContext, model: FakeProvider, gate: Gates
) -> None:
    page = proxied_page
    first, last = begin(page, model, gate)
    context.set_offline(True)
    proxy.cut()
    expect(page.locator("connection-notice")).to_be_visible()
    first.open()
    last.open()
    wait_end(page)
    expect_so_far(page, HEAD)

    context.set_offline(False)

    expect_whole(page)


@pytest.mark.fault(48)
@pytest.mark.parametrize(
    "reply",
    [page_of(502), page_of(503), page_of(404), page_of(200), b""],
    ids=["502", "503", "404", "another-page", "nothing"],
)
def test_a_proxy_that_fails_during_a_deploy_costs_nothing(
    proxied_page: Page, proxy: Proxy, model: FakeProvider, gate: Gates, reply: bytes
) -> None:
    page = proxied_page
    first, last = begin(page, model, gate)
    page.clock.install()
    proxy.fail(reply)
    expect(page.locator("connection-notice")).to_have_text("The connection is lost. Trying again…")
    expect(page.get_by_role("alert")).to_be_hidden()
    first.open()
    proxy.heal()

    page.clock.fast_forward(30_000)

    expect_so_far(page, HEAD + MIDDLE)
    expect(page.locator("connection-notice")).to_be_hidden()
    with page.expect_request("**/markdown/") as rendering:
        last.open()
    assert parse_qs(rendering.value.post_data)["text"] == [WHOLE]
    expect_whole(page)


@pytest.mark.fault(58)
def test_a_proxy_that_cuts_again_and_again_is_not_noticed(
    proxied_page: Page, proxy: Proxy, model: FakeProvider, gate: Gates
) -> None:
    page = proxied_page
    first, last = begin(page, model, gate)
    for opened in (first, last):
        with page.expect_request("**/events/**"):
            proxy.cut()
        expect(page.locator("connection-notice")).to_be_hidden()
        opened.open()
        if opened is first:
            expect_so_far(page, HEAD + MIDDLE)

    expect_whole(page)


@pytest.mark.fault(48)
def test_a_stream_that_ends_without_its_end_is_gone_on_with(page: Page, model: FakeProvider, gate: Gates) -> None:
    end = gate()
    model.script(growing(HEAD, MIDDLE, end, TAIL))

    def end_early(route: Route) -> None:
        answer = route.request.url.split("/messages/")[1].split("/")[0].replace("-", "")
        units = len(HEAD.encode("utf-16-le")) // 2
        body = f'event: start\ndata: {{}}\n\nid: {answer}.0.{units}.0\ndata: {{"text":"{HEAD}"}}\n\n'
        route.fulfill(content_type="text/event-stream", body=body)

    page.route("**/events/**", end_early, times=1)

    send(page, "End early")

    expect_so_far(page, HEAD + MIDDLE)
    expect(page.locator("connection-notice")).to_be_hidden()
    end.open()
    expect_whole(page)


@pytest.mark.fault(48)
@pytest.mark.parametrize(("random", "share"), [(0, 0.5), (1, 1)])
def test_the_pauses_between_two_attempts_grow_and_differ_and_have_a_bound(
    page: Page, site: Site, random: int, share: float
) -> None:
    pauses = page.evaluate(PAUSES, [site.script("stream"), random])

    assert pauses == [share * seconds * 1000 for seconds in (1, 2, 4, 8, 16, 30, 30, 30)]


@pytest.mark.fault(58)
def test_a_question_that_is_never_answered_does_not_hold_the_page(page: Page, model: FakeProvider, gate: Gates) -> None:
    first, last = begin(page, model, gate)
    page.clock.install()
    held: list[Route] = []
    page.route("**/messages/*/", lambda route: held.append(route), times=1)  # noqa: PLW0108 - a builtin is no handler
    page.route("**/events/**", lambda route: route.fulfill(status=502, body=""), times=1)
    with page.expect_request("**/messages/*/"):
        page.evaluate("() => dispatchEvent(new Event('online'))")
    first.open()

    page.clock.fast_forward(30_000)

    expect_so_far(page, HEAD + MIDDLE)
    last.open()
    expect_whole(page)


@pytest.mark.fault(48)
def test_a_message_that_was_sent_just_before_a_deploy_appears_after_it(
    proxied_page: Page, proxy: Proxy, model: FakeProvider
) -> None:
    page = proxied_page
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.clock.install()

    def deploy(route: Route) -> None:
        response = route.fetch()
        proxy.fail(page_of(502))
        route.fulfill(response=response)

    page.route("**/conversations/*/messages/", deploy, times=1)

    send(page, "Second")
    expect(page.locator("connection-notice")).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_value("")
    proxy.heal()
    page.clock.fast_forward(30_000)

    expect(page.locator(".question-text")).to_have_text(["First", "Second"])
    expect(page.locator(".answer-body.markdown")).to_have_text(["Hello there", "Hello there"])
    expect(page.locator("connection-notice")).to_be_hidden()


@pytest.mark.fault(48)
def test_another_page_in_the_place_of_a_message_is_not_put_into_the_chat(page: Page) -> None:
    send(page, "First")
    expect(page.locator(".answer-actions")).to_have_count(1)
    page.clock.install()
    page.route("**/messages/*/", portal)
    seen = "() => document.querySelector('.transcript').textContent.includes('Wi-Fi')"

    send(page, "Second")
    expect(page.get_by_label("Your message")).to_have_value("")
    expect(page.locator("connection-notice")).to_be_visible()
    assert not page.evaluate(seen)
    page.unroute("**/messages/*/")
    page.clock.fast_forward(30_000)

    expect(page.locator(".question-text")).to_have_text(["First", "Second"])
    expect(page.locator(".answer-body.markdown")).to_have_text(["Hello there", "Hello there"])
    expect(page.locator("connection-notice")).to_be_hidden()
    assert not page.evaluate(seen)


@pytest.mark.fault(48)
def test_another_page_is_never_shown_as_the_answers_text(page: Page, model: FakeProvider, gate: Gates) -> None:
    first, last = begin(page, model, gate)
    page.route("**/markdown/", portal)
    first.open()
    with page.expect_response("**/markdown/"):
        last.open()

    expect_whole(page)


def portal(route: Route) -> None:
    """What a captive portal says in the site's place."""
    route.fulfill(content_type="text/html", body="<h1>Welcome to our Wi-Fi</h1>")
