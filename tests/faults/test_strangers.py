"""Who may not write, who speaks for others, and who sends what no client would: refused, and nobody else notices."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest

from collab import closing
from collab.protocol.guard import scan, scan_awareness
from collab.protocol.lib0 import MAX_SAFE_INTEGER, varbytes, varuint
from collab.protocol.state_vector import decode_state_vector
from tests.acceptance.client import SocketClient, until
from tests.acceptance.http_clients import HttpClient, Refusal
from tests.collab.protocol.test_hostile import REFUSED
from tests.faults.flight import Case, Flight
from tests.faults.oracle import Rows
from tests.faults.raw import RAW, Raw
from tests.faults.workload import Pace

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAYS = sorted(RAW)
MOST_GROWTH = 100_000_000
"""Of both web processes, for a whole flight of hostile inputs: 20 MB is the bound of a single one."""
MOST_SECONDS = 5.0
"""From a hostile message to its answer, on a machine that others use; what the server itself needs of it is bounded in
tests/collab/protocol/test_hostile.py."""


@asynccontextmanager
async def intruder(flight: Flight, case: Case, kind: str, who: str, number: int = 0) -> AsyncIterator[Raw]:
    raw = RAW[kind](flight.world.url, case.document, flight.world.token(who), seed=case.seed * 100 + 60 + number)
    await raw.start()
    try:
        await until(lambda: raw.synced.is_set(), 30, f"seed {case.seed}: {who} by {kind} is in step")
        yield raw
    finally:
        await raw.stop()


async def says(raw: Raw, kind: int, payload: bytes) -> None:
    """A message of a sync type: 0 is SyncStep1, 1 SyncStep2, 2 an update. Raises Refusal, without a socket."""
    if isinstance(raw, SocketClient):
        if kind:
            raw._frames.append(set())
        await raw.send(bytes([0, kind]) + varbytes(payload))
    elif isinstance(raw, HttpClient):
        await raw.post("/push" if kind else "", payload)


async def scripts(flight: Flight, number: int, edits: int) -> list[list[bytes]]:
    return await flight.desk.scripts([(case.seed * 100 + number, edits) for case in flight.cases])


# --- 14 ---


@pytest.mark.timeout(300)
@pytest.mark.scenario(14, "a reader's edits, by every transport and dialect")
async def test_what_a_reader_sends_is_refused_and_the_reader_stays(flight: Flight) -> None:
    await flight.board(lambda chance: ["weft", "raw socket"], Pace(edits=6))
    edits = dict(zip(flight.seeds, await scripts(flight, 60, 6), strict=True))

    async def trespasses(case: Case) -> None:
        kind = WAYS[case.seed % len(WAYS)]
        forged = edits[case.seed]
        case.forbidden.append((f"the reader by {kind}", forged))
        async with intruder(flight, case, kind, "rea") as reader:
            for update in forged[:4]:
                await reader.play(update)
                flight.injected()
                await asyncio.sleep(case.chance.uniform(0.0, 0.05))
            for update in forged[4:]:
                with suppress(Refusal):
                    await says(reader, 1, update)
                flight.injected()
            if isinstance(reader, HttpClient):
                await until(lambda: len(reader.refused) == 4, 30, f"seed {case.seed}: {kind} is refused")
            else:
                # weft.1 says it once, Hocuspocus of each, for its providers count.
                told = 4 if kind == "raw hocuspocus" else 1
                await until(lambda: reader.denials >= told, 30, f"seed {case.seed}: {kind} is refused")
            # It reads on, by the connection that it has.
            writer = case.scripted[0]
            await writer.play_next()
            await until(lambda: _holds(reader, writer.made[-1]), 30, f"seed {case.seed}: {kind} reads on")
            assert not reader.saved, f"{kind} was told that a reader's edit is saved"
            assert not reader.codes, (kind, reader.codes)

    async with flight.writing():
        await flight.each(trespasses)
    await flight.land()


def _holds(raw: Raw, update: bytes) -> bool:
    return Rows(0, 0, 0, 0, raw.state, []).holds(update)


# --- 15 ---

VICTIM = 7
Attack = tuple[str, bytes, bool]
"""What it is, the bytes, and whether it ends the attacker: what a stock client may send is dropped, nothing more."""


def entry(client_id: int, clock: int, state: object) -> bytes:
    return varuint(client_id) + varuint(clock) + varbytes(json.dumps(state).encode())


def attacks(chance: random.Random, own: int) -> list[Attack]:
    """`own`: client ids from there on are the attacker's."""
    clock, stolen = chance.randrange(2, 1000), {"cursor": "stolen", "user": {"name": "Ann"}}
    return [
        ("another's caret", varuint(1) + entry(VICTIM, clock, stolen), False),
        ("another's end", varuint(1) + entry(VICTIM, clock, None), False),
        ("another's caret beside its own", varuint(2) + entry(own, 1, {}) + entry(VICTIM, clock, stolen), False),
        ("what it heard, again", varuint(1) + entry(VICTIM, 1, {"cursor": 1}), False),
        ("another's name", varuint(1) + entry(own + 1, 1, stolen), False),
        ("a state that is no object", varuint(1) + entry(own + 2, 1, "stolen"), True),
        ("a state of a megabyte", varuint(1) + entry(own + 3, 1, {"cursor": "x" * 1_000_000}), True),
        ("10,000 entries", varuint(10_000) + b"".join(entry(own + n, 1, {}) for n in range(10_000)), True),
        ("a clock that nobody can exceed", varuint(1) + entry(VICTIM, MAX_SAFE_INTEGER, stolen), True),
        ("text that is no JSON", varuint(1) + varuint(own + 4) + varuint(1) + varbytes(b'{"cursor'), True),
        ("nesting", varuint(1) + varuint(own + 5) + varuint(1) + varbytes(b"[" * 2000 + b"]" * 2000), True),
    ]


