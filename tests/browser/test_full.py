"""A document that grows past its limit: a warning, then a banner and no more writing, then room again."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.acceptance.installation import running
from tests.browser.conftest import PATIENCE
from tests.browser.office import Office
from tests.browser.person import Person

LIMITS = {"LIMIT_DOCUMENT_WARN_BYTES": "4_000", "LIMIT_DOCUMENT_BYTES": "8_000"}


@pytest.fixture(scope="module")
def small(playwright: Playwright) -> Iterator[Office]:
    """An office whose documents hold next to nothing."""
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    with running(home, "sqlite", documents=0, **LIMITS) as installation:
        office = Office(installation, playwright)
        yield office
        office.close()
    shutil.rmtree(home, ignore_errors=True)


def test_it_is_told_before_it_is_full_then_read_only_and_goes_on_when_there_is_room(
    small: Office, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    def enter(name: str, **options: Any) -> Person:
        context = browser.new_context(**{**browser_context_args, "base_url": small.url, **options})
        context.set_default_timeout(PATIENCE)
        return Person(name, context.new_page())

    ann, ben = enter("ann"), enter("ben", color_scheme="dark")
    document = small.document("Short.")
    for person in (ann, ben):
        person.sign_in()
        person.open(document)
    ann.page.set_viewport_size({"width": 390, "height": 740})
    notice = ann.page.get_by_role("alert")
    expect(notice).to_have_count(0)

    def write(letters: int) -> None:
        """In pieces: each is an edit, and what is written is deleted again, which leaves its traces in the history."""
        for _ in range(letters // 100):
            ann.come_to_the_front()
            ann.body.focus()
            ann.page.keyboard.press("ControlOrMeta+End")
            ann.page.keyboard.insert_text("x" * 100)
            ann.page.keyboard.press("Shift+Home")
            ann.page.keyboard.press("Delete")
            ann.page.keyboard.insert_text("kept ")

    while not notice.count():
        write(100)
    expect(notice).to_contain_text("This document is getting large")
    ann.page.get_by_role("button", name="Understood").press("Enter")
    expect(notice).to_have_count(0)
    while not notice.count():
        write(100)
    for person in (ann, ben):
        expect(person.page.get_by_role("alert")).to_contain_text("This document is full")
        expect(person.body).to_have_attribute("contenteditable", "false")
    assert ann.page.evaluate("document.documentElement.scrollWidth") <= 390
    said = ben.text

    small.installation.weft.manage("compact", document)
    for person in (ann, ben):
        expect(person.body).to_have_attribute("contenteditable", "true")
        expect(person.page.get_by_text("This document is full")).to_have_count(0)
        person.is_saved()
    ben.write(" And on.")
    ben.is_saved()
    ann.sees(" And on.")
    assert said.split()[0] in ann.text
    for person in (ann, ben):
        person.page.context.close()
