"""From nothing to two people writing in one document."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.office import Office
from tests.browser.person import PASSWORD, Person

Browsers = Callable[..., Person]


def sign_up(person: Person, office: Office, name: str) -> None:
    page = person.page
    page.goto("/")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(f"{PASSWORD}-{name}-loom")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    page.goto(office.link_for(person.email))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Nothing written yet")).to_be_visible()


def test_two_strangers_sign_up_share_a_document_and_write_in_it_together(
    office: Office, stranger: Browsers, browser_name: str
) -> None:
    ada, bo = stranger(f"ada.{browser_name}"), stranger(f"bo.{browser_name}")
    sign_up(ada, office, "Ada Loom")
    sign_up(bo, office, "Bo Shuttle")

    ada.come_to_the_front()
    ada.page.get_by_role("button", name="Write the first document").click()
    expect(ada.title).to_be_focused()
    ada.page.keyboard.type("Warp")
    ada.page.keyboard.press("Enter")
    ada.page.keyboard.type("Ada began this.")
    ada.is_saved()

    ada.page.get_by_role("button", name="Share", exact=True).click()
    dialog = ada.page.get_by_role("dialog")
    dialog.get_by_label("Share with").press_sequentially(bo.email)
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_text("Bo Shuttle")).to_be_visible()
    ada.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    bo.page.get_by_role("link", name="Shared with me").click()
    bo.page.get_by_role("link", name="Warp").click()
    bo.sees("Ada began this.")
    bo.is_saved()
    expect(bo.page).to_have_title("Warp · Weft")
    expect(ada.face_of("Bo Shuttle")).to_be_visible()
    expect(bo.face_of("Ada Loom")).to_be_visible()

    # At once: a key of one, a key of the other.
    ada.write("\n")
    bo.sees("Ada began this.")
    expect(bo.body.locator("p")).to_have_count(2)
    bo.body.locator("p").first.click()
    bo.page.keyboard.press("End")
    ada.body.locator("p").last.click()
    for hers, his in zip("over and under and over", " So did Bo, at the top.", strict=True):
        ada.page.keyboard.type(hers)
        bo.page.keyboard.type(his)
    expect(ada.caret_of("Bo Shuttle")).to_be_attached()
    expect(bo.caret_of("Ada Loom")).to_be_attached()
    written = "Ada began this. So did Bo, at the top.\nover and under and over"
    for person in (ada, bo):
        person.reads(written)
        person.is_saved()

    # The title is everyone's too, and is the name of the document in every list and tab.
    bo.title.click()
    bo.page.keyboard.press("End")
    bo.page.keyboard.type(" and weft")
    expect(ada.title).to_have_value("Warp and weft")
    ada.title.click()
    ada.page.keyboard.press("Home")
    ada.page.keyboard.type("On ")
    for person in (ada, bo):
        expect(person.title).to_have_value("On Warp and weft")
        expect(person.page).to_have_title("On Warp and weft · Weft")
    ada.page.get_by_role("link", name="All documents").click()
    expect(ada.page.get_by_role("table").get_by_role("link", name="On Warp and weft")).to_be_visible()
    bo.page.get_by_role("link", name="Shared with me").click()
    expect(bo.page.get_by_role("table").get_by_role("link", name="On Warp and weft")).to_be_visible()


def test_a_renamed_document_changes_its_name_in_a_list_that_lies_open(office: Office, ann: Person, ben: Person) -> None:
    document = office.document(title="Before")
    ben.page.goto(f"/w/{office.workspace}")
    row = ben.page.get_by_role("table").locator(f'a[href="/d/{document}"]')
    expect(row).to_have_text("Before")
    ann.open(document)
    ann.title.press("ControlOrMeta+A")
    ann.page.keyboard.type("After")
    expect(row).to_have_text("After")


def test_a_press_on_a_face_follows_that_person(office: Office, ann: Person, ben: Person) -> None:
    document = office.document("\n\n".join(f"Line {number} of a long document." for number in range(120)))
    ann.open(document)
    ben.open(document)
    ben.write(" Down here.")
    expect(ann.body.get_by_text("Down here.")).not_to_be_in_viewport()
    ann.face_of("Ben").click()
    expect(ann.page.get_by_text("Following Ben")).to_be_visible()
    expect(ann.body.get_by_text("Down here.")).to_be_in_viewport()
    ben.page.keyboard.press("ControlOrMeta+Home")
    ben.page.keyboard.type("Up here. ")
    expect(ann.body.get_by_text("Up here.")).to_be_in_viewport()
