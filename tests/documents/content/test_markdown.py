"""Markdown in and out: what is written is what was meant, and comes back the same."""

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import merging
from documents.content import importing
from documents.content.importing import blocks_of_html, blocks_of_markdown
from documents.content.loading import load
from documents.content.rendering import render
from documents.content.safety import canonical
from documents.content.tree import Mark, Node, Text, Tree, mark, read
from documents.content.writer import write
from documents.merging import EMPTY_UPDATE
from tests.documents.content.trees import block, inlines, marked, paragraph

FIXTURES = {
    "headings": "# One\n\n## Two\n\n### Three\n\n#### Four\n",
    "marks": "**bold** *italic* ~~struck~~ `code` <u>under</u> <mark>marked</mark>\n",
    "nested marks": "**bold *and italic* then** [link **bold**](https://weft.example/a?b=c)\n",
    "colours": '<mark style="background-color: #ffff00">marked</mark> <span style="color: #ff0000">red</span>\n',
    "hard break": "one\\\ntwo\n",
    "bullets": "- a\n- b\n  - c\n    - d\n- e\n",
    "numbers": "3.  three\n4.  four\n    1.  deep\n",
    "tasks": "- [ ] to do\n- [x] done\n  - [ ] below\n",
    "quote": "> said\n>\n> > deeper\n",
    "callouts": "> [!NOTE]\n> a\n\n> [!TIP]\n> b\n\n> [!WARNING]\n> c\n\n> [!CAUTION]\n> d\n>\n> - e\n",
    "details": "<details>\n<summary>More &lt;here&gt;</summary>\n\nInside **bold**\n\n- list\n\n</details>\n",
    "code": '``` python\nif a < b:\n    print("*")\n```\n\n    indented\n',
    "mathematics": "Inline $x^2 < \\frac{a}{b}$ and a price of \\$5 or \\$6\n\n$$\\int_0^1 x \\, dx$$\n",
    "long mathematics": "``` math\n\\begin{aligned}\na &= b\n\n+ c\n\\end{aligned}\n```\n",
    "image": '![A picture](https://weft.example/a.png "Title")\n',
    "sized image": '<img src="https://weft.example/a.png" style="width:50.0%" alt="A" />\n',
    "table": "| a | b |\n|:---|---:|\n| 1 | **2** |\n| | $x$ |\n",
    "table without head": "|     |     |\n|-----|-----|\n| 1   | 2   |\n",
    "centred": '<div style="text-align: center">\n\nmiddle\n\n</div>\n',
    "heading on the right": '<div style="text-align: right">\n\n## Right\n\n</div>\n',
    "rule": "above\n\n---\n\nbelow\n",
    "lists apart": "- a\n\n<!-- -->\n\n- b\n",
    "loose list": "- one\n\n  more of one\n\n- two\n",
    "characters": "\\# no heading, \\*no\\* emphasis, \\<b\\>, 1 \\< 2 & 3, \\`x\\`, a_b_c, 漢字 😀 é\n",
}


def item(*content: Node) -> Node:
    return block("listItem", *content)


def cell(*content: Node | Text | str) -> Node:
    return block("table", block("tableRow", block("tableCell", paragraph(*content))))


def linked(text: str, href: str) -> Node:
    return paragraph(marked(text, mark("link", href=href)))


