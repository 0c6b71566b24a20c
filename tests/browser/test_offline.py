"""A browser that is closed, a server that is away: what one had is there, and what one wrote arrives, once.

Each test has a computer of its own, whose browser keeps its data when it is closed and started again.
"""

import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Dialog, Page, expect

from tests.browser.cable import Cable
from tests.browser.conftest import PATIENCE
from tests.browser.office import Office
from tests.browser.person import Person
from tests.running import until

WORKER_IS_READY = """async () => {
    const registration = await navigator.serviceWorker.getRegistration()
    return registration?.active?.state === "activated" && navigator.serviceWorker.controller !== null
}"""
# A browser is started and a server stopped several times over.
pytestmark = pytest.mark.timeout(400)

KEPT = """async (store) => {
    const named = (await indexedDB.databases()).find(({ name }) => name.startsWith("weft-user-"))
    if (!named) return []
    const done = (request) => new Promise((resolve) => { request.onsuccess = () => resolve(request.result) })
    const database = await done(indexedDB.open(named.name))
    const rows = await done(database.transaction(store).objectStore(store).getAll())
    database.close()
    return rows.map((row) => ({ ...row, update: row.update && new TextDecoder().decode(row.update) }))
}"""


class Computer:
    """Somebody's own: its browser can be closed and started again, and finds what it kept."""

    def __init__(self, name: str, browser: BrowserType, options: dict[str, Any]) -> None:
        self.name = name
        self._browser, self._options = browser, options
        self._profile = Path(tempfile.mkdtemp(prefix="weft-profile-", dir="/tmp"))
        self._context: BrowserContext | None = None

    def start_browser(self, script: str = "") -> Person:
        self._context = self._browser.launch_persistent_context(self._profile, **self._options)
        self._context.set_default_timeout(PATIENCE)
        if script:
            self._context.add_init_script(script)
        return Person(self.name, self._context.new_page())

    def close_browser(self) -> None:
        if self._context is not None:
            self._context.close()
        self._context = None

    def restart_browser(self, script: str = "") -> Person:
        self.close_browser()
        return self.start_browser(script)

    def scrap(self) -> None:
        self.close_browser()
        shutil.rmtree(self._profile, ignore_errors=True)


@pytest.fixture
def cable(office: Office) -> Iterator[Cable]:
    """Between the computers of this test and the server. Other people are on another network."""
    cable = Cable(int(office.url.rpartition(":")[2]))
    yield cable
    cable.close()


@pytest.fixture
def computer(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    browser_context_args: dict[str, Any],
    cable: Cable,
) -> Iterator[Callable[[str], Computer]]:
    bought: list[Computer] = []
    options = {**browser_type_launch_args, **browser_context_args, "base_url": cable.url}

    def buy(name: str) -> Computer:
        bought.append(Computer(name, browser_type, options))
        return bought[-1]

    yield buy
    for each in bought:
        each.scrap()


@pytest.fixture
def anns(computer: Callable[[str], Computer]) -> Computer:
    return computer("ann")


@contextmanager
def server_down(office: Office) -> Iterator[None]:
    office.weft.stop()
    try:
        yield
    finally:
        office.restart()


def open_to_keep(person: Person, document: str) -> None:
    """Until this browser has all of it."""
    person.open(document)
    until(
        lambda: any(each["id"] == document and each["whole"] for each in kept(person.page, "documents")),
        what="the document in IndexedDB",
    )


def begin(computer: Computer, **options: Any) -> Person:
    """Signed in, with all that is needed offline at hand."""
    person = computer.start_browser(**options)
    person.sign_in()
    is_prepared(person.page)
    return person


def is_prepared(page: Page) -> None:
    until(lambda: page.evaluate(WORKER_IS_READY), 60, "the service worker")


def waiting(person: Person) -> int:
    counted = re.fullmatch(r"Offline, (\d+) edits? waiting", person.status.inner_text())
    return int(counted[1]) if counted else 0


