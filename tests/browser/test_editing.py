"""Finding, undoing, pasting, and the outline."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.office import Office
from tests.browser.person import Person

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word"
xmlns="http://www.w3.org/TR/REC-html40"><head><meta name=Generator content="Microsoft Word 15">
<style>p.MsoNormal {mso-style-parent:""; font-size:11.0pt}</style></head><body lang=EN-GB>
<!--StartFragment--><h1>The loom<o:p></o:p></h1>
<p class=MsoNormal><b>Bold</b> and <i>slanted</i>, <span style='color:red'>red</span>.<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;
</span></span></span><![endif]>Warp<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;
</span></span></span><![endif]>Weft<o:p></o:p></p>
<table class=MsoTableGrid><tr><td><p class=MsoNormal>Red</p></td><td><p class=MsoNormal>3</p></td></tr></table>
<!--EndFragment--></body></html>"""

DOCS = """<meta charset='utf-8'><b style="font-weight:normal;" id="docs-internal-guid-0a1b2c3d"><h2 dir="ltr"><span
style="font-weight:400">Shuttles</span></h2><p dir="ltr"><span style="font-weight:700">Heavy</span><span
style="font-weight:400"> and </span><span style="font-style:italic">light</span></p><ul><li
role="checkbox" aria-checked="true"><p role="presentation"><span>Oiled</span></p></li></ul><p dir="ltr"><a
href="https://example.org/"><span style="text-decoration:underline">More</span></a></p></b>"""

PASTE = """(target, data) => {
    const clipboardData = new DataTransfer()
    for (const [type, content] of Object.entries(data)) clipboardData.setData(type, content)
    const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true })
    // Firefox ignores the one given to the constructor.
    Object.defineProperty(event, "clipboardData", { value: clipboardData })
    target.dispatchEvent(event)
}"""


@pytest.fixture
def page_of_ann(office: Office, ann: Person) -> Person:
    ann.open(office.document())
    ann.come_to_the_front()
    ann.body.focus()
    return ann


def test_word_pastes_as_headings_lists_and_tables(page_of_ann: Person) -> None:
    ann = page_of_ann
    ann.body.evaluate(PASTE, {"text/html": WORD, "text/plain": "The loom"})
    expect(ann.body.get_by_role("heading", name="The loom", level=1)).to_be_visible()
    expect(ann.body.locator("strong")).to_have_text("Bold")
    expect(ann.body.locator("em")).to_have_text("slanted")
    expect(ann.body.locator("ul > li")).to_have_text(["Warp", "Weft"])
    expect(ann.body.locator("td")).to_have_text(["Red", "3"])
    assert "·" not in ann.text
    ann.is_saved()


def test_google_docs_pastes_with_its_checklists_and_without_its_false_bold(page_of_ann: Person) -> None:
    ann = page_of_ann
    ann.body.evaluate(PASTE, {"text/html": DOCS, "text/plain": "Shuttles"})
    expect(ann.body.get_by_role("heading", name="Shuttles", level=2)).to_be_visible()
    expect(ann.body.locator("strong")).to_have_text(["Heavy"])
    expect(ann.body.get_by_role("checkbox")).to_be_checked()
    expect(ann.body.get_by_role("link", name="More")).to_have_attribute("href", "https://example.org/")


def test_markdown_pastes_as_what_it_means(page_of_ann: Person) -> None:
    ann = page_of_ann
    ann.body.evaluate(PASTE, {"text/plain": "# Yarn\n\n- red\n- blue\n\n```python\nprint(1)\n```\n"})
    expect(ann.body.get_by_role("heading", name="Yarn", level=1)).to_be_visible()
    expect(ann.body.locator("ul > li")).to_have_text(["red", "blue"])
    expect(ann.body.locator("pre code")).to_have_text("print(1)")


