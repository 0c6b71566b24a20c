"""What a document can be made of, as people make it."""

import pytest
from playwright.sync_api import expect

from tests.browser.office import Office
from tests.browser.person import Person

# What to type after the slash, and what it must make. A pixel, so that a picture needs no network.
PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
KINDS = {
    "text": "> p",
    "heading1": "> h1",
    "heading2": "> h2",
    "heading 3": "> h3",
    "heading 4": "> h4",
    "bullet": "> ul > li p",
    "numbered": "> ol > li p",
    "task": "> ul[data-type=taskList] input[type=checkbox]",
    "toggle": "summary",
    "quote": "> blockquote p",
    "info": "[data-kind=info] p",
    "success": "[data-kind=success] p",
    "warning": "[data-kind=warning] p",
    "danger": "[data-kind=danger] p",
    "code": "pre",
    "table": "table th",
    "divider": "> hr",
}


@pytest.fixture
def page_of_ann(office: Office, ann: Person) -> Person:
    ann.open(office.document())
    ann.come_to_the_front()
    ann.body.focus()
    return ann


def clear(person: Person) -> None:
    for _ in range(2):  # the first empties the block, the second makes it a plain line
        person.page.keyboard.press("ControlOrMeta+A")
        person.page.keyboard.press("Backspace")


def insert(person: Person, words: str) -> None:
    person.page.keyboard.type(f"/{words}")
    expect(person.page.get_by_role("listbox", name="Blocks").get_by_role("option").first).to_be_visible()
    person.page.keyboard.press("Enter")


def test_the_slash_menu_makes_every_kind_of_block(page_of_ann: Person) -> None:
    ann = page_of_ann
    for words, made in KINDS.items():
        clear(ann)
        insert(ann, words)
        expect(ann.body.locator(made).first, words).to_be_visible()
        ann.page.keyboard.type("goes on")
        expect(ann.body, words).to_contain_text("goes on")
    ann.is_saved()


def test_a_click_anywhere_below_a_short_text_goes_on_writing(page_of_ann: Person) -> None:
    ann = page_of_ann
    ann.page.keyboard.type("warp")
    size = ann.page.viewport_size
    assert size is not None
    for line, up in (("weft", 200), ("selvedge", 4)):
        ann.page.mouse.click(size["width"] / 2, size["height"] - up)
        ann.page.keyboard.type(line)
    ann.reads("warp\nweft\nselvedge")


def test_a_slash_in_a_sentence_stays_one(page_of_ann: Person) -> None:
    ann = page_of_ann
    ann.page.keyboard.type("warp / weft, and 1 /2 of /text it\nnext line")
    ann.reads("warp / weft, and 1 /2 of /text it\nnext line")


def test_a_picture_and_a_formula_ask_for_what_they_need_and_writing_goes_on(page_of_ann: Person) -> None:
    ann = page_of_ann
    insert(ann, "image")
    form = ann.page.get_by_role("form", name="Picture")
    expect(form.get_by_label("Address")).to_be_focused()
    ann.page.keyboard.type("not an address")
    ann.page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).to_be_visible()
    ann.page.keyboard.press("ControlOrMeta+A")
    ann.page.keyboard.type(PIXEL)
    ann.page.keyboard.press("Enter")
    expect(ann.body.locator("img")).to_be_visible()
    ann.page.keyboard.type("below it ")
    expect(ann.body.locator("img")).to_be_visible()
    expect(ann.body.locator("p").last).to_contain_text("below it")

    insert(ann, "formula")
    ann.page.keyboard.type("x^2")
    ann.page.keyboard.press("Enter")
    expect(ann.body.locator(".katex").first).to_be_visible()
    ann.page.keyboard.type("and on")
    expect(ann.body.locator("p").last).to_contain_text("and on")


def test_rows_and_columns_come_and_go(page_of_ann: Person) -> None:
    ann = page_of_ann
    insert(ann, "table")
    rows, cells = ann.body.locator("tr"), ann.body.locator("tr").first.locator("th, td")
    expect(rows).to_have_count(3)
    expect(cells).to_have_count(3)
    ann.page.keyboard.type("Yarn")
    ann.page.keyboard.press("Tab")
    ann.page.keyboard.type("Colour")
    for deed, counts in {
        "Row below": (4, 3),
        "Row above": (5, 3),
        "Column right": (5, 4),
        "Delete row": (4, 4),
        "Delete column": (4, 3),
    }.items():
        ann.choose("Table", deed)
        expect(rows, deed).to_have_count(counts[0])
        expect(cells, deed).to_have_count(counts[1])
    ann.choose("Table", "Delete table")
    expect(rows).to_have_count(0)


def test_the_keys_lead_to_the_end_of_a_table_and_out_of_it(page_of_ann: Person) -> None:
    ann, keys = page_of_ann, page_of_ann.page.keyboard
    keys.type("Before")
    keys.press("Enter")
    insert(ann, "table")
    keys.type("first")
    keys.press("ControlOrMeta+End")
    keys.type("last")
    expect(ann.body.locator("th, td").last).to_have_text("last")
    keys.press("ArrowDown")
    keys.type("After")
    expect(ann.body.locator("> p").last).to_have_text("After")


