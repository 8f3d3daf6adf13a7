"""What a message says of itself."""

import pytest

from conversations.models import Message


@pytest.mark.parametrize(
    ("ended", "label"),
    [
        ({}, ""),
        ({"finish_reason": "stop"}, ""),
        ({"status": "streaming"}, ""),
        ({"finish_reason": "length"}, "Cut at the length limit."),
        ({"finish_reason": "content_filter"}, "The provider’s content filter ended this answer."),
        ({"status": "stopped", "finish_reason": "length"}, "You stopped this answer."),
        (
            {"status": "interrupted"},
            "The site was restarted while this answer was written; this is what was kept.",
        ),
        ({"status": "failed"}, "This answer failed."),
        (
            {"status": "failed", "error_code": "internal"},
            "Something went wrong on this site while the answer was written.",
        ),
    ],
)
def test_an_answer_says_how_it_ended(ended: dict[str, str], label: str) -> None:
    assert Message(role="assistant", **ended).label == label
