"""Something happens somewhere, and the person knows: toast, badge, inbox, in every tab."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.office import Office
from tests.browser.person import Person
from tests.browser.test_keyboard import tab_to
from tests.browser.test_phone import fits
from tests.running import ROOT

Browsers = Callable[..., Person]


def publish(office: Office, to: str, kind: str = "notification", **data: Any) -> None:
    """As a program beside Weft does it."""
    home = office.weft.home
    environment = {
        **os.environ,
        "REDIS_URL": f"unix://{home / 'valkey.sock'}",
        "PUBLISH_KEY": (home / "publish_key").read_text().strip(),
    }
    command = [sys.executable, str(ROOT / "examples" / "publish.py"), to, kind, json.dumps(data)]
    subprocess.run(command, env=environment, check=True, timeout=60)


def bell(person: Person, unread: int = 0) -> Locator:
    name = f"Notifications, {unread} unread" if unread else "Notifications"
    return person.page.get_by_role("button", name=name, exact=True)


def inbox(person: Person) -> Locator:
    return person.page.get_by_role("dialog").filter(has=person.page.get_by_role("heading", name="Notifications"))


def rows(person: Person) -> Locator:
    return inbox(person).get_by_role("listitem")


@pytest.fixture
def guest(office: Office, stranger: Browsers) -> tuple[Person, str]:
    """Somebody new in Weavers with an empty inbox, signed in, and how to address them."""
    name = office.hire(role="editor")
    person = stranger(name)
    person.sign_in()
    me = person.page.context.request.get(f"{office.url}/api/v1/me").json()
    return person, f"user:{me['user']['id']}"


def test_what_a_program_publishes_is_seen_at_once_and_read_where_it_leads(
    office: Office, guest: tuple[Person, str]
) -> None:
    cleo, to = guest
    document = office.document("Warp and weft.", title="Release notes")
    expect(bell(cleo)).to_be_visible()
    bell(cleo).click()
    expect(inbox(cleo).get_by_text("Nothing new")).to_be_visible()
    cleo.page.keyboard.press("Escape")
    expect(inbox(cleo)).to_be_hidden()
    expect(bell(cleo)).to_be_focused()

    publish(office, to, title="Version 12 is out", body="Read what is new.", document=document)
    toast = cleo.page.get_by_role("alert").filter(has_text="Version 12 is out")
    expect(toast).to_be_visible(timeout=5000)
    expect(bell(cleo, 1)).to_be_visible(timeout=5000)
    toast.get_by_role("link", name="Open").click()
    expect(cleo.title).to_have_value("Release notes")
    expect(bell(cleo)).to_be_visible()


def test_reading_in_one_tab_clears_the_badge_in_the_others(office: Office, guest: tuple[Person, str]) -> None:
    cleo, to = guest
    other = Person(cleo.name, cleo.page.context.new_page())
    other.page.goto(f"/w/{office.workspace}")
    expect(bell(other)).to_be_visible()
    for number in range(3):
        publish(office, to, title=f"News {number}", body="Of the loom")
    for tab in (cleo, other):
        expect(bell(tab, 3)).to_be_visible()

    cleo.come_to_the_front()
    bell(cleo, 3).click()
    expect(rows(cleo)).to_have_count(3)
    expect(rows(cleo).first).to_contain_text("News 2")
    rows(cleo).first.hover()
    inbox(cleo).get_by_role("button", name="Mark as read: News 2").click()
    expect(bell(other, 2)).to_be_visible()
    inbox(cleo).get_by_role("button", name="Mark all as read").click()
    expect(bell(other)).to_be_visible()
    expect(inbox(cleo).get_by_text("Unread:")).to_have_count(0)
    rows(cleo).first.hover()
    inbox(cleo).get_by_role("button", name="Delete: News 2").click()
    expect(rows(cleo)).to_have_count(2)
    cleo.page.reload()
    bell(cleo).click()
    expect(rows(cleo)).to_have_count(2)


def test_no_toast_lies_over_the_open_inbox(office: Office, guest: tuple[Person, str]) -> None:
    cleo, to = guest
    publish(office, to, title="First")
    toasts = cleo.page.get_by_role("alert")
    expect(toasts.filter(has_text="First")).to_be_visible()
    bell(cleo, 1).click()
    expect(rows(cleo)).to_have_count(1)
    expect(toasts).to_have_count(0, timeout=4000)  # by itself it would go after eight seconds
    publish(office, to, title="Second")
    expect(rows(cleo)).to_have_count(2)
    assert toasts.count() == 0
    cleo.page.keyboard.press("Escape")
    expect(inbox(cleo)).to_be_hidden()
    publish(office, to, title="Third")
    expect(toasts.filter(has_text="Third")).to_be_visible()


def test_the_inbox_by_keyboard_alone(office: Office, guest: tuple[Person, str]) -> None:
    cleo, to = guest
    document = office.document("Reed.", title="Heddles")
    for title in ("first", "second", "third"):
        publish(office, to, title=title, document=document)
    # From the top of the page: behind its last element Firefox gives the focus to its own buttons.
    cleo.page.goto(f"/w/{office.workspace}")
    expect(bell(cleo, 3)).to_be_visible()
    keys = cleo.page.keyboard
    tab_to(cleo, bell(cleo, 3))
    keys.press("Enter")
    expect(rows(cleo)).to_have_count(3)
    link = inbox(cleo).locator("[data-row]")
    keys.press("Tab")
    tab_to(cleo, link.first)
    keys.press("ArrowDown")
    expect(link.nth(1)).to_be_focused()
    keys.press("End")
    expect(link.nth(2)).to_be_focused()
    keys.press("Delete")
    expect(rows(cleo)).to_have_count(2)
    expect(link.nth(1)).to_be_focused()
    keys.press("Tab")
    expect(inbox(cleo).get_by_role("button", name="Mark as read: second")).to_be_focused()
    keys.press("Enter")
    expect(inbox(cleo).get_by_role("button", name="Mark as unread: second")).to_be_visible()
    keys.press("Shift+Tab")
    keys.press("Home")
    keys.press("Enter")
    expect(cleo.title).to_have_value("Heddles")
    expect(bell(cleo)).to_be_visible()


def test_an_event_of_the_workspace_with_a_title_is_a_toast_and_nothing_else(
    office: Office, guest: tuple[Person, str]
) -> None:
    cleo, _ = guest
    expect(bell(cleo)).to_be_visible()
    publish(office, f"workspace:{office.workspace}", "event", name="quiet", data={"n": 1})
    publish(office, f"workspace:{office.workspace}", "event", name="deploy", data={"title": "Deploy begins"})
    expect(cleo.page.get_by_role("alert").filter(has_text="Deploy begins")).to_be_visible()
    expect(cleo.page.get_by_role("alert")).to_have_count(1)
    expect(bell(cleo)).to_be_visible()


def test_a_line_that_a_program_appends_stands_in_the_open_document(office: Office, guest: tuple[Person, str]) -> None:
    cleo, _ = guest
    document = office.document("Minutes", title="Log")
    cleo.open(document)
    publish(office, f"document:{document}", "append", markdown="- 14:05 **deployed** by CI")
    cleo.sees("14:05 deployed by CI")
    expect(cleo.body.locator("li strong")).to_have_text("deployed")
    cleo.is_saved()


def test_who_a_document_is_shared_with_hears_of_it_and_gets_there(
    office: Office, ann: Person, stranger: Browsers
) -> None:
    cleo = stranger(office.hire())
    cleo.sign_in()
    document = office.document("Secret weave.", title="For guests")
    ann.open(document)
    ann.page.get_by_role("button", name="Share", exact=True).click()
    dialog = ann.page.get_by_role("dialog")
    dialog.get_by_label("Share with").press_sequentially(cleo.email)
    dialog.get_by_role("button", name="Share", exact=True).click()
    cleo.come_to_the_front()
    expect(bell(cleo, 1)).to_be_visible()
    bell(cleo, 1).click()
    rows(cleo).get_by_role("link", name="Ann shared “For guests” with you").click()
    cleo.sees("Secret weave.")
    expect(inbox(cleo)).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_bell_toast_and_inbox_are_there_for_everybody(
    office: Office, guest: tuple[Person, str], scheme: Any, width: int
) -> None:
    cleo, to = guest
    cleo.page.emulate_media(color_scheme=scheme)
    cleo.page.set_viewport_size({"width": width, "height": 800})
    publish(office, to, title="Read", body="It leads to the web.", url="https://weft.example/")
    expect(bell(cleo, 1)).to_be_visible()
    bell(cleo, 1).click()
    inbox(cleo).get_by_role("button", name="Mark all as read").click()
    cleo.page.keyboard.press("Escape")
    publish(office, to, title="Not read yet", document=office.document(title="Weft"))
    expect(cleo.page.get_by_role("alert").filter(has_text="Not read yet")).to_be_visible()
    bell(cleo, 1).click()
    expect(rows(cleo)).to_have_count(2)
    cleo.page.evaluate((ROOT / "frontend/node_modules/axe-core/axe.min.js").read_text())
    found = cleo.page.evaluate(
        """async () => {
            const shown = [...document.querySelectorAll("[role=dialog], [role=alert]")]
            const { violations } = await axe.run(shown)
            return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
        }"""
    )
    assert found == []


def test_a_script_is_no_place_to_go(office: Office, guest: tuple[Person, str]) -> None:
    cleo, to = guest
    code = (
        "from documents import actions; from documents.models import User; "
        f"actions.notify(user=User.objects.get(pk={to.removeprefix('user:')}), title='Trap', url='javascript:alert(1)')"
    )
    office.installation.shell(code)
    expect(bell(cleo, 1)).to_be_visible()
    bell(cleo, 1).click()
    expect(rows(cleo)).to_have_count(1)
    expect(rows(cleo).get_by_role("link")).to_have_count(0)


def test_an_inbox_that_cannot_be_loaded_says_so_and_how_to_go_on(office: Office, guest: tuple[Person, str]) -> None:
    cleo, to = guest
    publish(office, to, title="Behind the wall")
    expect(bell(cleo, 1)).to_be_visible()
    cleo.page.route("**/api/v1/notifications*", lambda route: route.fulfill(status=404, body="{}"))
    # Silent: its greeting would make the page ask anew by itself, maybe just before "Try again" is pressed.
    cleo.page.route_web_socket("**/ws/events*", lambda socket: None)
    cleo.page.reload()
    bell(cleo).click()
    expect(inbox(cleo).get_by_text("This could not be loaded")).to_be_visible()
    cleo.page.unroute("**/api/v1/notifications*")
    inbox(cleo).get_by_role("button", name="Try again").click()
    expect(rows(cleo)).to_have_count(1)


def test_older_ones_come_on_demand(office: Office, guest: tuple[Person, str]) -> None:
    cleo, to = guest
    office.installation.shell(
        "from documents import actions; from documents.models import User; "
        f"user = User.objects.get(pk={to.removeprefix('user:')}); "
        "[actions.notify(user=user, title=f'News {n}') for n in range(25)]"
    )
    bell(cleo, 25).click()
    expect(rows(cleo)).to_have_count(20)
    inbox(cleo).get_by_role("button", name="Show older ones").click()
    expect(rows(cleo)).to_have_count(25)


def test_on_a_phone_the_inbox_is_a_screen(office: Office, guest: tuple[Person, str]) -> None:
    cleo, to = guest
    page = cleo.page
    page.set_viewport_size({"width": 390, "height": 844})
    document = office.document("Pocket loom.", title="Pocket")
    publish(office, to, title="A title of many words that has to break " * 4, body="a" * 300, document=document)
    expect(bell(cleo, 1)).to_be_visible()
    assert fits(cleo)
    bell(cleo, 1).click()
    expect(rows(cleo)).to_have_count(1)
    assert fits(cleo)
    box = inbox(cleo).bounding_box()
    assert box is not None
    assert box["width"] == 390
    inbox(cleo).get_by_role("button", name="Close").click()
    expect(inbox(cleo)).to_be_hidden()
    bell(cleo, 1).click()
    rows(cleo).get_by_role("link").click()
    cleo.sees("Pocket loom.")
    assert fits(cleo)
