"""From stored bytes to a Doc, and nothing silently missing from it."""

from typing import Any

from pycrdt import Doc

from documents import merging
from documents.content.tree import Unreadable


def load(state: bytes, *, client_id: int | None = None) -> Doc[Any]:
    """A Doc made of ONE update: several, applied one by one, can leave a Doc stuck on what came out of order.

    Raises Unreadable.
    """
    doc: Doc[Any] = Doc(client_id=client_id)
    try:
        doc.apply_update(state)
    except BaseException as error:
        if isinstance(error, ValueError) or type(error).__name__ == "PanicException":  # the latter is no Exception
            raise Unreadable(str(error)) from error
        raise
    return doc


def lacks(doc: Doc[Any], state: bytes) -> bool:
    """Did anything of `state` not make it into the Doc? It waits for an update that isn't there (yet).

    Asked by subtraction: what is left of `state` for a replica with the Doc's state vector must hold no structs. That
    also sees structs behind a hole in their own client's clock, which a comparison of state vectors does not.
    """
    return not merging.diff(state, doc.get_state()).startswith(b"\x00")
