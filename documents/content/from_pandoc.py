"""Pandoc's JSON syntax tree → blocks that the editor's schema accepts.

Accepted they must be: the editor's binding deletes, for everybody, any node that its schema refuses. Hence every list
item and cell begins with a paragraph, a code block holds bare text, and code excludes other marks.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from documents.content import safety
from documents.content.to_pandoc import ALERTS
from documents.content.tree import Mark, Node, Text, joined, mark

Element = dict[str, Any]
Marks = tuple[Mark, ...]

EMPTY = Node("paragraph")
_CALLOUT_KINDS = {alert: kind for kind, alert in ALERTS.items()} | {"important": "info"}
_BOXES = {"☐": False, "☒": True}
_ALIGNED = {"AlignLeft": "left", "AlignCenter": "center", "AlignRight": "right"}
_SIMPLE_MARKS = {"Strong": "bold", "Emph": "italic", "Underline": "underline", "Strikeout": "strike"}


def from_pandoc(document: Element) -> list[Node]:
    return [_checked(block) for block in _blocks(document["blocks"])] or [EMPTY]


def _blocks(elements: Iterable[Element]) -> list[Node]:
    return [block for element in elements for block in _block(element)]


def _block(element: Element) -> Iterator[Node]:
    content: Any = element.get("c")
    match element["t"]:
        case "Para" | "Plain":
            yield from _paragraphs(_inlines(content), lambda inlines: Node("paragraph", {}, inlines))
        case "LineBlock":
            lines = [[*line, {"t": "LineBreak"}] for line in content]
            yield Node("paragraph", {}, _trimmed(_inlines([inline for line in lines for inline in line])))
        case "Header":
            level, (_, _, attributes), inlines = content
            attrs = {"level": min(level, safety.MAX_HEADING)} | _alignment(attributes)
            yield from _paragraphs(_inlines(inlines), lambda inlines: Node("heading", attrs, inlines))
        case "CodeBlock":
            (_, classes, _), text = content
            name = safety.language(classes[0].removeprefix("language-")) if classes else None
            yield Node("codeBlock", {"language": name} if name else {}, (Text(text),) if text else ())
        case "BlockQuote":
            yield Node("blockquote", {}, _filled(_blocks(content)))
        case "BulletList":
            yield from _bullets(content)
        case "OrderedList":
            (start, _, _), items = content
            yield Node("orderedList", {"start": start}, tuple(map(_item, items)))
        case "DefinitionList":
            for term, definitions in content:
                yield Node("paragraph", {}, _inlines(term, (Mark("bold"),)))
                for definition in definitions:
                    yield from _blocks(definition)
        case "HorizontalRule":
            yield Node("horizontalRule")
        case "Table":
            yield from _table(content)
        case "Figure":
            _, (_, caption), blocks = content
            yield from _blocks(blocks)
            yield from _blocks(caption)
        case "Div":
            yield from _div(*content)
        # RawBlock: whatever HTML there was has been read as HTML


def _div(attr: list[Any], elements: list[Element]) -> Iterator[Node]:
    _, classes, attributes = attr
    if "details" in classes:
        summary: tuple[Node | Text, ...] = ()
        if elements and elements[0]["t"] == "Div" and "summary" in elements[0]["c"][0][1]:
            summary = _bare(_blocks(elements[0]["c"][1]))
            elements = elements[1:]
        content = Node("detailsContent", {}, _filled(_blocks(elements)))
        yield Node("details", {}, (Node("detailsSummary", {}, summary), content))
        return
    kind = next((_CALLOUT_KINDS[name] for name in classes if name in _CALLOUT_KINDS), None)
    if kind and elements and elements[0]["t"] == "Div" and "title" in elements[0]["c"][0][1]:
        yield Node("callout", {"kind": kind}, _filled(_blocks(elements[1:])))
        return
    if "callout" in classes:
        kind = next((name for name in safety.CALLOUTS if f"callout-{name}" in classes), "info")
        yield Node("callout", {"kind": kind}, _filled(_blocks(elements)))
        return
    aligned = _alignment(attributes)
    for block in _blocks(elements):
        if aligned and block.kind in ("paragraph", "heading"):
            yield Node(block.kind, {**aligned, **block.attrs}, block.content)
        else:
            yield block


def _bullets(items: list[list[Element]]) -> Iterator[Node]:
    """A list may mix tasks and plain items; the editor has a list for each."""
    runs: list[tuple[bool, list[Node]]] = []
    for item in items:
        box = _box(item)
        if not runs or runs[-1][0] != (box is not None):
            runs.append((box is not None, []))
        if box is None:
            runs[-1][1].append(_item(item))
        else:
            head, *rest = item
            unboxed = {"t": head["t"], "c": head["c"][2:] or []}
            runs[-1][1].append(Node("taskItem", {"checked": box}, _led([unboxed, *rest])))
    for tasks, nodes in runs:
        yield Node("taskList" if tasks else "bulletList", {}, tuple(nodes))


def _box(item: list[Element]) -> bool | None:
    if item and item[0]["t"] in ("Plain", "Para") and item[0]["c"]:
        first = item[0]["c"][0]
        if first["t"] == "Str":
            return _BOXES.get(first["c"])
    return None


def _item(elements: list[Element]) -> Node:
    return Node("listItem", {}, _led(elements))


def _led(elements: list[Element]) -> tuple[Node, ...]:
    blocks = _blocks(elements)
    return tuple(blocks) if blocks and blocks[0].kind == "paragraph" else (EMPTY, *blocks)


def _filled(blocks: list[Node]) -> tuple[Node, ...]:
    return tuple(blocks) or (EMPTY,)


def _table(content: list[Any]) -> Iterator[Node]:
    _, (_, caption), columns, (_, head), bodies, (_, foot) = content
    alignments = [alignment["t"] for alignment, _ in columns]
    rows = [_row(cells, len(cells), alignments) for _, cells in head]
    if all(cell.content == (EMPTY,) for row in rows for cell in row.nodes):
        rows = []  # Markdown can't have a table without a head, so one without words stands for none
    for _, head_columns, intermediate, body in bodies:
        rows += [_row(cells, len(cells), alignments) for _, cells in intermediate]
        rows += [_row(cells, head_columns, alignments) for _, cells in body]
    rows += [_row(cells, 0, alignments) for _, cells in foot]
    if rows := [row for row in rows if row.content]:
        yield Node("table", {}, tuple(rows))
    yield from _blocks(caption)


def _row(cells: list[Any], heads: int, alignments: list[str]) -> Node:
    nodes = []
    for at, (_, alignment, rowspan, colspan, elements) in enumerate(cells):
        name = alignment["t"]
        if name == "AlignDefault" and at < len(alignments):
            name = alignments[at]
        blocks: tuple[Node, ...] = _filled(_blocks(elements))
        if name in _ALIGNED:
            blocks = tuple(
                Node(block.kind, {"textAlign": _ALIGNED[name], **block.attrs}, block.content)
                if block.kind in ("paragraph", "heading")
                else block
                for block in blocks
            )
        spans = {"colspan": colspan, "rowspan": rowspan}
        nodes.append(Node("tableHeader" if at < heads else "tableCell", spans, blocks))
    return Node("tableRow", {}, tuple(nodes))


def _paragraphs(inlines: tuple[Node | Text, ...], make: Callable[[tuple[Node | Text, ...]], Node]) -> Iterator[Node]:
    """Images and displayed mathematics are blocks in the editor: they part the paragraph they stand in."""
    run: list[Node | Text] = []
    for inline in inlines:
        if isinstance(inline, Node) and inline.kind in ("image", "blockMath"):
            if text := _trimmed(run):
                yield make(text)
            yield inline
            run = []
        else:
            run.append(inline)
    if text := _trimmed(run):
        yield make(text)


def _trimmed(run: Sequence[Node | Text]) -> tuple[Node | Text, ...]:
    """Without white space and line breaks at the ends."""
    content = list(joined(run))
    while content and _blank(content[-1]):
        content.pop()
    while content and _blank(content[0]):
        content.pop(0)
    if content and isinstance(last := content[-1], Text):
        content[-1] = Text(last.text.rstrip(" "), last.marks)
    if content and isinstance(first := content[0], Text):
        content[0] = Text(first.text.lstrip(" "), first.marks)
    return tuple(content)


def _blank(child: Node | Text) -> bool:
    return not child.text.strip(" ") if isinstance(child, Text) else child.kind == "hardBreak"


def _bare(blocks: Iterable[Node]) -> tuple[Node | Text, ...]:
    """Only text, as in the summary of details."""
    content: list[Node | Text] = []
    for block in blocks:
        for child in block.content:
            if isinstance(child, Text):
                content.append(child)
            elif child.kind == "inlineMath":
                content.append(Text(f"${child.attrs['latex']}$"))
            else:
                content.append(Text(" "))
    return _trimmed(content)


def _inlines(elements: Iterable[Element], marks: Marks = ()) -> tuple[Node | Text, ...]:
    return joined(inline for element in elements for inline in _inline(element, marks))


def _inline(element: Element, marks: Marks) -> Iterator[Node | Text]:
    content: Any = element.get("c")
    match kind := element["t"]:
        case "Str":
            yield Text(content, marks)
        case "Space" | "SoftBreak":
            yield Text(" ", marks)
        case "LineBreak":
            yield Node("hardBreak")
        case "Strong" | "Emph" | "Underline" | "Strikeout":
            yield from _inlines(content, _with(marks, Mark(_SIMPLE_MARKS[kind])))
        case "Code":
            link = tuple(mark for mark in marks if mark.name == "link")  # code excludes it; an address outweighs a font
            yield Text(content[1], link or (Mark("code"),))
        case "Math":
            display = content[0]["t"] == "DisplayMath"
            yield Node("blockMath" if display else "inlineMath", {"latex": content[1].strip()})
        case "Link":
            _, inlines, (url, _) = content
            href = safety.safe_url(url)
            yield from _inlines(inlines, _with(marks, mark("link", href=href)) if href else marks)
        case "Image":
            (_, _, attributes), alt, (url, title) = content
            src = safety.safe_url(url)
            if src:
                width = dict(attributes).get("width") or _style(attributes).get("width")
                yield Node("image", {"src": src, "alt": _words(alt), "title": title or None, "width": width})
            elif alt:
                yield Text(_words(alt), marks)
        case "Span":
            attr, inlines = content
            yield from _span(attr, inlines, marks)
        case "Quoted":
            opening, closing = "‘’" if content[0]["t"] == "SingleQuote" else "“”"
            yield Text(opening, marks)
            yield from _inlines(content[1], marks)
            yield Text(closing, marks)
        case "Note":
            yield Text(" (", marks)
            for block in _blocks(content):
                yield from (child for child in block.content if isinstance(child, Text))
            yield Text(")", marks)
        case "Superscript" | "Subscript" | "SmallCaps":
            yield from _inlines(content, marks)
        case "Cite":
            yield from _inlines(content[1], marks)
        # RawInline: as RawBlock


def _span(attr: list[Any], elements: list[Element], marks: Marks) -> Iterator[Node | Text]:
    _, classes, attributes = attr
    if "math" in classes:
        source = _words(elements, newline="\n")
        # Pandoc's HTML has dollars around what it can't say in MathML, else backslashes and brackets.
        latex = re.sub(r"^(?:\\[(\[]|\${1,2})|(?:\\[)\]]|(?<!\\)\${1,2})$", "", source).strip()
        yield Node("blockMath" if "display" in classes else "inlineMath", {"latex": latex})
        return
    style = _style(attributes)
    added: list[Mark] = []
    background = safety.color(style.get("background-color"))
    if "mark" in classes:
        added.append(mark("highlight", color=background))
    if color := safety.color(style.get("color")):
        added.append(mark("textStyle", color=color))
    weight = style.get("font-weight", "")
    if weight == "bold" or (weight.isdecimal() and int(weight) >= 600):
        added.append(Mark("bold"))
    if style.get("font-style") == "italic":
        added.append(Mark("italic"))
    decoration = style.get("text-decoration", "") + style.get("text-decoration-line", "")
    if "underline" in decoration:
        added.append(Mark("underline"))
    if "line-through" in decoration:
        added.append(Mark("strike"))
    for each in added:
        marks = _with(marks, each)
    yield from _inlines(elements, marks)


def _words(elements: Iterable[Element], newline: str = " ") -> str:
    parts = []
    for child in _inlines(_separated(elements, newline)):
        parts.append(child.text if isinstance(child, Text) else str(child.attrs.get("latex", " ")))
    return "".join(parts)


def _separated(elements: Iterable[Element], newline: str) -> Iterator[Element]:
    for element in elements:
        yield {"t": "Str", "c": newline} if element["t"] == "SoftBreak" else element


def _with(marks: Marks, added: Mark) -> Marks:
    return tuple(sorted((*(mark for mark in marks if mark.name != added.name), added), key=lambda mark: mark.name))


def _style(attributes: Iterable[Sequence[str]]) -> dict[str, str]:
    declarations = next((value for key, value in attributes if key == "style"), "").split(";")
    pairs = (declaration.split(":", 1) for declaration in declarations if ":" in declaration)
    return {name.strip().lower(): value.strip() for name, value in pairs}


def _alignment(attributes: Iterable[Sequence[str]]) -> dict[str, str]:
    aligned = _style(attributes).get("text-align", "")
    return {"textAlign": aligned} if aligned in ("center", "right", "justify") else {}


def _checked(block: Node) -> Node:
    """The same gate as for exports: nothing comes in that would not go out."""
    return safety.clean_node(block)
