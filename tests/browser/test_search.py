"""Ctrl K: any document by a few letters of its name, or by what it says."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser.office import Office
from tests.browser.person import Person
from tests.running import until

Browsers = Callable[..., Person]


def look_for(person: Person, words: str) -> None:
    person.page.keyboard.press("ControlOrMeta+K")
    expect(person.page.get_by_placeholder("Find a document")).to_be_focused()
    person.page.keyboard.type(words)


def test_the_quick_switcher_finds_a_document_by_its_name(person: Browsers) -> None:
    ann = person("ann")
    page, keys = ann.page, ann.page.keyboard
    page.goto("/")
    page.get_by_role("button", name="New document").first.click()
    expect(ann.title).to_be_focused()
    keys.type("Heddle and reed")
    ann.is_saved()
    page.get_by_role("link", name="Recent").click()
    look_for(ann, "heddle")
    found = page.get_by_role("dialog").get_by_role("option", name="Heddle and reed")
    expect(found.first).to_be_visible()
    keys.press("Enter")
    expect(ann.title).to_have_value("Heddle and reed")


def test_it_finds_what_a_document_says_and_shows_the_place(office: Office, person: Browsers) -> None:
    office.document("Beim Weben gab es eine *Überraschung*: das Garn war blau.", title="Protokoll")
    until(lambda: office.documents(q="überraschung garn"), what="the text to be read")
    ben = person("ben")
    page = ben.page
    page.goto("/")
    expect(page.get_by_role("button", name="New document").first).to_be_visible()
    look_for(ben, "garn uberraschung")
    found = page.get_by_role("dialog").get_by_role("option", name="Protokoll")
    expect(found.locator("mark")).to_have_text(["Überraschung", "Garn"])
    expect(found).to_contain_text("eine Überraschung: das Garn war blau.")
    expect(found).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(ben.title).to_have_value("Protokoll")


def test_what_is_nowhere_is_said_to_be_nowhere(person: Browsers) -> None:
    ann = person("ann")
    page = ann.page
    page.goto("/")
    expect(page.get_by_role("button", name="New document").first).to_be_visible()
    look_for(ann, "qwzx")
    expect(page.get_by_text("No document has that name or says that")).to_be_visible()


def test_the_arrow_keys_go_round_and_what_comes_later_moves_no_choice(office: Office, person: Browsers) -> None:
    for title in ("Reel one", "Reel two"):
        office.document(title=title)
    office.document("Wound on a reel.", title="Bobbin")
    until(lambda: len(office.documents(q="reel")) == 3, what="the text to be read")
    ann = person("ann")
    page, keys = ann.page, ann.page.keyboard
    page.goto("/")
    expect(page.get_by_role("button", name="New document").first).to_be_visible()
    held: list[Route] = []
    page.route("**/api/v1/documents?*q=*", lambda route: held.append(route))
    with page.expect_request("**/api/v1/documents?*q=reel*"):
        look_for(ann, "reel")
    options = page.get_by_role("dialog").get_by_role("option")
    chosen = page.get_by_role("option", selected=True)
    expect(options).to_have_count(2)
    expect(chosen).to_contain_text("Reel two")  # changed last
    keys.press("ArrowUp")
    expect(chosen).to_contain_text("Reel one")
    held.pop().continue_()
    expect(options).to_have_count(3)
    expect(chosen).to_contain_text("Reel one")
    keys.press("ArrowDown")
    expect(chosen).to_contain_text("Bobbin")
    keys.press("ArrowDown")
    expect(chosen).to_contain_text("Reel two")
    active = page.get_by_placeholder("Find a document").get_attribute("aria-activedescendant")
    assert active == chosen.get_attribute("id")
    keys.press("Escape")
    expect(options).to_have_count(0)
