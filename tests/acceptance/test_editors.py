"""The editors of docs/clients.md, by the lines of that page, two of each on one document."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance.hocuspocus_provider import NODE
from tests.acceptance.installation import Installation
from tests.acceptance.test_stock_clients import Stock

SCRIPT = Path(__file__).with_name("editors.mjs")
# Monaco (100 MB) and BlockNote (which wants another pre-release of Yjs 14) are too much to install for everybody who
# starts Weft; docs/compatibility.md says how to run them.
EDITORS = ["Tiptap", "CodeMirror", "Quill"]


async def open_editor(weft: Installation, editor: str, name: str, document: str) -> Stock:
    url = weft.weft.url.replace("http", "ws", 1)
    process = await asyncio.create_subprocess_exec(
        *[NODE, str(SCRIPT), editor, url, document, weft.people[name]["token"]],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    return Stock(process)


@pytest.mark.parametrize("editor", EDITORS)
async def test_an_editor_of_the_page_writes_and_reads(fresh: Installation, editor: str) -> None:
    document = fresh.document()
    ann, ben = [await open_editor(fresh, editor, name, document) for name in ("ann", "ben")]
    try:
        await ann.do("synced")
        await ben.do("synced")
        await ann.do("type", text="from ann")
        await ben.do("contain", text="from ann")
        await ben.do("type", text="from ben")
        await ann.do("contain", text="from ben")
    finally:
        await ann.stop()
        await ben.stop()