def kept(page: Page, store: str) -> list[dict[str, Any]]:
    """What this browser keeps, read past our own code."""
    rows: list[dict[str, Any]] = page.evaluate(KEPT, store)
    return rows


def kept_edits(page: Page) -> int:
    """Edits without an ack."""
    return sum(debt["edits"] for debt in kept(page, "debts"))


def is_known(page: Page, document: str) -> bool:
    """Whether this browser keeps the document's title and place."""
    queries = [query for answers in kept(page, "answers") for query in answers["state"]["queries"]]
    return any(query["queryHash"] == f'["document","{document}"]' for query in queries)


def write_offline(person: Person, text: str) -> int:
    """Until this browser keeps it; returns how many edits wait."""
    expect(person.status).to_contain_text("Offline")
    person.write(text)
    until(lambda: 0 < waiting(person) == kept_edits(person.page), what="all edits in IndexedDB")
    return waiting(person)


def test_what_is_written_with_the_server_down_outlives_the_browser_and_arrives_once(
    office: Office, anns: Computer, ben: Person
) -> None:
    document = office.document("From before.")
    ann = begin(anns)
    ann.open(document)
    ben.open(document)
    with server_down(office):
        few = write_offline(ann, " First")
        anns.close_browser()

        ann = anns.start_browser()
        ann.page.goto(f"/d/{document}")
        ann.sees("From before. First")
        expect(ann.status).to_have_text(f"Offline, {few} edits waiting")
        more = write_offline(ann, " second")
        assert more > few
        ann = anns.restart_browser()
        ann.page.goto("/")
        ann.page.get_by_role("tree").get_by_role("treeitem").first.wait_for()
        expect(ann.page.get_by_text("You are offline.")).to_be_visible()
        expect(ann.page.get_by_text(f"{more} edits in 1 document wait for the server.")).to_be_visible()
        ann.page.goto(f"/d/{document}")
        ann.sees("From before. First second")
        ben.write(" Ben's.")
    ann.is_saved()
    ann.sees("Ben's.")
    ben.sees("First second")
    assert ann.text == ben.text
    until(lambda: office.content(document).strip() == ann.text, what="the same text on the server")
    assert all(ann.text.count(part) == 1 for part in ("From before.", " First", " second", " Ben's."))
    until(lambda: kept_edits(ann.page) == 0, what="nothing owed any more")
    ann = anns.restart_browser()
    ann.open(document)
    assert ann.text == ben.text


def test_edits_of_a_document_that_nobody_opens_again_are_sent_from_any_page(
    office: Office, cable: Cable, anns: Computer, ben: Person
) -> None:
    document = office.document("Left behind.")
    ann = begin(anns)
    ann.open(document)
    with cable.pulled():
        write_offline(ann, " Not lost.")
        anns.close_browser()
    ben.open(document)
    ann = anns.start_browser()
    ann.page.goto("/recent")
    ben.sees("Left behind. Not lost.")
    until(lambda: kept_edits(ann.page) == 0, what="nothing owed any more")
    # Sent unseen: nobody is shown as being there.
    expect(ben.face_of("Ann")).to_have_count(0)


def test_a_reload_without_a_network_keeps_the_page_and_the_count(office: Office, cable: Cable, anns: Computer) -> None:
    document = office.document("Text.")
    ann = begin(anns)
    ann.open(document)
    asked: list[Dialog] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog)
        dialog.accept()

    ann.page.on("dialog", leave)
    with cable.pulled():
        count = write_offline(ann, " More.")
        ann.page.reload()
        ann.sees("Text. More.")
        expect(ann.status).to_have_text(f"Offline, {count} edits waiting")
        # Nothing is lost by leaving, so nothing is asked.
        assert not asked
    ann.is_saved()
    assert office.content(document).strip() == "Text. More."


