"""A visit to the site: whose page it is, and what has to last as long as it is looked at."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Self

from playwright.sync_api import Page

from tests.browser.site import Site, asks, enter, serving
from tests.fakes.replies import Gate, Reply, chunks
from tests.people import Person

EARLIER = [
    "Names for a small bakery",
    "Explain the CAP theorem to a product manager",
    "Proofread my cover letter",
    "A week of dinners without onions",
    "Why does my Rust closure not borrow?",
    "Ideas for a rainy Sunday with two children",
    "Compare three ways to store time zones",
]
ADMIN = "admin"
NEWEST_ANSWER = """
from conversations.models import Message
answer = Message.objects.filter(owner__username={person!r}, role="assistant").last()
Message.objects.filter(pk=answer.pk).update(**{columns!r})
"""
State = Callable[["Visit"], None]
STATES: dict[str, State] = {}


def state(bring: State) -> State:
    """Registers what brings a visit's page to a state, under the function's name."""
    STATES[bring.__name__.replace("_", "-")] = bring
    return bring


class Visit:
    """`page` is that of `person`, who has not been on the site before. What the state needs is let go of at the end."""

    def __init__(self, page: Page, site: Site, person: str) -> None:
        self.page, self.site, self.person = page, site, person
        self._lasting = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lasting.close()

    def gate(self) -> Gate:
        """Holds an answer until the end of the visit, unless it is opened before."""
        gate = Gate()
        self._lasting.callback(gate.open)
        return gate

    def another_site(self, **settings: str) -> Site:
        """A site of its own with the demo model, and these settings."""
        return self._lasting.enter_context(serving(**settings))

    def go(self, path: str) -> None:
        self.page.goto(self.site.url + path)

    def enter(self) -> None:
        """At home, for the first time."""
        enter(self.page, self.site, self.person)
        self.page.locator("chat-composer:defined").wait_for()

    def log_in(self) -> None:
        """At home, with some earlier chats."""
        talker = Person(self.site.url, self.site.sessions[self.person])
        for question in EARLIER:
            talker.ask(question)
        self.enter()

    def log_in_as_admin(self) -> None:
        self.page.goto("about:blank")  # a reply under way would bring the person's session back
        enter(self.page, self.site, ADMIN)

    def send(self, text: str, reply: Reply | None = None) -> None:
        """Ask, in the composer that is there."""
        if reply:
            self.script(text, reply)
        self.page.get_by_label("Your message").fill(text)
        self.page.keyboard.press("Control+Enter")  # on a phone Enter breaks the line

    def script(self, text: str, reply: Reply) -> None:
        """How the model will answer to `text`."""
        assert self.site.model
        self.site.model.script(reply, when=asks(text))

    def ask(self, text: str, reply: Reply | None = None) -> None:
        """Ask, and wait for the answer's end."""
        ended = self.page.locator(".answer-actions")
        before = ended.count()
        self.send(text, reply)
        ended.nth(before).wait_for()

    def open(self, *summaries: str) -> None:
        """Open what these selectors find, one after the other: menus, and the folds in them."""
        for summary in summaries:
            self.page.locator(summary).last.click()

    def open_user_menu(self) -> None:
        """It is in the drawer, where the page is narrow."""
        self.page.evaluate("location.hash = 'sidebar'")
        self.open(".user-menu summary")

    def scroll_to(self, top: int) -> None:
        self.page.locator(".transcript").evaluate("(place, top) => { place.scrollTop = top; }", top)

    def set_answer(self, **columns: str) -> None:
        """Let the person's newest answer have ended in another way than a model can bring about."""
        self.site.run(NEWEST_ANSWER.format(person=self.person, columns=columns))

    def save_presets(self) -> None:
        """Ask something, and save two presets in that chat, one with all settings and one with none."""
        self.ask("Say hello", chunks("Hello. What shall we look at?"))
        self.save_preset("Ideas")
        self.open_fold("Settings")
        self.page.get_by_label("System prompt").fill("You review code. Name what is wrong first.\nThen say why.")
        self.page.get_by_label("Earlier turns").fill("4")
        self.page.get_by_label("Temperature").fill("0.2")
        self.page.get_by_label("Longest answer").fill("800")
        self.page.get_by_role("button", name="Save", exact=True).click()
        self.page.locator(".settings:not([open])").wait_for(state="attached")
        self.save_preset("Careful reviewer")

    def save_preset(self, name: str) -> None:
        self.open_fold("Presets")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_role("button", name="Save as preset").click()
        self.page.locator(".notice", has_text=name).wait_for()

    def press_in_menu(self, name: str) -> None:
        self.open(".conversation-menu > details > summary")
        self.page.locator(".conversation-menu").get_by_role("button", name=name, exact=True).click()

    def open_fold(self, name: str) -> None:
        self.open(".conversation-menu > details > summary", f".conversation-menu .fold > summary:has-text('{name}')")
