"""The site as people meet it: a server process of its own, a folder of its own, a scripted model, and a browser."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.fakes.provider import FakeProvider
from tests.fakes.replies import DONE, Call, Gate, Reply, chunk, chunks, raw
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "correct-horse-9"
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ACCOUNTS = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from conversations.models.session import SessionStore
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
password = make_password({password!r})
users = User.objects.bulk_create(
    User(username=name, password=password, is_staff=admin, is_superuser=admin) for name, admin in {people!r}
)
keys = {{}}
for user in users:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    keys[user.username] = session.session_key
print(json.dumps(keys))
"""


class Site:
    """A running site: `url` is its address, `model` the provider that it asks (None: the built-in demo)."""

    def __init__(self, url: str, folder: Path, model: FakeProvider | None) -> None:
        self.url = url
        self.folder = folder
        self.model = model
        self.sessions: dict[str, str] = {}

    def behind(self, url: str) -> "Site":
        """The same site, reached through a proxy at `url`."""
        site = Site(url, self.folder, self.model)
        site.sessions = self.sessions
        return site

    def manage(self, *arguments: str) -> str:
        """Run a management command on the site's data."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment(self.folder, self.model),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def make_accounts(self, *people: tuple[str, bool]) -> Self:
        """Accounts of these names, each with whether it is an admin's; all of them are logged in already (`enter`)."""
        self.sessions |= json.loads(self.run(ACCOUNTS.format(people=people, password=PASSWORD)))
        return self

    def run(self, code: str) -> str:
        """Run Python on the site's data; what it prints."""
        return self.manage("shell", "-v", "0", "-c", code)

    def script(self, name: str) -> str:
        """Where the script static/js/`name`.js is served."""
        served = json.loads((self.folder / "data" / "static" / "staticfiles.json").read_text())["paths"]
        return f"{self.url}/static/{served[f'js/{name}.js']}"

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says."""
        with closing(sqlite3.connect(f"file:{self.folder}/data/db.sqlite3?mode=ro", uri=True)) as database:
            return database.execute(question, values).fetchall()


@contextmanager
def serving(model: FakeProvider | None = None, **settings: str) -> Iterator[Site]:
    """A site in production's way (hashed static files, DEBUG off) on a free port, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="chatsite-browser-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with (folder / "log").open("w") as log:
            server = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=environment(folder, model) | {"PORT": "0", "SHUTDOWN_GRACE": "1"} | settings,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        try:
            yield Site(address(server, folder), folder, model)
        finally:
            server.terminate()
            server.wait(PATIENCE)
            assert server.stdout
            server.stdout.close()


def environment(folder: Path, model: FakeProvider | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not re.match("OPENAI|AZURE|CHAT_|DJANGO_", name)}
    chosen = {"OPENAI_BASE_URL": model.base_url, "CHAT_MODELS": "fake-model,other-model"} if model else {}
    return kept | chosen | {"DATA_DIR": str(folder / "data")}


def address(server: "subprocess.Popen[str]", folder: Path) -> str:
    assert server.stdout
    for line in server.stdout:
        if match := re.search(r"Chat is at (http://\S+?)/", line):
            return match[1]
    raise AssertionError(f"the server did not start: {(folder / 'log').read_text()}")


def asks(text: str) -> Callable[[Call], bool]:
    """Holds for the call for an answer to `text`."""
    return lambda call: call.body["messages"][-1]["content"] == text


def model_that(*, title: str = "A short title") -> FakeProvider:
    """A provider that names every conversation `title`."""
    model = FakeProvider()
    model.default_title = lambda call: chunks(title)
    return model


def growing(*pieces: str | Gate | bytes) -> Reply:
    """An answer in pieces; a gate holds what comes after it."""
    steps = [chunk({"content": piece}) if isinstance(piece, str) else piece for piece in pieces]
    return raw(*steps, chunk(finish="stop"), DONE)


def launch(playwright: Playwright, chromium: str) -> Browser:
    return playwright.chromium.launch(
        executable_path=chromium, args=BROWSER_ARGUMENTS, ignore_default_args=["--hide-scrollbars"]
    )


class Window:
    """A person's own browser; `context` is the browser's, with all of its tabs."""

    def __init__(self, context: BrowserContext, site: Site, problems: list[str]) -> None:
        self.context = context
        self._url, self._problems = site.url, problems

    def open(self, url: str = "") -> Page:
        """A new tab, in front; at the site's empty composer, unless it is told where."""
        tab = watched(self.context, self._problems)
        tab.goto(url or self._url)
        tab.locator("chat-composer:defined").wait_for()
        return tab


@contextmanager
def own_browser(playwright: Playwright, chromium: str) -> Iterator[BrowserContext]:
    """A browser as people have it: one window with tabs, of which all but the front one are hidden; and Back shows a
    page as it was left. Playwright's usual one takes every page for visible and keeps none."""
    with tempfile.TemporaryDirectory(prefix="chatsite-profile-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [chromium, *BROWSER_ARGUMENTS, f"--user-data-dir={profile}", "--remote-debugging-port=0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr
            address = next(line.split()[-1] for line in process.stderr if line.startswith("DevTools listening on"))
            browser = playwright.chromium.connect_over_cdp(address, no_defaults=True, timeout=60_000)
            yield browser.contexts[0]
            browser.close()
        finally:
            process.terminate()
            process.wait(PATIENCE)
            process.stderr.close()


def log_in(page: Page, site: Site, name: str = "ada") -> None:
    page.goto(f"{site.url}/accounts/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("heading", name="What is on your mind?").wait_for()


def enter(page: Page, site: Site, name: str) -> None:
    """As somebody who logged in before."""
    page.context.add_cookies([{"name": "session", "value": site.sessions[name], "url": site.url}])
    page.goto(site.url)


def send(page: Page, text: str) -> None:
    """Write `text` and press Enter, once the page's script is there to hear it."""
    page.locator("chat-composer:defined").wait_for()
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")


def of_shown(page: Page, selector: str, look: str, *given: Any) -> Any:
    """What `look`, a function in JavaScript, says of the elements that are shown, and of `given`. It is one step: what
    a locator has found may be gone from the page when it is looked at."""
    shown = "[...document.querySelectorAll(selector)].filter(it => it.checkVisibility({ visibilityProperty: true }))"
    return page.evaluate(f"([selector, ...given]) => ({look})({shown}, ...given)", [selector, *given])


def watched(context: BrowserContext, problems: list[str]) -> Page:
    """A page whose console errors, page errors and CSP violations are put into `problems`."""
    page = context.new_page()
    page.on("console", lambda said: problems.append(f"{said.text} {said.location}") if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page


def context_of(browser: Browser, **options: Any) -> BrowserContext:
    # Requests that pass through a worker escape `page.route`: only the test of the worker has one.
    usual = {"viewport": {"width": 1280, "height": 800}, "service_workers": "block"}
    return browser.new_context(**(usual | options))