def test_two_tabs_of_one_document_both_keep_what_was_written_in_them(
    office: Office, cable: Cable, anns: Computer
) -> None:
    document = office.document("Start.")
    ann = begin(anns)
    ann.open(document)
    beside = Person("ann", ann.page.context.new_page())
    beside.open(document)
    with cable.pulled():
        for tab, words in ((ann, " Here."), (beside, " There.")):
            expect(tab.status).to_contain_text("Offline")
            tab.write(words)
        until(lambda: kept_edits(ann.page) == waiting(ann) + waiting(beside), what="all edits in IndexedDB")
        ann = anns.restart_browser()
        ann.page.goto(f"/d/{document}")
        ann.sees(re.compile("Here"))
        ann.sees(re.compile("There"))
    ann.is_saved()
    until(lambda: office.content(document).strip() == ann.text, what="the same text on the server")
    assert ann.text.count("Here.") == ann.text.count("There.") == 1


def test_keep_offline_brings_a_document_that_was_never_opened_here(
    office: Office, cable: Cable, anns: Computer
) -> None:
    chosen = office.document("Worth keeping.", title="Kept")
    other = office.document("Elsewhere.", title="Other")
    ann = begin(anns)
    ann.page.goto(f"/w/{office.workspace}")
    ann.page.get_by_role("button", name="Menu of Kept", exact=True).first.click()
    ann.page.get_by_role("menuitem", name="Keep offline").click()
    expect(ann.page.get_by_text("opens without a network now")).to_be_visible()
    until(lambda: is_known(ann.page, chosen), what="the lists in IndexedDB")
    with cable.pulled():
        ann = anns.restart_browser()
        ann.page.goto(f"/w/{office.workspace}")
        expect(ann.page.get_by_text("You are offline.")).to_be_visible()
        table = ann.page.get_by_role("table")
        expect(table.get_by_role("link", name="Kept (available offline)")).to_be_visible()
        expect(table.get_by_role("link", name="Other (not available offline)")).to_be_visible()
        expect(ann.page.get_by_role("button", name="New document").first).to_be_disabled()
        table.locator(f'a[href="/d/{other}"]').click()
        expect(ann.page.get_by_text("This document isn’t in this browser")).to_be_visible()
        ann.page.go_back()
        table.locator(f'a[href="/d/{chosen}"]').click()
        ann.sees("Worth keeping.")
        write_offline(ann, " Even so.")
    ann.is_saved()
    assert office.content(chosen).strip().endswith("Worth keeping. Even so.")
    # And the one that wasn't there comes by itself.
    ann.page.goto(f"/d/{other}")
    ann.sees("Elsewhere.")


def test_what_is_kept_offline_is_brought_up_to_date_without_being_opened(
    office: Office, cable: Cable, anns: Computer, ben: Person
) -> None:
    document = office.document("First words.", title="Followed")
    ann = begin(anns)
    ann.open(document)
    ann.choose("Menu of this document", "Keep offline")
    expect(ann.page.get_by_text("opens without a network now")).to_be_visible()
    anns.close_browser()
    ben.open(document)
    ben.write(" Later words.")
    ben.is_saved()
    ann = anns.start_browser()
    ann.page.goto("/recent")
    until(
        lambda: any("Later words." in row["update"] for row in kept(ann.page, "updates")),
        seconds=40,
        what="Ben's words in Ann's browser",
    )
    with cable.pulled():
        ann.page.goto(f"/d/{document}")
        ann.sees("First words. Later words.")


NO_DOCUMENTS = """
    const Real = WebSocket
    window.WebSocket = class extends Real {
        constructor(address, protocols) {
            super(address.includes("/ws/y/") ? "ws://127.0.0.1:9/" : address, protocols)
        }
    }
    const ask = window.fetch
    window.fetch = (what, options) =>
        String(what.url ?? what).includes("/sync/") ? Promise.reject(new TypeError("no way")) : ask(what, options)
"""
"""A network that lets pages through and documents not."""


