"""Writes a tree into a Y.Doc the way the editor's own binding does, always as an edit of what is there.

Text positions in pycrdt count UTF-8 bytes, and one inside a character is silently moved: positions here come from
encoded lengths only, never from a Python string's.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText
from pycrdt import Text as YText

from documents.content import structs
from documents.content.loading import load
from documents.content.safety import canonical
from documents.content.tree import BODY, TITLE, Node, Text, Tree, read_element
from documents.merging import EMPTY_UPDATE

LISTS = ("bulletList", "orderedList", "taskList")


def write(tree: Tree) -> bytes:
    """A new document's first update."""

    def fill(doc: Doc[Any]) -> None:
        _insert(doc.get(BODY, type=XmlFragment), 0, tree.blocks)
        if tree.title:
            doc.get(TITLE, type=YText).insert(0, tree.title)

    return edit(EMPTY_UPDATE, fill)


def replace_body(state: bytes, blocks: Sequence[Node], title: str | None = None) -> bytes:
    """The update that makes `blocks` the body. Equal blocks at both ends stay the same items, with their history."""
    new = [canonical(block) for block in blocks]

    def replace(doc: Doc[Any]) -> None:
        body = doc.get(BODY, type=XmlFragment)
        old = [canonical(read_element(child)) if isinstance(child, XmlElement) else None for child in body.children]
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        if len(old) - tail > head:
            del body.children[head : len(old) - tail]
        _insert(body, head, blocks[head : len(blocks) - tail])
        if title is not None:
            _retitle(doc, title)

    return edit(state, replace)


def append_blocks(state: bytes, blocks: Sequence[Node]) -> bytes:
    """The update that puts `blocks` at the end: before an empty last line, which the editor keeps there to write in,
    and into a list of the same kind that stands at the end."""

    def append(doc: Doc[Any]) -> None:
        body = doc.get(BODY, type=XmlFragment)
        end = len(body.children)
        if end and _is_empty_line(body.children[end - 1]):
            end -= 1
        above = body.children[end - 1] if end else None
        if len(blocks) == 1 and isinstance(above, XmlElement) and above.tag == blocks[0].kind in LISTS:
            _insert(above, len(above.children), blocks[0].content)
        else:
            _insert(body, end, blocks)

    return edit(state, append)


def retitle(state: bytes, title: str) -> bytes:
    """The update that makes `title` the title: only what differs between the ends is touched, so carets stay."""
    return edit(state, lambda doc: _retitle(doc, title))


def edit(state: bytes, change: Callable[[Doc[Any]], None]) -> bytes:
    """What `change` did to the document, as one update by a client nobody has been yet; EMPTY_UPDATE for nothing."""
    doc = load(state, client_id=_fresh_client_id(state))
    updates: list[bytes] = []

    def keep(event: TransactionEvent) -> None:
        updates.append(event.update)

    # The event's update, not `doc.get_update(before)`: the latter repeats every deletion there ever was.
    subscription = doc.observe(keep)
    try:
        with doc.transaction():
            change(doc)
    finally:
        doc.unobserve(subscription)
    assert len(updates) <= 1, "one transaction, one event"
    return updates[0] if updates else EMPTY_UPDATE


def _is_empty_line(last: Any) -> bool:
    return isinstance(last, XmlElement) and last.tag == "paragraph" and not read_element(last).content


def _insert(parent: XmlFragment | XmlElement, index: int, nodes: Iterable[Node | Text]) -> None:
    texts: XmlText | None = None
    length = 0
    for node in nodes:
        if isinstance(node, Node):
            texts = None
            element = parent.children.insert(index, XmlElement(node.kind, dict(node.attrs)))
            _insert(element, 0, node.content)
            index += 1
            continue
        if texts is None:  # a run of texts is one XmlText
            texts, length = parent.children.insert(index, XmlText()), 0
            index += 1
        texts.insert(length, node.text, {mark.name: dict(mark.attrs) for mark in node.marks})
        length += len(node.text.encode())


def _retitle(doc: Doc[Any], title: str) -> None:
    text = doc.get(TITLE, type=YText)
    old = str(text)
    head = _common(old, title)
    tail = _common(old[head:][::-1], title[head:][::-1])
    start = len(old[:head].encode())
    if removed := old[head : len(old) - tail]:
        del text[start : start + len(removed.encode())]
    if added := title[head : len(title) - tail]:
        text.insert(start, added)


def _common(a: Sequence[Any], b: Sequence[Any]) -> int:
    """How many elements at the beginning are the same."""
    same = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        same += 1
    return same


def _fresh_client_id(state: bytes) -> int:
    taken = structs.clients(state)
    while (client_id := secrets.randbits(32)) in taken:
        pass
    return client_id