@pytest.mark.timeout(300)
@pytest.mark.scenario(15, "awareness of others, under others' names, huge, countless, replayed")
async def test_nobody_speaks_for_another_and_no_caret_is_harmed(flight: Flight) -> None:
    await flight.board(lambda chance: ["raw socket", chance.choice(["raw sse", "raw poll"]), "weft"], Pace(edits=6))

    async def attacked(case: Case) -> None:
        ann, ben = (each.raw for each in case.scripted)
        await ann.move(VICTIM, 1, {"cursor": 1})
        await until(lambda: ben.states.get(VICTIM), 30, f"seed {case.seed}: the caret is seen")
        for number in range(3):
            flight.injected()
            told = await _attacks_caret(flight, case, number)
            caret = ben.states[VICTIM]
            assert caret is not None, told
            assert (caret["cursor"], caret["user"]["name"]) == (number + 1, "Ann"), told
            others = [state for client, state in ben.states.items() if client != VICTIM and state]
            assert all(state["user"]["name"] == "Rea" for state in others if "stolen" in str(state)), told
            await ann.move(VICTIM, number + 2, {"cursor": number + 2})
            moved = partial(lambda at: (ben.states[VICTIM] or {}).get("cursor") == at, number + 2)
            await until(moved, 30, f"{told}: it moves on")

    async with flight.writing():
        await flight.each(attacked)
    await flight.land()


async def _attacks_caret(flight: Flight, case: Case, number: int) -> str:
    """One attack, until it is certainly over: what it was."""
    witness, own = case.scripted[1].raw, 1000 * (case.seed + 1) + 10_000_000 * number
    name, payload, ends = case.chance.choice(attacks(case.chance, own))
    if number == 2 and case.chance.random() < 0.3:  # the last, for whoever did it has no caret left for a while
        name, ends = "more clients than anybody has", False
        payload = varuint(600) + b"".join(entry(own + 9 + n, 1, {}) for n in range(600))
    kind = case.chance.choice(WAYS)
    told, behind = f"seed {case.seed}: {name} by {kind}", own + 9_000_000
    async with intruder(flight, case, kind, "rea", number) as rea:
        if ends:
            refused = await _refuses(rea, scan_awareness, payload)
            await until(lambda: refused or rea.closed, 30, f"{told} is refused")
        else:
            await rea.move(behind, 1, {"cursor": "before it"})
            await until(lambda: witness.states.get(behind), 30, f"{told}: it has a caret of its own")
            await rea._send_awareness(payload)
            await rea.move(behind, 2, {"cursor": "behind it"})
            over = {"cursor": "behind it"}
            await until(lambda: over.items() <= (witness.states.get(behind) or {}).items(), 30, f"{told} is over")
            assert rea.closed is None, told
    return told


