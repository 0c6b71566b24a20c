"""What can be read off a tree without pandoc: plain text, outline, and how many words there are."""

import re
from collections.abc import Iterable, Iterator
from typing import TypedDict

from documents.content.to_pandoc import plain
from documents.content.tree import Node, Text

# Scripts written without spaces count by character, as their readers count.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"
    r"|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+(?:['’.,-][^\W_]+)*"
)


class Heading(TypedDict):
    level: int
    text: str


def plain_text(blocks: Iterable[Node]) -> str:
    """Paragraphs parted by an empty line; lists, tasks and tables as one would type them."""
    return "\n\n".join(_block(block) for block in blocks).strip()


def outline(blocks: Iterable[Node]) -> list[Heading]:
    headings: list[Heading] = []
    for block in blocks:
        if block.kind == "heading":
            text = " ".join(plain(block.content).split())
            if text:
                headings.append({"level": int(block.attrs.get("level", 1)), "text": text[:300]})
        else:
            headings += outline(block.nodes)
    return headings


def word_count(text: str) -> int:
    return sum(1 for _ in _WORD.finditer(text))


def _block(node: Node) -> str:
    match node.kind:
        case "bulletList":
            return "\n".join(_item(item, "- ") for item in node.nodes)
        case "orderedList":
            start = node.attrs.get("start", 1)
            return "\n".join(_item(item, f"{number}. ") for number, item in enumerate(node.nodes, start))
        case "taskList":
            return "\n".join(_item(item, "[x] " if item.attrs.get("checked") else "[ ] ") for item in node.nodes)
        case "table":
            return "\n".join("\t".join(_cell(cell) for cell in row.nodes) for row in node.nodes)
        case "horizontalRule":
            return "---"
        case "image":
            return str(node.attrs.get("alt", ""))
        case "blockMath":
            return str(node.attrs.get("latex", ""))
        case "details":
            return "\n".join(_block(part) for part in node.nodes)
    if any(isinstance(child, Text) or child.kind in ("hardBreak", "inlineMath") for child in node.content):
        return plain(node.content)
    return "\n\n".join(_block(child) for child in node.nodes)


def _item(item: Node, bullet: str) -> str:
    lines = "\n".join(_block(block) for block in item.nodes).split("\n")
    return bullet + ("\n" + " " * len(bullet)).join(lines)


def _cell(cell: Node) -> str:
    return " ".join(" ".join(_lines(cell)).split())


def _lines(cell: Node) -> Iterator[str]:
    for block in cell.nodes:
        yield _block(block)
