"""Through a real nginx that treats its guests badly: it works within seconds, nothing is lost, the reason is told."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.office import Office
from tests.browser.person import Person
from tests.nginx import PROGRAM, Hostility, hostile

pytestmark = pytest.mark.skipif(not Path(PROGRAM).exists(), reason="nginx is not installed")

NO_SOCKETS = "doesn’t let WebSockets through"
HELD_BACK = "holds back what comes bit by bit"
CUT = "ends every lasting connection"
WITHIN = 10_000


@contextmanager
def behind(office: Office, network: Hostility, person: Person, document: str) -> Iterator[None]:
    """The person has the document open through it."""
    with tempfile.TemporaryDirectory(prefix="weft-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)  # nginx, started by root, works as nobody, and puts bodies aside in there
        with hostile(Path(folder), office.url, network) as address:
            person.page.goto(f"{address}/d/{document}")
            expect(person.body).to_be_visible()
            person.is_saved()
            yield
            person.page.goto("about:blank")


def goes_by(person: Person, transport: str, reason: str, within: int = WITHIN) -> None:
    expect(person.status).to_have_attribute("data-transport", transport, timeout=within)
    person.status.click()
    expect(person.page.get_by_test_id("why")).to_contain_text(reason)
    person.page.keyboard.press("Escape")


@pytest.mark.parametrize(
    ("network", "transport", "reason"),
    [
        (Hostility(upgrade=False), "sse", NO_SOCKETS),
        (Hostility(upgrade=False, buffers=True), "poll", HELD_BACK),
    ],
    ids=["no upgrade", "no upgrade and buffers"],
)
def test_two_people_write_where_a_proxy_is_in_the_way(
    office: Office, ann: Person, ben: Person, network: Hostility, transport: str, reason: str
) -> None:
    document = office.document("Warp:")
    ben.open(document)
    with behind(office, network, ann, document):
        goes_by(ann, transport, reason)
        ann.write(" over")
        ben.sees("Warp: over")
        ben.write(" and under")
        for person in (ann, ben):
            person.reads("Warp: over and under")
            person.is_saved()
        expect(ann.caret_of("Ben")).to_be_attached()
        expect(ben.caret_of("Ann")).to_be_attached()
        assert office.content(document).strip() == "Warp: over and under"


def test_a_proxy_that_cuts_every_connection_loses_nothing(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("Warp:")
    ben.open(document)
    with behind(office, Hostility(cuts_after=5), ann, document):
        for number in range(40):
            ann.write(f" {number}")
            ann.page.wait_for_timeout(400)
        goes_by(ann, "sse", CUT, within=30_000)
        for person in (ann, ben):
            person.reads("Warp: " + " ".join(map(str, range(40))))
            person.is_saved()


def test_what_is_pasted_arrives_where_a_proxy_takes_small_bodies_only(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("Warp:")
    pasted = " and under and over" * 20_000
    with behind(office, Hostility(upgrade=False, body="64k"), ann, document):
        goes_by(ann, "sse", NO_SOCKETS)
        ann.write(" over")
        ann.page.keyboard.insert_text(pasted)
        ann.is_saved()
        expect(ann.status).to_have_attribute("data-transport", "sse")
        assert office.content(document).strip() == f"Warp: over{pasted}"
    ben.open(document)
    ben.sees("over and under")
