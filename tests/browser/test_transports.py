"""Behind proxies that let no WebSocket through, or no stream either, all is as always."""

import json
import os
import random
import socket
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import Office
from tests.browser.person import Person
from tests.running import until
from tests.watching.scraping import scrape

Browsers = Callable[..., Person]
SEEDS = int(os.environ.get("WEFT_SEEDS", "2"))

# As seen from the page: a socket that is blocked goes where nobody listens, and an open one breaks. A stream that is
# blocked never brings its first byte, as behind a proxy that waits for its end.
PROXY = """((settings) => {
    const { fetch, WebSocket } = window
    const open = new Set()
    const streaming = new Set()
    const cut = () => {
        if (!proxy.sockets) for (const socket of [...open]) socket.close()
        if (!proxy.streams) for (const stream of [...streaming]) stream.abort(new TypeError("network error"))
    }
    window.proxy = { ...settings, cut }
    window.WebSocket = class extends WebSocket {
        constructor(url, protocols) {
            super(proxy.sockets ? url : proxy.nowhere, protocols)
            proxy.tried = (proxy.tried ?? 0) + 1
            open.add(this)
            this.addEventListener("close", () => open.delete(this))
        }
    }
    const aborted = ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new DOMException("", "AbortError"))))
    window.fetch = (input, init) => {
        if (!String(init?.headers?.Accept).includes("event-stream")) return fetch(input, init)
        if (!proxy.streams) return aborted(init)
        const stream = new AbortController()
        streaming.add(stream)
        init.signal.addEventListener("abort", () => stream.abort(init.signal.reason))
        stream.signal.addEventListener("abort", () => streaming.delete(stream))
        return fetch(input, { ...init, signal: stream.signal })
    }
})"""


def nowhere() -> str:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"ws://127.0.0.1:{server.getsockname()[1]}"


def behind_a_proxy(page: Page, *, sockets: bool, streams: bool) -> None:
    settings = {"nowhere": nowhere(), "sockets": sockets, "streams": streams}
    page.add_init_script(f"{PROXY}({json.dumps(settings)})")


def lets_through(person: Person, **what: bool) -> None:
    """From now on, and what isn't let through any more breaks."""
    person.page.evaluate("what => { Object.assign(proxy, what); proxy.cut() }", what)


def lets_sockets_through(person: Person, through: bool) -> None:
    lets_through(person, sockets=through)


def looks_again(person: Person) -> None:
    """As after a change of networks: at once, not in half a minute."""
    person.page.evaluate("dispatchEvent(new Event('online'))")


def goes_by(person: Person, transport: str) -> None:
    expect(person.status).to_have_attribute("data-transport", transport)


def climbs_back(person: Person) -> None:
    """Rung by rung, and as soon as it looks: an attempt that was under way may still have met the block."""

    def is_up() -> bool:
        if person.status.get_attribute("data-transport") == "websocket":
            return True
        looks_again(person)
        person.page.wait_for_timeout(500)
        return False

    until(is_up, seconds=60, what="back on a WebSocket")


def blocked(office: Office) -> float:
    """How often browsers have said that no WebSocket came through."""
    return scrape(office.url)['weft_not_live_total{reason="upgrade_blocked"}']


def write_at_once(ann: Person, ben: Person, hers: str, his: str) -> None:
    """A key of one, a key of the other: in a paragraph each, so that nobody's letters end up between another's."""
    ann.body.locator("p").first.click()
    ann.page.keyboard.press("End")
    ben.body.locator("p").last.click()
    ben.page.keyboard.press("End")
    for one, other in zip(hers, his, strict=True):
        ann.page.keyboard.type(one)
        ben.page.keyboard.type(other)


@pytest.mark.parametrize("transport", ["sse", "poll"])
def test_two_people_write_together_without_websockets_and_see_each_others_carets(
    office: Office, ann: Person, ben: Person, transport: str
) -> None:
    document = office.document("Warp:\n\nWeft:")
    for person in (ann, ben):
        behind_a_proxy(person.page, sockets=False, streams=transport == "sse")
        person.open(document)
        goes_by(person, transport)
    write_at_once(ann, ben, " over and under", " to and fro and")
    expect(ann.caret_of("Ben")).to_be_attached()
    expect(ben.caret_of("Ann")).to_be_attached()
    for person in (ann, ben):
        person.reads("Warp: over and under\nWeft: to and fro and")
        person.is_saved()
        goes_by(person, transport)
    assert office.content(document).strip().split("\n\n") == ["Warp: over and under", "Weft: to and fro and"]


def test_it_climbs_back_as_soon_as_sockets_get_through_and_nothing_flickers(
    office: Office, ann: Person, ben: Person
) -> None:
    document = office.document("Warp:\n\nWeft:")
    behind_a_proxy(ann.page, sockets=False, streams=True)
    ann.open(document)
    ben.open(document)
    goes_by(ann, "sse")
    goes_by(ben, "websocket")
    ann.write(" here")
    ann.is_saved()
    expect(ben.caret_of("Ann")).to_be_attached()
    ben.page.evaluate(
        """() => {
            window.flickered = 0
            new MutationObserver(() => {
                if (!document.querySelector(".weft-remote-caret")) window.flickered++
            }).observe(document.body, { childList: true, subtree: true })
        }"""
    )
    ann.page.evaluate(
        """() => {
            window.said = new Set()
            const status = document.querySelector("[data-testid=status]")
            const noted = { childList: true, subtree: true, characterData: true }
            new MutationObserver(() => said.add(status.textContent)).observe(status, noted)
        }"""
    )
    lets_sockets_through(ann, True)
    looks_again(ann)
    goes_by(ann, "websocket")
    ann.page.wait_for_timeout(2_000)  # the transport that was left says goodbye a second later
    assert set(ann.page.evaluate("[...said]")) <= {"Saved"}
    assert ben.page.evaluate("flickered") == 0


