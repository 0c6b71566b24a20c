"""Writes a tree into a Y.Doc the way the editor's own binding does, always as an edit of what is there.

Text positions in pycrdt count UTF-8 bytes, and one inside a character is silently moved: positions here come from
encoded lengths only, never from a Python string's.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText
from pycrdt import Text as YText

from documents.content import structs
from documents.content.loading import load
from documents.content.pairing import paired
from documents.content.safety import canonical
from documents.content.tree import BODY, TITLE, Mark, Node, Text, Tree, joined, node_json, read_element, runs
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
    """The update that makes `blocks` the body. What is the same already stays the same items, wherever it stands, and
    what differs is revised where it is, so that carets stay and what people type meanwhile is merged, not lost."""

    def replace(doc: Doc[Any]) -> None:
        _revise(doc.get(BODY, type=XmlFragment), blocks)
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


Run = tuple[Text, ...]
"""Neighbouring texts: they are one XmlText."""


def _revise(parent: XmlFragment | XmlElement, nodes: Sequence[Node | Text]) -> None:
    """Make `nodes` the content of `parent` by touching only what differs."""
    children = list(parent.children)
    old, new = [_piece(child) for child in children], _pieces(nodes)
    old_keys, new_keys = [_key(piece) for piece in old], [_key(_canonical(piece)) for piece in new]
    pairs = paired(old_keys, new_keys, [_kind(piece) for piece in old], [_kind(piece) for piece in new])
    end, new_end = len(old), len(new)
    for i, j in reversed([(-1, -1), *pairs]):  # from behind, so that the indices in front stay true
        if end > i + 1:
            del parent.children[i + 1 : end]
        _insert(parent, i + 1, _nodes(new[j + 1 : new_end]))
        if i >= 0 and old_keys[i] != new_keys[j]:
            _revise_child(children[i], old[i], new[j])
        end, new_end = i, j


def _revise_child(child: Any, old: Node | Run, new: Node | Run) -> None:
    if isinstance(new, Node):
        assert isinstance(old, Node), "of one kind"
        wanted = canonical(Node(new.kind, new.attrs)).attrs
        for name in old.attrs.keys() - wanted.keys():
            del child.attributes[name]
        for name, value in wanted.items():
            if old.attrs.get(name) != value:
                child.attributes[name] = value
        _revise(child, new.content)
    else:
        assert not isinstance(old, Node), "of one kind"
        _revise_text(child, old, new)


def _revise_text(text: XmlText, old: Run, new: Run) -> None:
    """Only what differs between the ends is written anew."""
    was, wanted = _characters(runs(text)), _characters(new)
    marks = (
        [_key(_canonical((Text("x", marks),))) for _, marks in was],
        [_key((Text("x", marks),)) for _, marks in wanted],
    )
    before = [(character, key) for (character, _), key in zip(was, marks[0], strict=True)]
    after = [(character, key) for (character, _), key in zip(wanted, marks[1], strict=True)]
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    start = _length(was[:head])
    if removed := _length(was[head : len(was) - tail]):
        del text[start : start + removed]
    for part in joined(Text(character, kept) for character, kept in wanted[head : len(wanted) - tail]):
        assert isinstance(part, Text)
        text.insert(start, part.text, {mark.name: dict(mark.attrs) for mark in part.marks})
        start += len(part.text.encode())


def _characters(run: Iterable[Text]) -> list[tuple[str, tuple[Mark, ...]]]:
    return [(character, text.marks) for text in run for character in text.text]


def _length(characters: Iterable[tuple[str, Any]]) -> int:
    return len("".join(character for character, _ in characters).encode())


def _piece(child: Any) -> Node | Run:
    return _canonical(read_element(child) if isinstance(child, XmlElement) else tuple(runs(child)))


def _pieces(nodes: Iterable[Node | Text]) -> list[Node | Run]:
    pieces: list[Node | Run] = []
    for node in nodes:
        if isinstance(node, Node):
            pieces.append(node)
        elif pieces and isinstance(last := pieces[-1], tuple):
            pieces[-1] = (*last, node)
        else:
            pieces.append((node,))
    return pieces


def _nodes(pieces: Iterable[Node | Run]) -> Iterator[Node | Text]:
    for piece in pieces:
        yield from [piece] if isinstance(piece, Node) else piece


def _canonical(piece: Node | Run) -> Node | Run:
    return canonical(piece) if isinstance(piece, Node) else canonical(Node("", {}, piece)).content  # type: ignore[return-value]


def _key(piece: Node | Run) -> str:
    return json.dumps(node_json(piece) if isinstance(piece, Node) else [*map(node_json, piece)], sort_keys=True)


def _kind(piece: Node | Run) -> str:
    return piece.kind if isinstance(piece, Node) else "#text"


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
