"""Trees written into a Y.Doc and read back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment
from pycrdt import Text as YText

from documents import merging
from documents.content import structs
from documents.content.loading import lacks, load
from documents.content.safety import canonical
from documents.content.tree import Node, Text, Tree, Unreadable, mark, read
from documents.content.writer import append_blocks, replace_body, retitle, write
from tests.documents.content.trees import BLOCKS, TREES, block, marked, paragraph


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


def test_equal_blocks_at_both_ends_stay_the_same_items() -> None:
    state = write(Tree("", (paragraph("first"), paragraph("old"), paragraph("last"))))
    update = replace_body(state, [paragraph("first"), paragraph("new"), paragraph("last")])

    edit = structs.scan(update)

    [(_, deleted)] = edit.deleted.items()
    assert sum(end - start for start, end in deleted) == len("old") + 2, "one paragraph, its text, three letters"
    assert sum(end - start for ranges in edit.held.values() for start, end in ranges) == len("new") + 2


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
