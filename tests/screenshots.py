"""Pictures of the site's main states: `python -m tests.screenshots [folder]` (default var/screenshots)."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.site import (
    ROOT,
    Site,
    context_of,
    is_answer_call,
    is_title_call,
    launch,
    log_in,
    model_that,
    send,
    serving,
)
from tests.fakes.replies import DONE, Call, Gate, Reply, chunk, chunks, raw, refusal

NARROW = {"width": 360, "height": 740}
QUESTION = "Our nightly backup takes four hours. How would you find out why, and what would you try first?"
FORMULAS = "How long will it take next month?"
THOUGHTS = "They want a diagnosis before a cure. Four hours suggests one slow thing: I/O, the network, or many files."
ANSWER = """\
Measure before you change anything: four hours usually has **one** cause, and it is rarely the one people suspect.

## Find out where the time goes

1. Note the start and the end of each phase: *scan*, *compress*, *send*.
2. Watch the disk and the network while it runs.
3. Compare with a plain copy of the same data.

| Phase | Last night | Share |
|:--|--:|:-:|
| Scan for changes | 2 h 48 min | 70 % |
| Compress | 31 min | 13 % |
| Send | 41 min | 17 % |

Here the **scan** is what hurts: it reads every file to see whether it changed. This shows it in a minute:

```python
import time
from pathlib import Path


def scan(folder: Path) -> tuple[int, float]:
    \"\"\"How many files there are, and how long it takes to ask for their sizes.\"\"\"
    start = time.monotonic()
    count = sum(1 for file in folder.rglob("*") if file.stat().st_size >= 0)
    return count, time.monotonic() - start


print(scan(Path("/srv/data")))  # 4,812,335 files in 9,911 s
```

### What I would try first

