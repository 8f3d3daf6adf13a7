"""Names of exported files."""

import pytest

from conversations.exchange import names
from conversations.models import Conversation
from conversations.text import storable
from tests.exchange.made import AT
from tests.markdown.corpora import texts


def named(title: str) -> str:
    return names.of_export(Conversation(title=title, created_at=AT), "md")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Plans", "2026-11-24-Plans.md"),
        ("", "2026-11-24.md"),
        ("…", "2026-11-24.md"),
        ("../../etc/passwd", "2026-11-24-etc-passwd.md"),
        ("CON", "2026-11-24-CON.md"),
        ("a\r\nX-Injected: 1", "2026-11-24-a-X-Injected-1.md"),
        ("Größe: was heißt das?", "2026-11-24-Größe-was-heißt-das.md"),
        ("計画", "2026-11-24-計画.md"),
        ("\u202egpj.exe", "2026-11-24-gpj-exe.md"),
        ("𝒳" * 200, f"2026-11-24-{'𝒳' * 25}.md"),
    ],
)
def test_a_file_is_named_by_its_date_and_title(title: str, name: str) -> None:
    assert named(title) == name


def test_no_name_is_more_than_a_name() -> None:
    hostile = {
        storable(text)[:200] for corpus in ("blns", "export_injection", "title_inputs") for text in texts(corpus)
    }

    for title in hostile:
        name = names.in_archive(Conversation(title=title, created_at=AT), "json")
        assert len(name.encode()) <= 160
        assert not set(name) & set('/\\:*?"<>|\r\n\0%')
        assert name == name.strip(" .")
