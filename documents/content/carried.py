"""What of a document neither Markdown nor HTML can say: empty lines, spaces beside spaces, breaks at a paragraph's end.

A file that went out and came back lacks them. That nobody meant by it to take them out of the document.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from documents.content.pairing import equal_pairs
from documents.content.safety import canonical, clean_node
from documents.content.tree import Mark, Node, Text, joined, mark, node_json

_SPACES = re.compile(r"[ \t\r\n]+")


def with_uncarried(old: Sequence[Node], new: Sequence[Node]) -> list[Node]:
    """`new`, where blocks of `old` that read the same in a file are as they were, and so are the empty lines between
    blocks that were neighbours before. Those at the end stay in any case: that is where people write on."""
    if all(map(_is_empty, new)):
        return list(new)
    said = [at for at, node in enumerate(old) if not _is_empty(node)]
    same = equal_pairs([_key(old[at]) for at in said], [_key(node) for node in new])
    stood = {-1: -1, len(new): len(old)}  # where each of `new` stood in `old`
    for before, after in pairwise([(-1, -1), *same, (len(said), len(new))]):
        if after[0] - before[0] == after[1] - before[1]:  # as many as before: each is one of them, changed
            stood |= {before[1] + step: said[before[0] + step] for step in range(1, after[0] - before[0])}
        if after[0] < len(said):
            stood[after[1]] = said[after[0]]
    kept = {j: clean_node(old[said[i]]) for i, j in same}
    blocks: list[Node] = []
    for j in range(len(new) + 1):
        here, before_here = stood.get(j), stood.get(j - 1)
        if here is not None and before_here is not None and all(map(_is_empty, old[before_here + 1 : here])):
            blocks += old[before_here + 1 : here]
        elif j == len(new) and said:
            blocks += old[said[-1] + 1 :]
        if j < len(new):
            blocks.append(kept.get(j, new[j]))
    return blocks


def _is_empty(node: Node) -> bool:
    return node.kind == "paragraph" and not node.content


def _key(node: Node) -> str:
    return json.dumps(node_json(_carried(canonical(node))), sort_keys=True)


def _carried(node: Node) -> Node:
    if node.kind == "codeBlock":
        return node
    content = [_carried(child) if isinstance(child, Node) else child for child in node.content]
    full = [child for child in content if not (isinstance(child, Node) and _is_empty(child))]
    return Node(node.kind, node.attrs, tuple(_line(full or content)))


def _line(content: Sequence[Node | Text]) -> Iterator[Node | Text]:
    """One space for any, of no mark, and none at the ends of a line; no break at the ends of all."""
    line: list[Node | Text] = []
    for child in content:
        if isinstance(child, Node):
            while line and child.kind == "hardBreak" and line[-1] == Text(" "):
                line.pop()
            if line or child.kind != "hardBreak":
                line.append(child)
            continue
        marks = tuple(_same_address(each) for each in child.marks)
        if any(each.name == "code" for each in marks):
            line.append(Text(child.text, marks))
            continue
        text = unicodedata.normalize("NFC", child.text)
        for number, word in enumerate(_SPACES.split(text)):
            begins = not line or (isinstance(last := line[-1], Node) and last.kind == "hardBreak")
            if number and not begins and line[-1] != Text(" "):
                line.append(Text(" "))
            if word:
                line.append(Text(word, marks))
    while line and (line[-1] == Text(" ") or (isinstance(last := line[-1], Node) and last.kind == "hardBreak")):
        line.pop()
    yield from joined(line)


def _same_address(link: Mark) -> Mark:
    """Readers encode brackets, and a closing one alone is encoded for them."""
    if link.name != "link":
        return link
    return mark("link", href=re.sub(r"[\[\]()]", lambda found: f"%{ord(found[0]):02X}", link.attrs["href"]))
