"""A document's stored bytes → a file's text. Runs in the sandbox, so it may trust nothing and raise anything."""

import json
from typing import Literal, NamedTuple

from documents.content import pandoc, safety
from documents.content.hypertext import page
from documents.content.loading import load
from documents.content.text import plain_text
from documents.content.to_pandoc import Flavour, to_pandoc
from documents.content.tree import Tree, read, to_json

Format = Literal["markdown", "html", "text", "json"]


class Rendered(NamedTuple):
    title: str
    body: str


def render(state: bytes, format: Format) -> Rendered:
    tree = safety.clean(read(load(state)))
    return Rendered(tree.title, _BODY[format](tree))


def render_fragment(state: bytes) -> str:
    """The body alone as sanitised HTML, to be shown within one of our own pages."""
    return _fragment(safety.clean(read(load(state))), with_title=False)


def _markdown(tree: Tree) -> str:
    document = to_pandoc(tree, Flavour.MARKDOWN, with_title=True)
    return pandoc.convert(json.dumps(document), "json", pandoc.MARKDOWN_OUT)


def _html(tree: Tree) -> str:
    return page(tree.title, _fragment(tree, with_title=True))


def _fragment(tree: Tree, *, with_title: bool) -> str:
    document = to_pandoc(tree, Flavour.HTML, with_title=with_title)
    # MathML, because it needs neither scripts nor fonts, and carries its TeX along for the way back.
    return safety.sanitise_html(pandoc.convert(json.dumps(document), "json", pandoc.HTML, "--mathml"))


def _text(tree: Tree) -> str:
    return "\n\n".join(part for part in (tree.title, plain_text(tree.blocks)) if part) + "\n"


def _json(tree: Tree) -> str:
    return json.dumps(to_json(tree), ensure_ascii=False, indent=1) + "\n"


_BODY = {"markdown": _markdown, "html": _html, "text": _text, "json": _json}