@pytest.fixture
def ann_with_unsent_edits(office: Office, cable: Cable, anns: Computer) -> Person:
    document = office.document("Mine.")
    ann = begin(anns)
    open_to_keep(ann, document)
    ann = anns.restart_browser(NO_DOCUMENTS)
    ann.page.goto(f"/d/{document}")
    ann.sees("Mine.")
    write_offline(ann, " Unsent.")
    return ann


HAVE_NOT_ARRIVED = re.compile(r"\d+ edits? in 1 document ha(ven|sn)’t reached the server")


def nothing_is_kept(cable: Cable, ann: Person) -> None:
    expect(ann.page.get_by_label("E-mail")).to_be_visible()
    assert ann.page.evaluate("indexedDB.databases()") == []
    with cable.pulled():
        ann.page.goto("/recent")
        expect(ann.page.get_by_text("Nobody’s documents are kept in this browser.")).to_be_visible()


def test_signing_out_asks_before_unsent_edits_are_lost_and_then_leaves_nothing(
    cable: Cable, ann_with_unsent_edits: Person
) -> None:
    ann = ann_with_unsent_edits
    ann.page.get_by_role("button", name="Account of").click()
    ann.page.get_by_role("menuitem", name="Sign out").click()
    dialog = ann.page.get_by_role("dialog")
    expect(dialog).to_contain_text(HAVE_NOT_ARRIVED)
    dialog.get_by_role("button", name="Stay").click()
    expect(dialog).to_be_hidden()
    ann.sees("Mine. Unsent.")
    ann.page.get_by_role("button", name="Account of").click()
    ann.page.get_by_role("menuitem", name="Sign out").click()
    dialog.get_by_role("button", name="Sign out and discard").click()
    nothing_is_kept(cable, ann)


def test_the_account_pages_ask_as_well(cable: Cable, ann_with_unsent_edits: Person) -> None:
    page = ann_with_unsent_edits.page
    page.goto("/accounts/profile/")
    # Those of documents work nowhere here, so the edits are still waiting.
    page.get_by_role("button", name="Sign out").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(HAVE_NOT_ARRIVED)
    dialog.get_by_role("button", name="Stay").click()
    expect(dialog).to_be_hidden()
    assert kept_edits(page) > 0
    page.get_by_role("button", name="Sign out").click()
    dialog.get_by_role("button", name="Sign out and discard").click()
    nothing_is_kept(cable, ann_with_unsent_edits)


def test_another_account_in_the_same_browser_neither_sees_nor_sends_what_is_kept(
    office: Office, ann_with_unsent_edits: Person, anns: Computer
) -> None:
    document = ann_with_unsent_edits.page.url.rpartition("/")[2]
    owed = kept_edits(ann_with_unsent_edits.page)
    ben = Person("ben", anns.restart_browser().page)
    # Ann's session ended elsewhere, and Ben signs in at her computer.
    ben.page.context.clear_cookies()
    ben.sign_in()
    ben.open(document)
    assert ben.text == "Mine."
    assert office.content(document).strip() == "Mine."
    ben.page.context.clear_cookies()
    ann = Person("ann", ben.page)
    ann.sign_in()
    until(lambda: "Unsent" in office.content(document), what="Ann's edits on the server")
    ann.open(document)
    assert ann.text == "Mine. Unsent."
    assert owed > 0


def test_a_browser_that_keeps_nothing_says_so_and_asks_before_the_page_is_left(
    office: Office, cable: Cable, anns: Computer
) -> None:
    document = office.document("Private.")
    ann = begin(anns, script="Object.defineProperty(window, 'indexedDB', { value: undefined })")
    ann.open(document)
    asked: list[Dialog] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog)
        dialog.dismiss()

    ann.page.on("dialog", stay)
    with cable.pulled():
        expect(ann.status).to_have_text("Offline")
        ann.write(" Words.")
        until(lambda: waiting(ann) > 0, what="a count of waiting edits")
        expect(ann.page.get_by_role("status").filter(has_text="only in this tab")).to_be_attached()
        ann.page.close(run_before_unload=True)
        until(lambda: (ann.page.evaluate("1"), asked)[1], what="the question before leaving")
        assert not ann.page.is_closed()
    ann.is_saved()
    ann.choose("Menu of this document", "Keep offline")
    expect(ann.page.get_by_text("Your browser does not let Weft store documents here.")).to_be_visible()


