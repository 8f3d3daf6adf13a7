"""A review, from the report in the chat to "resolved", and what its owner sees of it."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, context_of, enter, send, watched

ONLY_A_REVIEWER = """
from django.contrib.auth.models import Group, User
rita = User.objects.get(username="rita")
rita.is_superuser = False
rita.save()
rita.groups.add(Group.objects.get(name="Reviewers"))
"""


def test_a_review_is_worked_off_the_queue_and_its_owner_is_told(
    page: Page, browser: Browser, site: Site, person: str, problems: list[str]
) -> None:
    report(page, "It invents files that are not there.")
    chat = page.url
    expect(page.locator(".readings")).to_have_count(0)

    with context_of(browser) as context:
        reviewer = watched(context, problems)
        site.make_accounts(("rita", True)).run(ONLY_A_REVIEWER)
        enter(reviewer, site, "rita")
        reviewer.goto(f"{site.url}/admin/")
        expect(reviewer.get_by_role("heading", name="The last 30 days")).to_be_visible()
        reviewer.get_by_role("link", name="Conversations", exact=True).last.click()
        reviewer.get_by_role("link", name=re.compile(r"^open \([1-9]")).click()
        reviewer.get_by_role("row", name=person).get_by_role("link", name="Read").click()

        expect(reviewer.get_by_role("heading", name="Why do you read this?")).to_be_visible()
        expect(reviewer.locator("#content")).not_to_contain_text("Hello there")
        reviewer.get_by_label("Kind of reason").select_option(label="A report or a flag")
        reviewer.get_by_label("Reason", exact=True).fill("The report of an answer")
        reviewer.get_by_role("button", name="Read").click()

        expect(reviewer.locator(".said.assistant .markdown")).to_have_text("Hello there")
        expect(reviewer.locator(".opinion.flagged")).to_contain_text("It invents files that are not there.")
        reviewer.get_by_role("button", name="Take it").click()
        expect(reviewer.locator(".review-state")).to_have_text("in review")
        reviewer.locator(".review summary").click()
        reviewer.get_by_label("Note", exact=True).fill("The model made it up.")
        reviewer.get_by_role("button", name="Add the note").click()
        reviewer.get_by_role("button", name="Resolve").click()
        expect(reviewer.locator(".review-state")).to_have_text("resolved")
        reviewer.locator(".review summary").click()
        expect(reviewer.locator(".review-notes")).to_contain_text("The model made it up.")

    page.goto(chat)
    expect(page.locator(".readings > summary")).to_contain_text("An administrator read this chat today at")
    page.locator(".readings > summary").click()
    expect(page.locator(".readings-list li")).to_have_count(1)
    expect(page.locator(".readings-list")).to_contain_text("A report or a flag")
    expect(page.locator(".readings-list")).to_contain_text("The report of an answer")
    expect(page.locator("body")).not_to_contain_text("rita")
    expect(page.get_by_label("Your message")).to_be_visible()


def report(page: Page, reason: str) -> None:
    send(page, "Hi")
    expect(page.locator(".answer-actions")).to_be_visible()
    page.locator(".answer-menu > details > summary").click()
    page.get_by_text("Report this answer").click()
    page.get_by_label(re.compile("wrong|reason", re.IGNORECASE)).last.fill(reason)
    page.get_by_role("button", name="Report", exact=True).click()
    expect(page.locator(".answer").get_by_text("Reported")).to_be_visible()
