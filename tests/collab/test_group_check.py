"""Those who come to join at once are asked about together, and each gets an answer of their own."""

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import sync_to_async

from collab import admission, closing, signed_in
from collab.dialects import WAKE
from collab.group_check import Answer, GroupCheck
from collab.session import Identity
from collab.signed_in import Proof
from collab.transports.polling import Parking
from documents import actions, log
from documents.models import Document, User
from tests.collab.network import Network

pytestmark = pytest.mark.asyncio


def scope(token: str) -> dict[str, Any]:
    return {"headers": [(b"authorization", f"Bearer {token}".encode())]}


def user_of(answer: Answer) -> int | None:
    return None if answer[0] is None else answer[0].user_id


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often who, and which rows, were asked for."""
    found: Counter[str] = Counter()
    identity_of, heads = signed_in.identity_of, log.heads

    def counted_identity(proof: Proof) -> Identity | None:
        found["sign-ins"] += 1
        return identity_of(proof)

    def counted_heads(documents: list[UUID]) -> Any:
        found["rows"] += 1
        return heads(documents)

    monkeypatch.setattr(signed_in, "identity_of", counted_identity)
    monkeypatch.setattr(log, "heads", counted_heads)
    return found


async def test_each_who_comes_with_others_gets_the_answer_that_is_theirs(
    world: tuple[UUID, dict[str, int]], tokens: dict[str, str]
) -> None:
    document, users = world
    check = GroupCheck()
    shown = [(tokens["ann"], document), (tokens["rea"], document), ("weft_unknown", document), (tokens["ann"], uuid4())]
    ann, rea, unknown, elsewhere = await asyncio.gather(*(check.ask(scope(token), "", where) for token, where in shown))
    assert user_of(ann) == users["ann"]
    assert ann[1] is not None
    assert ann[1].may_edit == {users["ann"]: True}
    assert rea[1] is not None
    assert rea[1].may_edit == {users["rea"]: False}
    assert unknown == (None, None)
    assert user_of(elsewhere) == users["ann"]
    assert elsewhere[1] is None


async def test_a_crowd_that_comes_back_at_once_is_asked_about_once_for_each_sign_in(
    world: tuple[UUID, dict[str, int]], tokens: dict[str, str], asked: Counter[str]
) -> None:
    check = GroupCheck()
    for name in ("ann", "ben"):
        await check.ask(scope(tokens[name]), "", world[0])
    asked.clear()
    names = ["ann", "ben"] * 25
    answers = await asyncio.gather(*(check.ask(scope(tokens[name]), "", world[0]) for name in names))
    assert [user_of(answer) for answer in answers] == [world[1][name] for name in names]
    assert asked == {"sign-ins": 2, "rows": 1}


async def test_one_whose_sign_in_cannot_be_read_is_alone_with_that(
    world: tuple[UUID, dict[str, int]], tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    identity_of = signed_in.identity_of

    def failing(proof: Proof) -> Identity | None:
        if proof.value == tokens["ben"]:
            raise ConnectionError("Redis is away")
        return identity_of(proof)

    monkeypatch.setattr(signed_in, "identity_of", failing)
    check = GroupCheck()
    ann, ben = await asyncio.gather(
        *(check.ask(scope(tokens[name]), "", world[0]) for name in ("ann", "ben")), return_exceptions=True
    )
    assert isinstance(ben, ConnectionError)
    assert not isinstance(ann, BaseException)
    assert user_of(ann) == world[1]["ann"]


async def test_who_gives_up_holds_up_nobody(world: tuple[UUID, dict[str, int]], tokens: dict[str, str]) -> None:
    check = GroupCheck()
    impatient = asyncio.create_task(check.ask(scope(tokens["ann"]), "", world[0]))
    patient = asyncio.create_task(check.ask(scope(tokens["ben"]), "", world[0]))
    await asyncio.sleep(0)
    impatient.cancel()
    assert user_of(await patient) == world[1]["ben"]
    assert user_of(await check.ask(scope(tokens["ann"]), "", world[0])) == world[1]["ann"]


async def test_no_answer_is_older_than_its_question(world: tuple[UUID, dict[str, int]], tokens: dict[str, str]) -> None:
    document, users = world
    check = GroupCheck()
    before, _ = await asyncio.gather(*(check.ask(scope(tokens[name]), "", document) for name in ("ben", "ann")))
    assert before[1] is not None

    def take_away() -> None:
        ben, plan = User.objects.get(pk=users["ben"]), Document.objects.get(pk=document)
        actions.remove_member(by=None, workspace=plan.workspace, user=ben)

    await sync_to_async(take_away)()
    after, _ = await asyncio.gather(*(check.ask(scope(tokens[name]), "", document) for name in ("ben", "ann")))
    assert user_of(after) == users["ben"]
    assert after[1] is not None
    assert users["ben"] not in after[1].may_edit


async def test_a_crowd_that_waits_for_a_document_to_open_is_within_the_limit_too(
    network: Network, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "LIMITS", replace(admission.LIMITS, sockets_per_user_document=3))
    [hub] = network.hubs
    entering = (
        admission.admit(hub, scope(tokens["ann"]), network.document_id, Parking(), dialect=WAKE) for _ in range(10)
    )
    found = await asyncio.gather(*entering, return_exceptions=True)
    refused = [each for each in found if isinstance(each, admission.Refused)]
    assert {each.reason for each in refused} == {closing.OVERLOADED}
    assert len(refused) == 7
    assert len(hub.rooms[network.document_id].sessions) == 3


async def test_nobody_is_asked_about_who_has_given_up(
    world: tuple[UUID, dict[str, int]], tokens: dict[str, str], asked: Counter[str]
) -> None:
    """After the database was away they would be many, and in front of those who still wait."""
    check = GroupCheck()
    givers = [asyncio.create_task(check.ask(scope(f"weft_{number}"), "", world[0])) for number in range(200)]
    waiting = asyncio.create_task(check.ask(scope(tokens["ann"]), "", world[0]))
    await asyncio.sleep(0)
    for giver in givers:
        giver.cancel()
    assert user_of(await waiting) == world[1]["ann"]
    assert asked["sign-ins"] == 1
