"""Bytes by seed into a real room and a real log, by requests and by frames: each is answered as docs/protocol.md says,
whoever else is there goes on, and what was stored is whole. More: `WEFT_SEEDS=5000 ./test python …`."""

import base64
import os
from urllib.parse import quote
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async

from collab.protocol import guard
from collab.protocol.lib0 import ProtocolError, read_varuint
from documents import compaction, log, verification
from documents.content import structs
from tests.collab.http import Http
from tests.collab.network import Network, Person, until
from tests.fuzz import grammar
from tests.fuzz.grammar import Choices, Seeded, Speaker, maybe_mangled

SEEDS = int(os.environ.get("WEFT_SEEDS", "150"))
CURSORS = (
    "1.0",
    "1.1",
    "0.0",
    "1.999999",
    "2.1",
    "1.-1",
    "1",
    ".",
    "1.1.1",
    "x.y",
    "",
    "١.٢",
    "1e3.1",
    "9" * 5000,
    "\0",
)
ANSWERS = {
    200: set(),
    204: set(),
    400: {"malformed"},
    409: {"resync"},
    429: {"overloaded"},
    503: {"rights_changed", "restarting", "overloaded", "unavailable"},
}


def request(choose: Choices, speaker: Speaker) -> tuple[str, str, bytes]:
    match choose.below(8):
        case 0 | 1 | 2:
            return "POST", "push", maybe_mangled(choose, lambda _: speaker.update())
        case 3:
            return "POST", f"?{parameters(choose)}", maybe_mangled(choose, grammar.state_vector)
        case 4:
            return "POST", "awareness", maybe_mangled(choose, grammar.awareness)
        case 5:
            return "POST", "push", maybe_mangled(choose, grammar.frame)
        case _:
            return "GET", f"poll?wait=0&{parameters(choose)}", b""


def parameters(choose: Choices) -> str:
    given = {"cursor": CURSORS[choose.below(len(CURSORS))]}
    for name in ("client", "tag", "wait", "reason"):
        if choose.below(4) == 0 and name != "wait":
            given[name] = (CURSORS, grammar.WORDS)[choose.below(2)][choose.below(14)]
    return "&".join(f"{name}={quote(value)}" for name, value in given.items())


async def test_any_body_is_answered_by_the_table_and_what_is_stored_is_whole(http: Http) -> None:
    accepted: list[bytes] = []
    speaker = Speaker(Seeded(0), {})
    for seed in range(SEEDS):
        choose = speaker.choose = Seeded(seed)
        method, path, body = request(choose, speaker)
        answer = await http.ask(("ann", "ben", "cleo")[seed % 3], method, path, body)
        assert answer.status in ANSWERS, (answer.status, path, body.hex())
        if answer.status >= 400:
            assert answer.code in ANSWERS[answer.status], (answer.code, path, body.hex())
        if path == "push":
            assert (answer.status == 200) == passes(body) or answer.status in (429, 503), body.hex()
            if answer.status == 200:
                accepted.append(body)
    assert len(accepted) > SEEDS / 20
    await holds_all_of(http.network.document_id, accepted)
    said = (await http.ask("rea", "POST", "")).json()
    shown = structs.scan(base64.b64decode(said["update"]))
    assert (shown.held, shown.deleted) == structs.united(map(structs.scan, accepted))


async def hear(person: Person, frame: bytes) -> None:
    """Without applying it: pycrdt's Doc, which plays the browser elsewhere, panics over some of what Yjs takes."""
    person.frames.append(frame)
    if frame[0] == 4:
        person.acknowledged = read_varuint(frame, 1)[0]


async def test_any_frame_is_obeyed_or_closes_its_own_connection_and_no_other(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Person, "send", hear)
    ann, ben = await network.join("ann"), await network.join("ben")
    closed = 0
    for seed in range(SEEDS // 3):
        choose = Seeded(seed)
        cleo = await network.join("cleo")
        for _ in range(4):
            cleo.say(maybe_mangled(choose, grammar.frame))
        await until(lambda cleo=cleo: cleo._inbox.empty() or cleo.closed is not None)  # type: ignore[misc]
        if cleo.closed is not None:
            assert cleo.closed.code == 4413
            closed += 1
        else:
            await cleo.leave()
            cleo.aborted = True
        network.people.remove(cleo)
    assert closed
    await ann.type("still here")
    await until(lambda: any(b"still here" in frame for frame in ben.frames) and ann.all_saved)
    await holds_all_of(network.document_id, [])


def passes(body: bytes) -> bool:
    try:
        guard.scan(body)
    except ProtocolError:
        return False
    return True


@sync_to_async
def holds_all_of(document_id: UUID, updates: list[bytes]) -> None:
    held, deleted = structs.united(map(structs.scan, updates))
    for _ in range(2):
        whole = structs.scan(log.state(document_id))
        assert structs.covers(whole.held, held)
        assert structs.covers(whole.deleted, deleted)
        assert verification.faults_of(document_id) == []
        compaction.compact(document_id)
