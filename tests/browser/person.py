"""Somebody at a browser of their own, doing what people do, by the names that a screen reader would read out."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.running import until

PASSWORD = "weft-weft"


class Person:
    def __init__(self, name: str, page: Page) -> None:
        self.name, self.page = name, page

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"

    @property
    def body(self) -> Locator:
        return self.page.get_by_role("textbox", name="Document", exact=True)

    @property
    def title(self) -> Locator:
        return self.page.get_by_role("textbox", name="Title", exact=True)

    @property
    def status(self) -> Locator:
        return self.page.get_by_test_id("status")

    @property
    def toolbar(self) -> Locator:
        return self.page.get_by_role("toolbar", name="Formatting")

    @property
    def text(self) -> str:
        """The body as it reads, without the carets of others."""
        said: str = self.body.evaluate(
            """body => {
                const copy = body.cloneNode(true)
                for (const caret of copy.querySelectorAll(".weft-remote-caret")) caret.remove()
                return [...copy.children].map((block) => block.textContent.replaceAll("\\u2060", "")).join("\\n")
            }"""
        )
        return said

    def sign_in(self, password: str = PASSWORD) -> None:
        self.page.goto("/accounts/login/")
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.get_by_role("button", name="New document").first).to_be_visible()

    def open(self, document: str) -> None:
        self.page.goto(f"/d/{document}")
        expect(self.body).to_be_visible()
        expect(self.status).to_have_text("Saved")

    def write(self, text: str, **options: Any) -> None:
        """At the end of the text, key by key."""
        self.come_to_the_front()
        self.body.focus()
        self.page.keyboard.press("ControlOrMeta+End")
        self.page.keyboard.type(text, **options)

    def come_to_the_front(self) -> None:
        """Of several windows Firefox lets one have the focus: without a click, its keys go there alone."""
        self.page.bring_to_front()

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.body).to_contain_text(text)

    def reads(self, text: str) -> None:
        """Exactly that, in the end."""
        until(lambda: self.text == text, seconds=40, what=f"{text!r} in {self.name}'s window; there is {self.text!r}")

    def is_saved(self) -> None:
        expect(self.status).to_have_text("Saved")

    def caret_of(self, name: str) -> Locator:
        return self.body.locator(".weft-remote-caret").filter(has_text=name)

    def face_of(self, name: str) -> Locator:
        return self.page.get_by_role("group", name="People here").get_by_role("button", name=f"Follow {name}")

    def choose(self, *way: str) -> None:
        """Press a button of the page, then an item of the menu it opens."""
        button, *items = way
        self.page.get_by_role("button", name=button, exact=True).first.click()
        for item in items:
            self.page.get_by_role("menuitem", name=item).click()
