"""What a person waits for, in a real Chromium: a page that can be written in, and a key on one's own screen.

    .venv/bin/python bench/browser.py [--blocks 4000] [--keys 12000] [--only start,keys,hour]

A desktop, and a phone: 390 px, the CPU slowed down four times, and Lighthouse's slow 4G (1.6 Mbit/s, 150 ms) by CDP.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # a home of its own for what is imported below

import django

django.setup()

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright  # noqa: E402

from bench.tables import head, line  # noqa: E402
from tests.acceptance.installation import Installation, running  # noqa: E402
from tests.browser.conftest import LAUNCH  # noqa: E402
from tests.browser.person import Person  # noqa: E402

DEVICES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_638_400 / 8,
    "uploadThroughput": 768_000 / 8,
}
# When the document can be written in: its body is there, editable, and says what is in it.
WATCH = """() => {
    window.ready = null
    const look = () => {
        const body = document.querySelector(".weft-body[contenteditable=true]")
        if (!body || !body.textContent.includes("Block 0")) return requestAnimationFrame(look)
        requestAnimationFrame(() => { window.ready = performance.now() })
    }
    requestAnimationFrame(look)
}"""
# From a key's event to the second frame after it: by then what it changed is drawn.
PRESSED = """() => {
    window.drawn = []
    addEventListener("keydown", () => {
        const pressed = performance.now()
        requestAnimationFrame(() => requestAnimationFrame(() => window.drawn.push(performance.now() - pressed)))
    }, true)
}"""
WRITE = """
from documents import actions
from documents.models import Document, User
document = Document.objects.get(pk={document!r})
block = "Block %d: the shuttle carries the weft through the shed, and the reed beats it."
text = "\\n\\n".join(block % n for n in range({blocks}))
actions.replace_content(by=User.objects.get(email="ann@example.com"), document=document, markdown=text)
"""


def slowed(page: Page, device: str) -> CDPSession:
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable")
    if device == "phone":
        cdp.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        cdp.send("Network.enable")
        cdp.send("Network.emulateNetworkConditions", SLOW_4G)
    return cdp


def heap(cdp: CDPSession) -> float:
    """Megabytes of JavaScript that are in use, after a collection."""
    cdp.send("HeapProfiler.collectGarbage")
    found = {metric["name"]: metric["value"] for metric in cdp.send("Performance.getMetrics")["metrics"]}
    return float(found["JSHeapUsedSize"]) / 1e6


@contextmanager
def window(browser: Browser, weft: Installation, device: str) -> Iterator[tuple[BrowserContext, Person]]:
    context = browser.new_context(base_url=weft.weft.url, **DEVICES[device])
    page = context.new_page()
    ann = Person("ann", page)
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(ann.email)
    page.get_by_label("Password", exact=True).fill("weft-weft")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")
    yield context, ann
    context.close()


def cookies_of(browser: Browser, weft: Installation) -> Any:
    with window(browser, weft, "desktop") as (context, _):
        return context.storage_state()


def start(browser: Browser, weft: Installation, document: str, blocks: int, repeats: int = 3) -> None:
    """Cold: a browser that was never here but is signed in. Warm: the same, the page loaded once more."""
    signed_in = cookies_of(browser, weft)
    for device, how in DEVICES.items():
        found: dict[str, list[tuple[float, float, float]]] = {"cold": [], "warm": []}
        for _ in range(repeats):
            context = browser.new_context(base_url=weft.weft.url, storage_state=signed_in, **how)
            page = context.new_page()
            page.add_init_script(f"({WATCH})()")
            slowed(page, device)
            for cache in ("cold", "warm"):
                page.goto(f"/d/{document}", timeout=120_000)
                page.wait_for_function("() => window.ready !== null", timeout=120_000)
                page.get_by_test_id("status").filter(has_text="Saved").wait_for(timeout=60_000)
                painted, ready, received = page.evaluate(
                    """() => [
                        performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
                        window.ready,
                        performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
                            .reduce((sum, entry) => sum + entry.transferSize, 0),
                    ]"""
                )
                found[cache].append((painted, ready, received))
                time.sleep(1)
            context.close()
        for cache, times in found.items():
            painted, ready, received = (median(column) for column in zip(*times, strict=True))
            name = f"{device}, {cache}: {blocks:,} blocks"
            line(
                name,
                f"first paint {painted:,.0f} ms, can be written in after {ready:,.0f} ms, {received / 1000:,.0f} KB",
            )


def keys(browser: Browser, weft: Installation, document: str, blocks: int, count: int = 100) -> None:
    for device in DEVICES:
        with window(browser, weft, device) as (_, ann):
            ann.open(document)
            slowed(ann.page, device)
            ann.body.locator("p").nth(blocks // 2).click()
            ann.page.evaluate(PRESSED)
            for number in range(count):
                ann.page.keyboard.press("etaoinshrdlu"[number % 12])
                ann.page.wait_for_timeout(90)
            ann.page.wait_for_function("count => window.drawn.length >= count", arg=count)
            cuts = quantiles(ann.page.evaluate("window.drawn"), n=20)
            line(f"{device}: key to own screen, amid {blocks:,} blocks", f"p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms")


def hour(browser: Browser, weft: Installation, document: str, count: int) -> None:
    """An hour's keys, one after the other as fast as the page takes them: what it keeps doesn't depend on pauses."""
    with window(browser, weft, "desktop") as (_, ann):
        ann.open(document)
        cdp = slowed(ann.page, "desktop")
        ann.body.focus()
        before, began = heap(cdp), time.perf_counter()
        sentence = "the shuttle carries the weft through the shed "
        for number in range(count // len(sentence)):
            ann.page.keyboard.type(sentence)
            if number % 8 == 7:
                ann.page.keyboard.press("Enter")
        took = time.perf_counter() - began
        ann.page.get_by_test_id("status").filter(has_text="Saved").wait_for(timeout=120_000)
        after = heap(cdp)
        what = f"an open tab after an hour's {count:,} keys (in {took:.0f} s)"
        line(what, f"{before:.1f} → {after:.1f} MB of JavaScript's heap, {(after - before) * 1e6 / count:.0f} B a key")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=4000)
    parser.add_argument("--keys", type=int, default=12_000, help="200 a minute, for an hour")
    parser.add_argument("--only", default="start,keys,hour")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="weft-bench-", dir="/tmp"))
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        limits = {"LIMIT_UPDATES_PER_SECOND": "1000000", "LIMIT_UPDATES_BURST": "1000000"}
        with running(home, "sqlite", documents=3, **limits) as weft, sync_playwright() as playwright:
            launch = {key: value for key, value in LAUNCH["chromium"].items() if key != "programs"}
            browser = playwright.chromium.launch(executable_path=program, **launch)
            long, short, empty = (weft.document() for _ in range(3))
            for document, blocks in ((long, given.blocks), (short, 20)):
                weft.shell(WRITE.format(document=document, blocks=blocks))
            head("what", "measured")
            for what in given.only.split(","):
                if what == "start":
                    start(browser, weft, short, 20)
                    start(browser, weft, long, given.blocks, 1)
                elif what == "keys":
                    keys(browser, weft, long, given.blocks)
                else:
                    hour(browser, weft, empty, given.keys)
            browser.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
