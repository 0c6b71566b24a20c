"""A document by single requests: pushes, streams and polls, on one and on two processes."""

import asyncio
import base64
import dataclasses
import json
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from pycrdt import Doc, Text

from collab.admission import REQUESTS_PER_CONNECTION
from collab.metrics import COUNTERS
from collab.protocol.lib0 import varuint
from collab.transports import polling, push, request
from documents import compaction
from documents import log as document_log
from documents.log import Entry
from tests.collab.database import break_commits, change_role, lock_database, unlock_database
from tests.collab.http import Exchange, Http, OpenHttp
from tests.collab.network import text_of, until


@sync_to_async
def stored(document_id: UUID) -> list[Entry]:
    return document_log.load(document_id).entries


class Writer:
    """Types, and hands out each edit as an update."""

    def __init__(self) -> None:
        self.doc: Doc[Any] = Doc()
        self.body = self.doc.get("text", type=Text)

    def types(self, text: str) -> bytes:
        before = self.doc.get_state()
        self.body.insert(len(str(self.body)), text)
        return self.doc.get_update(before)


def updates_of(stream: Exchange) -> list[bytes]:
    return [base64.b64decode(data) for kind, data, _ in stream.events if kind == "update"]


def updates_in(poll: Any) -> list[bytes]:
    return [base64.b64decode(update) for update in poll["updates"]]


# --- pushes ---


async def test_a_push_is_answered_when_it_is_committed_and_not_before(http: Http) -> None:
    blocker = await sync_to_async(lock_database)()
    pushing = http.begin("ann", "POST", "push", Writer().types("warp"))
    await asyncio.sleep(0.2)  # long against a commit, which takes 0.2 ms
    assert not pushing.begun.is_set()
    await sync_to_async(unlock_database)(blocker)
    answer = await pushing.answer()
    assert (answer.status, answer.json()) == (200, {"cursor": "1.1"})
    assert text_of([entry.update for entry in await stored(http.network.document_id)]) == "warp"


async def test_a_key_sent_twice_at_once_waits_for_one_commit(http: Http) -> None:
    update = Writer().types("warp")
    blocker = await sync_to_async(lock_database)()
    first = http.begin("ann", "POST", "push", update, idempotency_key="k")
    await asyncio.sleep(0.1)
    second = http.begin("ann", "POST", "push", update, idempotency_key="k")
    await asyncio.sleep(0.1)
    await sync_to_async(unlock_database)(blocker)
    assert (await first.answer()).json() == (await second.answer()).json() == {"cursor": "1.1"}
    assert COUNTERS["pushes_joined"] >= 1
    assert len(await stored(http.network.document_id)) == 1


async def test_a_push_whose_answer_was_lost_is_recognised(http: Http) -> None:
    update = Writer().types("warp")
    lost = http.begin("ann", "POST", "push", update, idempotency_key="k")
    lost.hang_up()
    await until(lambda: not http.network.hubs[0].rooms or lost.complete.is_set())
    await lost.running
    again = await http.ask("ann", "POST", "push", update, idempotency_key="k")
    assert again.json() == {"cursor": "1.1"}
    assert len(await stored(http.network.document_id)) == 1


async def test_one_key_for_two_edits_loses_neither(http: Http) -> None:
    ann = Writer()
    for text in ("warp", " and weft"):
        assert (await http.ask("ann", "POST", "push", ann.types(text), idempotency_key="k")).status == 200
    assert text_of([entry.update for entry in await stored(http.network.document_id)]) == "warp and weft"


async def test_a_reader_s_push_is_refused_and_the_reader_reads_on(http: Http) -> None:
    stream = await http.stream("rea")
    answer = await http.ask("rea", "POST", "push", Writer().types("graffiti"))
    assert (answer.status, answer.code, "close_code" in answer.json()["error"]) == (403, "read_only", False)
    assert (await http.ask("reading", "POST", "push", Writer().types("graffiti"))).code == "read_only"
    await http.ask("ann", "POST", "push", Writer().types("kept"))
    await until(lambda: len(updates_of(stream)) == 2)
    assert text_of(updates_of(stream)) == "kept"