# --- 17 ---


@pytest.mark.timeout(300)
@pytest.mark.scenario(17, "bytes that crash or bloat a CRDT, and mutations of real updates")
async def test_hostile_bytes_end_their_sender_and_nothing_else(flight: Flight) -> None:
    """What must be refused, into the document where others write; what may happen to be an update, into one of its own,
    which everybody can read afterwards."""
    world = flight.world
    await flight.board(lambda chance: ["weft", "raw socket"], Pace(edits=10))
    pits = await world.documents(len(flight.cases))
    samples = dict(zip(flight.seeds, await scripts(flight, 70, 20), strict=True))
    processes = world.web()
    size = sum(process.memory_info().rss for process in processes)

    async def attacked(case: Case) -> None:
        for number in range(3):
            flight.injected()
            name, kind = case.chance.choice(sorted(REFUSED)), case.chance.choice(WAYS)
            async with intruder(flight, case, kind, "ben", number) as ben:
                refused = await _refuses(ben, *REFUSED[name])
                end = partial(lambda refused, ben: refused or ben.closed, refused, ben)
                await until(end, MOST_SECONDS, f"seed {case.seed}: {name} by {kind}")

    async def mutated(case: Case) -> None:
        pit = Case(case.seed, pits[case.seed - flight.seeds[0]], case.chance)
        kind = case.chance.choice(WAYS)
        async with intruder(flight, pit, kind, "ben", 9) as ben:
            for update in samples[case.seed]:
                flight.injected()
                with suppress(Refusal):
                    await says(ben, case.chance.choice([1, 2]), mutation(case.chance, update))
                ben.closed = None  # it comes again, whatever it is told
                await asyncio.sleep(0)

    async with flight.writing():
        await flight.each(attacked)
        await flight.each(mutated)
    grown = sum(process.memory_info().rss for process in processes) - size
    assert {process.pid for process in world.web()} == {process.pid for process in processes}, "a process has died"
    found = await world.operate("faults", documents=pits)
    assert not any(found.values()), found
    await flight.desk.read([[world.rows(pit).state] for pit in pits])
    assert grown < MOST_GROWTH, f"the web processes have grown by {grown:,} bytes"
    await flight.land()


async def _refuses(raw: Raw, reads: Callable[[bytes], Any], payload: bytes) -> bool:
    """Send it the way that leads to what reads it there. Whether it was refused at once."""
    try:
        if reads is scan:
            await says(raw, 2, payload)
        elif reads is decode_state_vector:
            await says(raw, 0, payload)
        elif reads is scan_awareness:
            await raw._send_awareness(payload)
        elif isinstance(raw, SocketClient):
            await raw.send(payload)
        else:
            return True  # there are no frames in a request
    except Refusal as refusal:
        if refusal.code != closing.MALFORMED.code:
            raise AssertionError(f"refused, but as {refusal.status} {refusal}") from refusal
        return True
    return False


def mutation(chance: random.Random, update: bytes) -> bytes:
    changed = bytearray(update)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(changed) or 1)
        match chance.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del changed[at:]
            case 2:
                changed[at:at] = varuint(chance.choice([2**31 - 1, 2**32 - 1, 2**53 - 1, 0]))
            case 3:
                changed[at:at] = changed[at : at + chance.randrange(1, 20)]
            case 4:
                del changed[at : at + chance.randrange(1, 6)]
            case 5:
                changed[at : at + 3] = "😀".encode("utf-16-le")[:3]
    return bytes(changed)
