"""`make weight`: see the package."""

import json
import shutil
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from bench.page.answer import cost
from bench.page.load import Load, load
from bench.page.opening import opening
from tests.browser.site import Site, context_of, launch, model_that, send, serving
from tests.fakes.provider import FakeProvider

PERSON = "ada"


def main(arguments: list[str]) -> None:
    parser = ArgumentParser("make weight", description="What the pages cost a browser, as JSON.")
    parser.add_argument("--report", type=Path, help="a file for it, too")
    options = parser.parse_args(arguments)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        sys.exit("There is no Chromium here: `make system` installs it.")
    with model_that() as model, serving(model) as site, sync_playwright() as playwright:
        site.make_accounts((PERSON, False))
        with launch(playwright, chromium) as browser, context_of(browser) as context:
            report = json.dumps(measured(context, site, model), indent=2)
    if options.report:
        options.report.write_text(report + "\n")
    sys.stdout.write(report + "\n")


def measured(context: BrowserContext, site: Site, model: FakeProvider) -> dict[str, Any]:
    page = context.new_page()
    weights = {"login": weight(load(page, f"{site.url}/accounts/login/"))}
    context.add_cookies([{"name": "session", "value": site.sessions[PERSON], "url": site.url}])
    weights["home"] = weight(load(page, site.url))
    send(page, "Hello")
    page.locator(".answer-actions").wait_for()
    weights["conversation"] = weight(load(page, page.url))
    return {
        "weight": weights,
        "answer": asdict(cost(page, model)),
        "opening": asdict(opening(context, site, PERSON)),
    }


def weight(loaded: Load) -> dict[str, Any]:
    return {
        "requests": len(loaded.responses),
        "bytes": {"all": loaded.sizes.total(), **loaded.sizes},
        "bytes_with_headers": loaded.whole_size,
        "layout_shift": loaded.shift,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
