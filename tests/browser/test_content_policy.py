"""Every page works under the content policy: not one thing that it does is refused by the browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.browser.office import Office
from tests.browser.person import Person
from tests.running import until

# In each document from its first moment on; what is refused says so by an event, in Chromium and in Firefox.
LISTEN = """
window.refused = []
document.addEventListener("securitypolicyviolation", (event) =>
    window.refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))
"""
ENTRANCES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/invitations/nonsense/",
    "/nothing",
]
ACCOUNT = [
    "/accounts/profile/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/webauthn/",
    "/accounts/sessions/",
    "/accounts/tokens/",
    "/accounts/3rdparty/",
    "/accounts/logout/",
]
# One of each kind of block, and what libraries like to style by themselves: tables, formulas, code, colours.
EVERYTHING = """# Loom

Text, *more*, `code`, <span style="color: #c2410c">red</span> and a [link](https://example.com).

- [ ] one
- [x] two

> quoted

| a | b |
|---|---|
| 1 | 2 |

```python
print("weft")
```

Euler: $e^{i\\pi} = -1$

$$\\int_0^1 x\\,dx$$

![A mark](/static/favicon.svg)

Last words.
"""


class Watched:
    """A person in whose browser nothing may be refused."""

    def __init__(self, person: Person) -> None:
        self.person, self.page = person, person.page
        self.said: list[str] = []
        self.page.add_init_script(LISTEN)
        self.page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.said.append(message.text)

    def was_refused_nothing(self, place: str) -> None:
        refused: list[str] = self.page.evaluate("window.refused")
        assert not refused, (place, refused)
        assert not self.said, (place, self.said)


Watch = Callable[[Person], Watched]


@pytest.fixture
def watched() -> Watch:
    return Watched


def test_pages_for_those_who_are_not_in(stranger: Callable[..., Person], watched: Watch) -> None:
    someone = watched(stranger())
    for place in ENTRANCES:
        someone.page.goto(place)
        expect(someone.page.get_by_role("heading", level=1)).to_be_visible()
        someone.was_refused_nothing(place)


def test_account_pages(ann: Person, watched: Watch) -> None:
    someone = watched(ann)
    for place in ACCOUNT:
        someone.page.goto(place)
        expect(someone.page.get_by_role("heading", level=1)).to_be_visible()
        someone.was_refused_nothing(place)


def test_the_editor_with_one_of_each_block(office: Office, ann: Person, watched: Watch) -> None:
    someone = watched(ann)
    document = office.document(EVERYTHING, title="Loom")
    ann.open(document)
    expect(ann.body.locator("table")).to_be_visible()
    expect(ann.body.locator(".katex").first).to_be_visible()
    expect(ann.body.locator(".weft-image")).to_have_attribute("data-state", "shown")
    ann.write("\n/")
    expect(ann.page.get_by_role("listbox").first).to_be_visible()
    ann.page.keyboard.press("Escape")
    ann.page.keyboard.press("ControlOrMeta+a")
    ann.page.keyboard.press("ControlOrMeta+b")
    ann.is_saved()
    someone.was_refused_nothing("the editor")


def test_dialogs_and_menus(office: Office, ann: Person, watched: Watch) -> None:
    someone = watched(ann)
    document = office.document("Text.", title="Heddle")
    ann.open(document)
    ann.page.get_by_role("button", name="Share", exact=True).first.click()
    expect(ann.page.get_by_role("dialog").first).to_be_visible()
    someone.was_refused_nothing("the share dialog")
    ann.open(document)
    ann.page.keyboard.press("ControlOrMeta+k")
    expect(ann.page.get_by_role("dialog").first).to_be_visible()
    someone.was_refused_nothing("the quick switcher")


def test_lists_and_settings(office: Office, ann: Person, watched: Watch) -> None:
    someone = watched(ann)
    for place in ("/", "/recent", "/favourites", "/shared", "/trash", f"/settings/workspace/{office.workspace}"):
        ann.page.goto(place)
        expect(ann.page.get_by_role("heading", level=1).first).to_be_visible()
        someone.was_refused_nothing(place)


def test_the_description_of_the_api(ann: Person, watched: Watch) -> None:
    someone = watched(ann)
    ann.page.goto("/api/v1/docs")
    row = ann.page.get_by_text("/api/v1/me", exact=True).first
    expect(row).to_be_visible()
    row.click()
    expect(ann.page.get_by_role("button", name="Try it out").first).to_be_visible()
    someone.was_refused_nothing("/api/v1/docs")


@pytest.fixture
def operator(office: Office, person: Callable[..., Person]) -> Person:
    return person(office.hire(operator=True))


def test_the_admin_and_a_document_previewed_in_it(office: Office, operator: Person, watched: Watch) -> None:
    someone = watched(operator)
    document = office.document(EVERYTHING, title="Reed")
    for place in (
        "/admin/",
        "/admin/documents/document/",
        f"/admin/documents/document/{document}/change/",
        "/admin/documents/user/",
        "/admin/documents/auditentry/",
    ):
        operator.page.goto(place)
        expect(operator.page.get_by_role("heading", level=1).first).to_be_visible()
        if document in place:
            inside: Any = operator.page.frame_locator("iframe[title=Content]")
            expect(inside.get_by_text("print")).to_be_visible()
        someone.was_refused_nothing(place)


INJECTED = """() => {
    window.ran = false
    const script = document.createElement("script")
    script.textContent = "window.ran = true"
    document.head.append(script)
    const handler = document.createElement("div")
    handler.innerHTML = '<img src="data:," onerror="window.ran = true">'
    document.body.append(handler)
}"""


@pytest.fixture
def anns_page(ann: Person, office: Office) -> Page:
    ann.page.add_init_script(LISTEN)
    ann.open(office.document("Text.", title="Shuttle"))
    return ann.page


@pytest.mark.parametrize("place", ["", "/accounts/profile/", "/api/v1/docs"])
def test_a_script_that_got_into_a_page_does_not_run(anns_page: Page, place: str) -> None:
    """The other side: were something to slip through, the browser would refuse it."""
    if place:
        anns_page.goto(place)
    anns_page.evaluate(INJECTED)
    expect(anns_page.locator("body")).to_be_visible()
    # Not Playwright's own waiting for a function: it asks by eval, which the policy refuses too.
    until(lambda: len(anns_page.evaluate("window.refused")) >= 2, what="both are refused")
    assert anns_page.evaluate("window.ran") is False
