"""An answer, from its beginning to each of its ends."""

from tests.browser.site import growing
from tests.browser.states.home import home_of_the_demo
from tests.browser.states.texts import ANSWER, FORMULAS, FORMULAS_AND_CODE, QUESTION, THOUGHTS
from tests.browser.states.visit import Visit, state
from tests.fakes.replies import DONE, chunk, chunks, raw, refusal

MIDDLE = ANSWER.index("Here the")


@state
def waiting(visit: Visit) -> None:
    visit.log_in()
    visit.send(QUESTION, growing(visit.gate()))
    visit.page.locator("chat-answer[data-running]").wait_for()


@state
def waiting_for_the_provider(visit: Visit) -> None:
    visit.log_in()
    visit.send(QUESTION, refusal(429, headers={"Retry-After": "50"}))
    visit.page.locator(".answer-notice:not([hidden])").wait_for()


@state
def thinking(visit: Visit) -> None:
    visit.log_in()
    visit.send(QUESTION, raw(chunk({"reasoning_content": THOUGHTS}), visit.gate(), DONE))
    visit.page.locator(".reasoning-text", has_text="They want").wait_for()


@state
def streaming(visit: Visit) -> None:
    visit.log_in()
    steps = [chunk({"reasoning_content": THOUGHTS}), chunk({"content": ANSWER[:MIDDLE]}), visit.gate()]
    visit.send(QUESTION, raw(*steps, chunk({"content": ANSWER[MIDDLE:]}), chunk(finish="stop"), DONE))
    visit.page.locator(".answer-body", has_text="Compress").wait_for()


@state
def streaming_thoughts(visit: Visit) -> None:
    streaming(visit)
    visit.open(".reasoning summary")


@state
def connection_lost(visit: Visit) -> None:
    streaming(visit)
    visit.page.context.set_offline(True)
    visit.page.locator("connection-notice:not([hidden])").wait_for()


@state
def short(visit: Visit) -> None:
    visit.log_in()
    visit.ask("Say hello", chunks("Hello. What shall we look at?"))


@state
def finished(visit: Visit) -> None:
    visit.log_in()
    visit.ask(QUESTION, chunks(ANSWER))


@state
def code_and_table(visit: Visit) -> None:
    finished(visit)
    visit.page.locator(".md-code").evaluate("code => code.scrollIntoView({ block: 'end' })")


@state
def formulas(visit: Visit) -> None:
    visit.log_in()
    visit.ask(FORMULAS, chunks(FORMULAS_AND_CODE + "```\n"))
    visit.page.reload()
    visit.page.locator(".code-unfold").wait_for()
    visit.scroll_to(0)


@state
def wide_formula(visit: Visit) -> None:
    """At the end of what is scrolled sideways, where it is wider than the page."""
    formulas(visit)
    visit.page.locator("div.md-math").first.evaluate("place => { place.scrollLeft = place.scrollWidth; }")


@state
def folded_code(visit: Visit) -> None:
    formulas(visit)
    visit.page.locator(".code-unfold").evaluate("button => button.scrollIntoView({ block: 'center' })")


@state
def unfolded_code(visit: Visit) -> None:
    """Where the fold was."""
    folded_code(visit)
    visit.page.locator(".code-unfold").click()


@state
def failed(visit: Visit) -> None:
    finished(visit)
    visit.ask("And how long should a restore take?", refusal(401))
    visit.page.locator(".answer-failure").wait_for()


@state
def failed_with_other_models(visit: Visit) -> None:
    finished(visit)
    refused = {"error": {"message": "no such model", "code": "model_not_found"}}
    visit.ask("And how long should a restore take?", refusal(404, refused))
    visit.page.locator(".answer-failure").wait_for()


@state
def stopped(visit: Visit) -> None:
    visit.log_in()
    visit.send(QUESTION, growing(ANSWER[:400], visit.gate()))
    visit.page.locator(".answer-body", has_text="Measure").wait_for()
    visit.page.get_by_role("button", name="Stop").click()
    visit.page.locator(".answer-label", has_text="You stopped this answer.").wait_for()


@state
def interrupted(visit: Visit) -> None:
    visit.log_in()
    visit.ask(QUESTION, chunks(ANSWER[:400]))
    visit.set_answer(status="interrupted", finish_reason="")
    visit.page.reload()
    visit.page.locator(".answer-label", has_text="The site was restarted").wait_for()


@state
def cut(visit: Visit) -> None:
    visit.log_in()
    visit.ask(QUESTION, chunks(ANSWER[:400], finish="length"))


@state
def filtered(visit: Visit) -> None:
    visit.log_in()
    visit.ask(QUESTION, chunks(ANSWER[:400], finish="content_filter"))


@state
def versions(visit: Visit) -> None:
    finished(visit)
    visit.page.get_by_role("button", name="Answer again").click()
    visit.page.locator(".siblings").wait_for()


@state
def answer_menu(visit: Visit) -> None:
    versions(visit)
    visit.open(".answer-menu > details > summary")


@state
def rated(visit: Visit) -> None:
    finished(visit)
    visit.page.get_by_role("button", name="Good answer").click()
    visit.page.get_by_label("Your reason").wait_for()


@state
def rated_with_a_reason(visit: Visit) -> None:
    rated(visit)
    visit.page.get_by_label("Your reason").fill("It says what to do first, and why. The example runs as it is.")
    visit.page.locator(".rating").get_by_role("button", name="Send").click()
    visit.page.locator(".rating-reason").wait_for()


@state
def rating_refused(visit: Visit) -> None:
    finished(visit)
    visit.page.get_by_role("button", name="Bad answer").click()
    visit.page.get_by_label("Your reason").evaluate("field => { field.value = 'Too long. '.repeat(101); }")
    visit.page.locator(".rating").get_by_role("button", name="Send").click()
    visit.page.get_by_role("alert").wait_for()


@state
def reporting(visit: Visit) -> None:
    finished(visit)
    visit.open(".answer-menu > details > summary", "answer-report summary")
    visit.page.get_by_label("What is wrong with it?").fill("The numbers in the table are made up.")


@state
def reported(visit: Visit) -> None:
    reporting(visit)
    visit.page.get_by_role("button", name="Report", exact=True).click()
    visit.page.get_by_text("Reported").wait_for()


@state
def sent(visit: Visit) -> None:
    finished(visit)
    visit.ask("And how long should a restore take?", chunks("As long as you can do without your data."))
    visit.open(".answer-sent summary")
    visit.page.locator(".sent").last.wait_for()


@state
def copied(visit: Visit) -> None:
    finished(visit)
    visit.page.get_by_role("button", name="Copy as Markdown").click()
    visit.page.locator("copy-button [role=status]", has_text="Copied").wait_for()


@state
def demo(visit: Visit) -> None:
    home_of_the_demo(visit)
    visit.send("Please think, and show me what you can do")
    visit.page.locator(".answer-actions").wait_for()