def test_a_ticked_task_is_ticked_for_everyone(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("- [ ] Warp the loom\n- [ ] Weave")
    ann.open(document)
    ben.open(document)
    ben.body.get_by_role("checkbox").nth(1).click()
    expect(ann.body.get_by_role("checkbox").nth(1)).to_be_checked()
    expect(ann.body.get_by_role("checkbox").nth(0)).not_to_be_checked()
    ben.is_saved()
    assert "[x] Weave" in office.content(document, "markdown")


def test_markdown_becomes_what_it_means_while_it_is_typed(page_of_ann: Person) -> None:
    ann = page_of_ann
    for typed, made in {
        "# Title": "h1",
        "- point": "ul li",
        "1. first": "ol li",
        "[ ] to do": "ul[data-type=taskList] li",
        "> said": "blockquote",
        "```\nprint(1)": "pre",
        "a ~~struck~~ word": "s",
        "a ==marked== word": "mark",
        "*slanted* ": "em",
    }.items():
        clear(ann)
        ann.page.keyboard.type(typed)
        expect(ann.body.locator(made).first, typed).to_be_visible()
    clear(ann)
    ann.page.keyboard.type("---")
    expect(ann.body.locator("hr")).to_be_visible()


def test_the_block_handle_moves_and_deletes_a_block(office: Office, ann: Person) -> None:
    ann.open(office.document("One\n\nTwo\n\nThree"))
    ann.body.get_by_text("Two").hover()
    ann.page.get_by_role("button", name="Drag to move, press for actions").click()
    ann.page.get_by_role("menuitem", name="Move up").click()
    ann.reads("Two\nOne\nThree")
    ann.body.get_by_text("Three").hover()
    ann.page.get_by_role("button", name="Drag to move, press for actions").click()
    ann.page.get_by_role("menuitem", name="Delete").click()
    ann.reads("Two\nOne")


def test_the_block_handle_keeps_to_its_block_while_others_write(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("Top\n\n- One\n- Two\n- Three")
    for person in (ann, ben):
        person.open(document)
    grip = ann.page.get_by_role("button", name="Drag to move, press for actions")

    # Written while the mouse rests on the item: it was the whole list from then on.
    ann.body.get_by_text("Two").hover()
    expect(grip).to_be_visible()
    ben.body.get_by_text("Top").click()
    ben.page.keyboard.press("End")
    ben.page.keyboard.type(" of the page")
    ann.sees("Top of the page")
    ann.come_to_the_front()
    grip.click()
    delete = ann.page.get_by_role("menuitem", name="Delete")
    expect(delete).to_be_visible()

    # Written while the menu is open: it was the block that the caret is in.
    ben.come_to_the_front()
    ben.page.keyboard.press("Enter")
    ben.page.keyboard.type("Another line")
    ann.sees("Another line")
    ann.come_to_the_front()
    delete.click()
    for person in (ann, ben):
        person.reads("Top of the page\nAnother line\nOneThree")


def test_from_the_title_writing_begins_before_what_is_no_text_and_not_in_its_place(office: Office, ann: Person) -> None:
    ann.open(office.document("---\n\nBelow"))
    ann.come_to_the_front()
    for key in ("Enter", "Tab"):
        ann.title.click()
        ann.page.keyboard.press(key)
        ann.page.keyboard.type(key)
        expect(ann.body.locator("> p").first).to_contain_text(key)
        expect(ann.body.locator("> hr")).to_have_count(1)


def test_a_toggle_is_written_and_left_by_enter(page_of_ann: Person) -> None:
    ann, keys = page_of_ann, page_of_ann.page.keyboard
    insert(ann, "toggle")
    for line in ("More", "inside", "and on"):
        keys.type(line)
        keys.press("Enter")
    keys.press("Enter")
    keys.type("outside")
    expect(ann.body.locator("[data-type=detailsContent] > p")).to_have_text(["inside", "and on"])
    expect(ann.body.locator("> p")).to_have_text("outside")


def test_tab_in_the_first_item_of_a_list_stays_in_the_text(page_of_ann: Person) -> None:
    ann, keys = page_of_ann, page_of_ann.page.keyboard
    keys.type("- first")
    keys.press("Tab")
    keys.type("!\nsecond")
    keys.press("Tab")
    expect(ann.body.locator("> ul > li > ul > li")).to_have_text("second")
    expect(ann.body.locator("> ul > li > p")).to_have_text("first!")


def test_a_form_for_an_address_waits_while_the_address_is_fetched_elsewhere(page_of_ann: Person) -> None:
    ann, keys = page_of_ann, page_of_ann.page.keyboard
    for key, name in (("ControlOrMeta+K", "Link"), (None, "Picture")):
        if key:
            keys.press(key)
        else:
            insert(ann, "image")
        form = ann.page.get_by_role("form", name=name)
        expect(form.get_by_label("Address")).to_be_focused()
        # What a browser tells when another window comes to the front: the field is left, and is still the active one.
        ann.page.evaluate("document.activeElement.dispatchEvent(new FocusEvent('focusout', {bubbles: true}))")
        keys.type("example.org")
        expect(form.get_by_label("Address")).to_have_value("example.org")
        ann.title.click()
        expect(form).to_be_hidden()
        ann.body.focus()


def test_lines_read_from_the_side_of_their_own_script(office: Office, ann: Person) -> None:
    ann.open(office.document("שלום, world.\n\nHello, עולם.\n\n- אחת\n- two"))
    sides = ann.body.evaluate(
        """body => [...body.querySelectorAll("p")].map((line) => {
            const range = document.createRange()
            range.selectNodeContents(line)
            const [text, box] = [range.getBoundingClientRect(), line.getBoundingClientRect()]
            return box.right - text.right < text.left - box.left ? "right" : "left"
        })"""
    )
    assert sides == ["right", "left", "right", "right"]
