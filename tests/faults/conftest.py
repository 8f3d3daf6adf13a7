from dataclasses import replace
from typing import Any

import pytest

from conversations.provider import patience
from tests.faults.witness import Shorten


@pytest.fixture(autouse=True)
def retries_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WAITS", replace(patience.WAITS, backoff=0.001))


@pytest.fixture
def shorten(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Shorten:
    """Makes some of the waits a few hundredths of a second: shorten("between", "notice")."""

    def shorten(*names: str, seconds: float = 0.05) -> None:
        if "first_delta" in names:
            settings.CHAT_FIRST_DELTA_TIMEOUT = seconds
        fields = {name: seconds for name in names if name != "first_delta"}
        monkeypatch.setattr(patience, "WAITS", replace(patience.WAITS, **fields))

    return shorten