async def test_rights_that_changed_unheard_are_found_at_the_commit(http: Http) -> None:
    stream = await http.stream("ben")
    await change_role(http.network.users["ben"], "reader")
    answer = await http.ask("ben", "POST", "push", Writer().types("too late"))
    assert (answer.status, answer.code) == (503, "rights_changed")
    assert (await stream.event("close"))["code"] == 4503
    assert await stored(http.network.document_id) == []


@pytest.mark.parametrize(
    ("path", "body"), [("push", b"junk"), ("push", b""), ("", b"\xff\xff\xff\xff\x7f"), ("awareness", b"\x01")]
)
async def test_malformed_bytes_are_refused_with_a_reason(http: Http, path: str, body: bytes) -> None:
    answer = await http.ask("ann", "POST", path, body)
    assert (answer.status, answer.code, answer.json()["error"]["close_code"]) == (400, "malformed", 4413)


async def test_a_body_that_comes_too_slowly_is_cut_off(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "LIMITS", dataclasses.replace(settings.LIMITS, handshake_seconds=0.1))
    exchange = http.begin("ann", "POST", "push", b"some")
    exchange._incoming._queue[0]["more_body"] = True  # type: ignore[attr-defined]  # and the rest never comes
    answer = await exchange.answer()
    assert (answer.status, answer.code, answer.headers["connection"]) == (408, "too_slow", "close")