# Of each: what pandoc's writer alone would let become something else.
TRAPS: dict[str, list[Node]] = {
    "numbers below an item": [
        block("bulletList", item(paragraph("a"), block("orderedList", item(paragraph("b")), start=5)))
    ],
    "an empty list below an item": [block("bulletList", item(paragraph("a"), block("bulletList", item(paragraph()))))],
    "a table below an item": [block("bulletList", item(paragraph("a"), cell("b")))],
    "code below an item": [block("bulletList", item(paragraph("a"), block("codeBlock", "b\n\n\tc")))],
    "code below a task": [
        block("taskList", block("taskItem", paragraph("a"), block("codeBlock", "b\n\n c"), checked=True))
    ],
    "code in a cell": [block("table", block("tableRow", block("tableCell", block("codeBlock", "a|b\n\n&c"))))],
    "code with fences": [block("codeBlock", "```\n````\n~~~", language="md")],
    "code that begins empty": [block("codeBlock", "\n\n  a", language="c#")],
    "no code": [block("codeBlock")],
    "tabs": [block("codeBlock", "all:\n\tmake", language="makefile")],
    "spaces around code": [paragraph("a ", marked(" b ", "code"), " c")],
    "a bar in code in a cell": [cell(marked("a|b &amp; `", "code"), " | c")],
    "a rule in words": [
        paragraph("---"),
        paragraph("a", Node("hardBreak"), "---"),
        paragraph("a", Node("hardBreak"), "="),
    ],
    "lists after a break": [paragraph("a", Node("hardBreak"), f"{sign} b") for sign in ("-", "+", "1.", "2)")],
    "a list's sign in a task": [block("taskList", block("taskItem", paragraph("1. a"), checked=False))],
    "a list's sign in a callout": [block("callout", paragraph("- a"), kind="info")],
    "names of characters": [paragraph("&amp; &#35; &copy; a&lt;b & c;")],
    "names of emoji": [paragraph(":tada: :+1: a:b:c 12:30:45")],
    "names in a cell of blocks": [
        block("table", block("tableRow", block("tableCell", paragraph("&amp; :x:"), paragraph("b"))))
    ],
    "an address with a bracket": [linked("a", "https://weft.example/%29"), linked("b", "https://weft.example/b_(c)")],
    "an address in a link": [linked("https://weft.example/*a*", "https://ann.example"), linked("www.a.example", "/b")],
    "an address with signs": [linked(href := "https://weft.example/~ann/*a*_b_", href)],
    "an address that is no link": [paragraph("https://weft.example/[a]")],
}


@pytest.mark.parametrize("blocks", TRAPS.values(), ids=TRAPS.keys())
def test_what_looks_like_markdown_comes_back_as_it_was(blocks: list[Node]) -> None:
    assert same(blocks_of_markdown(to_markdown(*blocks))) == same(blocks)


def test_an_address_ends_at_no_bracket_of_its_own() -> None:
    [node] = blocks_of_markdown(to_markdown(linked("a", "https://weft.example/)(")))

    assert node == linked("a", "https://weft.example/%29%28")


def test_bars_in_a_formula_end_no_cell() -> None:
    [table] = blocks_of_markdown(to_markdown(cell(Node("inlineMath", {"latex": r"|x| \|y\|"}), " after")))

    assert same([table]) == same([cell(Node("inlineMath", {"latex": r"\vert x\vert  \Vert y\Vert"}), " after")])


@pytest.mark.parametrize("latex", ["a & b", r"\text{\$5} & c"])
def test_a_formula_that_mathml_cant_say_comes_back_from_html(latex: str) -> None:
    blocks = [paragraph("a ", Node("inlineMath", {"latex": latex})), Node("blockMath", {"latex": latex})]

    assert same(blocks_of_html(render(write(Tree("", tuple(blocks))), "html").body)) == same(blocks)


SPANNING = """
<table><thead><tr><th colspan="2">Head</th></tr></thead>
<tbody><tr><td rowspan="2">a</td><td><p>b</p><ul><li>c</li></ul></td></tr><tr><td>d</td></tr></tbody></table>
"""


def to_markdown(*blocks: Node, title: str = "") -> str:
    return render(write(Tree(title, blocks)), "markdown").body


def same(blocks: list[Node] | tuple[Node, ...]) -> list[Node]:
    return [canonical(block) for block in blocks]


@pytest.mark.parametrize("markdown", FIXTURES.values(), ids=FIXTURES.keys())
def test_markdown_survives_the_way_in_out_and_in_again(markdown: str) -> None:
    blocks = blocks_of_markdown(markdown)

    written = to_markdown(*blocks)

    assert same(blocks_of_markdown(written)) == same(blocks)


@pytest.mark.parametrize("markdown", FIXTURES.values(), ids=FIXTURES.keys())
def test_html_survives_the_way_out_and_in(markdown: str) -> None:
    blocks = blocks_of_markdown(markdown)

    written = render(write(Tree("", tuple(blocks))), "html").body

    assert same(blocks_of_html(written)) == same(blocks)


