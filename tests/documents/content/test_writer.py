"""Trees written into a Y.Doc and read back."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment
from pycrdt import Text as YText

from documents import merging
from documents.content import structs
from documents.content.loading import lacks, load
from documents.content.pairing import equal_pairs
from documents.content.safety import canonical
from documents.content.tree import BODY, Node, Text, Tree, Unreadable, joined, mark, read
from documents.content.writer import append_blocks, edit, replace_body, retitle, write
from tests.documents.content.trees import BLOCKS, TREES, block, marked, paragraph, texts


@given(TREES)
@settings(deadline=None)
def test_what_is_written_is_read_back(tree: Tree) -> None:
    assert read(load(write(tree))) == tree


@given(TREES, st.lists(BLOCKS, max_size=5))
@settings(deadline=None)
def test_a_replaced_body_reads_like_the_new_one(tree: Tree, blocks: list[Node]) -> None:
    state = write(tree)

    after = read(load(merging.merge([state, replace_body(state, blocks)])))

    assert after.title == tree.title
    assert [canonical(node) for node in after.blocks] == [canonical(node) for node in blocks]


@given(st.text(max_size=20).filter(str.isprintable), st.text(max_size=20).filter(str.isprintable))
@settings(deadline=None)
def test_a_new_title_replaces_the_old(old: str, new: str) -> None:
    state = write(Tree(old, ()))

    assert read(load(merging.merge([state, retitle(state, new)]))).title == " ".join(new.split())


@st.composite
def revised(draw: st.DrawFn, content: Sequence[Node | Text]) -> list[Node | Text]:
    """The same with some parts changed, left out, doubled, exchanged or put before."""
    parts: list[Node | Text] = []
    for part in content:
        match draw(st.sampled_from(["same", "same", "same", "inner", "gone", "twice", "before", "first"])):
            case "gone":
                continue
            case "inner" if isinstance(part, Text):
                at = draw(st.integers(0, len(part.text)))
                parts += [Text(part.text[:at], part.marks), draw(texts()), Text(part.text[at:], part.marks)]
                continue
            case "inner" if isinstance(part, Node):
                parts.append(Node(part.kind, part.attrs, joined(draw(revised(part.content)))))
                continue
            case "before" if isinstance(part, Node):
                parts.append(draw(BLOCKS) if part.kind not in CELLS else part)
            case "twice":
                parts.append(part)
            case "first":
                parts.insert(0, part)
                continue
        parts.append(part)
    return parts


CELLS = ("tableRow", "tableCell", "listItem", "taskItem", "detailsSummary", "detailsContent", "hardBreak", "inlineMath")


@given(st.data(), TREES)
@settings(deadline=None, max_examples=300)
def test_a_revised_body_reads_like_the_new_one(data: st.DataObject, tree: Tree) -> None:
    state = write(tree)
    blocks = [node for node in joined(data.draw(revised(tree.blocks))) if isinstance(node, Node)]

    after = read(load(merging.merge([state, replace_body(state, blocks)])))

    assert [canonical(node) for node in after.blocks] == [canonical(node) for node in blocks]


def typed(state: bytes, where: list[int], text: str) -> bytes:
    """Somebody's update: text at the end of the words of one block."""

    def change(doc: Doc[Any]) -> None:
        parent: Any = doc.get(BODY, type=XmlFragment)
        for index in where:
            parent = parent.children[index]
        parent.children[0].insert(len(parent.children[0]), text)

    return edit(state, change)


def test_what_somebody_types_meanwhile_stays_in_blocks_that_stay_and_in_those_that_change() -> None:
    item = block("listItem", paragraph("item"))
    state = write(Tree("", (paragraph("one"), paragraph("two"), block("bulletList", item, item), paragraph("end"))))
    hers = [typed(state, [1], "!"), typed(state, [2, 1, 0], "?"), typed(state, [3], " of it")]

    new = block("bulletList", block("listItem", paragraph("first item")), item)
    update = replace_body(state, [paragraph("0"), paragraph("two"), new, paragraph("added"), paragraph("the end")])

    assert read(load(merging.merge([state, update, *hers]))).blocks == (
        paragraph("0"),
        paragraph("two!"),
        block("bulletList", block("listItem", paragraph("first item")), block("listItem", paragraph("item?"))),
        paragraph("added"),
        paragraph("the end of it"),
    )


def test_a_revised_cell_leaves_the_table_its_widths() -> None:
    def table(text: str, **attrs: Any) -> Node:
        return block("table", block("tableRow", block("tableCell", paragraph(text), **attrs)))

    state = write(Tree("", (table("old", colwidth=[120]),)))

    update = replace_body(state, [table("new")])

    assert read(load(merging.merge([state, update]))).blocks == (table("new", colwidth=[120]),)


def test_a_hundred_thousand_equal_blocks_are_paired_without_comparing_each_with_each() -> None:
    rows = ["row"] * 100_000

    assert equal_pairs(["old", *rows, "end"], ["new", *rows[2:], "END"]) == []
    assert len(equal_pairs([*rows, "old"], [*rows[2:], "new", "row"])) == len(rows) - 2


