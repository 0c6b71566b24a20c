"""Do two encodings of a document say the same? Runs in the sandbox, so it imports no models: a sandbox beside threads
starts from a server that has no Django in it."""

from documents.content import structs
from documents.content.loading import load
from documents.content.tree import Tree, read


def content(state: bytes) -> Tree:
    """What a reader sees. Raises Unreadable."""
    return read(load(state))


def difference(stored: bytes, replayed: bytes) -> str:
    """What `stored` lacks of `replayed`, in words; empty when nothing.

    Raises Unreadable and structs.Malformed.
    """
    have, want = structs.scan(stored), structs.scan(replayed)
    if not structs.covers(have.held, want.held):
        return "structs are missing"
    if not structs.covers(want.held, have.held):
        return "there are structs of no entry"
    # Not the other way round: a Doc also counts as deleted what came to stand in something deleted.
    if not structs.covers(have.deleted, want.deleted):
        return "deletions are missing"
    return "" if want.splits_a_character or content(stored) == content(replayed) else "it reads differently"
