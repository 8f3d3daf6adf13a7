"""What a browser calls itself, made short. It can say what it wants: this is to know one's own again, and no proof."""

from typing import NamedTuple

LENGTH = 300  # characters of it that are read
SHOWN = 60  # of one that none of these names fits

# The first that fits: each browser also says that it is like those below it.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Vivaldi": "Vivaldi",
    "Firefox/": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
    "curl/": "curl",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


class Browser(NamedTuple):
    """Each is empty where it is not known."""

    name: str
    system: str


def named(said: str) -> Browser:
    """By the header User-Agent."""
    said = said[:LENGTH]
    name = next((name for sign, name in BROWSERS.items() if sign in said), said[:SHOWN].strip())
    return Browser(name, next((system for sign, system in SYSTEMS.items() if sign in said), ""))