def test_what_is_typed_while_sockets_come_and_go_arrives_once(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("Warp:\n\nWeft:")
    for person in (ann, ben):
        behind_a_proxy(person.page, sockets=True, streams=True)
        person.open(document)
        goes_by(person, "websocket")
    for turn, through in enumerate((False, True, False, True)):
        for person in (ann, ben):
            lets_sockets_through(person, through)
            if through:
                looks_again(person)
        write_at_once(ann, ben, f" {turn} over and", f" {turn} to and f")
        for person in (ann, ben):
            goes_by(person, "websocket" if through else "sse")
    for person in (ann, ben):
        person.reads(
            "Warp: 0 over and 1 over and 2 over and 3 over and\nWeft: 0 to and f 1 to and f 2 to and f 3 to and f"
        )
        person.is_saved()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_comes_and_goes_while_two_people_type_the_text_is_the_same(
    office: Office, ann: Person, ben: Person, seed: int
) -> None:
    """`WEFT_SEEDS=50 ./test browser tests/browser/test_transports.py -k whatever` for more of them."""
    chance = random.Random(seed)
    document = office.document("Warp:\n\nWeft:")
    for person in (ann, ben):
        behind_a_proxy(person.page, sockets=True, streams=True)
        person.open(document)
        goes_by(person, "websocket")
    typed = ["", ""]
    for _ in range(6):
        for person in (ann, ben):
            if chance.random() < 0.6:
                lets_through(person, sockets=chance.random() < 0.4, streams=chance.random() < 0.6)
                if chance.random() < 0.5:
                    looks_again(person)
        words = ["".join(chance.choices(" abcdefgh", k=5)) + "." for _ in range(2)]
        write_at_once(ann, ben, *words)
        typed = [before + word for before, word in zip(typed, words, strict=True)]
        ann.page.wait_for_timeout(chance.choice((0, 100, 1_500)))
    for person in (ann, ben):
        lets_through(person, sockets=True, streams=True)
    for person in (ann, ben):
        climbs_back(person)
        person.is_saved()
        person.reads(f"Warp:{typed[0]}\nWeft:{typed[1]}")


def test_the_status_says_why_it_is_not_live_and_what_to_do(office: Office, ann: Person) -> None:
    document = office.document("Behind a proxy.")
    before = blocked(office)
    behind_a_proxy(ann.page, sockets=False, streams=True)
    ann.open(document)
    goes_by(ann, "sse")
    until(lambda: blocked(office) > before, what="the reason in the server's counters")

    # By keyboard alone.
    ann.status.focus()
    ann.page.keyboard.press("Enter")
    why = ann.page.get_by_test_id("why")
    expect(why.get_by_role("heading", name="Live, by another way")).to_be_visible()
    expect(why).to_contain_text("doesn’t let WebSockets through")
    expect(why).to_contain_text("Nothing is missing")
    expect(why).to_contain_text("Event stream")
    lets_sockets_through(ann, True)
    why.get_by_role("button", name="Try again now").focus()
    ann.page.keyboard.press("Enter")
    expect(why.get_by_role("heading", name="Live", exact=True)).to_be_visible()
    expect(why).to_contain_text("WebSocket")
    ann.page.keyboard.press("Escape")
    expect(why).to_be_hidden()
    expect(ann.status).to_be_focused()


def test_the_next_document_opens_at_once_on_what_worked(office: Office, ann: Person) -> None:
    first, second = office.document("First."), office.document("Second.")
    behind_a_proxy(ann.page, sockets=False, streams=True)
    ann.open(first)
    goes_by(ann, "sse")
    ann.page.goto(f"/d/{second}")
    ann.sees("Second.")
    goes_by(ann, "sse")
    assert ann.page.evaluate("proxy.tried ?? 0") == 0


def test_lists_stay_current_without_websockets(office: Office, ann: Person, ben: Person) -> None:
    document = office.document(title="Before")
    behind_a_proxy(ben.page, sockets=False, streams=True)
    ben.page.goto(f"/w/{office.workspace}")
    row = ben.page.get_by_role("table").locator(f'a[href="/d/{document}"]')
    expect(row).to_have_text("Before")
    ann.open(document)
    ann.title.press("ControlOrMeta+A")
    ann.page.keyboard.type("After")
    expect(row).to_have_text("After")


def test_five_tabs_of_one_person_leave_each_other_room(office: Office, person: Browsers) -> None:
    ann = person("ann")
    documents = [office.document(f"Number {number}.") for number in range(5)]
    context: Any = ann.page.context
    tabs = [ann, *(Person("ann", context.new_page()) for _ in range(4))]
    for tab, document in zip(tabs, documents, strict=True):
        behind_a_proxy(tab.page, sockets=False, streams=True)
        tab.open(document)
    for tab, document in zip(tabs, documents, strict=True):
        tab.write(" And more.")
        tab.is_saved()
        assert "And more." in office.content(document)
