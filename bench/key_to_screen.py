"""From a key press in one browser to the letter on another's screen: a real Weft, two Chromium windows, two people.

    .venv/bin/python bench/key_to_screen.py [--keys 300] [--processes 1] [--transport websocket|sse|poll]

Ann types at a steady pace. For each key her window notes when the key event came, and Ben's window when the text had
changed and the frame with it was drawn (the second animation frame after the change, so that drawing is included).
Both read the same clock. Without `--transport websocket` a proxy, as the tests have it, blocks what is better.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # a home of its own for what is imported below

import django

django.setup()

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.acceptance.installation import Installation, running  # noqa: E402
from tests.browser.conftest import LAUNCH  # noqa: E402
from tests.browser.person import Person  # noqa: E402
from tests.browser.test_transports import behind_a_proxy, goes_by  # noqa: E402

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
PAUSE_MS = 90  # a fast typist's
PRESSED = """() => {
    window.pressed = []
    addEventListener("keydown", () => window.pressed.push(performance.timeOrigin + performance.now()), true)
}"""
SEEN = """() => {
    window.seen = []
    const body = document.querySelector(".weft-body")
    const length = () => {
        const copy = body.cloneNode(true)
        for (const caret of copy.querySelectorAll(".weft-remote-caret")) caret.remove()
        return copy.textContent.replaceAll("\\u2060", "").length
    }
    let before = length()
    new MutationObserver(() => {
        const now = length()
        const more = now - before
        before = now
        if (more <= 0) return
        const changed = performance.timeOrigin + performance.now()
        requestAnimationFrame(() => requestAnimationFrame(() => {
            const drawn = performance.timeOrigin + performance.now()
            for (let n = 0; n < more; n++) window.seen.push([changed, drawn])
        }))
    }).observe(body, { subtree: true, childList: true, characterData: true })
}"""


def open_window(browser: Browser, installation: Installation, name: str, document: str, transport: str) -> Person:
    page = browser.new_context(base_url=installation.weft.url).new_page()
    person = Person(name, page)
    person.sign_in()
    if transport != "websocket":
        behind_a_proxy(page, sockets=False, streams=transport == "sse")
    person.open(document)
    goes_by(person, transport)
    return person


def measure(writer: Page, reader: Page, keys: int) -> tuple[list[float], list[float]]:
    """Milliseconds from each key press to the change of the other's text, and to its drawing."""
    writer.evaluate(PRESSED)
    reader.evaluate(SEEN)
    for number in range(keys):
        writer.keyboard.press(ALPHABET[number % len(ALPHABET)])
        writer.wait_for_timeout(PAUSE_MS)
    reader.wait_for_function("keys => window.seen.length >= keys", arg=keys, timeout=30_000)
    pressed: list[float] = writer.evaluate("window.pressed")
    seen: list[list[float]] = reader.evaluate("window.seen")
    pairs = list(zip(pressed, seen, strict=False))
    return [changed - at for at, (changed, _) in pairs], [drawn - at for at, (_, drawn) in pairs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--transport", choices=("websocket", "sse", "poll"), default="websocket")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    with (
        running(home, "sqlite", documents=1, WEB_WORKERS=str(options.processes)) as installation,
        sync_playwright() as playwright,
    ):
        launch = {key: value for key, value in LAUNCH["chromium"].items() if key != "programs"}
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", **launch)
        document = installation.document()
        ann = open_window(browser, installation, "ann", document, options.transport)
        ben = open_window(browser, installation, "ben", document, options.transport)
        ann.come_to_the_front()
        ann.body.focus()
        changed, drawn = measure(ann.page, ben.page, options.keys)
        browser.close()
    for name, took in (("text changed", changed), ("drawn", drawn)):
        p50, p95 = statistics.median(took), statistics.quantiles(took, n=20)[18]
        print(
            json.dumps(
                {
                    "transport": options.transport,
                    "what": name,
                    "keys": len(took),
                    "p50_ms": round(p50, 1),
                    "p95_ms": round(p95, 1),
                }
            )
        )


if __name__ == "__main__":
    main()