def test_merged_cells_and_lists_in_cells_survive_both() -> None:
    blocks = blocks_of_html(SPANNING)

    [table] = blocks
    head, first, second = table.nodes
    assert [cell.attrs["colspan"] for cell in head.nodes] == [2]
    assert [cell.attrs["rowspan"] for cell in first.nodes] == [2, 1]
    assert [child.kind for child in list(first.nodes)[1].nodes] == ["paragraph", "bulletList"]
    assert len(list(second.nodes)) == 1
    assert same(blocks_of_markdown(to_markdown(*blocks))) == same(blocks)
    assert same(blocks_of_html(render(write(Tree("", tuple(blocks))), "html").body)) == same(blocks)


# What Markdown itself reads otherwise is left out: addresses and e-mails become links, `:tada:` becomes 🎉.
LETTERS = st.sampled_from(string.ascii_letters + string.digits + " *_`~#+-.!|$<>&[](){}\\'\"^=éß漢😀")


@given(st.lists(inlines(LETTERS).filter(lambda content: any(map(_visible, content))), max_size=4))
@settings(max_examples=40, deadline=None)
def test_any_text_comes_back_from_markdown_word_by_word(paragraphs: list[tuple[Node | Text, ...]]) -> None:
    blocks = [Node("paragraph", {}, content) for content in paragraphs]

    back = blocks_of_markdown(to_markdown(*blocks, title="T"))[1:]

    assert [_words(node) for node in back] == [_words(node) for node in blocks]


def _visible(child: Node | Text) -> bool:
    return isinstance(child, Text) and bool(child.text.strip())


def _words(node: Node) -> str:
    return "".join("".join(child.text.split()) for child in node.content if isinstance(child, Text))


def test_emphasis_does_not_hold_the_space_beside_it() -> None:
    assert to_markdown(paragraph(marked("bold ", "bold"), "then", marked(" both ", "bold", "italic"))) == (
        "**bold** then ***both***\n"
    )


def test_the_title_is_the_first_heading() -> None:
    assert to_markdown(paragraph("text"), title="Plan *B*") == "# Plan \\*B\\*\n\ntext\n"


def test_a_pasted_tables_columns_stay_aligned() -> None:
    def column(kind: str, text: str) -> Node:
        return block("tableRow", block(kind, paragraph(text), align="right"))

    state = write(Tree("", (block("table", column("tableHeader", "sum"), column("tableCell", "7")),)))
    exported = render(state, "markdown").body

    assert exported == "| sum |\n|----:|\n|   7 |\n"
    assert importing.replacement(state, markdown=exported) == EMPTY_UPDATE


def test_a_mixed_list_becomes_a_list_of_each_kind() -> None:
    kinds = [node.kind for node in blocks_of_markdown("- plain\n- [ ] task\n- [x] done\n")]

    assert kinds == ["bulletList", "taskList"]


def test_images_in_a_line_part_it() -> None:
    kinds = [node.kind for node in blocks_of_markdown("before ![a](https://weft.example/a.png) after\n")]

    assert kinds == ["paragraph", "image", "paragraph"]


def test_sizes_and_colours_come_in_as_the_editor_knows_them() -> None:
    [image, node] = blocks_of_html(
        '<img src="/a.png" style="width: 50%"><p style="x"><span style="color: RED">a</span></p>'
    )

    assert image.attrs["width"] == 50
    assert node.content == (marked("a", mark("textStyle", color="#ff0000")),)


def test_code_in_a_link_stays_a_link() -> None:
    [node] = blocks_of_markdown("[`pip`](https://weft.example)\n")

    assert node == paragraph(marked("pip", mark("link", href="https://weft.example")))


def test_front_matter_is_text_like_any_other() -> None:
    assert blocks_of_markdown("---\ntitle: x\n---\n")[0].kind == "horizontalRule"


def test_what_word_and_google_docs_copy_keeps_its_looks() -> None:
    [node] = blocks_of_html(
        '<b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr" style="text-align: center;">'
        '<span style="font-weight:700;color:#ff0000;">Bold</span><span style="font-style:italic"> it</span></p></b>'
    )

    assert node.attrs == {"textAlign": "center"}
    assert [child for child in node.content if isinstance(child, Text)] == [
        marked("Bold", "bold", mark("textStyle", color="#ff0000")),
        marked(" it", "italic"),
    ]


