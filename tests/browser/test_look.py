"""Light and dark: as the machine is, or as one chose."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.office import Office
from tests.browser.person import Person

DARK, LIGHT = range(70), range(230, 256)
# The only way that Debian's Firefox knows: it takes no such order for a page.
DARK_FIREFOX = {"layout.css.prefers-color-scheme.content-override": 0}


def lightness(person: Person) -> float:
    """Of what is behind the words, from 0 to 255."""
    red, green, blue = person.page.evaluate(
        """() => {
            let at = document.querySelector("h1, .weft-body")
            let color = "rgba(0, 0, 0, 0)"
            for (; at && /, 0\\)$|transparent/.test(color); at = at.parentElement) {
                color = getComputedStyle(at).backgroundColor
            }
            const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d")
            canvas.fillStyle = color
            canvas.fillRect(0, 0, 1, 1)
            return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)]
        }"""
    )
    return float(red * 0.3 + green * 0.59 + blue * 0.11)


@pytest.fixture
def dark_machine(
    launch_browser: Callable[..., Browser], browser_name: str, browser_context_args: dict[str, Any]
) -> Iterator[Person]:
    """Ann at a computer that is set to dark."""
    launch = {"firefox_user_prefs": DARK_FIREFOX} if browser_name == "firefox" else {}
    browser = launch_browser(**launch)
    ann = Person("ann", browser.new_context(**{**browser_context_args, "color_scheme": "dark"}).new_page())
    ann.sign_in()
    yield ann
    browser.close()


def test_pages_are_as_the_machine_is(office: Office, dark_machine: Person, ann: Person) -> None:
    document = office.document("Night.", title="Night")
    for person, expected in ((dark_machine, DARK), (ann, LIGHT)):
        for place in ("/accounts/profile/", f"/w/{office.workspace}", f"/d/{document}"):
            person.page.goto(place)
            person.page.locator("h1, .weft-body").first.wait_for()
            assert round(lightness(person)) in expected, place


def test_what_one_chose_holds_on_the_accounts_pages_too(office: Office, ann: Person) -> None:
    ann.page.goto(f"/w/{office.workspace}")
    ann.page.get_by_role("button", name="Account of").click()
    ann.page.get_by_title("Dark").click()
    expect(ann.page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    ann.page.goto("/accounts/profile/")
    ann.page.locator("h1").first.wait_for()
    assert round(lightness(ann)) in DARK


@pytest.mark.only_browser("chromium")  # Debian's Firefox can't be told to lay out for paper
def test_on_paper_there_is_the_whole_document_and_nothing_else(office: Office, dark_machine: Person) -> None:
    ann = dark_machine
    ann.open(office.document("\n\n".join(f"Line {number}" for number in range(100)), title="Long"))
    ann.page.emulate_media(media="print", color_scheme="dark")
    expect(ann.title).to_be_visible()
    for chrome in (ann.toolbar, ann.status, ann.page.get_by_role("button", name="New document")):
        expect(chrome).to_be_hidden()
    # What scrolls in a box of its own is cut at the end of the first sheet.
    end = ann.body.locator("p").last.evaluate("line => line.getBoundingClientRect().bottom")
    assert end > 1500
    assert ann.page.evaluate("document.documentElement.scrollHeight") >= end
    assert round(lightness(ann)) in LIGHT
