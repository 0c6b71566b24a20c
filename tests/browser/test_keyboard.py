"""Everything without a mouse, from the sign-in page on."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.person import PASSWORD, Person

Browsers = Callable[..., Person]


def tab_to(person: Person, target: Locator) -> None:
    """By the Tab key alone, as far as it takes."""
    target.wait_for()
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            return
        person.page.keyboard.press("Tab")
    raise AssertionError(f"{target} is out of the Tab key's reach")


def test_from_sign_in_to_a_formatted_paragraph_by_keyboard_alone(stranger: Browsers) -> None:
    ann = stranger("ann")
    page, keys = ann.page, ann.page.keyboard
    page.goto("/accounts/login/")
    tab_to(ann, page.get_by_label("E-mail"))
    keys.type(ann.email)
    tab_to(ann, page.get_by_label("Password", exact=True))
    keys.type(PASSWORD)
    keys.press("Enter")
    page.wait_for_url("**/w/*")  # arriving there moves the focus
    # The one in the page, not the sidebar's: behind the last element Firefox gives the focus to its own buttons.
    tab_to(ann, page.get_by_role("main").get_by_role("button", name="New document"))
    keys.press("Enter")

    expect(ann.title).to_be_focused()
    keys.type("By hand")
    keys.press("Enter")
    expect(ann.body).to_be_focused()

    # Markdown as it is typed.
    keys.type("## Aims")
    keys.press("Enter")
    keys.type("Some **bold** and `code` words.")
    keys.press("Enter")
    expect(ann.body.get_by_role("heading", name="Aims", level=2)).to_be_visible()
    expect(ann.body.locator("strong")).to_have_text("bold")
    expect(ann.body.locator("code")).to_have_text("code")

    # The slash menu: by name, and by the arrows.
    keys.type("/quo")
    options = page.get_by_role("listbox", name="Blocks").get_by_role("option")
    expect(options.first).to_contain_text("Quote")
    keys.press("Enter")
    keys.type("Said.")
    expect(ann.body.locator("blockquote")).to_have_text("Said.")
    keys.press("Enter")
    keys.press("Enter")
    keys.type("/")
    expect(options.first).to_have_attribute("aria-selected", "true")
    keys.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    keys.press("Escape")
    expect(options).to_have_count(0)
    keys.press("Backspace")

    # The toolbar: there, along it, and back to the text.
    keys.type("plain ")
    keys.press("Alt+F10")
    expect(ann.toolbar.locator(":focus")).to_have_count(1)
    for _ in range(20):
        if ann.toolbar.get_by_role("button", name="Italic").evaluate("it => it === document.activeElement"):
            break
        keys.press("ArrowRight")
    keys.press("Enter")
    expect(ann.body).to_be_focused()
    keys.type("slanted")
    expect(ann.body.locator("em")).to_have_text("slanted")
    keys.press("Alt+F10")
    keys.press("Escape")
    expect(ann.body).to_be_focused()

    # The tools at a selection.
    keys.press("Shift+Home")
    expect(page.get_by_role("toolbar", name="Selected text")).to_be_visible()
    keys.press("ControlOrMeta+U")
    expect(ann.body.locator("u").first).to_be_visible()

    # The sheet of shortcuts opens, can be left, and gives the text back.
    keys.press("ControlOrMeta+/")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_text("Duplicate block")).to_be_visible()
    keys.press("Escape")
    expect(sheet).to_be_hidden()
    expect(ann.body).to_be_focused()
    ann.is_saved()
