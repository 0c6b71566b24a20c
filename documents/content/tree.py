"""A document as a plain tree: what the editor shows, without the CRDT under it.

The tree is in normal form, so that two documents that look the same compare equal: neighbouring texts with the same
marks are joined, empty texts and null attributes are gone, whole numbers are ints (pycrdt hands out every number as a
float), marks are sorted by name.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from pycrdt import Text as YText

BODY = "default"
TITLE = "title"

# The editor nests a dozen levels at most; below this a tree is an attack on the recursion of everything that reads it.
MAX_DEPTH = 100

Attributes = Mapping[str, Any]


class Unreadable(ValueError):
    """These bytes are no document that can be shown."""


@dataclass(frozen=True, slots=True)
class Mark:
    name: str
    attrs: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Text:
    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    kind: str
    attrs: Attributes = field(default_factory=dict)
    content: tuple["Node | Text", ...] = ()

    @property
    def nodes(self) -> Iterator["Node"]:
        return (child for child in self.content if isinstance(child, Node))


@dataclass(frozen=True, slots=True)
class Tree:
    title: str
    blocks: tuple[Node, ...]


def read(doc: Doc[Any]) -> Tree:
    """Raises Unreadable."""
    with doc.transaction():
        title = str(doc.get(TITLE, type=YText))
        body = doc.get(BODY, type=XmlFragment)
        blocks = [read_element(child) for child in body.children if isinstance(child, XmlElement)]
    return Tree(" ".join(title.split()), tuple(blocks))


def read_element(element: XmlElement, depth: int = 0) -> Node:
    if depth > MAX_DEPTH:
        raise Unreadable(f"nested deeper than {MAX_DEPTH} levels")
    content: list[Node | Text] = []
    for child in element.children:
        if isinstance(child, XmlElement):
            content.append(read_element(child, depth + 1))
        elif isinstance(child, XmlText):
            content.extend(runs(child))
    return Node(element.tag or "", _plain(_attributes(element)), joined(content))


def mark(name: str, **attrs: Any) -> Mark:
    return Mark(name, _plain(attrs))


def joined(content: Iterable[Node | Text]) -> tuple[Node | Text, ...]:
    """Neighbouring texts with equal marks become one, empty ones vanish."""
    whole: list[Node | Text] = []
    for child in content:
        last = whole[-1] if whole else None
        if isinstance(child, Text):
            if not child.text:
                continue
            if isinstance(last, Text) and last.marks == child.marks:
                whole[-1] = Text(last.text + child.text, child.marks)
                continue
        whole.append(child)
    return tuple(whole)


def to_json(tree: Tree) -> dict[str, Any]:
    """ProseMirror's JSON. The title goes along as an attribute, which editors that don't know it ignore."""
    return {"type": "doc", "attrs": {"title": tree.title}, "content": [node_json(block) for block in tree.blocks]}


def node_json(child: Node | Text) -> dict[str, Any]:
    if isinstance(child, Text):
        json: dict[str, Any] = {"type": "text", "text": child.text}
        if child.marks:
            json["marks"] = [
                {"type": mark.name, "attrs": dict(mark.attrs)} if mark.attrs else {"type": mark.name}
                for mark in child.marks
            ]
        return json
    json = {"type": child.kind}
    if child.attrs:
        json["attrs"] = dict(child.attrs)
    if child.content:
        json["content"] = [node_json(grandchild) for grandchild in child.content]
    return json


def runs(text: XmlText) -> Iterator[Text]:
    for value, attributes in text.diff():
        if isinstance(value, str):  # the editor writes no embeds
            yield Text(value, _marks(attributes or {}))


def _marks(attributes: Attributes) -> tuple[Mark, ...]:
    found = {}
    for key, value in attributes.items():
        if value is not None:
            name = key.split("--", 1)[0]  # y-prosemirror appends a hash to marks that may lie over each other
            found[name] = Mark(name, _plain(value) if isinstance(value, dict) else {})
    return tuple(found[name] for name in sorted(found))


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _value(attributes[key]) for key in sorted(attributes) if attributes[key] is not None}


def _attributes(element: XmlElement) -> dict[str, Any]:
    pairs: Any = element.attributes  # iterable, though pycrdt's annotations don't say so
    return dict(pairs)


def _value(value: Any) -> Any:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_value(item) for item in value]
        case dict():
            return {str(key): _value(item) for key, item in value.items()}
        case str() | int() | float() | None:
            return value
    return str(value)  # bytes and such: no attribute of ours
