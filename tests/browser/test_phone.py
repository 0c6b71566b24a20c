"""On a screen of 390 × 844 points, as most phones have."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.office import Office
from tests.browser.person import Person


@pytest.fixture
def ann(person: Callable[..., Person]) -> Person:
    ann = person("ann")
    ann.page.set_viewport_size({"width": 390, "height": 844})
    return ann


def fits(person: Person) -> bool:
    fitting: bool = person.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return fitting


def test_a_phone_has_drawer_text_and_tools(office: Office, ann: Person, browser_name: str) -> None:
    title = f"Pocket {browser_name}"  # the other browser's has bold words at its end
    office.document("On the road.", title=title)
    page = ann.page
    page.goto(f"/w/{office.workspace}")
    expect(page.get_by_role("table").get_by_role("link").first).to_be_visible()
    assert fits(ann)

    page.get_by_role("button", name="Show the sidebar").click()
    drawer = page.get_by_role("dialog", name="Navigation")
    # The tree draws what is in sight alone, and other tests have filled it.
    drawer.get_by_role("treeitem").first.hover()
    page.mouse.wheel(0, 100_000)
    drawer.get_by_role("treeitem", name=title).click()
    expect(drawer).to_be_hidden()
    ann.sees("On the road.")
    assert fits(ann)

    ann.write(" And ")
    bold = ann.toolbar.get_by_role("button", name="Bold")
    bold.click()
    expect(bold).to_have_attribute("aria-pressed", "true")
    page.keyboard.type("typed here")
    expect(ann.body.locator("strong")).to_have_text("typed here")
    ann.is_saved()
    tools = ann.toolbar.bounding_box()
    assert tools is not None
    assert tools["x"] >= 0
    assert tools["x"] + tools["width"] <= 390
    assert tools["y"] + tools["height"] <= 844
    assert fits(ann)


def test_everything_on_the_account_pages_fits_a_phone(ann: Person) -> None:
    for address in ("/accounts/login/", "/accounts/signup/", "/accounts/profile/", "/accounts/sessions/"):
        ann.page.goto(address)
        expect(ann.page.get_by_role("heading").first).to_be_visible()
        assert fits(ann), address
