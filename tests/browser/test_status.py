"""The status line says what is true, also when that is unwelcome."""

import re

from playwright.sync_api import Dialog, expect

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
    asked: list[Dialog] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog)
        dialog.dismiss()

    ann.page.on("dialog", stay)
    office.weft.stop()
    try:
        expect(ann.status).to_have_text("Offline")
        ann.write(" Then")
        until(lambda: waiting(ann) > 0, what="a count of waiting edits")
        few = waiting(ann)
        ann.page.keyboard.type(" more")
        until(lambda: waiting(ann) > few, what="a higher count")

        ann.page.close(run_before_unload=True)
        until(lambda: (ann.page.evaluate("1"), asked)[1], what="the question before leaving")
        assert asked[0].type == "beforeunload"
        assert not ann.page.is_closed()

        # Somebody with nothing to lose may go.
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
    with ann.page.expect_event("close"):
        ann.page.close(run_before_unload=True)
    assert len(asked) == 1


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
