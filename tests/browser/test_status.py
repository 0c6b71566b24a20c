"""The status line says what is true, also when that is unwelcome."""

import re

from playwright.sync_api import expect

from tests.browser.office import Office
from tests.browser.person import Person
from tests.running import until


def waiting(person: Person) -> int:
    counted = re.fullmatch(r"Offline, (\d+) edits? waiting", person.status.inner_text())
    return int(counted[1]) if counted else 0


def test_with_the_server_away_edits_are_counted_kept_and_arrive(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("Before.")
    ann.open(document)
    ben.open(document)
    office.weft.stop()
    try:
        expect(ann.status).to_have_text("Offline")
        ann.write(" Then")
        until(lambda: waiting(ann) > 0, what="a count of waiting edits")
        few = waiting(ann)
        ann.page.keyboard.type(" more")
        until(lambda: waiting(ann) > few, what="a higher count")

        expect(ben.status).to_have_text("Offline")
        assert waiting(ben) == 0
        ben.write(" Ben too.")
    finally:
        office.restart()
    for person in (ann, ben):
        person.is_saved()
        person.sees("Then more")
        person.sees("Ben too.")
    assert ann.text == ben.text
    assert office.content(document).strip() == ann.text


def test_a_document_opened_while_the_server_is_away_comes_when_it_is_back(office: Office, ann: Person) -> None:
    document = office.document("Worth waiting for.")
    ann.page.goto(f"/w/{office.workspace}")
    row = ann.page.get_by_role("table").locator(f'a[href="/d/{document}"]')
    row.wait_for()
    office.weft.stop()
    try:
        row.click()
        ann.page.get_by_text("Worth waiting for.").wait_for(state="hidden")
    finally:
        office.restart()
    ann.sees("Worth waiting for.")
    ann.is_saved()