def test_equal_blocks_at_both_ends_stay_the_same_items() -> None:
    state = write(Tree("", (paragraph("first"), paragraph("old"), paragraph("last"))))
    update = replace_body(state, [paragraph("first"), paragraph("new"), paragraph("last")])

    edit = structs.scan(update)

    [(_, deleted)] = edit.deleted.items()
    assert sum(end - start for start, end in deleted) == len("old"), "the letters alone"
    assert sum(end - start for ranges in edit.held.values() for start, end in ranges) == len("new")


def test_a_body_that_is_the_same_already_is_no_edit() -> None:
    state = write(Tree("", (paragraph("same"),)))

    assert replace_body(state, [paragraph("same")]) == merging.EMPTY_UPDATE


def test_attributes_that_say_the_default_make_no_difference() -> None:
    link = mark("link", href="https://weft.example", target="_blank", rel="noopener")
    state = write(Tree("", (block("orderedList", block("listItem", paragraph(marked("a", link))), start=1),)))
    same = block("orderedList", block("listItem", paragraph(marked("a", mark("link", href="https://weft.example")))))

    assert replace_body(state, [same]) == merging.EMPTY_UPDATE


@given(TREES, st.lists(BLOCKS, min_size=2, max_size=4))
@settings(deadline=None)
def test_what_is_appended_stands_at_the_end_and_all_else_stays(tree: Tree, blocks: list[Node]) -> None:
    state = write(tree)

    after = read(load(merging.merge([state, append_blocks(state, blocks)])))

    empty = tree.blocks[-1:] if tree.blocks and tree.blocks[-1] == paragraph() else ()
    assert after.blocks == (*tree.blocks[: len(tree.blocks) - len(empty)], *blocks, *empty)


def test_the_empty_last_line_that_the_editor_keeps_stays_the_last() -> None:
    state = write(Tree("", (paragraph("Minutes"), paragraph())))

    after = read(load(merging.merge([state, append_blocks(state, [paragraph("Closed")])])))

    assert after.blocks == (paragraph("Minutes"), paragraph("Closed"), paragraph())


def test_an_appended_list_item_goes_on_with_the_list_at_the_end() -> None:
    first, second = (block("listItem", paragraph(text)) for text in ("first", "second"))
    state = write(Tree("", (block("bulletList", first),)))

    after = read(load(merging.merge([state, append_blocks(state, [block("bulletList", second)])])))

    assert after.blocks == (block("bulletList", first, second),)


def test_two_programs_that_append_to_one_state_both_have_their_say() -> None:
    state = write(Tree("", (paragraph("Minutes"),)))
    updates = [append_blocks(state, [paragraph(text)]) for text in ("one", "two")]

    after = read(load(merging.merge([state, *updates])))

    assert after.blocks[0] == paragraph("Minutes")
    assert sorted(after.blocks[1:], key=str) == [paragraph("one"), paragraph("two")]


def test_two_edits_of_one_state_merge_in_any_order() -> None:
    state = write(Tree("Plan", (paragraph("one"), paragraph("two"))))
    edits = [replace_body(state, [paragraph("one"), paragraph("2")]), retitle(state, "Plan B")]

    there = read(load(merging.merge([state, *edits])))
    back = read(load(merging.merge([*reversed(edits), state])))

    assert there == back == Tree("Plan B", (paragraph("one"), paragraph("2")))


def test_a_tree_nested_without_end_is_refused() -> None:
    doc: Doc[Any] = Doc()
    parent: XmlFragment | XmlElement = doc.get("default", type=XmlFragment)
    for _ in range(300):
        parent = parent.children.append(XmlElement("blockquote"))

    with pytest.raises(Unreadable, match="nested deeper"):
        read(load(doc.get_update()))


def test_garbage_is_refused_by_name() -> None:
    with pytest.raises(Unreadable):
        load(b"\x01\x02\x03garbage")


def test_a_body_that_a_client_made_a_text_is_empty() -> None:
    doc: Doc[Any] = Doc()
    doc.get("default", type=YText).insert(0, "<script>")

    assert read(load(doc.get_update())) == Tree("", ())


# E.3.1: in this order, one at a time, a Doc waits for ever for what it has (research/realtime.md).
STUCK = [
    bytes.fromhex(update)
    for update in (
        "0101020004010174017800",
        "01010201440200017800",
        "01010202840200017800",
        "01010203440201017800",
    )
]


def test_a_doc_made_of_one_merged_update_never_gets_stuck() -> None:
    state = merging.merge([STUCK[2], STUCK[0], STUCK[3], STUCK[1]])

    assert not lacks(load(state), state)


def test_what_waits_for_a_missing_update_is_noticed() -> None:
    state = merging.merge([STUCK[0], STUCK[2]])

    assert lacks(load(state), state)


def test_texts_with_equal_marks_are_one() -> None:
    doc = load(write(Tree("", (Node("paragraph", {}, (Text("a"), Text("b"))),))))

    assert read(doc).blocks == (paragraph("ab"),)
