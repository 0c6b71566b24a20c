"""Thousands of inputs by seed, read by us and by real Yjs: what passes here is read there, the same way, and the other
way round, but for what docs/protocol.md says is refused. More of them: `WEFT_SEEDS=100000 ./test python tests/fuzz`.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from collab.protocol import guard, hocuspocus, messages
from collab.protocol.lib0 import ProtocolError
from collab.protocol.state_vector import decode_state_vector
from documents import merging
from documents.content import structs
from tests.fuzz import grammar
from tests.fuzz.grammar import Seeded, Speaker, mangled, maybe_mangled, seldom
from tests.fuzz.judge import Judge

SEEDS = int(os.environ.get("WEFT_SEEDS", "8000"))
"""Of each sort; of documents, which take Yjs longer, an eighth."""

STRICTER = {
    # What we refuse though Yjs reads it; the table of docs/protocol.md says why.
    "a client twice",
    "a client twice in a state vector",
    "clients out of order",
    "deletions out of order",
    "a struct of length zero",
    "a deletion of length zero",
    "a key that JavaScript keeps for itself",
    "a subdocument without options",
    "an item refers to a later one",
    "clock too large",
    "flags on a struct without content",
    "nested too deep",
    "number too large",
    "padded number",
    "unknown kind of content",
    "unknown kind of parent",
    "unknown kind of type",
    "not JSON",  # halves of surrogate pairs, and numbers that JavaScript takes for infinite
    "awareness state too large",
    "too many awareness entries",
}


def inputs(say: Callable[[grammar.Choices], bytes]) -> list[bytes]:
    return [maybe_mangled(Seeded(seed), say) for seed in range(SEEDS)]


def outcome(read: Callable[[bytes], Any], raw: bytes) -> Any:
    """What is read, or the reason why it was refused. Anything else that is raised fails the test."""
    try:
        return read(raw)
    except ProtocolError as refused:
        return refused.reason


def both(read: Callable[[bytes], Any], raws: Sequence[bytes], answers: Sequence[Any]) -> list[tuple[bytes, Any, Any]]:
    """What both sides read, once it is sure that they agree on what can be read at all."""
    agreed = []
    for raw, theirs in zip(raws, answers, strict=True):
        ours = outcome(read, raw)
        readable = "fault" not in theirs and not theirs["rest"]
        if isinstance(ours, str):
            assert not readable or ours in STRICTER, f"only we refuse {raw.hex()}: {ours}"
        else:
            assert readable, f"only Yjs refuses {raw.hex()}: {theirs}"
            agreed.append((raw, ours, theirs))
    assert len(agreed) > len(raws) / 8, "nearly all are refused: the grammar is of no use"
    return agreed


def test_the_guard_lets_pass_what_yjs_reads_and_finds_the_same_ids_in_it(yjs: Judge) -> None:
    raws = inputs(grammar.update)
    passed = both(guard.scan, raws, yjs.ask_all("u", raws))
    for raw, ours, theirs in passed:
        assert [list(part) for part in ours.structs] == theirs["structs"], raw.hex()
        assert [list(part) for part in ours.deletes] == theirs["deletes"], raw.hex()


def test_an_open_document_takes_whatever_passes_and_can_be_written_again(yjs: Judge) -> None:
    raws = [raw for raw in inputs(grammar.update)[: SEEDS // 2] if not isinstance(outcome(guard.scan, raw), str)]
    for raw, fault in zip(raws, yjs.ask_all("t", raws), strict=True):
        assert fault == "", f"Yjs fails over {raw.hex()}: {fault}"


def test_what_passes_is_merged_and_read_by_pycrdt_as_yjs_would(yjs: Judge) -> None:
    """Nothing is lost, and documents read the same: merged in order, out of order, and twice."""
    asked: list[tuple[bytes, list[bytes]]] = []
    for seed in range(SEEDS // 8):
        choose = Seeded(seed)
        updates = agreeing(choose, yjs.base)
        merged = merging.merge(updates)
        shuffled = merging.merge(sorted(updates, key=lambda _, choose=choose: choose.below(1000)))  # type: ignore[misc]
        guard.scan(merged)
        held, deleted = structs.united(map(structs.scan, updates))
        vector = decode_state_vector(merging.state_vector(merged))
        from_zero = {client: ranges[0][1] for client, ranges in held.items() if not ranges[0][0]}
        assert {client: clock for client, clock in vector.items() if clock} == from_zero
        for whole in (merged, shuffled, merging.merge([merged, shuffled]), merging.diff(merged, b"\x00")):
            found = structs.scan(whole)
            assert (found.held, found.deleted) == (held, deleted), [update.hex() for update in updates]
            asked.append((whole, updates))
    for (_, updates), difference in zip(asked, yjs.differences(asked), strict=True):
        assert difference == "", f"{[update.hex() for update in updates]}: {difference}"


def agreeing(choose: grammar.Choices, base: bytes) -> list[bytes]:
    """Updates that pass and of which no two claim the same ids, nor one of those in `base`."""
    speaker = Speaker(choose, grammar.BEGINNING)
    taken = dict(structs.scan(base).held)
    updates: list[bytes] = []
    for _ in range(1 + choose.below(6)):
        raw = mangled(choose, speaker.update()) if seldom(choose, 6) else speaker.update()
        if isinstance(outcome(guard.scan, raw), str):
            continue
        held = structs.scan(raw).held
        together = {client: sorted([*taken.get(client, []), *ranges]) for client, ranges in held.items()}
        if all(one[1] <= other[0] for ranges in together.values() for one, other in pairwise(ranges)):
            taken |= together
            updates.append(raw)
    return updates


def test_state_vectors_are_read_as_yjs_reads_them(yjs: Judge) -> None:
    raws = inputs(grammar.state_vector)
    for raw, ours, theirs in both(decode_state_vector, raws, yjs.ask_all("v", raws)):
        assert ours == dict(theirs["clocks"]), raw.hex()
        merging.diff(b"\x00\x00", raw)


def test_awareness_is_read_as_y_protocols_reads_it(yjs: Judge) -> None:
    raws = inputs(grammar.awareness)
    for raw, ours, theirs in both(read_awareness, raws, yjs.ask_all("a", raws)):
        expected = [[entry.client_id, entry.clock, None if entry.state_json is None else True] for entry in ours]
        assert expected == theirs["entries"], raw.hex()


def read_awareness(raw: bytes) -> list[guard.AwarenessEntry] | str:
    try:
        return guard.scan_awareness(raw)
    except ProtocolError as refused:
        # Numbers, lists and texts are no states for us; for y-protocols they are, and change nothing there.
        return "clock too large" if refused.reason == "an awareness state is not an object" else refused.reason


def test_frames_are_taken_apart_as_y_websocket_does_it(yjs: Judge) -> None:
    raws = inputs(grammar.frame)
    kinds: Counter[str] = Counter()
    for raw, theirs in zip(raws, yjs.ask_all("f", raws), strict=True):
        ours = outcome(messages.decode, raw)
        readable = "fault" not in theirs and not theirs["rest"] and theirs["kind"] in (0, 1, 3, 7)
        if isinstance(ours, str):
            known = readable and (theirs["kind"] != 0 or theirs["step"] < 3)
            assert not known or ours == "padded number" or padded(raw), f"only we refuse {raw.hex()}: {ours}"
        else:
            assert readable, raw.hex()
            kinds[type(ours).__name__] += 1
            match ours:
                case (
                    messages.SyncStep1(said)
                    | messages.SyncStep2(said)
                    | messages.Update(said)
                    | messages.Awareness(said)
                ):
                    assert said.hex() == theirs["payload"], raw.hex()
    assert len(kinds) == 6


def padded(raw: bytes) -> bool:
    """A kind or step in more bytes than it needs: there is no second spelling of a small number."""
    return raw[0] > 127 or raw[1] > 127


def test_hocuspocus_frames_are_read_or_refused_and_nothing_else() -> None:
    kinds: Counter[str] = Counter()
    for raw in inputs(grammar.hocuspocus_frame):
        read = outcome(read_hocuspocus, raw)
        kinds[type(read).__name__] += 1
    assert kinds.keys() == {"Said", "Token", "Stateless", "Detach", "str", *kinds.keys() & {"list"}}


def read_hocuspocus(raw: bytes) -> Any:
    address, at = hocuspocus.read_address(raw)
    assert hocuspocus.document_name(address) in address
    message = hocuspocus.decode(raw, at)
    if isinstance(message, hocuspocus.Said):
        assert message.claims >= 0
        outcome(messages.decode, message.frame)
    return message


def test_updates_are_tried_on_the_document_that_the_grammar_refers_to(yjs: Judge) -> None:
    assert decode_state_vector(merging.state_vector(yjs.base)) == grammar.BEGINNING
