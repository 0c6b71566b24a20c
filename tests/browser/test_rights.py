"""What people may do changes under their hands, within seconds and without a reload."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.office import Office
from tests.browser.person import Person

Browsers = Callable[..., Person]
AT_ONCE = 5_000
"""Within a second on an idle machine (the acceptance tests hold it to that); here a browser draws it as well."""


@pytest.fixture(scope="session")
def operator_name(office: Office) -> str:
    return office.hire(operator=True)


@pytest.fixture
def operator(person: Browsers, operator_name: str) -> Person:
    return person(operator_name)


def test_a_reader_reads_along_and_cannot_write(office: Office, ann: Person, person: Browsers) -> None:
    document = office.document("For all to read.")
    rea = person("rea")
    rea.open(document)
    ann.open(document)
    expect(rea.page.get_by_text("Read only")).to_be_visible()
    expect(rea.body).to_have_attribute("contenteditable", "false")
    expect(rea.toolbar).to_have_count(0)
    rea.body.click()
    rea.page.keyboard.type("Graffiti")
    ann.write(" And it goes on.")
    rea.sees("For all to read. And it goes on.")
    expect(rea.caret_of("Ann")).to_be_attached()
    expect(ann.face_of("Rea")).to_be_visible()
    assert ann.text == rea.text == "For all to read. And it goes on."
    assert office.content(document).strip() == "For all to read. And it goes on."


def test_a_reader_who_is_made_an_editor_can_write_at_once(office: Office, ann: Person, person: Browsers) -> None:
    document = office.document("A line.")
    pat = person(office.hire(role="reader"))
    pat.open(document)
    expect(pat.page.get_by_text("Read only")).to_be_visible()
    ann.open(document)
    ann.page.get_by_role("button", name="Share", exact=True).click()
    dialog = ann.page.get_by_role("dialog")
    dialog.get_by_label("Share with").press_sequentially(pat.email)
    dialog.get_by_role("button", name="Share", exact=True).click()
    expect(pat.body).to_have_attribute("contenteditable", "true", timeout=AT_ONCE)
    pat.write(" Another.")
    ann.sees("A line. Another.")


def test_who_is_removed_from_the_workspace_is_told_and_shut_out(
    office: Office, operator: Person, person: Browsers
) -> None:
    document = office.document("Between us.")
    leaver = person(office.hire(role="editor"))
    leaver.open(document)
    page = operator.page
    page.goto(f"/admin/documents/workspace/{office.workspace}/change/")
    row = page.locator("tr.form-row.has_original").filter(has_text=leaver.email)
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(leaver.page.get_by_role("alert")).to_contain_text(
        re.compile("no longer have access|is gone"), timeout=AT_ONCE
    )
    expect(leaver.body).to_have_attribute("contenteditable", "false")
    leaver.page.goto(f"/d/{document}")
    expect(leaver.page.get_by_text("There is no document here for you")).to_be_visible()


def test_whose_account_is_deactivated_is_signed_out_of_open_documents(
    office: Office, operator: Person, person: Browsers
) -> None:
    document = office.document("Between us.")
    name = office.hire(role="editor")
    gone = person(name)
    gone.open(document)
    page = operator.page
    page.goto(f"/admin/documents/user/?q={gone.email}")
    page.get_by_role("row").filter(has_text=gone.email).get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option("deactivate")
    page.get_by_role("button", name=re.compile("Go|Run")).click()
    # Their rights end and their sessions do; either may be heard of first.
    expect(gone.page.get_by_role("alert")).to_contain_text(
        re.compile("You are signed out|no longer have access"), timeout=AT_ONCE
    )
    gone.page.goto(f"/d/{document}")
    expect(gone.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_suspended_workspace_can_be_read_and_not_changed(office: Office, operator: Person, person: Browsers) -> None:
    tenant = person(office.hire())
    tenant.page.get_by_role("button", name="Write the first document").click()
    expect(tenant.title).to_be_visible()
    tenant.page.keyboard.type("Ours")
    tenant.page.keyboard.press("Enter")
    tenant.page.keyboard.type("Written in time.")
    tenant.is_saved()

    def decide(action: str) -> None:
        page = operator.page
        page.goto(f"/admin/documents/workspace/?q={tenant.email}")
        page.get_by_role("row").filter(has_text=tenant.name.title()).get_by_role("checkbox").check()
        page.get_by_label("Action:").select_option(action)
        page.get_by_role("button", name=re.compile("Go|Run")).click()

    decide("suspend")
    expect(tenant.page.get_by_text("Read only")).to_be_visible(timeout=AT_ONCE)
    expect(tenant.body).to_have_attribute("contenteditable", "false")
    tenant.sees("Written in time.")
    decide("unsuspend")
    expect(tenant.body).to_have_attribute("contenteditable", "true", timeout=AT_ONCE)
    tenant.write(" And on.")
    tenant.is_saved()
    tenant.reads("Written in time. And on.")
