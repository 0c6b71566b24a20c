"""The chain through a log's entries: each carries a digest that none of those before it could have been changed, left
out, swapped or added to without. Pure; what is stored where, `log.py` says, and `verification.py` follows it.

A commit takes one step: `chain = step(chain, head, said)`, where `said` digests the entries of the commit in order.
The database takes that step itself, in the UPDATE that takes the numbers anyway, for only there is the chain known
that the last commit, of whichever process, has left. So it costs no statement more, and no lock longer.

The last entry of a commit carries the chain after it, those before it what was said until then. An epoch is not part
of it: a restored backup begins a new epoch, with the same entries.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

DIGEST_BYTES = 16
"""Half a SHA-256. It is to find mishaps; who may write to the database can also compute new digests."""

BEGINNING = b""
"""The chain before the first entry, or before the first one that has a digest."""

SQLITE_STEP = "weft_chain_step"
"""`step` by its name in SQLite; PostgreSQL has what it takes (`step_in_sql`)."""


def said(document_id: UUID, entries: Iterable[tuple[int | None, bytes]]) -> Iterator[bytes]:
    """The digests of one commit's (author, update) pairs, each with all before it."""
    until_now = bytes(DIGEST_BYTES)
    for author, update in entries:
        until_now = say(until_now, document_id, author, update)
        yield until_now


def say(until_now: bytes, document_id: UUID, author: int | None, update: bytes) -> bytes:
    # Everything before the update has a fixed length, so that no byte can pass for another field's.
    return sha256(until_now + document_id.bytes + (author or 0).to_bytes(8) + update).digest()[:DIGEST_BYTES]


def step(chain: bytes, head: int, said: bytes) -> bytes:
    """The chain after a commit that said this, when the log stood at `head` before."""
    return sha256(chain + head.to_bytes(8) + said).digest()[:DIGEST_BYTES]


def step_in_sql(vendor: str) -> str:
    """As an expression over a row of documents_log, with one parameter: what is said."""
    if vendor == "sqlite":
        return f"{SQLITE_STEP}(chain, head, %s)"
    return f"substr(sha256(chain || int8send(head) || %s::bytea), 1, {DIGEST_BYTES})"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a commit an entry may be: the chain before the commit, its first seq less one, and what it said yet."""

    chain: bytes | None
    began: int
    said: bytes = bytes(DIGEST_BYTES)


class Walk:
    """Goes along entries in order and tells which of them isn't what was committed at its place."""

    def __init__(self, document_id: UUID, seq: int, chain: bytes | None) -> None:
        """From behind the entry `seq`. Where the chain isn't known (None), the first digest is taken as it is."""
        self.document_id = document_id
        self.seq = seq
        self._places = [_Place(chain, seq)]

    @property
    def chain(self) -> bytes | None:
        """Here, behind a whole commit; None amid one, or where it isn't known."""
        here = self._places[0]
        return here.chain if here.began == self.seq else None

    def go(self, author: int | None, update: bytes, digest: bytes) -> bool:
        """Is this what was committed as the next entry? Goes on from what it claims in either case."""
        self.seq += 1
        for place in self._places:
            now = say(place.said, self.document_id, author, update)
            if digest == now:
                self._places = [_Place(place.chain, place.began, now)]
                return True
            if place.chain is not None and digest == step(place.chain, place.began, now):
                self._places = [_Place(digest, self.seq)]
                return True
        unknown = any(place.chain is None for place in self._places)
        # Whether it was the last of its commit only what follows can tell.
        amid = [_Place(place.chain, place.began, digest) for place in self._places]
        self._places = [_Place(digest, self.seq), *amid[:1]]
        return unknown