def test_who_lost_the_document_meanwhile_can_copy_or_discard_what_never_arrived(
    office: Office, cable: Cable, computer: Callable[[str], Computer]
) -> None:
    name = office.hire(role="editor")
    document = office.document("Ours.")
    leavers = computer(name)
    leaver = begin(leavers)
    leaver.open(document)
    with cable.pulled():
        write_offline(leaver, " Mine alone.")
        leavers.close_browser()
    office.dismiss(name)
    leaver = leavers.start_browser()
    leaver.page.goto("/recent")
    leaver.page.get_by_text("The server did not take edits of yours in").get_by_role("link").click()
    # By whichever is heard first: the socket's end, or the answer about the document.
    lost = re.compile("could not be saved and are only in this browser|of yours never reached it")
    expect(leaver.page.get_by_role("alert")).to_contain_text(lost)
    until(lambda: not is_known(leaver.page, document), what="nothing known of the document any more")
    leaver.page.reload()
    expect(leaver.page.get_by_role("alert")).to_contain_text("of yours never reached it")
    expect(leaver.page.get_by_text("Ours. Mine alone.")).to_be_visible()
    leaver.page.get_by_role("button", name="Discard it").click()
    leaver.page.goto(f"/d/{document}")
    expect(leaver.page.get_by_text("There is no document here for you")).to_be_visible()
    assert office.content(document).strip() == "Ours."


def test_what_is_revoked_with_nothing_unsent_leaves_the_browser(
    office: Office, cable: Cable, computer: Callable[[str], Computer]
) -> None:
    name = office.hire(role="editor")
    document = office.document("Secret.")
    leaver = begin(computer(name))
    leaver.open(document)
    office.dismiss(name)
    expect(leaver.page.get_by_role("alert")).to_contain_text(re.compile("no longer have access|is gone"))
    with cable.pulled():
        leaver.page.goto(f"/d/{document}")
        expect(leaver.page.get_by_text("This document isn’t in this browser")).to_be_visible()


def test_an_older_page_is_told_of_the_new_version_and_keeps_its_edits(
    office: Office, cable: Cable, anns: Computer
) -> None:
    document = office.document("Old page.")
    ann = begin(anns)
    ann.open(document)
    ann.page.evaluate("document.querySelector('meta[name=weft-build]').content = 'an older one'")
    with cable.pulled():
        write_offline(ann, " With edits.")
    ann.page.get_by_text("A new version of Weft is ready.").wait_for()
    ann.page.get_by_role("button", name="Reload").click()
    ann.is_saved()
    ann.sees("Old page. With edits.")
    expect(ann.page.get_by_text("A new version of Weft is ready.")).to_have_count(0)


def test_a_page_whose_protocol_is_no_longer_spoken_is_told_to_reload(
    office: Office, cable: Cable, anns: Computer
) -> None:
    document = office.document("From another time.")
    ann = begin(anns)
    ann.open(document)
    ann = anns.restart_browser(
        """
        const Real = WebSocket
        window.WebSocket = class extends Real {
            constructor(address, protocols) {
                super(address, protocols === "weft.1" && !sessionStorage.reloaded ? "weft.0" : protocols)
            }
        }
        """
    )
    ann.page.goto(f"/d/{document}")
    alert = ann.page.get_by_role("alert")
    expect(alert).to_contain_text("This page is out of date")
    ann.page.evaluate("sessionStorage.reloaded = 1")
    alert.get_by_role("button", name="Reload").click()
    ann.is_saved()
    ann.sees("From another time.")
