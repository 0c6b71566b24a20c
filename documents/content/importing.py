"""Markdown or HTML → an edit of a document.

Always an edit of the history there is, by a client of its own, never a new history: replicas that hold the old one
would merge both and show everything twice.
"""

import json
from collections.abc import Sequence

from documents.content import pandoc, sandbox
from documents.content.carried import with_uncarried
from documents.content.from_pandoc import EMPTY, from_pandoc
from documents.content.hypertext import readable_by_pandoc
from documents.content.loading import load
from documents.content.pandoc import ConversionFailed
from documents.content.to_pandoc import plain
from documents.content.tree import Node, Text, Unreadable, read
from documents.content.writer import append_blocks, replace_body, retitle


def replacement(state: bytes, *, markdown: str | None = None, html: str | None = None) -> bytes:
    """The update that makes the body read like this; what is the same already stays untouched.

    A first heading is taken for the title where it repeats it, as in our own exports, or where there is none yet.
    Takes tens of milliseconds to seconds: hold no lock meanwhile. Raises sandbox.Failed.
    """
    assert (markdown is None) != (html is None), "one of the two formats"
    try:
        return sandbox.run(_replacement, state, markdown, html)
    except (Unreadable, ConversionFailed) as fault:
        raise sandbox.Failed(f"This content can't be imported: {fault}.") from fault


def appended(state: bytes, text: str, *, markdown: bool) -> bytes:
    """The update that adds this at the end, each line of plain text as a paragraph. It may be computed of a state that
    others have passed meanwhile: what stands at an end merges. Raises sandbox.Failed."""
    try:
        return sandbox.run(_appended, state, text, markdown)
    except (Unreadable, ConversionFailed) as fault:
        raise sandbox.Failed(f"This can't be added: {fault}.") from fault


def retitled(state: bytes, title: str) -> bytes:
    """The update that makes this the title. Raises sandbox.Failed."""
    try:
        return sandbox.run(retitle, state, title)
    except Unreadable as fault:
        raise sandbox.Failed(f"This document can't be renamed: {fault}.") from fault


def blocks_of_markdown(markdown: str) -> list[Node]:
    """By way of HTML, so that the HTML that Markdown may contain is sanitised and understood like any other."""
    return blocks_of_html(pandoc.convert(markdown, pandoc.MARKDOWN, "html", "--mathjax"))


def blocks_of_html(html: str) -> list[Node]:
    return from_pandoc(json.loads(pandoc.convert(readable_by_pandoc(html), pandoc.HTML, "json")))


def _replacement(state: bytes, markdown: str | None, html: str | None) -> bytes:
    imported = blocks_of_html(html or "") if markdown is None else blocks_of_markdown(markdown)
    tree = read(load(state))
    found, blocks = _without_title(imported, tree.title)
    return replace_body(state, with_uncarried(tree.blocks, blocks), None if tree.title else found)


def _appended(state: bytes, text: str, markdown: bool) -> bytes:
    if markdown:
        return append_blocks(state, blocks_of_markdown(text))
    lines = [line.strip() for line in text.splitlines()]
    return append_blocks(state, [Node("paragraph", {}, (Text(line),)) for line in lines if line])


def _without_title(blocks: Sequence[Node], title: str) -> tuple[str | None, Sequence[Node]]:
    if blocks[0].kind == "heading" and blocks[0].attrs["level"] == 1:
        found = " ".join(plain(blocks[0].content).split())
        if found and title in ("", found):
            return found, blocks[1:] or [EMPTY]
    return None, blocks
