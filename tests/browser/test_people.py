"""Inviting, sharing and the settings of a workspace, as people go about it: in a hurry, and with any name."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.office import Office
from tests.browser.person import Person

Browsers = Callable[..., Person]

FOUND = """
from documents.actions.invitations import invite_member
from documents.actions.workspaces import create_workspace
from documents.models import Role, User
workspace = create_workspace(by=User.objects.get(email="ann@example.com"), name="{name}")
invitation = invite_member(by=None, workspace=workspace, email="{guest}", role=Role.EDITOR)
print(workspace.pk, invitation.token)
"""
CROWD = """
from documents.actions.workspaces import create_workspace
from documents.models import Membership, User
workspace = create_workspace(by=User.objects.get(email="ann@example.com"), name="Everybody")
people = [
    User(email=f"crowd{n}@example.com", username=f"crowd{n}", name=f"Crowd {n}", color="#1d4ed8") for n in range(300)
]
people = User.objects.bulk_create(people)
Membership.objects.bulk_create(Membership(workspace=workspace, user=user, role="reader") for user in people)
print(workspace.pk)
"""

SHARED = """
from documents.actions.documents import create_document
from documents.actions.workspaces import create_workspace
from documents.models import Membership, User
ann = User.objects.get(email="ann@example.com")
workspace = create_workspace(by=ann, name="Short-lived")
Membership.objects.create(workspace=workspace, user=User.objects.get(email="{member}"), role="editor")
print(workspace.pk, create_document(by=ann, workspace=workspace, title="Plan").pk)
"""

DELETE = """
from documents.actions.workspaces import delete_workspace
from documents.models import Workspace
delete_workspace(by=None, workspace=Workspace.objects.get(pk="{workspace}"))
"""

TRASHED = """
from documents.actions.documents import create_document
from documents.actions.places import trash_document
from documents.models import User
user = User.objects.get(email="{email}")
trash_document(by=user, document=create_document(by=user, title="{title}"))
"""


def invite(office: Office, guest: Person, name: str) -> tuple[str, str]:
    """To a new workspace of Ann's: its address, and the invitation's."""
    *_, workspace, token = office.installation.shell(FOUND.format(name=name, guest=guest.email)).split()
    return f"{office.url}/w/{workspace}", f"{office.url}/invitations/{token}/"


def share(person: Person) -> Locator:
    person.page.get_by_role("button", name="Share", exact=True).click()
    return person.page.get_by_role("dialog", name="Share", exact=True)


def overflow(person: Person) -> int:
    """By how many pixels the page is wider than its window."""
    wide: int = person.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return wide


def test_who_accepts_an_invitation_comes_to_that_workspace(office: Office, person: Browsers) -> None:
    guest = person(office.hire())
    guest.page.goto("/")
    expect(guest.page.get_by_role("button", name="New document").first).to_be_visible()
    workspace, invitation = invite(office, guest, "Knitters")
    guest.page.goto(invitation)
    guest.page.get_by_role("button", name="Accept").click()
    expect(guest.page.get_by_role("heading", name="Knitters")).to_be_visible()
    assert guest.page.url == workspace


def test_a_workspace_one_is_no_member_of_leads_home(ann: Person) -> None:
    ann.page.goto("/w/00000000-0000-4000-8000-000000000000")
    expect(ann.page.get_by_role("button", name="New document").first).to_be_visible()
    ann.page.wait_for_url(lambda url: "/w/" in url and "00000000" not in url)


def test_a_name_without_a_space_pushes_nothing_out_of_the_window(office: Office, person: Browsers) -> None:
    guest = person(office.hire())
    guest.page.set_viewport_size({"width": 390, "height": 844})
    _, invitation = invite(office, guest, "W" * 100)
    guest.page.goto(invitation)
    expect(guest.page.get_by_role("button", name="Accept")).to_be_in_viewport(ratio=1)
    assert overflow(guest) <= 0
    guest.page.get_by_role("button", name="Accept").click()
    expect(guest.page.get_by_role("heading", name="WWW")).to_be_visible()
    assert overflow(guest) <= 0


def test_a_second_click_makes_no_second_document(office: Office, ann: Person) -> None:
    ann.page.goto(f"/w/{office.workspace}")
    new = ann.page.get_by_role("button", name="New document").first
    expect(new).to_be_enabled()
    before = len(office.documents())
    new.dblclick()
    expect(ann.title).to_be_visible()
    assert len(office.documents()) == before + 1


def test_a_second_click_deletes_nothing_twice(office: Office, ann: Person) -> None:
    document = office.document(title="Once and for all")
    # While a dialog fades away it can be clicked still.
    ann.page.emulate_media(reduced_motion="no-preference")
    ann.open(document)
    ann.choose("Menu of this document", "Move to trash")
    ann.page.goto("/trash")
    ann.page.get_by_role("button", name="Delete Once and for all for good").click()
    deleted: list[str] = []
    ann.page.on("request", lambda request: deleted.append(request.url) if request.method == "DELETE" else None)
    ann.page.get_by_role("button", name="Delete for good", exact=True).dblclick()
    expect(ann.page.get_by_text("Once and for all")).to_have_count(0)
    assert len(deleted) == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_the_trash_is_emptied_at_once_and_asks_first(office: Office, person: Browsers, width: int) -> None:
    keeper = person(office.hire())
    keeper.page.set_viewport_size({"width": width, "height": 800})
    for title in ("One", "Two"):
        office.installation.shell(TRASHED.format(email=keeper.email, title=title))
    keeper.page.goto("/trash")
    expect(keeper.page.get_by_role("button", name="Restore")).to_have_count(2)
    assert overflow(keeper) <= 0
    cut_off = "button => [...button.querySelectorAll('*')].some(part => part.scrollWidth > part.clientWidth + 1)"
    assert not keeper.page.get_by_role("button", name="Restore One").evaluate(cut_off)
    keeper.page.get_by_role("button", name="Empty trash").focus()
    keeper.page.keyboard.press("Enter")
    asked = keeper.page.get_by_role("dialog", name="Empty the trash?")
    expect(asked).to_contain_text("2 documents will be gone")
    # What comes to lie there meanwhile was not asked about.
    office.installation.shell(TRASHED.format(email=keeper.email, title="Three"))
    asked.get_by_role("button", name="Delete for good").click()
    expect(keeper.page.get_by_text("2 documents deleted for good")).to_be_visible()
    expect(keeper.page.get_by_role("button", name="Restore")).to_have_count(1)
    expect(keeper.page.get_by_role("button", name="Restore Three")).to_be_visible()


def test_an_invitation_to_a_wrong_address_is_taken_back_where_it_was_sent(office: Office, ann: Person) -> None:
    ann.open(office.document("Ours."))
    dialog = share(ann)
    dialog.get_by_role("combobox", name="Share with").press_sequentially("ben@exmaple.com")
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_text("ben@exmaple.com")).to_be_visible()
    dialog.get_by_role("button", name="Withdraw the invitation of ben@exmaple.com").click()
    expect(dialog.get_by_text("ben@exmaple.com")).to_have_count(0)


def test_giving_up_access_asks_first(office: Office, ann: Person, person: Browsers) -> None:
    guest = person(office.hire())
    document = office.document("For guests.", title="Plan")
    ann.open(document)
    dialog = share(ann)
    dialog.get_by_role("combobox", name="Share with").press_sequentially(guest.email)
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(dialog.get_by_text(guest.email)).to_be_visible()
    guest.open(document)
    give_up = share(guest).get_by_role("button", name="Give up access")
    give_up.click()
    asked = guest.page.get_by_role("dialog", name="Give up access to “Plan”?")
    asked.get_by_role("button", name="Cancel").click()
    expect(asked).to_have_count(0)
    give_up.click()
    asked.get_by_role("button", name="Give up access").click()
    expect(guest.page.get_by_text("You no longer have access to this document")).to_be_visible()
    expect(guest.page.get_by_role("dialog")).to_have_count(0)


def test_one_of_three_hundred_members_is_found_by_name(office: Office, ann: Person) -> None:
    workspace = office.installation.shell(CROWD).strip()
    ann.page.goto(f"/settings/workspace/{workspace}")
    roles = ann.page.get_by_role("combobox", name="Role of Crowd")
    expect(roles.first).to_be_visible()
    assert roles.count() < 300
    ann.page.get_by_role("searchbox", name="Narrow the members down").press_sequentially("crowd299@")
    expect(roles).to_have_count(1)
    expect(ann.page.get_by_text("Crowd 299", exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_an_owner_deletes_a_workspace_by_its_name_and_a_member_in_it_is_told(
    office: Office, ann: Person, person: Browsers, width: int
) -> None:
    member = person(office.hire())
    for each in (ann, member):
        each.page.set_viewport_size({"width": width, "height": 800})
    *_, workspace, document = office.installation.shell(SHARED.format(member=member.email)).split()
    member.open(document)

    ann.come_to_the_front()
    ann.page.goto(f"/settings/workspace/{workspace}")
    ann.page.get_by_role("button", name="Delete this workspace…").focus()
    ann.page.keyboard.press("Enter")
    dialog = ann.page.get_by_role("dialog", name="Delete this workspace?")
    expect(dialog).to_contain_text("1 document goes with it")
    expect(dialog).to_contain_text("All 2 members lose it")
    expect(dialog).to_contain_text("can’t be undone")
    name = dialog.get_by_role("textbox", name="Type “Short-lived” to confirm")
    expect(name).to_be_focused()
    assert overflow(ann) <= 0
    ann.page.keyboard.type("Short")
    ann.page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Delete workspace", exact=True)).to_be_disabled()
    ann.page.keyboard.type("-lived")
    ann.page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    ann.page.wait_for_url(lambda url: "/w/" in url and workspace not in url)

    expect(member.page.get_by_role("alert").filter(has_text="This document is gone")).to_be_visible()
    expect(member.page.get_by_text("Ann deleted the workspace Short-lived")).to_be_visible()
    expect(member.body).to_have_attribute("contenteditable", "false")
    member.page.goto("/recent")
    if width < 768:
        member.page.get_by_role("button", name="Show the sidebar").click()
    member.page.get_by_role("button", name="Workspace").first.click()
    expect(member.page.get_by_role("menuitem", name="New workspace…")).to_be_visible()
    expect(member.page.get_by_role("menuitem", name="Short-lived")).to_have_count(0)


def test_the_page_of_a_workspace_that_is_deleted_leads_home(office: Office, person: Browsers) -> None:
    member = person(office.hire())
    *_, workspace, _ = office.installation.shell(SHARED.format(member=member.email)).split()
    member.page.goto(f"/w/{workspace}")
    expect(member.page.get_by_role("heading", name="Short-lived")).to_be_visible()
    office.installation.shell(DELETE.format(workspace=workspace))
    expect(member.page.get_by_role("heading", name="Short-lived")).to_have_count(0)
    member.page.wait_for_url(lambda url: "/w/" in url and workspace not in url)
    expect(member.page.get_by_role("button", name="New document").first).to_be_visible()