- [x] Exclude caches and build folders
- [ ] Let the file system tell what changed, with [snapshots](https://openzfs.org/wiki/Main_Page)
- [ ] Only then look at compression

> A backup nobody has restored is a hope, not a backup. Try one restore this week.
"""
BLOCKS = r"""
The backup grows by a share $q$ each night, so after $n$ nights it takes

$$
t_n = t_0 \sum_{k=0}^{n-1} q^k = t_0 \, \frac{1 - q^n}{1 - q} \qquad (q \neq 1) \tag{1}
$$

and with the limits of the disk

\[
\begin{aligned}
v(n) &= \begin{cases} n \cdot 180 & \text{if } n < 30 \\ 5400 & \text{otherwise} \end{cases} \\
\int_0^{30} v(x) \, dx &= \left. 90 x^2 \right|_0^{30} = \boxed{81\,000}
\end{aligned}
\]

```python
""" + "".join(f"TIMES[{night}] = {168 + 3 * night}\n" for night in range(1, 41))
EARLIER = [
    "Names for a small bakery",
    "Explain the CAP theorem to a product manager",
    "Proofread my cover letter",
    "A week of dinners without onions",
    "Why does my Rust closure not borrow?",
    "Ideas for a rainy Sunday with two children",
    "Compare three ways to store time zones",
]


def main(folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise SystemExit("Pictures need Chromium: make system installs it.")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, launch(playwright, chromium) as browser:
        take_chat(browser, folder)
        take_demo(browser, folder)
    print(f"{len(list(folder.glob('*.png')))} pictures in {folder}")  # noqa: T201


def take_chat(browser: Browser, folder: Path) -> None:
    with (
        model_that(title="Slow nightly backup") as model,
        serving(model, CHAT_MODELS="qwen3-32b,llama-3.3-70b") as site,
    ):
        model.default = reply
        site.make_accounts(("ada", True), ("bob", False))
        with context_of(browser) as context:
            take_entrance(context, site, folder)
            take_states(context, site, folder)
        with context_of(browser, color_scheme="dark") as context:
            take_dark(context, site, folder)
        with context_of(browser, viewport=NARROW, has_touch=True, is_mobile=True, device_scale_factor=2) as context:
            take_narrow(context, site, folder)


def reply(call: Call) -> Reply:
    asked = str(call.body["messages"][-1]["content"])
    if not is_title_call(call):
        return chunks(BLOCKS + "```\n" if asked == FORMULAS else ANSWER)
    return chunks("Slow nightly backup" if QUESTION[:20] in asked else asked.splitlines()[-1][:60])


def take_entrance(context: BrowserContext, site: Site, folder: Path) -> None:
    page = context.new_page()
    page.goto(site.url)
    shoot(page, folder, "login")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    page.locator(".errorlist").wait_for()
    shoot(page, folder, "login-refused")
    log_in(page, site, "bob")
    shoot(page, folder, "first-visit")
    for title in EARLIER:
        page.goto(site.url)
        send(page, title)
        page.locator(".answer-actions").wait_for()
    page.goto(site.url)
    shoot(page, folder, "empty")
    page.close()


def take_states(context: BrowserContext, site: Site, folder: Path) -> None:
    model = site.model
    assert model
    page = context.new_page()
    take_streaming(page, site, folder)
    shoot(page, folder, "finished")
    page.locator(".transcript").evaluate("place => { place.scrollTop = 330; }")
    shoot(page, folder, "finished-code-and-table")
    page.locator(".conversation-menu summary").first.click()
    shoot(page, folder, "menu")
    for name in ("Rename", "Settings", "Presets", "Delete"):
        page.locator(".fold > summary", has_text=name).click()
        shoot(page, folder, f"menu-{name.lower()}")
    page.keyboard.press("Escape")
    model.script(refusal(401), when=is_answer_call)
    send(page, "And how long should a restore take?")
    page.locator(".answer-failure").wait_for()
    shoot(page, folder, "error")
    page.get_by_role("button", name="Answer again").first.click()
    page.locator(".siblings").wait_for()
    shoot(page, folder, "second-answer")
    page.locator(".answer-menu summary").last.click()
    shoot(page, folder, "answer-menu")
    page.keyboard.press("Escape")
    shoot_sent(page, folder, "sent")
    page.locator(".question").last.hover()
    page.locator(".editor summary").last.click()
    shoot(page, folder, "editing")
    page.keyboard.press("Escape")
    take_stopped(page, site, folder)
    take_presets(page, site, folder)
    page.locator(".user-menu summary").click()
    shoot(page, folder, "user-menu")
    for name, path in {"list": "/conversations/", "password": "/accounts/password/change/", "404": "/nowhere/"}.items():
        page.goto(site.url + path)
        shoot(page, folder, name)
    page.goto(site.url)
    send(page, FORMULAS)
    shoot_blocks(page, folder, "blocks")
    take_offline(page, site, folder)
    take_csrf(page, site, folder)


def take_streaming(page: Page, site: Site, folder: Path) -> None:
    gate = Gate()
    middle = ANSWER.index("Here the")
    steps = [chunk({"reasoning_content": THOUGHTS}), chunk({"content": ANSWER[:middle]}), gate]
    steps += [chunk({"content": ANSWER[middle:]}), chunk(finish="stop"), DONE]
    site.model.script(raw(*steps), when=is_answer_call)
    page.goto(site.url)
    page.locator("chat-composer:defined").wait_for()
    page.get_by_label("Your message").fill(QUESTION)
    shoot(page, folder, "written")
    page.keyboard.press("Enter")
    page.locator(".answer-body", has_text="Compress").wait_for()
    page.get_by_role("heading", name="Slow nightly backup").wait_for()
    shoot(page, folder, "streaming")
    page.locator(".reasoning summary").click()
    shoot(page, folder, "streaming-thoughts")
    page.locator(".reasoning summary").click()
    gate.open()
    page.locator(".answer-actions").wait_for()


def take_stopped(page: Page, site: Site, folder: Path) -> None:
    gate = Gate()
    site.model.script(raw(chunk({"content": ANSWER[:400]}), gate), when=is_answer_call)
    send(page, "Say it once more, for a colleague")
    page.locator(".answer[data-running] .answer-body", has_text="Measure").wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("You stopped this answer.").wait_for()
    shoot(page, folder, "stopped")


def take_presets(page: Page, site: Site, folder: Path) -> None:
    for name in ("Careful reviewer", "Ideas"):
        page.locator(".conversation-menu summary").first.click()
        page.locator(".fold > summary", has_text="Presets").click()
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Save as preset").click()
        page.locator(".preset").first.wait_for()
        if name == "Ideas":
            page.locator(".preset .menu > summary").first.click()
            page.locator(".preset .fold > summary", has_text="Rename").first.click()
            shoot(page, folder, "presets")
        page.get_by_role("link", name="Back to the chat").click()
        page.locator(".answer-actions").last.wait_for()
    chat = page.url
    page.goto(site.url)
    shoot(page, folder, "new-chat-with-presets")
    page.goto(chat)


def take_offline(page: Page, site: Site, folder: Path) -> None:
    page.goto(site.url)
    page.locator("chat-composer:defined").wait_for()
    page.context.set_offline(True)
    page.locator("connection-notice:not([hidden])").wait_for()
    send(page, "Is anybody there?")
    page.get_by_role("alert").wait_for()
    shoot(page, folder, "offline")
    page.context.set_offline(False)


def take_csrf(page: Page, site: Site, folder: Path) -> None:
    page.goto(site.url)
    page.locator(".user-menu summary").click()
    page.context.clear_cookies(name="csrf")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="couldn’t send that").wait_for()
    shoot(page, folder, "403-csrf")


