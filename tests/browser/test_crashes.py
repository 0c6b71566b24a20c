"""Processes die in mid-sentence; the people in the document notice a word in the status line and nothing else."""

import re
from collections.abc import Callable
from itertools import zip_longest

import pytest

from tests.browser.office import Office
from tests.browser.person import Person
from tests.running import until

HONEST = re.compile(r"Saved|Saving…|Connecting…|Offline|Offline, (1 edit|\d+ edits) waiting|Not saved, retrying")

WATCH = """() => {
    window.neverReloaded = true
    window.statuses = []
    const look = () => {
        const said = document.querySelector("[data-testid=status]").textContent
        if (window.statuses.at(-1) !== said) window.statuses.push(said)
    }
    look()
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""


def type_through(ann: tuple[Person, str], ben: tuple[Person, str], kills: set[int], kill: Callable[[], None]) -> None:
    """A key each in turn, with a kill before some of the keys."""
    for number, keys in enumerate(zip_longest(ann[1], ben[1], fillvalue="")):
        if number in kills:
            kill()
        ann[0].page.keyboard.type(keys[0])
        ben[0].page.keyboard.type(keys[1])


@pytest.mark.parametrize("victim", ["web", "valkey"])
def test_people_write_on_through_a_killed_process(victim: str, office: Office, ann: Person, ben: Person) -> None:
    document = office.document("Ann:\n\nBen:")
    for person, line in ((ann, 0), (ben, 1)):
        person.open(document)
        person.page.evaluate(WATCH)
        person.body.locator("p").nth(line).click()
        person.page.keyboard.press("End")
    hers = " over, under, over, under, and nothing lost between."
    his = " the shuttle flies although somebody has cut a thread"

    type_through((ann, hers), (ben, his), {15, 35}, lambda: office.kill(victim))

    for person in (ann, ben):
        person.is_saved()
        person.reads(f"Ann:{hers}\nBen:{his}")
    assert office.content(document).split() == f"Ann:{hers} Ben:{his}".split()
    for person in (ann, ben):
        assert person.page.evaluate("window.neverReloaded")
        statuses = person.page.evaluate("window.statuses")
        assert all(HONEST.fullmatch(said) for said in statuses), statuses
        assert statuses[-1] == "Saved"
        if victim == "web":
            assert any(said.startswith("Offline") for said in statuses), statuses


def test_both_keep_seeing_each_other_after_a_crash(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("Here.")
    ann.open(document)
    ben.open(document)
    ben.write("!")
    ann.caret_of("Ben").wait_for(state="attached")
    office.kill("web")
    until(office.installation.ready, seconds=60)
    ben.is_saved()
    ann.is_saved()
    ben.page.keyboard.type(" Still here.")
    ann.sees("Here.! Still here.")
    ann.caret_of("Ben").wait_for(state="attached")
    ann.face_of("Ben").wait_for()
