"""Takes the pictures of the documentation anew, from a real Weft with the demo's people in it.

.venv/bin/python docs/images/take.py        (after ./test browser, which installs the browsers)
"""

import os
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # a home of its own for what is imported below

import django  # noqa: E402

django.setup()

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.browser.conftest import LAUNCH  # noqa: E402
from tests.browser.person import Person  # noqa: E402
from tests.running import Weft, migrated_home  # noqa: E402

SIZE = {"width": 1280, "height": 800}


def sign_in(browser: Browser, url: str, name: str, password: str) -> Page:
    page = browser.new_context(base_url=url, viewport=SIZE, locale="en-GB").new_page()  # type: ignore[arg-type]
    Person(name, page).sign_in(password)
    return page


def open_report(page: Page) -> Person:
    page.get_by_role("link", name="The report: who writes what").first.click()
    person = Person("", page)
    person.body.wait_for()
    person.is_saved()
    return person


def main() -> None:
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    with Weft(migrated_home(home)) as weft, sync_playwright() as playwright:
        password = weft.manage("demo").stdout.rsplit("password ", 1)[1].strip()
        launch = {key: value for key, value in LAUNCH["chromium"].items() if key != "programs"}
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", **launch)
        ann = open_report(sign_in(browser, weft.url, "ann", password))
        ben = open_report(sign_in(browser, weft.url, "ben", password))
        ben.body.locator("p").nth(1).click()
        ben.page.keyboard.press("End")
        ann.caret_of("Ben").wait_for()
        ann.body.locator("p").first.click()
        ann.page.mouse.move(0, 0)
        ann.page.screenshot(path=HERE / "editor.png")
        browser.close()


if __name__ == "__main__":
    main()