def take_dark(context: BrowserContext, site: Site, folder: Path) -> None:
    page = context.new_page()
    page.goto(site.url)
    shoot(page, folder, "dark-login")
    log_in(page, site, "bob")
    shoot(page, folder, "dark-empty")
    page.get_by_role("link", name="Slow nightly").first.click()
    page.locator(".transcript").evaluate("place => { place.scrollTop = 330; }")
    shoot(page, folder, "dark-finished")
    shoot_sent(page, folder, "dark-sent")
    page.get_by_role("link", name=FORMULAS).click()
    shoot_blocks(page, folder, "dark-blocks")
    page.goto(f"{site.url}/nowhere/")
    shoot(page, folder, "dark-404")
    page.set_viewport_size(NARROW)
    page.go_back()
    page.locator(".conversation-menu summary").first.click()
    shoot(page, folder, "dark-narrow-menu")


def take_narrow(context: BrowserContext, site: Site, folder: Path) -> None:
    page = context.new_page()
    page.goto(site.url)
    shoot(page, folder, "narrow-login")
    log_in(page, site, "bob")
    shoot(page, folder, "narrow-empty")
    page.get_by_role("link", name="Show the chats").click()
    shoot(page, folder, "narrow-list")
    page.get_by_role("link", name="Slow nightly").first.click()
    page.locator(".answer-actions").last.wait_for()
    shoot(page, folder, "narrow-end")
    page.locator(".transcript").evaluate("place => { place.scrollTop = 0; }")
    shoot(page, folder, "narrow-chat")
    page.locator(".editor summary").first.click()
    shoot(page, folder, "narrow-editing")
    page.locator(".editor summary").first.click()
    page.locator(".md-code").first.scroll_into_view_if_needed()
    shoot(page, folder, "narrow-code")
    shoot_sent(page, folder, "narrow-sent")
    page.locator(".conversation-menu summary").first.click()
    page.locator(".fold > summary", has_text="Settings").click()
    shoot(page, folder, "narrow-menu")
    page.goto(site.url)
    page.get_by_role("link", name="Show the chats").click()
    page.get_by_role("link", name=FORMULAS).click()
    shoot_blocks(page, folder, "narrow-blocks")


def take_demo(browser: Browser, folder: Path) -> None:
    with serving() as site, context_of(browser) as context:
        site.make_accounts(("ada", True))
        page = context.new_page()
        log_in(page, site)
        send(page, "Please think, and show me what you can do")
        page.locator(".answer-actions").wait_for()
        shoot(page, folder, "demo-admin")
        uuid = page.url.split("/conversations/")[1].split("/")[0]
        page.goto(f"{site.url}/admin/conversations/conversation/{uuid}/transcript/")
        shoot(page, folder, "admin-transcript")
        page.goto(f"{site.url}/admin/conversations/conversation/")
        shoot(page, folder, "admin-list")


def shoot_sent(page: Page, folder: Path, name: str) -> None:
    page.locator(".answer-sent summary").last.click()
    page.locator(".sent").last.wait_for()
    shoot(page, folder, name)
    page.keyboard.press("Escape")


def shoot_blocks(page: Page, folder: Path, name: str) -> None:
    page.locator(".code-unfold").wait_for()
    page.locator(".transcript").evaluate("place => { place.scrollTop = 0; }")
    shoot(page, folder, name)


def shoot(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "var" / "screenshots")
