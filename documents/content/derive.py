"""What lists, search and the sidebar show of a document. Runs in the sandbox."""

from collections.abc import Sequence
from dataclasses import dataclass

from documents import merging
from documents.content import safety
from documents.content.loading import load
from documents.content.text import Heading, outline, plain_text, word_count
from documents.content.tree import read

# Search needs no more of one document, and a row should stay a row.
MAX_TEXT = 2_000_000
MAX_HEADINGS = 1_000


@dataclass(frozen=True, slots=True)
class Derived:
    title: str
    text: str
    outline: list[Heading]
    word_count: int


def derive_from(updates: Sequence[bytes]) -> Derived:
    tree = safety.clean(read(load(merging.merge(updates))))
    text = plain_text(tree.blocks)
    return Derived(tree.title, text[:MAX_TEXT], outline(tree.blocks)[:MAX_HEADINGS], word_count(text))