async def test_a_flood_of_pushes_is_told_to_come_later(http: Http) -> None:
    ann = Writer()
    limits = settings.LIMITS
    blob = "x" * (limits.frame_bytes - 1000)
    throttled = COUNTERS["throttled"]
    answers = [
        http.begin("ann", "POST", "push", ann.types(blob))
        for _ in range(2 + (limits.bytes_burst + 6 * limits.bytes_per_second) // limits.frame_bytes)
    ]
    await until(lambda: COUNTERS["throttled"] >= throttled + len(answers) - 1)
    late = await http.ask("ann", "POST", "push", ann.types("x"))
    assert (late.status, late.code) == (429, "overloaded")
    assert int(late.headers["retry-after"]) > 5
    assert (await http.ask("ben", "POST", "push", Writer().types("x"))).status == 200, "it slows nobody else"
    await asyncio.gather(*(answer.answer() for answer in answers))


async def test_with_the_database_down_others_see_it_unnumbered_and_the_key_waits_on(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, socket = await http.stream("ben"), await http.network.join("cleo")
    poll = http.begin("rea", "GET", "poll?cursor=1.0")
    await asyncio.sleep(0.1)
    update = Writer().types("unsaved")
    mend = break_commits(monkeypatch)
    monkeypatch.setattr(push, "PATIENCE", 0.3)
    answer = await http.ask("ann", "POST", "push", update, idempotency_key="k")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "unavailable", "1")
    assert (await stream.event("notice"))["kind"] == "unsaved"
    await until(lambda: socket.text == "unsaved" and len(updates_of(stream)) == 2)
    assert [id for kind, _, id in stream.events if kind == "update"] == ["1.0", ""]
    polled = (await poll.answer()).json()
    assert polled["cursor"] == "1.0"
    assert polled["unsaved"]
    while not updates_in(polled):
        polled = (await http.ask("rea", "GET", "poll?cursor=1.0")).json()
    assert text_of(updates_in(polled)) == "unsaved"
    monkeypatch.setattr(push, "PATIENCE", 20)
    again = http.begin("ann", "POST", "push", update, idempotency_key="k")
    mend()
    assert (await again.answer()).json() == {"cursor": "1.1"}
    assert len(await stored(http.network.document_id)) == 1
    assert (await stream.event("notice", 2))["kind"] == "saved"


# --- streams ---


async def test_a_stream_says_hello_then_who_is_here_then_what_there_is(http: Http) -> None:
    await http.ask("ann", "POST", "push", Writer().types("warp"))
    stream = await http.stream("ben")
    await stream.event("update")
    hello = await stream.event("hello")
    assert hello["user"]["name"] == "ben"
    assert hello["may_edit"]
    assert [kind for kind, _, _ in stream.events] == ["hello", "awareness", "update"]
    assert stream.events[-1][2] == "1.1"
    assert stream.headers["cache-control"] == "no-store, no-transform"
    assert stream.headers["x-accel-buffering"] == "no"


async def test_a_stream_resumes_on_another_process_with_what_it_missed_and_no_more(open_http: OpenHttp) -> None:
    http = await open_http(processes=2)
    ann = Writer()
    edits = [ann.types(word) for word in ("one ", "two ", "three ")]
    await http.ask("ann", "POST", "push", edits[0])
    stream = await http.stream("ben")
    await stream.event("update")
    stream.hang_up()
    await stream.running
    await http.ask("ann", "POST", "push", edits[1])
    resumed = await http.stream("ben", process=1, last_event_id="1.1")
    await http.ask("ann", "POST", "push", edits[2])
    await until(lambda: len(updates_of(resumed)) == 2)
    assert updates_of(resumed) == edits[1:]
    assert [id for kind, _, id in resumed.events if kind == "update"] == ["1.2", "1.3"]


async def test_what_is_committed_while_a_stream_resumes_comes_after_what_it_missed(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its id would vouch for both, and a client that breaks off between the two would never get the first."""
    ann = Writer()
    for word in ("one ", "two "):
        await http.ask("ann", "POST", "push", ann.types(word))
    await compacted(http)
    real = document_log.entries_after

    def entries_after(document_id: UUID, seq: int, limit: int = 1000) -> list[Entry]:
        found = real(document_id, seq, limit)
        document_log.append(document_id, [(None, ann.types("three "))])
        monkeypatch.setattr(document_log, "entries_after", real)
        return found

    monkeypatch.setattr(document_log, "entries_after", entries_after)
    resumed = await http.stream("ben", last_event_id="1.1")
    http.network.hubs[0].rooms[http.network.document_id].catch_up()
    await until(lambda: len(updates_of(resumed)) == 2)
    assert [id for kind, _, id in resumed.events if kind == "update"] == ["1.2", "1.3"]


async def compacted(http: Http) -> None:
    """The open room goes, and the next one starts from a snapshot; the entries before it are still there."""
    await sync_to_async(compaction.compact)(http.network.document_id)
    hub = http.network.hubs[0]
    room = hub.rooms[http.network.document_id]
    hub._close(room)


@pytest.mark.parametrize("cursor", ["1.1", "7.0", "1.99"])
@pytest.mark.parametrize("path", ["events?cursor=", "poll?cursor="])
async def test_a_cursor_that_nothing_can_be_added_to_is_answered_with_resync(
    http: Http, path: str, cursor: str
) -> None:
    ann = Writer()
    for word in ("one ", "two ", "three "):
        await http.ask("ann", "POST", "push", ann.types(word))
    await compacted(http)
    await sync_to_async(compaction._delete_entries)(http.network.document_id, 3)
    answer = await http.ask("ben", "GET", path + cursor)
    assert (answer.status, answer.code, "close_code" in answer.json()["error"]) == (409, "resync", False)
    synced = (await http.ask("ben", "POST", "", varuint(0))).json()
    assert synced["cursor"] == "1.3"
    assert text_of([base64.b64decode(synced["update"])]) == "one two three "


async def test_a_replaced_history_ends_streams_and_polls_with_a_resync(http: Http) -> None:
    from documents.models import Log

    await http.ask("ann", "POST", "push", Writer().types("old"))
    stream = await http.stream("ben")
    poll = http.begin("rea", "GET", "poll?cursor=1.1")
    await asyncio.sleep(0.1)
    await sync_to_async(Log.objects.update)(epoch=2)
    http.network.hubs[0].rooms[http.network.document_id].catch_up()
    assert (await stream.event("close"))["code"] == 4509
    assert (await poll.answer()).code == "resync"


async def test_who_hangs_up_is_noticed_at_once(http: Http) -> None:
    stream = await http.stream("ann", client=5)
    poll = http.begin("ben", "GET", "poll?cursor=1.0")
    await until(lambda: len(http.network.hubs[0].rooms[http.network.document_id].sessions) == 2)
    stream.hang_up()
    poll.hang_up()
    await asyncio.gather(stream.running, poll.running)
    room = http.network.hubs[0].rooms[http.network.document_id]
    assert [session.identity.user_id for session in room.sessions] == [http.network.users["ben"]], "parked"


# --- polls ---


async def test_a_poll_wakes_at_once_and_waits_in_vain_for_nothing(open_http: OpenHttp) -> None:
    http = await open_http(processes=2)
    loop = asyncio.get_running_loop()
    ann = Writer()
    await http.ask("ben", "GET", "poll?cursor=1.0&wait=0", process=1)
    poll = http.begin("ben", "GET", "poll?cursor=1.0", process=1)
    await asyncio.sleep(0.3)
    assert not poll.begun.is_set()
    update = ann.types("warp")
    assert (await http.ask("ann", "POST", "push", update)).status == 200
    pushed = loop.time()
    answer = (await poll.answer()).json()
    assert loop.time() - pushed < 0.5
    assert (answer["cursor"], updates_in(answer)) == ("1.1", [update])
    assert (await http.ask("ben", "GET", "poll?cursor=1.1&wait=0", process=0)).status == 204


async def test_the_next_poll_of_a_client_asks_nobody_who_it_is(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    await http.ask("ann", "GET", "poll?cursor=1.0&wait=0&client=7")

    async def admit(*_: Any, **__: Any) -> None:
        raise AssertionError("asked again")

    monkeypatch.setattr(polling, "admit", admit)
    assert (await http.ask("ann", "GET", "poll?cursor=1.0&wait=0&client=7")).status == 204
    assert (await http.ask("ann", "POST", "push", Writer().types("warp"))).status == 200
    assert (await http.ask("ann", "GET", "poll?cursor=1.0&wait=0&client=7")).status == 200


async def test_what_ends_sessions_ends_a_parked_poll(http: Http) -> None:
    tag = (await http.ask("ben", "POST", "")).json()["awareness_tag"]
    await http.ask("ben", "GET", "poll?cursor=1.0&wait=0&client=7")
    await change_role(http.network.users["ben"], "reader")
    await http.network.hubs[0].rooms[http.network.document_id].recheck_rights()
    answer = await http.ask("ben", "GET", f"poll?cursor=1.0&wait=0&client=7&tag={tag}")
    assert (answer.status, answer.code, answer.json()["error"]["close_code"]) == (503, "rights_changed", 4503)
    again = (await http.ask("ben", "POST", "")).json()
    assert not again["may_edit"]
    path = f"poll?cursor=1.0&wait=0&client=7&tag={again['awareness_tag']}"
    assert (await http.ask("ben", "GET", path)).status == 204


async def test_another_process_knows_by_the_tag_that_rights_changed(open_http: OpenHttp) -> None:
    http = await open_http(processes=2)
    tag = (await http.ask("ben", "POST", "")).json()["awareness_tag"]
    await change_role(http.network.users["ben"], "reader")
    answer = await http.ask("ben", "GET", f"poll?cursor=1.0&wait=0&tag={tag}", process=1)
    assert answer.code == "rights_changed"


async def test_a_newer_poll_of_a_client_takes_the_older_one_s_place(http: Http) -> None:
    older = http.begin("ann", "GET", "poll?cursor=1.0&client=7")
    await until(lambda: COUNTERS["joined_poll"] > 0 and bool(http.network.hubs[0].rooms))
    await asyncio.sleep(0.1)
    newer = http.begin("ann", "GET", "poll?cursor=1.0&client=7")
    await asyncio.sleep(0.1)
    await http.ask("ben", "POST", "push", Writer().types("warp"))
    assert (await newer.answer()).status == 200
    assert (await older.answer()).status in (200, 204)


async def test_a_parked_poll_that_nobody_comes_back_to_is_forgotten(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PARKED", 0.1)
    await http.ask("ann", "GET", "poll?cursor=1.0&wait=0&client=7")
    room = http.network.hubs[0].rooms[http.network.document_id]
    await until(lambda: not room.sessions)


# --- presence ---


async def test_a_caret_comes_and_goes_between_socket_stream_and_poll_on_two_processes(
    open_http: OpenHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "PARKED", 0.2)
    http = await open_http(processes=2)
    socket = await http.network.join("cleo", process=0)
    stream = await http.stream("ann", client=11, process=1)
    watching = await http.stream("rea", process=0)
    await http.ask("ben", "GET", "poll?cursor=1.0&client=22&wait=0", process=1)
    # Each says where it is to the process on which it isn't heard.
    await http.move("ann", 11, 1, {"at": 1}, process=0)
    await http.move("ben", 22, 1, {"at": 2}, process=0)
    socket.move(33, 1, b'{"at":3}')
    poll = (await http.ask("ben", "GET", "poll?cursor=1.0&client=22&tag=0", process=1)).json()
    await until(lambda: {22, 33} <= {k for k, s in stream.carets.items() if s})
    await until(lambda: {11, 22, 33} <= {k for k, s in watching.carets.items() if s})
    assert watching.carets[11]["user"]["name"] == "ann"
    assert "awareness" in poll
    stream.hang_up()
    await until(lambda: watching.carets[11] is None)
    await until(lambda: watching.carets[22] is None, 5)  # its polls ended
    assert watching.carets[33] is not None


async def test_a_stream_that_was_replaced_elsewhere_takes_no_presence_with_it(open_http: OpenHttp) -> None:
    http = await open_http(processes=2)
    watching = await http.stream("ben", process=0)
    older = await http.stream("ann", client=11, process=0)
    await http.move("ann", 11, 1, {"at": 1}, process=0)
    await until(lambda: 11 in watching.carets)
    newer = await http.stream("ann", client=11, process=1)
    older.hang_up()
    await older.running
    await http.move("ben", 99, 1, {"at": 9}, process=0)
    await until(lambda: 99 in watching.carets)
    assert watching.carets[11] is not None
    newer.hang_up()
    await until(lambda: watching.carets[11] is None)


async def test_who_climbs_back_to_a_socket_stays_when_the_stream_ends(open_http: OpenHttp) -> None:
    http = await open_http(processes=2)
    watching = await http.stream("ben", process=0)
    stream = await http.stream("ann", client=11, process=0)
    await http.move("ann", 11, 1, {"at": 1}, process=0)
    socket = await http.network.join("ann", process=1)
    socket.move(11, 2, b'{"at":2}')
    await until(lambda: (watching.carets.get(11) or {}).get("at") == 2)
    stream.hang_up()
    await stream.running
    await http.move("ben", 99, 1, {"at": 9}, process=0)
    await until(lambda: 99 in watching.carets)
    assert watching.carets[11] is not None


async def test_nobody_moves_a_visitor_s_caret_or_takes_it_away(http: Http) -> None:
    await http.move("ann", 11, 1, {"at": 1})
    await http.move("ben", 11, 9, {"at": 666})
    thief = await http.stream("ben", client=11)
    assert (await thief.event("awareness"))[11]["at"] == 1
    thief.hang_up()
    await thief.running
    watching = await http.stream("rea")
    assert (await watching.event("awareness"))[11]["at"] == 1


async def test_a_caret_that_is_only_renewed_wakes_no_poll_but_reaches_it(http: Http) -> None:
    await http.move("ann", 11, 1, {"at": 1})
    first = (await http.ask("ben", "GET", "poll?cursor=1.0&tag=0&wait=1")).json()
    poll = http.begin("ben", "GET", f"poll?cursor=1.0&tag={first['awareness_tag']}&wait=1")
    await asyncio.sleep(0.1)
    await http.move("ann", 11, 2, {"at": 1})
    await asyncio.sleep(0.4)
    assert not poll.begun.is_set()
    answer = await poll.answer()
    assert answer.status == 200
    assert "awareness" in answer.json()


# --- who may ---


async def test_the_errors_are_those_of_the_table(http: Http) -> None:
    assert (await http.ask("", "POST", "")).code == "signed_out"
    assert (await http.ask("ann", "POST", "/sync/00000000-0000-4000-8000-000000000000")).code == "not_found"
    assert (await http.ask("ann", "POST", "/sync/nonsense")).code == "not_found"
    assert (await http.ask("ann", "GET", "push")).status == 405
    assert (await http.ask("ann", "POST", "push", b"x" * (settings.LIMITS.frame_bytes + 1))).code == "too_large"
    assert (await http.ask("ann", "GET", "poll?cursor=1.0", weft_protocol="2")).code == "out_of_date"
    for path in ("poll", "poll?cursor=1", "poll?cursor=1.0&wait=x", "events?cursor=-1.0", "events?client=-3"):
        assert (await http.ask("ann", "GET", path)).code == "malformed", path


async def test_a_draining_process_sends_everybody_away_and_takes_nobody(http: Http) -> None:
    stream = await http.stream("ann")
    held = http.begin("ben", "GET", "poll?cursor=1.0&client=7")
    await until(lambda: len(http.network.hubs[0].rooms[http.network.document_id].sessions) == 2)
    await http.network.hubs[0].drain(0.01)
    assert await stream.event("close") == {"code": 1012, "reason": "restarting"}
    assert (await held.answer()).code == "restarting"
    for path in ("poll?cursor=1.0&client=7", "events"):
        assert (await http.ask("ann", "GET", path)).json()["error"] == {
            "code": "restarting",
            "message": "restarting",
            "close_code": 1012,
        }


async def test_streams_and_parked_polls_count_as_connections_and_pushes_do_not(http: Http) -> None:
    limit = settings.LIMITS.sockets_per_user_document
    streams = [await http.stream("ann") for _ in range(limit - 1)]
    await http.ask("ann", "GET", "poll?cursor=1.0&wait=0")
    refused = await http.ask("ann", "GET", "events")
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "overloaded", "1")
    assert (await http.ask("ann", "POST", "push", Writer().types("warp"))).status == 200
    assert json.loads(streams[0].events[0][1])["may_edit"]


async def test_a_page_that_is_reloaded_again_and_again_is_not_refused_for_what_it_left(http: Http) -> None:
    for client in range(2 * settings.LIMITS.sockets_per_user_document):
        assert (await http.ask("ann", "GET", f"poll?cursor=1.0&wait=0&client={client}")).status == 204
    room = http.network.hubs[0].rooms[http.network.document_id]
    assert len(room.sessions) == settings.LIMITS.sockets_per_user_document


async def test_who_asks_for_a_document_and_never_reads_is_let_go_and_had_few_answers_in_memory(http: Http) -> None:
    await http.ask("ann", "POST", "push", Writer().types("warp " * 60_000))
    limit = REQUESTS_PER_CONNECTION * settings.LIMITS.sockets_per_user_document
    room = http.network.hubs[0].rooms[http.network.document_id]
    before = COUNTERS["outbox_stuck"]
    patience = settings.LIMITS.send_deadline_seconds
    object.__setattr__(settings.LIMITS, "send_deadline_seconds", 0.5)
    try:
        asked = [http.begin("ben", "POST", "") for _ in range(limit)]
        for each in asked:
            each.reading.clear()
        await until(lambda: len(room.sessions) == limit)
        assert (await http.ask("ben", "POST", "")).code == "overloaded"
        assert (await http.ask("ann", "POST", "")).status == 200
        for each in asked:
            async with asyncio.timeout(10):
                await each.running
    finally:
        object.__setattr__(settings.LIMITS, "send_deadline_seconds", patience)
    assert COUNTERS["outbox_stuck"] == before + limit
    assert not any(each.complete.is_set() for each in asked)
    assert not room.sessions


async def test_a_slow_reader_gets_all_of_a_large_answer(http: Http) -> None:
    text = "weft " * 60_000
    await http.ask("ann", "POST", "push", Writer().types(text))
    asked = http.begin("ben", "POST", "")
    asked.reading.clear()
    await until(lambda: len(http.network.hubs[0].rooms[http.network.document_id].sessions) == 1)
    asked.reading.set()
    answer = await asked.answer()
    assert len(answer.body) == int(answer.headers["content-length"]) > len(text)
    assert text_of([base64.b64decode(answer.json()["update"])]) == text
