"""A conversation as Markdown, and as text, to read elsewhere."""

import json
import time

import pytest
from django.contrib.auth.models import User
from markdown_it import MarkdownIt

from conversations.exchange import export_markdown, export_text
from conversations.models import Conversation, Message
from conversations.text import storable
from tests.exchange.made import everything, said
from tests.markdown.corpora import NAMES, texts

PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
HOSTILE = sorted({storable(text) for name in NAMES if name != "markdown_pathological" for text in texts(name)})


def markdown(conversation: Conversation) -> str:
    return "".join(export_markdown.pieces(conversation))


def headings(document: str) -> list[str]:
    """Those that stand in no list, quote or code, as text."""
    tokens = PARSER.parse(document)
    found = [
        tokens[place + 1] for place, token in enumerate(tokens) if token.type == "heading_open" and not token.level
    ]
    return ["".join(child.content for child in inline.children or []) for inline in found]


def test_the_shown_branch_is_told_with_who_said_it_and_when(owner: User) -> None:
    conversation = everything(owner)

    assert (
        markdown(conversation)
        == f"""\
---
title: "Plans"
id: "{conversation.uuid}"
model: "demo"
created: "2026-11-24 15:04 UTC"
last message: "2026-11-24 15:04 UTC"
---

# Plans

This is the branch that was shown. The export as JSON has every version of every message.

## You · 2026-11-24 15:04 UTC

Hello?

## demo · 2026-11-24 15:04 UTC

**Hello**
"""
    )


def test_as_text_nothing_is_added_but_lines_between(owner: User) -> None:
    conversation = said(owner, "# Hello?\n", "**Hello**")

    assert "".join(export_text.pieces(conversation)) == """\
Plans
2026-11-24 15:04 UTC
This is the branch that was shown. The export as JSON has every version of every message.

--- You, 2026-11-24 15:04 UTC ---

# Hello?


--- demo, 2026-11-24 15:04 UTC ---

**Hello**
"""  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"status": "stopped"}, "You stopped this answer."),
        ({"status": "failed"}, "This answer failed."),
        (
            {"status": "failed", "error_code": "internal", "error_reference": "ab12"},
            "Something went wrong on this site",
        ),
        ({"status": "interrupted"}, "The site was restarted"),
        ({"finish_reason": "length"}, "Cut at the length limit."),
        ({"status": "streaming"}, "This answer was still being written when it was exported."),
    ],
)
def test_how_an_answer_ended_is_told(owner: User, columns: dict[str, str], told: str) -> None:
    conversation = said(owner, "Hello?", "Hel")
    Message.objects.answers().update(**columns, lease_until=conversation.created_at)

    assert told in "".join(export_text.pieces(conversation))
    assert told.rstrip(".") in markdown(conversation).replace("\\", "")


@pytest.mark.parametrize("title", ["a\n---\nid: 1", '"', "\\", "---", "\u2028", "\x85x", "# x", "[a](b)", "x: y", "`"])
def test_a_title_stays_in_its_line(owner: User, title: str) -> None:
    conversation = said(owner, "Hello?", title=title)

    document = markdown(conversation)

    lines = document.split("\n")
    assert lines[0] == lines[6] == "---"
    assert json.loads(lines[1].removeprefix("title: ")) == title
    assert lines[2] == f'id: "{conversation.uuid}"'
    assert headings("\n".join(lines[7:]))[0] == " ".join(title.split())


def test_a_text_stays_what_it_is_and_the_next_heading_one(owner: User) -> None:
    conversation = said(owner, "x", "y")
    question = conversation.messages.earliest("pk")
    next_one = "You · 2026-11-24 15:04 UTC"
    swallowed = []
    for text in HOSTILE:
        question.text = text
        document = export_markdown._message(question) + export_markdown._message(question)
        assert document.startswith(f"\n## {next_one}\n\n{text}")
        swallowed += [text] if headings(document).count(next_one) < 2 else []

    assert swallowed == []
    assert len(HOSTILE) > 1000


@pytest.mark.alone
@pytest.mark.parametrize(
    "part", ["-  ", "- ", "1. ", "   ", "\t", "-\t \t", "-  \n", "```", "~~~ ", "\r", "`", "# ", "| ", "\\"]
)
def test_no_text_takes_longer_than_it_is_long(owner: User, part: str) -> None:
    conversation = said(owner, "Hello?", title=(part * 200)[:200])
    message = conversation.messages.latest("pk")
    message.text = part * (300_000 // len(part)) + "x"
    began = time.process_time()

    told = export_markdown._message(message)
    export_markdown._head(conversation)

    assert time.process_time() - began < 1
    assert message.text in told
