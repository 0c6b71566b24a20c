"""Tree → pandoc's JSON syntax tree. What pandoc has no word for becomes a Div or Span with a class, and in Markdown the
HTML that GitHub itself understands.

Takes a `clean` tree of any structure: a table row outside a table is no reason to fail an export.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from html import escape
from itertools import groupby
from typing import Any

from documents.content.emphasis import delimitable, outside_space, reach
from documents.content.safety import MAX_SPAN
from documents.content.tree import Attributes, Mark, Node, Text, Tree

Element = dict[str, Any]
API_VERSION = [1, 23, 1]
NOTHING: list[Any] = ["", [], []]  # an identifier, classes and attributes


class Flavour(Enum):
    MARKDOWN = 1
    HTML = 2


# GitHub knows five kinds of alerts and no other callouts.
ALERTS = {"info": "note", "success": "tip", "warning": "warning", "danger": "caution"}

INLINE = frozenset({"hardBreak", "inlineMath"})
_ALIGNMENTS = {"left": "AlignLeft", "center": "AlignCenter", "right": "AlignRight"}


def to_pandoc(tree: Tree, flavour: Flavour, *, with_title: bool) -> Element:
    writer = _Writer(flavour)
    blocks = writer.blocks(tree.blocks)
    if with_title and tree.title:
        blocks.insert(0, _header(1, [], writer.words(tree.title)))
    return {"pandoc-api-version": API_VERSION, "meta": {}, "blocks": blocks}


_BACKSLASH = re.compile(r"(?<=\\)")
# What Markdown would read as a character or an emoji, and pandoc's writer leaves as it is.
_NAMED = re.compile(r"(?=&#?\w+;)|(?=:[a-z_+-][a-z0-9_+-]*:)|(?<!\d)(?=:\d+:)")
# What begins a block at the beginning of a line; pandoc sees to it at the beginning of some paragraphs only.
_BLOCK_SIGN = re.compile(r"(\d{0,9})(?=(?:[.)]|[-+]|-+|=+)(?: |$))")
_ADDRESS = re.compile(r"(https?|www)(?=://|\.)", re.IGNORECASE)
_BRACKET = re.compile(r"[\[\]]")
_ESCAPED_BY_PANDOC = re.compile(r"[*_~`<>\[\]|^$#\\]")
# In front of what is to be taken literally. In HTML, which a table of lists becomes, pandoc leaves it out.
_LITERALLY: Element = {"t": "RawInline", "c": ["markdown", "\\"]}


class _Writer:
    def __init__(self, flavour: Flavour) -> None:
        self.markdown = flavour is Flavour.MARKDOWN
        self.in_cell = False

    def blocks(self, content: Iterable[Node | Text]) -> list[Element]:
        blocks: list[Element] = []
        for inline, children in groupby(content, lambda child: isinstance(child, Text) or child.kind in INLINE):
            if inline:  # only in a document that no editor made
                blocks.append(_e("Para", self.inlines(list(children))))
            else:
                for child in children:
                    assert isinstance(child, Node)
                    blocks.extend(self.block(child))
        return blocks

    def block(self, node: Node) -> list[Element]:
        attrs, content = node.attrs, node.content
        match node.kind:
            case "paragraph":
                inlines = self.inlines(content)
                return self._aligned(attrs, _e("Para", inlines)) if inlines else []
            case "heading":
                inlines = self.inlines(content)
                if "textAlign" in attrs and not self.markdown:
                    return [_header(attrs.get("level", 1), _align_style(attrs), inlines)]
                return self._aligned(attrs, _header(attrs.get("level", 1), [], inlines))
            case "blockquote":
                return [_e("BlockQuote", self.blocks(content))]
            case "bulletList":
                return [_e("BulletList", [self.item(item.content) for item in node.nodes])]
            case "orderedList":
                style = [attrs.get("start", 1), {"t": "Decimal"}, {"t": "Period"}]
                return [_e("OrderedList", [style, [self.item(item.content) for item in node.nodes]])]
            case "taskList":
                return [_e("BulletList", [self.task(item) for item in node.nodes])]
            case "codeBlock":
                return [self.code(attrs.get("language", ""), plain(content))]
            case "horizontalRule":
                return [_e("HorizontalRule")]
            case "image":
                return [_e("Para", [self.image(attrs)])] if "src" in attrs else []
            case "blockMath":
                latex = attrs.get("latex", "").strip()
                # GitHub's other way, in which no line can begin a list.
                if self.markdown and ("\n" in latex or "$" in latex):
                    return [self.code("math", latex)]
                return [_e("Para", [_e("Math", [_e("DisplayMath"), latex])])] if latex else []
            case "table":
                return self.table(node)
            case "callout":
                return [self.callout(attrs.get("kind", "info"), content)]
            case "details":
                return self.details(node)
        return self.blocks(content)

    def code(self, language: str, text: str) -> Element:
        """Always between fences: what is only indented pandoc reads as more of a tight item's paragraph, and it loses
        empty lines at its ends. A cell is HTML as soon as there is code in it."""
        if not self.markdown or self.in_cell:
            return _e("CodeBlock", [["", [language] if language else [], []], text])
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        return _e("RawBlock", ["markdown", f"{fence} {language}".rstrip() + f"\n{text}\n{fence}"])

    def item(self, content: Sequence[Node | Text], box: str = "") -> list[Element]:
        """A list item is tight, as editors show them, unless it holds a second paragraph, or what doesn't end a
        paragraph in Markdown without an empty line between."""
        blocks = self.blocks(content)
        if box:
            if not blocks or blocks[0]["t"] != "Para":
                blocks.insert(0, _e("Para", []))
            blocks[0] = _e("Para", [_e("Str", box), _e("Space"), *blocks[0]["c"]])
        loose = self.markdown and any(map(_ends_no_paragraph, blocks[1:]))
        if sum(block["t"] == "Para" for block in blocks) == 1 and blocks[0]["t"] == "Para" and not loose:
            blocks[0] = _e("Plain", blocks[0]["c"])
        return blocks

    def task(self, item: Node) -> list[Element]:
        return self.item(item.content, "☒" if item.attrs.get("checked") else "☐")

    def callout(self, kind: str, content: Sequence[Node | Text]) -> Element:
        if not self.markdown:
            return _e("Div", [["", ["callout", f"callout-{kind}"], []], self.blocks(content)])
        name = ALERTS[kind]
        title = _e("Div", [["", ["title"], []], [_e("Para", self.words(name.title()))]])
        return _e("Div", [["", [name], []], [title, *self.blocks(content)]])

    def details(self, node: Node) -> list[Element]:
        summary = "".join(plain(child.content) for child in node.nodes if child.kind == "detailsSummary")
        content = self.blocks(child for child in node.nodes if child.kind != "detailsSummary")
        opening = f"<details>\n<summary>{escape(' '.join(summary.split()))}</summary>"
        return [_e("RawBlock", ["html", opening]), *content, _e("RawBlock", ["html", "</details>"])]

    def table(self, node: Node) -> list[Element]:
        rows = [list(row.nodes) for row in node.nodes if row.content]
        if not rows:
            return []
        columns = min(max(sum(_span(cell, "colspan") for cell in row) for row in rows), 10 * MAX_SPAN)
        heads = 0
        while heads < len(rows) and all(cell.kind == "tableHeader" for cell in rows[heads]):
            heads += 1
        if heads == len(rows) and self.markdown:
            heads = 1
        body = [self.row(row) for row in rows[heads:]]
        first_is_head = bool(rows[heads:]) and all(row[0].kind == "tableHeader" for row in rows[heads:])
        alignments = [_column_alignment(rows, column) for column in range(columns)]
        return [
            _e(
                "Table",
                [
                    NOTHING,
                    [None, []],
                    [[_e(alignment), _e("ColWidthDefault")] for alignment in alignments],
                    [NOTHING, [self.row(row) for row in rows[:heads]]],
                    [[NOTHING, 1 if first_is_head else 0, [], body]],
                    [NOTHING, []],
                ],
            )
        ]

    def row(self, cells: list[Node]) -> list[Any]:
        return [NOTHING, [self.cell(cell) for cell in cells]]

    def cell(self, cell: Node) -> list[Any]:
        alignment = _cell_alignment(cell)
        content: list[Node | Text] = list(cell.content)
        if alignment != "AlignDefault":  # the cell says it for all its paragraphs
            content = [Node(block.kind, {}, block.content) for block in cell.nodes]
        outer, self.in_cell = self.in_cell, True
        blocks = self.blocks(content)
        self.in_cell = outer
        if len(blocks) == 1 and blocks[0]["t"] == "Para":
            blocks = [_e("Plain", blocks[0]["c"])]  # what fits a pipe table
        return [NOTHING, _e(alignment), _span(cell, "rowspan"), _span(cell, "colspan"), blocks]

    def inlines(self, content: Sequence[Node | Text]) -> list[Element]:
        inlines = self._nested(list(outside_space(content)), frozenset())
        if self.markdown:
            inlines = list(_with_lines_literal(inlines))
        while inlines and inlines[-1]["t"] == "LineBreak":  # at the end of a paragraph Markdown shows its backslash
            inlines.pop()
        return inlines

    def _nested(self, content: list[Node | Text], applied: frozenset[str]) -> list[Element]:
        """Runs with sets of marks → nested elements, opening first the mark that lasts longest."""
        inlines: list[Element] = []
        at = 0
        while at < len(content):
            child = content[at]
            if isinstance(child, Node):
                inlines.extend(self.inline(child))
                at += 1
                continue
            lasts = {mark.name: reach(content, at, mark) for mark in child.marks if mark.name not in applied}
            if not lasts:
                inlines.extend(self.words(child.text, in_link="link" in applied))
                at += 1
                continue
            outer = max(child.marks, key=lambda mark: (lasts.get(mark.name, 0), -_PRIORITY.index(mark.name)))
            end = at + lasts[outer.name]
            if self.markdown and outer.name in _HTML_TAGS and not delimitable(content, at, end, outer, applied):
                tag = _HTML_TAGS[outer.name]
                inner = self._nested(content[at:end], applied | {outer.name})
                inlines += [_e("RawInline", ["html", f"<{tag}>"]), *inner, _e("RawInline", ["html", f"</{tag}>"])]
            else:
                inlines += self.marked(outer, content[at:end], applied | {outer.name})
            at = end
        return inlines

    def marked(self, mark: Mark, run: list[Node | Text], applied: frozenset[str]) -> list[Element]:
        if mark.name == "code":
            return [self.inline_code(plain(run))]
        inner = self._nested(run, applied)
        match mark.name:
            case "bold":
                return [_e("Strong", inner)]
            case "italic":
                return [_e("Emph", inner)]
            case "strike":
                return [_e("Strikeout", inner)]
            case "underline":
                return [_e("Underline", inner)]
            case "link":
                return self.link(mark.attrs["href"], run, inner)
            case "textStyle":
                return [_e("Span", [["", [], [["style", f"color: {mark.attrs['color']}"]]], inner])]
            case "highlight":
                style = f"background-color: {mark.attrs['color']}" if "color" in mark.attrs else ""
                if self.markdown:
                    opening = f'<mark style="{style}">' if style else "<mark>"
                    return [_e("RawInline", ["html", opening]), *inner, _e("RawInline", ["html", "</mark>"])]
                return [_e("Span", [["", ["mark"], [["style", style]] if style else []], inner])]
        return inner

    def link(self, address: str, run: list[Node | Text], inner: list[Element]) -> list[Element]:
        if self.markdown and plain(run) == address and not _BRACKET.search(address):  # comes between < and >, as it is
            inner = [_e("Str", address)]
        return [_e("Link", [NOTHING, inner, [self.address(address), ""]])]

    def address(self, url: str) -> str:
        """A closing bracket without its opening one would end the address."""
        depth = 0
        for sign in url if self.markdown else "":
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if depth < 0:
                break
        return url.replace("(", "%28").replace(")", "%29") if depth else url

    def inline_code(self, text: str) -> Element:
        if self.markdown and self.in_cell and "|" in text:  # would end the cell
            return _e("RawInline", ["html", f"<code>{escape(text, quote=False).replace('|', '&#124;')}</code>"])
        if self.markdown and text.startswith(" ") and text.endswith(" ") and text.strip():
            text = f" {text} "  # readers take one off
        return _e("Code", [NOTHING, text])

    def words(self, text: str, *, in_link: bool = False) -> list[Element]:
        """Pandoc's writers break and escape at Space elements, so text goes in word by word. And its Markdown writer
        (3.9) swallows punctuation that follows a backslash in the same word, so a word ends there."""
        inlines: list[Element] = []
        for at, word in enumerate(text.replace("\n", " ").split(" ")):
            if at:
                inlines.append(_e("Space"))
            address = _ADDRESS.match(word) if self.markdown else None
            if address and (in_link or _BRACKET.search(word)):  # no link, that is, or none within the one it stands in
                inlines += [_e("Str", address[0]), _LITERALLY]
                word = word[address.end() :]
            elif address and "://" in word and _ESCAPED_BY_PANDOC.search(word):
                # As a link, because pandoc's backslashes would be taken for the address's.
                inlines.append(_e("Link", [NOTHING, [_e("Str", word)], [self.address(word), ""]]))
                continue
            for number, part in enumerate(_NAMED.split(word) if self.markdown else [word]):
                if number:
                    inlines.append(_LITERALLY)
                inlines.extend(_e("Str", piece) for piece in _BACKSLASH.split(part) if piece)
        return inlines

    def inline(self, node: Node) -> list[Element]:
        match node.kind:
            case "hardBreak":
                return [_e("LineBreak")]
            case "inlineMath" | "blockMath":
                latex = " ".join(node.attrs.get("latex", "").split())
                if self.markdown:  # the first bare dollar would end it
                    latex = re.sub(r"(?<!\\)\$", r"\\$", latex)
                    if self.in_cell:  # a bar would end the cell
                        latex = latex.replace("\\|", "\\Vert ").replace("|", "\\vert ")
                return [_e("Math", [_e("InlineMath"), latex])] if latex else []
            case "image":
                return [self.image(node.attrs)] if "src" in node.attrs else []
        return self.inlines(node.content)

    def image(self, attrs: Attributes) -> Element:
        size = [["width", f"{attrs['width']}%"]] if "width" in attrs else []
        title = attrs.get("title", "")
        if self.markdown:  # its writer forgets to escape these within the quotes
            title = title.replace('"', "”")
        return _e("Image", [["", [], size], self.words(attrs.get("alt", "")), [self.address(attrs["src"]), title]])

    def _aligned(self, attrs: Attributes, block: Element) -> list[Element]:
        if attrs.get("textAlign", "left") == "left":
            return [block]
        # pandoc writes a Div that is a mere "wrapper" as attributes of the paragraph in it.
        wrapper = [] if self.markdown else [["wrapper", "1"]]
        return [_e("Div", [["", [], [*wrapper, *_align_style(attrs)]], [block]])]


def _with_lines_literal(inlines: Sequence[Element]) -> Iterator[Element]:
    """No line of a paragraph begins a list, a rule or a heading, though its text looks like one."""
    starts = True
    for at, inline in enumerate(inlines):
        if starts and inline["t"] == "Space":
            continue  # no reader keeps it
        if starts and inline["t"] == "Str":
            following = inlines[at + 1]["t"] if at + 1 < len(inlines) else "LineBreak"
            end = {"LineBreak": "", "Space": " ", "SoftBreak": " "}.get(following, "x")
            if sign := _BLOCK_SIGN.match(inline["c"] + end):
                number, rest = sign[1], inline["c"][sign.end() :]
                yield from ([_e("Str", number)] if number else [])
                yield _LITERALLY
                inline = _e("Str", rest)
        yield inline
        starts = inline["t"] == "LineBreak"


def _ends_no_paragraph(block: Element) -> bool:
    """Taken for more of the paragraph above when no empty line parts them."""
    match block["t"]:
        case "Table":
            return True
        case "OrderedList":
            (start, _, _), items = block["c"]
            return bool(start != 1) or not items or not items[0]
        case "BulletList":
            return not block["c"] or not block["c"][0]
    return False


def plain(content: Iterable[Node | Text]) -> str:
    """Text without marks; where only text fits, mathematics shows its source."""
    parts = []
    for child in content:
        if isinstance(child, Text):
            parts.append(child.text)
        elif child.kind == "hardBreak":
            parts.append("\n")
        elif child.kind == "inlineMath":
            parts.append(f"${child.attrs.get('latex', '')}$")
        else:
            parts.append(plain(child.content))
    return "".join(parts)


# Which mark is the outer one when two last equally long; `code` holds nothing else, so it comes last.
_PRIORITY = ("link", "highlight", "textStyle", "bold", "italic", "strike", "underline", "code")
# Where Markdown's signs would not be taken for signs, there are always tags.
_HTML_TAGS = {"bold": "strong", "italic": "em", "strike": "del"}


def _header(level: int, style: list[list[str]], inlines: list[Element]) -> Element:
    return _e("Header", [level, ["", [], style], inlines])


def _align_style(attrs: Attributes) -> list[list[str]]:
    return [["style", f"text-align: {attrs['textAlign']}"]]


def _span(cell: Node, name: str) -> int:
    return int(cell.attrs.get(name, 1))


def _cell_alignment(cell: Node) -> str:
    alignments = {block.attrs.get("textAlign") for block in cell.nodes}
    return _ALIGNMENTS.get(alignments.pop() or "", "AlignDefault") if len(alignments) == 1 else "AlignDefault"


def _column_alignment(rows: list[list[Node]], column: int) -> str:
    """Pipe tables align whole columns: what all plain cells of one agree on."""
    found = {
        _cell_alignment(row[column])
        for row in rows
        if len(row) > column and all(_span(cell, "colspan") == 1 for cell in row)
    }
    return found.pop() if len(found) == 1 else "AlignDefault"


def _e(kind: str, content: Any = None) -> Element:
    return {"t": kind} if content is None else {"t": kind, "c": content}
