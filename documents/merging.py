"""Yjs updates as opaque bytes: merge, state vector, diff. No Doc is ever built here.

These three functions of pycrdt matched Yjs in every order of delivery; its `Doc` did not (it can stay stuck on
pending structs, and its `get_update()` silently drops them). So storage and sync use only these, and only on bytes
that the guard has read: a hostile update crashes the process inside all of them.
"""

from collections.abc import Sequence

import pycrdt

EMPTY_UPDATE = b"\x00\x00"
EMPTY_STATE_VECTOR = b"\x00"

# pycrdt merges n updates at once in O(n²): 10,000 took 0.42 s, 50,000 took 17 s; as a tree of twenties the latter takes
# 0.05 s. And no more than 20: to a longer list Rust's sort gives an algorithm that panics when it is told of A < B and
# B < A, as pycrdt does of a collected and an uncollected struct with one id. Then 21 updates of one editor, read by the
# guard and stored, would have closed their document to everybody for good.
FAN_IN = 20


class UnreadableUpdate(ValueError):
    """pycrdt refuses these bytes."""


def merge(updates: Sequence[bytes]) -> bytes:
    """One update with the content of all. Keeps what is still pending (out of order), unlike a Doc would.

    Neighbouring items are not joined: 10,000 keystrokes merge to 130 KB where Yjs stores 10 KB. Compaction mends that.
    """
    level = [update for update in updates if update != EMPTY_UPDATE]
    if not level:
        return EMPTY_UPDATE
    while len(level) > 1:
        level = [_merge(level[i : i + FAN_IN]) for i in range(0, len(level), FAN_IN)]
    return level[0]


def state_vector(update: bytes) -> bytes:
    """What a replica that holds just `update` has, counting each client only from clock 0 on without a hole."""
    try:
        return pycrdt.get_state(update)
    except BaseException as error:
        raise _readable(error) from error


def diff(update: bytes, state_vector: bytes) -> bytes:
    """The part of `update` that a replica at `state_vector` lacks, with all of its delete set."""
    try:
        return pycrdt.get_update(update, state_vector)
    except BaseException as error:
        raise _readable(error) from error


def _merge(updates: Sequence[bytes]) -> bytes:
    if len(updates) == 1:
        return updates[0]
    try:
        return pycrdt.merge_updates(*updates)
    except BaseException as error:
        raise _readable(error) from error


def _readable(error: BaseException) -> BaseException:
    """pyo3's PanicException derives from BaseException, so that `except Exception` lets it through; what else does
    stays itself."""
    if isinstance(error, ValueError) or type(error).__name__ == "PanicException":
        return UnreadableUpdate(str(error))
    return error
