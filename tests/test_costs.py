"""What single operations cost, held against what they cost when this was written.

CPU, not time on a clock, and in loops of plain Python measured in between, so that neither a busy machine nor a slow
one makes a difference of more than half. What fails here has become at least twice as dear. Figures are printed;
`./run bench` has the larger ones.
"""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bench.keystrokes import typing
from collab.protocol import guard, messages
from collab.protocol.state_vector import decode_state_vector, encode_state_vector
from collab.replica import Replica
from documents import log, merging
from documents.actions import create_document, create_workspace
from documents.content.squeezing import squeeze
from documents.log import Entry, Loaded
from documents.models import User

ROUNDS = 15
MOST = 2.2
"""Times what it cost: beyond what a machine can explain."""
KEYS = list(itertools.islice(typing(), 2_000))
WHOLE = merging.merge(KEYS)
VECTOR = encode_state_vector({n * 100_003: n for n in range(20)})
CARET = b"\x01\x07\x09\x2e" + b'{"user":{"id":7,"name":"Ann"},"cursor":[1,22]}'


@dataclass(frozen=True)
class Cost:
    loops: float
    """What one costs, in thousandths of a `loop`."""
    times: int
    """How many are measured at once, so that it takes a millisecond or more."""
    run: Callable[[], Callable[[], Any]]
    """Prepares, and gives back what is measured: `times` of it."""


def loop() -> int:
    """A millisecond or so of what Python does all day: calls, numbers, bytes, lists, dicts."""
    known: dict[int, bytes] = {}
    found: list[int] = []
    for n in range(4_000):
        piece = bytes((n & 255, n >> 8 & 255))
        known[n & 511] = piece
        if len(known[n * 7 & 511] if n > 600 else piece) == 2:
            found.append(piece[0] * 3 + n)
    return sum(found)


def reading() -> Callable[[], Any]:
    frames = [messages.encode_update(key) for key in KEYS]

    def read() -> None:
        for frame in frames:
            message = messages.decode(frame)
            assert isinstance(message, messages.Update)
            guard.scan(message.update)

    return read


def replica() -> Replica:
    return Replica(Loaded(1, 0, 0, 1, 0, merging.EMPTY_UPDATE, []))


def following() -> Callable[[], Any]:
    read = [(key, guard.scan(key)) for key in KEYS]

    def follow() -> None:
        follower = replica()
        for seq, (update, found) in enumerate(read, 1):
            news = follower.news(update, found.structs, found.deletes, whole_state=False)
            assert news is not None
            follower.add(Entry(seq, 1, news), found.structs, found.deletes)

    return follow


def answering() -> Callable[[], Any]:
    opened = Replica(Loaded(1, 1, 0, 1, 1, WHOLE, []))
    behind = merging.state_vector(merging.merge(KEYS[:1_900]))
    return lambda: opened._answer(behind)


def committing() -> Callable[[], Any]:
    ann = User.objects.create_user(f"ann-{time.time_ns()}@example.com")
    document = create_document(by=ann, workspace=create_workspace(by=ann, name="Costs"), title="")
    stands = log.heads([document.pk])[document.pk]

    def commit() -> None:
        for key in KEYS[:20]:
            batch = log.Batch(document.pk, stands.access_version, [(ann.pk, key)])
            log.commit([batch], lambda _, authors: {})

    return commit


def many(times: int, call: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> None:
        for _ in range(times):
            call()

    return run


COSTS: dict[str, Cost] = {
    "reading a key's frame": Cost(1.95, 2_000, reading),
    "a key's way into a replica": Cost(1.75, 2_000, following),
    "merging a key": Cost(0.95, 2_000, lambda: lambda: merging.merge(KEYS)),
    "answering who comes back 100 keys behind": Cost(2.4, 1, answering),
    "reading a state vector of 20": Cost(7.1, 200, lambda: many(200, lambda: decode_state_vector(VECTOR))),
    "reading a caret": Cost(3.35, 200, lambda: many(200, lambda: guard.scan_awareness(CARET))),
    "compacting a key": Cost(2.9, 2_000, lambda: lambda: squeeze(WHOLE)),
    "committing a key": Cost(150, 20, committing),
}


def cpu(call: Callable[[], Any]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def measured(cost: Cost) -> float:
    """In thousandths of a loop: the best of many, each by turns with the loop."""
    call = cost.run()
    call()
    best = {"loop": float("inf"), "call": float("inf")}
    for _ in range(ROUNDS):
        best["loop"] = min(best["loop"], cpu(loop))
        best["call"] = min(best["call"], cpu(call))
    return best["call"] / cost.times / best["loop"] * 1_000


IN_DATABASE = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=IN_DATABASE if cost.run is committing else ()) for name, cost in COSTS.items()]
)
def test_no_operation_has_become_twice_as_dear(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = measured(COSTS[name])
    if found > COSTS[name].loops * MOST:
        found = min(found, measured(COSTS[name]))
    with capsys.disabled():
        print(f"\n{name}: {found:.2f} thousandths of a loop (was {COSTS[name].loops:g})", end=" ")
    assert found < COSTS[name].loops * MOST
