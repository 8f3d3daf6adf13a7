import pytest

from conversations import prompts, tokens
from conversations.prompts import Said


def said(*texts: str, failed: tuple[str, ...] = ()) -> list[Said]:
    """Texts by turns: the person's, the answer's, the person's, …"""
    roles = ("user", "assistant")
    return [
        Said(key=text, role=roles[index % 2], text=text, usable=text not in failed)  # type: ignore[arg-type]
        for index, text in enumerate(texts)
    ]


def build(
    branch: list[Said], *, system: str = "", turns: int = 10, budget: int = 1000, continues: str = ""
) -> prompts.Prompt:
    return prompts.build(branch, system=system, turns=turns, budget=budget, estimate=len, continues=continues)


def texts(prompt: prompts.Prompt) -> list[str]:
    return [message["content"] for message in prompt.messages]


@pytest.mark.parametrize(
    ("turns", "sent"),
    [
        (0, ["u3"]),
        (1, ["u2", "a2", "u3"]),
        (2, ["u1", "a1", "u2", "a2", "u3"]),
        (9, ["u1", "a1", "u2", "a2", "u3"]),
    ],
)
def test_the_last_n_turns_go_before_the_new_message(turns: int, sent: list[str]) -> None:
    assert texts(build(said("u1", "a1", "u2", "a2", "u3"), turns=turns)) == sent


def test_system_prompt_is_first() -> None:
    prompt = build(said("u1", "a1", "u2"), system="be kind")

    assert prompt.messages[0] == {"role": "system", "content": "be kind"}


def test_budget_cuts_at_the_boundary_of_a_turn_and_says_what_was_left_out() -> None:
    prompt = build(said("uuuu", "aaaa", "u2", "a2", "u3"), budget=2 + 4 + 7)

    assert texts(prompt) == ["u2", "a2", "u3"]
    assert (prompt.sent, prompt.left_out) == (["u2", "a2"], ["uuuu", "aaaa"])
    assert (prompt.turns, prompt.turns_left_out, prompt.tokens) == (1, 1, 6)


def test_an_older_turn_never_jumps_over_one_that_does_not_fit() -> None:
    prompt = build(said("u", "a", "u" * 50, "a", "new"), budget=20)

    assert texts(prompt) == ["new"]


def test_failed_and_empty_answers_are_left_out_and_their_questions_joined_to_the_next() -> None:
    prompt = build(said("u0", "a0", "u1", "half", "u2", "", "u3", failed=("half",)))

    assert [message["role"] for message in prompt.messages] == ["user", "assistant", "user"]
    assert texts(prompt) == ["u0", "a0", "u1\n\nu2\n\nu3"]
    assert (prompt.turns, prompt.tokens) == (3, len("u0a0") + len("u1\n\nu2\n\nu3"))


def test_questions_that_are_joined_stay_within_the_budget() -> None:
    branch = said(*["é" * 8, ""] * 9, "new")

    built = {
        budget: prompts.build(branch, system="", turns=9, budget=budget, estimate=tokens.estimate)
        for budget in range(10, 100)
    }

    assert [budget for budget, prompt in built.items() if prompt.tokens > budget] == []
    assert (built[10].turns, built[99].turns) == (0, 9)


def test_continuing_sends_the_cut_answer_and_asks_to_go_on() -> None:
    prompt = build(said("u1"), continues="the beginn")

    assert [message["role"] for message in prompt.messages] == ["user", "assistant", "user"]
    assert texts(prompt)[:2] == ["u1", "the beginn"]


def test_a_message_that_alone_is_too_long_does_not_fit() -> None:
    with pytest.raises(prompts.DoesNotFit):
        build(said("u1", "a1", "x" * 101), budget=100)


def test_the_system_prompt_counts_against_the_budget() -> None:
    with pytest.raises(prompts.DoesNotFit):
        build(said("x" * 60), system="y" * 60, budget=100)


def test_title_request_holds_the_beginning_of_the_message_alone() -> None:
    (message,) = prompts.for_title("word " * 10_000)

    assert message["role"] == "user"
    assert len(message["content"]) < 2_500
