"""The site under a finger, and as an app: room to touch, letters that a phone leaves as they are, safe areas, icons."""

import json
import re
import struct
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import ROOT, Site, context_of, enter, of_shown, watched
from tests.browser.whole import expect_calm
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, chunk, raw

PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
INSETS = {"top": 40, "right": 20, "bottom": 30, "left": 24}
TARGETS = ":is(a, button, summary, input, select, textarea):not(.skip, .sidebar-shade, :is(p, li) > a, .markdown a)"
NARROW_TARGETS = """targets => targets
    .map(target => ({ box: target.getBoundingClientRect(), name: target.className || target.outerHTML.slice(0, 80) }))
    .filter(({ box }) => Math.round(Math.min(box.width, box.height)) < 24)
    .map(({ box, name }) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
FAINT = """targets => targets
    .filter(target => !target.checkVisibility({ opacityProperty: true }))
    .map(target => target.className)"""
ROWS = """bar => new Set([...bar.children]
    .filter(child => child.checkVisibility())
    .map(child => child.getBoundingClientRect())
    .map(({ top, bottom }) => Math.round((top + bottom) / 2))).size"""
PUT = """
from django.contrib.auth.models import User
from django.utils import timezone
from conversations.models import Conversation
person = User.objects.get(username={person!r})
Conversation.objects.create(owner=person, title="current")
Conversation.objects.create(owner=person, title="pinned", pinned_at=timezone.now())
Conversation.objects.create(owner=person, title="archived", archived_at=timezone.now())
Conversation.objects.create(owner=person, title="binned", binned_at=timezone.now())
"""


@pytest.fixture
def phone(browser: Browser, site: Site, person: str, problems: list[str]) -> Iterator[Page]:
    with context_of(browser, **PHONE) as context:
        page = watched(context, problems)
        enter(page, site, person)
        page.locator("chat-composer:defined").wait_for()
        yield page


@pytest.fixture
def notched(phone: Page) -> Page:
    """A phone of which something is hidden at each side."""
    session = phone.context.new_cdp_session(phone)
    insets = {
        name: value for side, pixels in INSETS.items() for name, value in ((side, pixels), (f"{side}Max", pixels))
    }
    session.send("Emulation.setSafeAreaInsetsOverride", {"insets": insets})
    return phone


def talk(page: Page, model: FakeProvider) -> None:
    answer = [chunk({"reasoning_content": "Hm"}), chunk({"content": "Hello"}), chunk(finish="stop"), DONE]
    model.script(raw(*answer))
    model.script(raw(*answer))
    page.get_by_label("Your message").fill("Tap")
    page.get_by_role("button", name="Send").tap()
    page.get_by_role("button", name="Answer again").tap()
    expect(page.locator(".siblings-place")).to_have_text("2/2")
    expect(page.get_by_role("heading", level=1)).to_have_text("A short title")
    expect_calm(page)


def narrow_targets(page: Page, *, within: str = "body") -> list[str]:
    return list(of_shown(page, f"{within} {TARGETS}", NARROW_TARGETS))


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_what_is_done_with_chosen_chats_takes_a_row_or_two(phone: Page, site: Site, person: str, language: str) -> None:
    site.run(PUT.format(person=person))
    phone.context.set_extra_http_headers({"Accept-Language": language})

    rows = {}
    for place in ("chats", "archive", "bin"):
        phone.goto(f"{site.url}/conversations/?in={place}")
        for box in phone.locator("[name=id]").all():
            box.tap()
        bar = phone.locator(".picking-tools")
        expect(bar.get_by_role("checkbox")).to_be_checked()
        rows[place] = bar.evaluate(ROWS)
        assert narrow_targets(phone, within=".picking") == []

    assert phone.locator("html").get_attribute("lang") == language
    assert (rows["chats"], rows["archive"]) == (1, 1)
    assert rows["bin"] <= 2  # what deletes for good keeps its words


def test_every_target_is_large_enough_for_a_finger(phone: Page, site: Site, model: FakeProvider) -> None:
    talk(phone, model)
    small = {"answered": narrow_targets(phone)}
    for name in (".answer-sent", ".answer-menu", ".conversation-menu"):
        phone.locator(f"{name} > details > summary").tap()
        small[name] = narrow_targets(phone)
    phone.locator(".fold > summary", has_text="Settings").tap()
    small["settings"] = narrow_targets(phone)
    for path in ("/", "/conversations/", "/presets/", "/preferences/", "/accounts/password/change/", "/nowhere/"):
        phone.goto(site.url + path)
        small[path] = narrow_targets(phone)

    assert {place: targets for place, targets in small.items() if targets} == {}


def test_what_a_pointer_would_uncover_is_there_without_one(phone: Page, model: FakeProvider) -> None:
    talk(phone, model)

    assert of_shown(phone, ":is(a, button, summary)", FAINT) == []
    assert phone.locator(".answer-actions").evaluate("actions => getComputedStyle(actions).opacity") == "1"


def test_no_field_makes_a_phone_enlarge_the_page(phone: Page, model: FakeProvider, site: Site) -> None:
    talk(phone, model)

    small = [fields_below_16(phone)]
    for path in ("/preferences/", "/accounts/password/change/"):
        phone.goto(site.url + path)
        small.append(fields_below_16(phone))

    assert small == [[], [], []]


def fields_below_16(page: Page) -> list[str]:
    return list(
        page.evaluate(
            "() => [...document.querySelectorAll(':is(input:not([type=hidden]), select, textarea)')]"
            ".filter(field => parseFloat(getComputedStyle(field).fontSize) < 16)"
            ".map(field => field.name)"
        )
    )


def test_nothing_to_touch_is_behind_a_notch(notched: Page, model: FakeProvider, site: Site) -> None:
    talk(notched, model)

    behind = [targets_outside(notched)]
    notched.get_by_role("link", name="Show the chats").click()
    notched.locator(".sidebar").evaluate("bar => Promise.all(bar.getAnimations().map(move => move.finished))")
    behind.append(targets_outside(notched))
    for path in ("/", "/conversations/", "/accounts/password/change/"):
        notched.goto(site.url + path)
        behind.append(targets_outside(notched))

    assert behind == [[]] * 5
    assert notched.locator("html").evaluate("html => html.scrollWidth") == 360


def targets_outside(page: Page) -> list[str]:
    """Those targets in view that reach under what is hidden of the screen, and cannot be scrolled away from there."""
    return list(
        of_shown(
            page,
            TARGETS,
            """(targets, { top, right, bottom, left }) => targets
                .map(target => [target, target.getBoundingClientRect()])
                .filter(([target, box]) => {
                    const x = box.x + box.width / 2;
                    const y = box.y + box.height / 2;
                    const isOnTop = target.contains(document.elementFromPoint(x, y));
                    const scrolls = document.documentElement.scrollHeight > innerHeight;
                    return isOnTop && (box.left < left || box.right > innerWidth - right
                        || box.top < top || (!scrolls && box.bottom > innerHeight - bottom));
                })
                .map(([target]) => target.className || target.outerHTML.slice(0, 80))""",
            INSETS,
        )
    )


def test_site_can_be_installed(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)

    manifest = session.send("Page.getAppManifest")
    problems = session.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["name"] == "chatsite"
    # A private window, as the browser of a test is, installs nothing; that is all it has to say.
    assert [problem["errorId"] for problem in problems] == ["in-incognito"]


def test_theme_colour_is_that_of_the_page_in_light_and_dark(page: Page) -> None:
    paper = re.search(r"--raw-paper: light-dark\((#\w+), (#\w+)\)", (ROOT / "static/css/tokens.css").read_text())
    colours = page.locator("meta[name=theme-color]")

    assert paper
    assert [colour.get_attribute("content") for colour in colours.all()] == list(paper.groups())


@pytest.mark.parametrize(
    ("name", "size"),
    [("icon-192", 192), ("icon-512", 512), ("icon-maskable-512", 512), ("apple-touch-icon", 180)],
)
def test_icon_has_its_size(name: str, size: int) -> None:
    content = (ROOT / "static" / "img" / f"{name}.png").read_bytes()

    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (size, size)