def test_json_is_what_prosemirror_reads() -> None:
    state = write(Tree("T", (block("heading", "H", level=2), paragraph(Text("b", (Mark("bold"),))))))

    assert json.loads(render(state, "json").body) == {
        "type": "doc",
        "attrs": {"title": "T"},
        "content": [
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "H"}]},
            {"type": "paragraph", "content": [{"type": "text", "text": "b", "marks": [{"type": "bold"}]}]},
        ],
    }


def test_plain_text_shows_lists_tasks_and_tables_as_one_would_type_them() -> None:
    state = write(
        Tree("T", tuple(blocks_of_markdown("# H\n\n- [x] a\n- [ ] b\n  1. c\n\n| x | y |\n|---|---|\n| 1 | 2 |\n")))
    )

    assert render(state, "text").body == "T\n\nH\n\n[x] a\n[ ] b\n    1. c\n\nx\ty\n1\t2\n"


def test_importing_ones_own_export_is_no_edit() -> None:
    state = write(Tree("Plan", tuple(blocks_of_markdown("\n".join(FIXTURES.values())))))
    for format in ("markdown", "html"):
        exported = render(state, format).body

        assert importing.replacement(state, **{format: exported}) == EMPTY_UPDATE


# What neither format can say.
UNCARRIED = (
    paragraph("one"),
    paragraph(),
    paragraph(" two  spaces", marked(" bold ", "bold"), "and ", Node("hardBreak"), "e\u0301", Node("hardBreak")),
    block("blockquote", paragraph("a"), paragraph(), paragraph("b")),
    paragraph(),
    paragraph(),
    block("table", block("tableRow", block("tableCell", paragraph("c"), paragraph(), colwidth=[90]))),
    paragraph(marked("link", mark("link", href="https://weft.example/[1](2"))),
    paragraph(),
)


@pytest.mark.parametrize("format", ["markdown", "html"])
def test_what_a_file_cant_say_is_not_taken_out_by_it(format: Any) -> None:
    state = write(Tree("Plan", UNCARRIED))
    exported = render(state, format).body
    assert importing.replacement(state, **{format: exported}) == EMPTY_UPDATE

    update = importing.replacement(state, **{format: exported.replace("one", "1")})

    assert read(load(merging.merge([state, update]))).blocks == (paragraph("1"), *UNCARRIED[1:])


def test_an_empty_line_goes_with_the_blocks_that_it_parted() -> None:
    state = write(Tree("Plan", (paragraph("a"), paragraph(), paragraph("b"), paragraph(), paragraph("c"))))

    update = importing.replacement(state, markdown="b\n\nnew\n\nc\n")

    assert read(load(merging.merge([state, update]))).blocks == (paragraph("b"), paragraph("new"), paragraph("c"))


def test_the_empty_line_at_the_end_stays_below_what_is_new() -> None:
    state = write(Tree("Plan", (paragraph("a"), paragraph())))

    update = importing.replacement(state, markdown="a\n\nb\n")

    assert read(load(merging.merge([state, update]))).blocks == (paragraph("a"), paragraph("b"), paragraph())


def test_an_import_into_an_untitled_document_takes_the_first_heading_for_the_title() -> None:
    update = importing.replacement(EMPTY_UPDATE, markdown="# Plan\n\ntext\n")

    assert read(load(update)) == Tree("Plan", (paragraph("text"),))


def test_an_import_keeps_another_title_and_its_own_heading() -> None:
    state = write(Tree("Plan", ()))

    update = importing.replacement(state, markdown="# Other\n")

    assert read(load(merging.merge([state, update]))) == Tree("Plan", (block("heading", "Other", level=1),))


def test_importing_nothing_leaves_one_empty_paragraph() -> None:
    state = write(Tree("Plan", (paragraph("text"),)))

    update = importing.replacement(state, html="  <script>1</script> ")

    assert read(load(merging.merge([state, update]))).blocks == (paragraph(),)
