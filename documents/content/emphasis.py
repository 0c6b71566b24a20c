"""Where Markdown can write emphasis by signs, and what has to be moved for it. Pure, of runs of a `clean` tree."""

from collections.abc import Iterator, Sequence

from documents.content.tree import Mark, Node, Text

_TIGHT = frozenset({"bold", "italic", "strike", "underline"})
"""Markdown's emphasis may not touch white space on its inside: `**bold **` shows the asterisks."""


def delimitable(content: list[Node | Text], at: int, end: int, outer: Mark, applied: frozenset[str]) -> bool:
    """Would CommonMark take signs put here for emphasis? Between a letter and punctuation (`a**(b)**c`) it would not,
    and side by side with other signs it guesses."""
    within = applied | {outer.name}
    first, last = content[at], content[end - 1]
    before = content[at - 1] if at else None
    after = content[end] if end < len(content) else None
    if _emphasis(before) - within or _emphasis(after) - within:
        return False
    inside = (_letter(first, 0, within), _letter(last, -1, within))
    outside = (_letter(before, -1, within), _letter(after, 0, within))
    if _TIGHT & applied and any(map(str.isalnum, outside)):
        return False
    return all(i.isalnum() or not (o.isalnum() or i in "*_~\\`") for i, o in zip(inside, outside, strict=True))


def _letter(child: Node | Text | None, at: int, within: frozenset[str]) -> str:
    """The character next to a sign; another mark's sign or tag counts as a full stop."""
    if not isinstance(child, Text):
        return " "
    return "." if {mark.name for mark in child.marks} - within else child.text[at]


def outside_space(content: Sequence[Node | Text]) -> Iterator[Node | Text]:
    """The same, with white space at the ends of emphasis moved out of it."""
    pieces: list[Node | Text] = []
    for child in content:
        if isinstance(child, Text) and any(mark.name in _TIGHT for mark in child.marks):
            body = child.text.strip()
            start = child.text.index(body) if body else len(child.text)
            cuts = (child.text[:start], body, child.text[start + len(body) :])
            pieces.extend(Text(cut, child.marks) for cut in cuts if cut)
        else:
            pieces.append(child)
    for at, child in enumerate(pieces):
        if isinstance(child, Text) and not child.text.strip():
            before = _emphasis(pieces[at - 1] if at else None)
            lasting = before & _emphasis(pieces[at + 1] if at + 1 < len(pieces) else None)
            yield Text(child.text, tuple(m for m in child.marks if m.name not in _TIGHT or m.name in lasting))
        else:
            yield child


def _emphasis(neighbour: Node | Text | None) -> frozenset[str]:
    return frozenset(mark.name for mark in neighbour.marks) & _TIGHT if isinstance(neighbour, Text) else frozenset()


def reach(content: list[Node | Text], at: int, mark: Mark) -> int:
    """How many children from here on carry the mark. Inline nodes carry none, and end it."""
    end = at
    while end < len(content):
        child = content[end]
        if isinstance(child, Node) or mark not in child.marks:
            break
        end += 1
    return end - at
