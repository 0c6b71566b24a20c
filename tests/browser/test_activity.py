"""What happened in a workspace, in its settings: for those who administer it, on a phone too."""

from playwright.sync_api import Locator, expect

from tests.browser.office import Office
from tests.browser.person import Person

# A workspace in which a lot happened.
SPOOLS = """
from documents import actions
from documents.models import User
ann = User.objects.get(email="ann@example.com")
spools = actions.create_workspace(by=ann, name="Spools")
for number in range(60):
    actions.rename_workspace(by=ann, workspace=spools, name=f"Spools {number}")
print(spools.pk)
"""


def activity(person: Person, office: Office) -> Locator:
    person.page.goto(f"/settings/workspace/{office.workspace}")
    return person.page.get_by_role("list", name="Activity")


def test_an_owner_reads_who_did_what_and_gets_to_the_document(office: Office, ann: Person) -> None:
    document = office.document(title="Warp and weft")
    entries = activity(ann, office)
    line = entries.get_by_role("listitem").filter(has_text="Ann created Warp and weft").first
    expect(line).to_be_visible()
    expect(line.get_by_role("time").or_(line.locator("time"))).to_have_text("just now")
    line.get_by_role("link", name="Warp and weft").click()
    expect(ann.page).to_have_url(f"{office.url}/d/{document}")


def test_earlier_entries_come_by_the_button_and_by_the_keyboard(office: Office, ann: Person) -> None:
    workspace = office.installation.shell(SPOOLS).split()[-1]
    ann.page.goto(f"/settings/workspace/{workspace}")
    entries = ann.page.get_by_role("list", name="Activity").get_by_role("listitem")
    expect(entries).to_have_count(50)
    earlier = ann.page.get_by_role("button", name="Show earlier")
    earlier.focus()
    ann.page.keyboard.press("Enter")
    expect(entries).to_have_count(61)
    expect(entries.last).to_contain_text("Ann created the workspace")
    expect(earlier).to_have_count(0)


def test_an_editor_does_not_see_it(office: Office, ben: Person) -> None:
    ben.page.goto(f"/settings/workspace/{office.workspace}")
    expect(ben.page.get_by_role("heading", name="Members")).to_be_visible()
    expect(ben.page.get_by_role("heading", name="Activity")).to_have_count(0)


def test_a_failure_says_so_and_is_mended_by_trying_again(office: Office, ann: Person) -> None:
    office.document(title="Bobbin")
    ann.page.route("**/activity*", lambda route: route.fulfill(status=500, body="{}"))
    entries = activity(ann, office)
    notice = ann.page.get_by_role("status").filter(has_text="The activity could not be loaded")
    expect(notice).to_be_visible()
    ann.page.unroute("**/activity*")
    notice.get_by_role("button", name="Try again").click()
    expect(entries.get_by_role("listitem").filter(has_text="Bobbin").first).to_be_visible()


def test_it_fits_on_a_phone(office: Office, ann: Person) -> None:
    office.document(title="A title that goes on and on " * 6)
    ann.page.set_viewport_size({"width": 390, "height": 844})
    expect(activity(ann, office).get_by_role("listitem").first).to_be_visible()
    assert ann.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
