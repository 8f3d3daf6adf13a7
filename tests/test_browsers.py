"""The short name of a browser, by what it says of itself."""

import pytest

from conversations.browsers import named

LIKE_GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/156.0 Safari/537.36", "Chrome", "Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {LIKE_GECKO} Chrome/156.0 Safari/537.36 Edg/156.0", "Edge", "Windows"),
        (f"Mozilla/5.0 (Linux; Android 16; K) {LIKE_GECKO} Chrome/156.0 Mobile Safari/537.36", "Chrome", "Android"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541) {LIKE_GECKO} Chrome/156.0 Safari/537.36", "Chrome", "ChromeOS"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari", "macOS"),
        ("Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) Version/18.5 Safari/604.1", "Safari", "iPad"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) CriOS/156.0 Safari/604.1", "Chrome", "iPhone"),
        ("curl/8.14.1", "curl", ""),
        ("my own script", "my own script", ""),
        ("z" * 5000, "z" * 60, ""),
        ("", "", ""),
    ],
)
def test_browser_is_known_by_what_it_says(said: str, browser: str, system: str):
    assert named(said) == (browser, system)
