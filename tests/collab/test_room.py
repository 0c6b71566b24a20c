"""One document, several people, several processes: what they see, what is stored, and when they are told."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from pycrdt import Doc, Text

from collab import follower
from collab import room as room_module
from collab.metrics import COUNTERS
from collab.protocol import guard
from collab.protocol.lib0 import read_varbytes, varbytes
from documents import compaction
from documents import log as document_log
from tests.collab.database import stored
from tests.collab.network import Network, Opening, Person, Wire, look_often, text_of, until


async def test_two_people_see_each_other_s_edits(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("warp")
    await ben.type("weft")
    await network.settle()
    assert sorted([ann.text[:4], ann.text[4:]]) == ["warp", "weft"]
    assert text_of([entry.update for entry in await stored(network.document_id)]) == ann.text


async def test_what_waits_beyond_a_gap_has_a_bound_and_the_log_the_rest(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "AHEAD", 3)
    ann = await network.join("ann")
    await ann.type("warp")
    await network.settle()
    doc: Doc[Any] = Doc()
    doc.apply_update(ann.room.replica.everything())
    updates = []
    for letter in "weft":
        before = doc.get_state()
        doc.get("text", type=Text).insert(0, letter)
        updates.append((1, doc.get_update(before)))
    head = ann.room.replica.head
    await sync_to_async(document_log.append)(network.document_id, updates * 2)
    entries = await sync_to_async(document_log.entries_after)(network.document_id, head, 100)
    assert ann.room._follower.deliver(1, entries[1:]) == []
    assert not ann.room._follower._ahead
    await until(lambda: ann.text == "tfewwarp")


async def test_an_author_gets_no_echo(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("warp")
    await network.settle()
    assert not [frame for frame in ann.frames if frame[:2] == b"\x00\x02"]
    assert len([frame for frame in ben.frames if frame[:2] == b"\x00\x02"]) == 1


async def test_a_lost_message_is_noticed_at_the_next_one(open_network: Opening) -> None:
    network = await open_network(processes=2)
    ann = await network.join("ann", process=0)
    ben = await network.join("ben", process=1)
    await network.settle()
    network.wire.lose_next = 1
    await ann.type("he")
    await until(lambda: ann.all_saved)
    await ann.type("llo")
    await until(lambda: ben.text == "hello")


@pytest.mark.parametrize("seed", range(25))
async def test_everybody_converges_whatever_the_relay_does(
    open_network: Opening, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    look_often(monkeypatch)
    network = await open_network(processes=3, wire=Wire(seed, drop=0.3, double=0.3, delay=0.02))
    random = network.wire.random
    people = [await network.join(name, process=index % 3) for index, name in enumerate(["ann", "ben", "cleo", "ann"])]
    for _ in range(40):
        person = random.choice(people)
        await person.type(random.choice(["a", "bc", "é", "😀", "\n"]), at=0 if random.random() < 0.3 else None)
        if random.random() < 0.05:
            index = people.index(person)
            await person.leave()
            network.people.remove(person)
            people[index] = await network.come_back(person, process=random.randrange(3))
        await asyncio.sleep(random.random() * 0.004)
    await network.settle()
    entries = await stored(network.document_id)
    assert text_of([entry.update for entry in entries]) == people[0].text
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))


async def test_coming_back_with_nothing_new_adds_no_entry(network: Network) -> None:
    ann = await network.join("ann")
    await ann.type("some text")
    del ann.body[2:5]
    ann.say(b"\x00\x02" + varbytes(ann.doc.get_update()), counts=True)
    await network.settle()
    before = len(await stored(network.document_id))
    again = await network.come_back(ann)
    await until(lambda: again.all_saved and again.sent == 1)
    assert len(await stored(network.document_id)) == before


async def test_offline_edits_arrive_once_when_coming_back(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("online ")
    await network.settle()
    await ann.leave()
    network.people.remove(ann)
    ann.body.insert(len(ann.text), "offline ")
    await ben.type("meanwhile ")
    await network.come_back(ann)
    await network.settle()
    assert sorted(ben.text.split()) == ["meanwhile", "offline", "online"]


async def test_a_full_document_takes_no_more_edits_and_ends_for_nobody(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_module, "LIMITS", replace(settings.LIMITS, document_warn_bytes=300, document_bytes=600))
    ann, ben = await network.join("ann"), await network.join("ben", numbered=False)
    await network.settle()
    await ann.type("x" * 200)
    await network.settle()
    assert sizes(ann) == []
    await ann.type("y" * 200)
    await network.settle()
    assert sizes(ann) == ["large"]
    await ann.type("z" * 250)  # what fits in part is taken whole: else a document could never become full
    await network.settle()
    assert sizes(ann) == ["large", "full"]
    before = COUNTERS["refused_document_size"]
    await ann.type("too much")
    await ben.type("too much as well")
    await until(lambda: COUNTERS["refused_document_size"] == before + 2)
    assert (ann.closed, ben.closed) == (None, None)
    assert b"\x02\x00" in [frame[:2] for frame in ann.frames]
    assert len(await stored(network.document_id)) == 3
    cleo = await network.join("cleo")
    await until(lambda: sizes(cleo) == ["full"])
    await until(lambda: cleo.text == "x" * 200 + "y" * 200 + "z" * 250)


async def test_a_full_document_that_becomes_smaller_gets_what_was_refused(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        room_module, "LIMITS", replace(settings.LIMITS, document_warn_bytes=1_000, document_bytes=1_500)
    )
    ann = await network.join("ann")
    await network.settle()
    for _ in range(200):  # each a struct of its own, until compaction joins them
        await ann.type("x")
        await until(lambda: ann.all_saved or len(sizes(ann)) == 2)
    await until(lambda: sizes(ann) == ["large", "full"])
    written = len(text_of([entry.update for entry in await stored(network.document_id)]))
    await sync_to_async(compaction.compact)(network.document_id)
    ann.room.heard([b"l", b"another"])  # as the relay brings it
    await until(lambda: ann.closed is not None)
    assert ann.closed is not None
    assert ann.closed.code == 4503
    again = await network.come_back(ann)
    await until(lambda: again.all_saved)
    assert written < len(text_of([(await sync_to_async(document_log.state)(network.document_id))])) == 200


def sizes(person: Person) -> list[str]:
    notices = [json.loads(read_varbytes(frame, 1)[0]) for frame in person.frames if frame[0] == 6]
    return [notice["state"] for notice in notices if notice["kind"] == "size"]


async def test_a_malformed_update_ends_its_session_only(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    ann.say(b"\x00\x02" + varbytes(b"\x01\x01\xff\xff"))
    await until(lambda: ann.closed is not None)
    assert ann.closed is not None
    assert ann.closed.code == 4413
    await ben.type("unharmed")
    await until(lambda: ben.all_saved)


async def test_a_cursor_tells_how_far_one_has_been_told(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    await ann.type("one")
    await until(lambda: ann.all_saved)
    await ann.type("two")
    await until(lambda: ann.cursor == (1, 2) == ben.cursor)


# --- who is here ---


def states(person: Person) -> dict[int, dict[str, Any] | None]:
    """What the person's browser knows of everybody's awareness."""
    known: dict[int, dict[str, Any] | None] = {}
    for frame in person.frames:
        if frame[0] == 1:
            for client_id, _, state in guard.scan_awareness(read_varbytes(frame, 1)[0]):
                known[client_id] = None if state is None else json.loads(state)
    return known


async def test_a_caret_bears_the_name_of_who_is_signed_in(network: Network) -> None:
    ann, ben = await network.join("ann"), await network.join("ben")
    ann.move(1001, 1, b'{"user":{"name":"The King","color":"#000000"},"cursor":{"anchor":3}}')
    await until(lambda: 1001 in states(ben))
    state = states(ben)[1001]
    assert state is not None
    assert state["user"] == {"id": ann.user_id, "name": "ann", "color": "#336699"}
    assert state["cursor"] == {"anchor": 3}


async def test_nobody_moves_another_s_caret(network: Network) -> None:
    ann, ben, cleo = await network.join("ann"), await network.join("ben"), await network.join("cleo")
    ann.move(1001, 1, b'{"cursor":1}')
    await until(lambda: 1001 in states(ben))
    ben.move(1001, 9, b'{"cursor":666}')
    ben.move(1001, 10, b"null")
    ben.move(2002, 1, b'{"cursor":2}')
    await until(lambda: 2002 in states(cleo))
    state = states(cleo)[1001]
    assert state is not None
    assert state["cursor"] == 1


async def test_who_leaves_is_gone_at_once_on_every_process(open_network: Opening) -> None:
    network = await open_network(processes=2)
    ann, ben = await network.join("ann", process=0), await network.join("ben", process=1)
    ann.move(1001, 1, b'{"cursor":1}')
    await until(lambda: states(ben).get(1001) is not None)
    await ann.leave()
    network.people.remove(ann)
    await until(lambda: states(ben)[1001] is None)


async def test_a_process_that_opens_the_document_learns_who_is_here(open_network: Opening) -> None:
    network = await open_network(processes=2)
    ann = await network.join("ann", process=0)
    ann.move(1001, 1, b'{"cursor":1}')
    await network.settle()
    ben = await network.join("ben", process=1)
    await until(lambda: states(ben).get(1001) is not None)


async def test_a_storm_of_carets_is_joined_into_few_frames(network: Network) -> None:
    people = [await network.join("ann") for _ in range(10)]
    for clock in range(1, 21):
        for number, person in enumerate(people):
            person.move(3000 + number, clock, b'{"cursor":%d}' % clock)
    await until(lambda: all(len(states(p)) >= 9 for p in people))
    await until(lambda: all(s is None or s["cursor"] == 20 for c, s in states(people[0]).items() if c != 3000))
    received = sum(frame[0] == 1 for person in people for frame in person.frames)
    assert received < 10 * 20  # a raw relay would have sent 10 × 9 × 20
