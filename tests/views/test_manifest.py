"""What a browser needs to install the site as an app."""

from django.contrib.staticfiles import finders
from django.test import Client


def test_manifest_is_in_the_language_of_the_browser() -> None:
    reply = Client().get("/manifest.webmanifest", headers={"Accept-Language": "fr"})

    manifest = reply.json()
    assert reply.headers["Content-Type"] == "application/manifest+json"
    assert (manifest["lang"], manifest["description"]) == ("fr", "Une discussion avec des modèles de langage.")
    assert [shortcut["name"] for shortcut in manifest["shortcuts"]] == ["Nouvelle discussion", "Toutes les discussions"]


def test_every_icon_of_the_manifest_is_there() -> None:
    icons = Client().get("/manifest.webmanifest").json()["icons"]

    assert [icon["sizes"] for icon in icons] == ["192x192", "512x512", "512x512"]
    assert [icon["purpose"] for icon in icons] == ["any", "any", "maskable"]
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in icons)
