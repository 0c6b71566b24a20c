"""A document's update, encoded as small as Yjs would, or not at all.

Merging updates keeps one struct a keystroke and all deleted text; a Doc joins neighbours and forgets what was deleted.
But a Doc also drops what it can't place, and mangles halves of surrogate pairs, without a word. So what it wrote counts
only after it has been compared, by our own reading of both encodings, with what went in.
"""

from typing import Any

from pycrdt import Doc
from pycrdt import Text as YText

from documents.content import structs
from documents.content.loading import load
from documents.content.tree import BODY, Unreadable, read


class Unsafe(ValueError):
    """The Doc's encoding would say something else than the merged update does."""


def squeeze(merged: bytes) -> bytes:
    """Raises Unsafe. Takes seconds for megabytes: run it in the sandbox."""
    try:
        before = structs.scan(merged)
        if before.splits_a_character:
            raise Unsafe("somebody edited within a surrogate pair")
        whole = load(merged)
        small = whole.get_update()
        after = structs.scan(small)
        if not structs.covers(after.held, before.held):
            raise Unsafe("structs are missing: they wait for updates that are not there")
        if not structs.covers(after.deleted, before.deleted):
            raise Unsafe("deletions are missing: they wait for updates that are not there")
        again = load(small)
        if again.get_update() != small:
            raise Unsafe("it does not load as what it was saved from")
        if _content(again) != _content(whole):
            raise Unsafe("it reads differently")
    except (structs.Malformed, Unreadable) as fault:
        raise Unsafe(str(fault)) from fault
    return small


def _content(doc: Doc[Any]) -> Any:
    names = sorted(name for name in doc.keys() if name != BODY)  # noqa: SIM118 - a Doc is no Mapping
    return read(doc), [(name, str(doc.get(name, type=YText))) for name in names]