def test_undo_takes_back_ones_own_work_alone(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("Ann:\n\nBen:")
    for person, line, text in ((ann, 0, " mine"), (ben, 1, " his")):
        person.open(document)
        person.come_to_the_front()
        person.body.locator("p").nth(line).click()
        person.page.keyboard.press("End")
        person.page.keyboard.type(text)
    ann.reads("Ann: mine\nBen: his")
    ann.come_to_the_front()
    ann.page.keyboard.press("ControlOrMeta+Z")
    for person in (ann, ben):
        person.reads("Ann:\nBen: his")
    ann.page.keyboard.press("ControlOrMeta+Shift+Z")
    for person in (ann, ben):
        person.reads("Ann: mine\nBen: his")


def test_find_counts_steps_and_replaces(office: Office, ann: Person) -> None:
    ann.open(office.document("A thread, a thread and another Thread."))
    ann.come_to_the_front()
    ann.body.focus()
    ann.page.keyboard.press("ControlOrMeta+F")
    bar = ann.page.get_by_role("search", name="Find in document")
    expect(bar.get_by_label("Find", exact=True)).to_be_focused()
    ann.page.keyboard.type("thread")
    expect(bar.get_by_role("status")).to_have_text("1 of 3")
    ann.page.keyboard.press("Enter")
    expect(bar.get_by_role("status")).to_have_text("2 of 3")
    bar.get_by_role("button", name="Match case").click()
    expect(bar.get_by_role("status")).to_have_text(re.compile("of 2$"))
    bar.get_by_role("button", name="Replace", exact=True).first.click()
    bar.get_by_label("Replace with").press_sequentially("yarn")
    bar.get_by_role("button", name="All", exact=True).click()
    ann.sees("A yarn, a yarn and another Thread.")
    ann.page.keyboard.press("Escape")
    expect(bar).to_be_hidden()


def test_find_opens_a_toggle_and_stays_where_one_types(page_of_ann: Person) -> None:
    ann, keys = page_of_ann, page_of_ann.page.keyboard
    keys.type("A thread\n/toggle")
    expect(ann.page.get_by_role("listbox", name="Blocks").get_by_role("option").first).to_be_visible()
    for line in ("", "More", "A thread within"):
        keys.type(line)
        keys.press("Enter")
    keys.press("ControlOrMeta+Enter")
    hidden = ann.body.get_by_text("A thread within")
    expect(hidden).to_be_hidden()
    text = ann.text
    keys.press("ControlOrMeta+F")
    keys.type("thread")
    bar = ann.page.get_by_role("search", name="Find in document")
    for step in ("2 of 2", "1 of 2", "2 of 2"):
        keys.press("Enter")
        expect(bar.get_by_role("status")).to_have_text(step)
        expect(hidden).to_be_visible()
        # Tiptap's own focus comes with the next frame.
        ann.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        expect(bar.get_by_label("Find", exact=True)).to_be_focused()
    ann.reads(text)


def test_a_click_into_a_link_is_for_writing_and_a_readers_follows_it(
    office: Office, ann: Person, person: Callable[..., Person]
) -> None:
    text = f"[There]({office.url}/api/v1/docs)"
    ann.open(office.document(text))
    ann.come_to_the_front()
    ann.body.get_by_text("There").click()
    expect(ann.page.get_by_role("group", name="Link")).to_be_visible()
    ann.page.keyboard.press("Home")
    ann.page.keyboard.type("Over t")
    ann.sees("Over t")
    assert len(ann.page.context.pages) == 1
    rea = person("rea")
    rea.open(office.document(text))
    with rea.page.context.expect_page() as opened:
        rea.body.get_by_text("There").click()
    opened.value.wait_for_url("**/api/v1/docs")
    assert opened.value.evaluate("window.opener") is None


def test_a_links_address_and_a_formula_are_typed_over(office: Office, ann: Person) -> None:
    ann.open(office.document("[There](https://example.org/)\n\n$x$ is."))
    keys = ann.page.keyboard
    ann.come_to_the_front()
    ann.body.get_by_text("There").click()
    keys.press("ControlOrMeta+K")
    expect(ann.page.get_by_role("form", name="Link").get_by_label("Address")).to_be_focused()
    keys.type("https://example.net/")
    keys.press("Enter")
    expect(ann.body.get_by_role("link", name="There")).to_have_attribute("href", "https://example.net/")
    ann.body.locator(".weft-formula").click()
    form = ann.page.get_by_role("form", name="Formula")
    expect(form.get_by_label("LaTeX")).to_be_focused()
    expect(form.locator(".katex annotation")).to_have_text("x")
    keys.type("y")
    keys.press("Enter")
    expect(ann.body.locator(".katex annotation")).to_have_text("y")


def test_the_outline_leads_to_a_heading(office: Office, ann: Person) -> None:
    sections = "\n\n".join(f"## Part {part}\n\n" + "Words. " * 200 for part in range(1, 9))
    ann.open(office.document(sections))
    ann.choose("Menu of this document", "Show outline")
    outline = ann.page.get_by_role("navigation", name="Outline")
    expect(outline.get_by_role("button")).to_have_count(8)
    outline.get_by_role("button", name="Part 7").click()
    expect(ann.body.get_by_role("heading", name="Part 7")).to_be_in_viewport()


def test_words_are_counted_in_the_document_and_in_what_is_selected(office: Office, ann: Person) -> None:
    ann.open(office.document("Yarn\n\nRed, blue and 3 greens."))
    menu = ann.page.get_by_role("menu", name="Menu of this document")
    ann.choose("Menu of this document")
    expect(menu).to_contain_text("6 words")
    ann.page.keyboard.press("Escape")
    ann.body.get_by_text("Red, blue").click(click_count=3)
    ann.choose("Menu of this document")
    expect(menu).to_contain_text("5 of 6 words selected")
