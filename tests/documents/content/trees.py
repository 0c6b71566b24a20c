"""Random documents that the editor could have made, and short ways to write small ones."""

from typing import Any

from hypothesis import strategies as st

from documents.content.tree import Mark, Node, Text, Tree, joined, mark

MARKS = ["bold", "italic", "underline", "strike", "link", "highlight", "textStyle"]
COLORS = st.sampled_from(["#ff0000", "#0a0", "rebeccapurple", "rgb(1, 2, 3)"])
URLS = st.sampled_from(["https://weft.example/a?b=c&d", "mailto:ann@example.com", "/d/1", "#part"])
# Any character but controls and halves of pairs, which no client may send as text.
CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"))


def paragraph(*content: Node | Text | str, **attrs: Any) -> Node:
    return block("paragraph", *content, **attrs)


def block(kind: str, /, *content: Node | Text | str, **attrs: Any) -> Node:
    return Node(kind, attrs, tuple(Text(child) if isinstance(child, str) else child for child in content))


def marked(text: str, *marks: Mark | str) -> Text:
    made = [Mark(each) if isinstance(each, str) else each for each in marks]
    return Text(text, tuple(sorted(made, key=lambda each: each.name)))


@st.composite
def texts(draw: st.DrawFn, characters: st.SearchStrategy[str] = CHARACTERS) -> Text:
    text = draw(st.text(characters, min_size=1, max_size=20))
    choices = draw(
        st.sets(st.sampled_from(["bold", "italic", "underline", "strike", "link", "highlight", "textStyle"]))
    )
    if draw(st.integers(0, 9)) == 0:
        choices = {"code"}
    marks = []
    for name in choices:
        match name:
            case "link":
                marks.append(mark("link", href=draw(URLS)))
            case "highlight" | "textStyle":
                marks.append(mark(name, color=draw(COLORS)))
            case _:
                marks.append(Mark(name))
    return marked(text, *marks)


def inlines(characters: st.SearchStrategy[str] = CHARACTERS) -> st.SearchStrategy[tuple[Node | Text, ...]]:
    math = st.sampled_from(["x^2", r"\frac{a}{b}"]).map(lambda latex: Node("inlineMath", {"latex": latex}))
    return st.lists(st.one_of(texts(characters), st.just(Node("hardBreak")), math), max_size=5).map(joined)


LEAVES = st.one_of(
    st.builds(lambda content: Node("paragraph", {}, content), inlines()),
    st.builds(lambda content: Node("paragraph", {"textAlign": "center"}, content), inlines()),
    st.builds(lambda level, content: Node("heading", {"level": level}, content), st.integers(1, 4), inlines()),
    st.builds(lambda text: block("codeBlock", *([text] if text else []), language="python"), st.text(CHARACTERS)),
    st.just(Node("horizontalRule")),
    st.just(Node("image", {"src": "https://weft.example/a.png", "alt": "A", "width": 50})),
    st.just(Node("blockMath", {"latex": r"\int_0^1 x"})),
)


def _containers(blocks: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    many = st.lists(blocks, min_size=1, max_size=3)
    led = many.map(lambda rest: (paragraph("lead"), *rest))
    cell = many.map(lambda content: block("tableCell", *content, colspan=1, rowspan=1))
    cells = st.lists(cell, min_size=2, max_size=2)
    return st.one_of(
        many.map(lambda content: block("blockquote", *content)),
        many.map(lambda content: block("callout", *content, kind="warning")),
        st.lists(led.map(lambda content: block("listItem", *content)), min_size=1, max_size=3).map(
            lambda items: block("bulletList", *items)
        ),
        st.lists(led.map(lambda content: block("taskItem", *content, checked=True)), min_size=1, max_size=3).map(
            lambda items: block("taskList", *items)
        ),
        st.lists(cells.map(lambda row: block("tableRow", *row)), min_size=1, max_size=3).map(
            lambda rows: block("table", *rows)
        ),
        many.map(lambda content: block("details", block("detailsSummary", "More"), block("detailsContent", *content))),
    )


BLOCKS = st.recursive(LEAVES, _containers, max_leaves=8)
TREES = st.builds(
    lambda title, blocks: Tree(" ".join(title.split()), tuple(blocks)),
    st.text(CHARACTERS, max_size=30),
    st.lists(BLOCKS, max_size=5),
)
