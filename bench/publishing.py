"""From XADD to the event in a browser: a real Weft, a program that publishes, sockets that listen on `/ws/events`.

    .venv/bin/python bench/publishing.py [--count 300] [--processes 1] [--kind notification] [--shown-by sse]

A program puts an envelope on the stream every 50 ms; the time runs from just before its XADD until the frame with it
was read from the socket. Both read the same clock. For `append` it ends when the line is in an open document.

With `--shown-by` the clock runs on until the toast stands in a real Chromium that hears by that transport.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"  # a home of its own for what is imported below

import django

django.setup()

from playwright.sync_api import sync_playwright  # noqa: E402
from pycrdt import XmlFragment  # noqa: E402
from redis import Redis  # noqa: E402
from websockets.asyncio.client import connect  # noqa: E402

from documents.envelope import sign  # noqa: E402
from tests.acceptance.client import until  # noqa: E402
from tests.acceptance.installation import Installation, running  # noqa: E402
from tests.browser.conftest import LAUNCH  # noqa: E402
from tests.browser.person import Person  # noqa: E402
from tests.browser.test_transports import behind_a_proxy  # noqa: E402
from tests.running import until as until_shown  # noqa: E402

PAUSE = 0.05
# Notes when a title first stands in the page, and closes its toast, since only a few are shown at a time.
WATCH = """() => {
    window.shown = {}
    new MutationObserver(() => {
        for (const toast of document.querySelectorAll(".mantine-Notification-root")) {
            const mark = /m\\d+/.exec(toast.textContent)?.[0]
            if (!mark || window.shown[mark]) continue
            window.shown[mark] = performance.timeOrigin + performance.now()
            toast.querySelector(".mantine-Notification-closeButton")?.click()
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
}"""


class Publisher:
    def __init__(self, weft: Installation) -> None:
        self._redis = Redis(unix_socket_path=str(weft.weft.home / "valkey.sock"))
        self._key = (weft.weft.home / "publish_key").read_text().strip()
        self.sent: dict[str, float] = {}

    def publish(self, to: str, kind: str, mark: str, data: dict[str, Any]) -> None:
        fields = {"v": 1, "id": mark, "to": to, "kind": kind, "data": data, "at": time.time()}
        payload = json.dumps(fields).encode()
        signature = sign(payload, self._key)
        self.sent[mark] = time.perf_counter()
        self._redis.xadd("weft:publish", {"payload": payload, "signature": signature})


async def told(weft: Installation, kind: str, count: int) -> list[float]:
    publisher, waits = Publisher(weft), []
    ann = weft.people["ann"]
    url = weft.weft.url.replace("http", "ws", 1) + "/ws/events"
    async with connect(url, additional_headers={"Authorization": f"Bearer {ann['token']}"}) as socket:

        async def listen() -> None:
            async for frame in socket:
                now, event = time.perf_counter(), json.loads(frame)
                if event["kind"] == kind:
                    waits.append(now - publisher.sent[event["title"] if kind == "notification" else event["name"]])

        listening = asyncio.create_task(listen())
        for number in range(count):
            mark = f"m{number}"
            data = {"title": mark} if kind == "notification" else {"name": mark}
            await asyncio.to_thread(publisher.publish, f"user:{ann['id']}", kind, mark, data)
            await asyncio.sleep(PAUSE)
        with contextlib.suppress(AssertionError):
            await until(lambda: len(waits) >= count)
        listening.cancel()
    return waits


def shown(weft: Installation, transport: str, count: int) -> list[float]:
    publisher, waits = Publisher(weft), []
    ann = weft.people["ann"]
    with sync_playwright() as playwright:
        launch = {key: value for key, value in LAUNCH["chromium"].items() if key != "programs"}
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", **launch)
        page = browser.new_context(base_url=weft.weft.url).new_page()
        if transport != "websocket":
            behind_a_proxy(page, sockets=False, streams=transport == "sse")
        Person("ann", page).sign_in()
        page.wait_for_timeout(8_000)  # down the ladder
        page.evaluate(WATCH)
        for number in range(count):
            mark = f"m{number}"
            at = time.time()
            publisher.publish(f"user:{ann['id']}", "notification", mark, {"title": mark})
            until_shown(lambda mark=mark: page.evaluate("mark => window.shown[mark]", mark))  # type: ignore[misc]
            waits.append(page.evaluate("mark => window.shown[mark]", mark) / 1000 - at)
        browser.close()
    return waits


async def appended(weft: Installation, count: int) -> list[float]:
    publisher, waits = Publisher(weft), []
    document = weft.document()
    ann = await weft.client("ann", document).opened()
    body: Any = ann.doc.get("default", type=XmlFragment)
    for number in range(count):
        mark = f"m{number}."
        await asyncio.to_thread(publisher.publish, f"document:{document}", "append", mark, {"text": mark})
        await until(lambda mark=mark: mark in str(body))  # type: ignore[misc]
        waits.append(time.perf_counter() - publisher.sent[mark])
    await ann.stop()
    return waits


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--kind", choices=["notification", "event", "append"], default="notification")
    parser.add_argument("--shown-by", choices=["websocket", "sse", "poll"])
    options = parser.parse_args()
    home = tempfile.mkdtemp(prefix="weft-", dir="/tmp")
    with running(Path(home), "sqlite", documents=1, WEB_WORKERS=str(options.processes)) as weft:
        if options.shown_by:
            waits = shown(weft, options.shown_by, options.count)
        elif options.kind == "append":
            waits = asyncio.run(appended(weft, options.count))
        else:
            waits = asyncio.run(told(weft, options.kind, options.count))
        waits = sorted(1000 * wait for wait in waits)
    shutil.rmtree(home, ignore_errors=True)
    quantiles = statistics.quantiles(waits, n=100)
    by = f", shown by {options.shown_by}" if options.shown_by else ""
    print(
        f"{options.kind}{by}, {options.processes} process(es): {len(waits)} of {options.count} arrived; ms: "
        f"p50 {statistics.median(waits):.1f}, p95 {quantiles[94]:.1f}, p99 {quantiles[98]:.1f}, most {waits[-1]:.1f}"
    )


if __name__ == "__main__":
    main()
