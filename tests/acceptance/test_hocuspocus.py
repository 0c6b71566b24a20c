"""Unmodified `@hocuspocus/provider` 2, 3 and 4 over `/ws/hocuspocus`: joined, saved, refused, revoked, restarted.

Each story is told to all three at once.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest_asyncio
from websockets.asyncio.client import connect

from collab.protocol.lib0 import varbytes
from tests.acceptance.client import until
from tests.acceptance.hocuspocus_provider import VERSIONS, Provider
from tests.acceptance.installation import Installation
from tests.acceptance.test_beyond_sockets import call, sign_in


@pytest_asyncio.fixture
async def provider(fresh: Installation) -> AsyncIterator[Any]:
    """provider("hocuspocus-4", "ann", document) starts one, with the document attached as "a"."""
    started: list[Provider] = []

    async def start(version: str, name: str = "", document: str = "", **how: Any) -> Provider:
        new = await Provider(version, fresh.weft.url).start()
        started.append(new)
        if document:
            await new.do("attach", document=document, **{"token": fresh.people[name]["token"], **how})
        return new

    yield start
    for one in started:
        await one.stop()


@pytest_asyncio.fixture
async def providers(provider: Any) -> Any:
    """providers("ann", document) starts one of each version."""

    async def start(name: str = "", document: str = "", **how: Any) -> list[Provider]:
        return [await provider(version, name, document, **how) for version in VERSIONS]

    return start


async def test_what_was_written_before_there_was_a_connection_is_saved_and_seen(
    fresh: Installation, providers: Any
) -> None:
    document = fresh.document()
    ann = await fresh.client("ann", document).opened()
    bens = await providers("ben", document, text="early ")
    for saved in await each(bens, "until", unsynced=0, synced=True):
        assert saved["events"][0] == "authenticated read-write"
    assert fresh.stored(document).text == "early " * 3
    await until(lambda: ann.text == "early " * 3)
    await ann.type("late")
    await each(bens, "until", text="early " * 3 + "late")
    await ann.stop()


async def test_a_caret_bears_the_account_s_name(fresh: Installation, providers: Any) -> None:
    document = fresh.document()
    here = await providers("ann", document)
    await each(here, "until", synced=True)
    for number, one in enumerate(here):
        await one.do("caret", state={"user": {"name": "Somebody Else"}, "cursor": number})
    for one in here:
        seen = await until_answer(one, lambda answer: len(carets(answer)) == 3)
        # What a client says of itself it shows to itself as it said it.
        assert sorted(state["user"]["name"] for state in carets(seen)) == ["Ann", "Ann", "Somebody Else"]
    await here[0].do("detach")
    await until_answer(here[1], lambda answer: len(carets(answer)) == 2)
    await until_answer(here[2], lambda answer: len(carets(answer)) == 2)


async def test_a_reader_is_told_so_and_what_it_writes_stays_unsynced(fresh: Installation, providers: Any) -> None:
    document = fresh.document()
    ann = await fresh.client("ann", document).opened()
    readers = await providers("rea", document)
    await each(readers, "until", scope="readonly", unsynced=0)
    await each(readers, "type", text="graffiti ")
    await ann.type("kept")
    for reader in readers:
        seen = await until_answer(reader, lambda answer: "kept" in answer["text"])
        assert (seen["unsynced"], seen["opened"]) == (1, 1)
    assert fresh.stored(document).text == ann.text == "kept"
    await ann.stop()


async def test_rights_that_are_raised_and_lowered_change_an_open_document_in_place(
    fresh: Installation, providers: Any
) -> None:
    document = fresh.document()
    await rights(fresh, document, "eve", "reader")
    eves = await providers("eve", document)
    await each(eves, "until", scope="readonly", unsynced=0)
    await each(eves, "type", text="refused at first ")
    await each(eves, "until", unsynced=1)
    await rights(fresh, document, "eve", "editor")
    await each(eves, "until", scope="read-write", unsynced=0)
    assert fresh.stored(document).text == "refused at first " * 3
    await each(eves, "until", text="refused at first " * 3)
    await each(eves, "type", text="and taken ", at=0)
    await each(eves, "until", unsynced=0)
    saved = fresh.stored(document).text
    assert saved == "and taken " * 3 + "refused at first " * 3
    await rights(fresh, document, "eve", "reader")
    await each(eves, "until", scope="readonly")
    await each(eves, "type", text="no more")
    for lowered in await each(eves, "until", unsynced=1):
        assert lowered["opened"] == 1
    assert fresh.stored(document).text == saved


async def test_who_is_removed_loses_that_document_and_keeps_the_others_of_the_socket(
    fresh: Installation, providers: Any
) -> None:
    document, other = fresh.document(), fresh.document()
    await rights(fresh, document, "eve", "editor")
    await rights(fresh, other, "eve", "editor")
    eves = await providers("eve", document)
    await each(eves, "attach", on="b", document=other, token=fresh.people["eve"]["token"])
    await each(eves, "until", unsynced=0)
    await each(eves, "until", on="b", unsynced=0)
    await rights(fresh, document, "eve", None)
    gone = await each(eves, "until", authenticated=False, events=["failed no longer allowed"])
    assert all("close 1000 no longer allowed" in answer["events"] for answer in gone[1:])  # 2 knows no such end
    await each(eves, "type", text="nowhere")
    await each(eves, "type", on="b", text="here ")
    for kept in await each(eves, "until", on="b", unsynced=0):
        assert kept["opened"] == 1
    assert fresh.stored(document).text == ""
    assert fresh.stored(other).text == "here " * 3


async def test_a_document_that_is_deleted_ends_as_one_that_never_was(fresh: Installation, providers: Any) -> None:
    document = fresh.document()
    bens = await providers("ben", document)
    await each(bens, "until", unsynced=0)
    await asyncio.to_thread(
        fresh.shell,
        "from documents import actions; from documents.models import Document;"
        f"d = actions.trash_document(by=None, document=Document.objects.get(pk='{document}'));"
        "actions.purge_document(by=None, document=d)",
    )
    for ended in await each(bens, "until", authenticated=False, events=["failed not found"]):
        assert ended["opened"] == 1
    for name in (fresh.document(), "00000000-0000-4000-8000-000000000000", "no id at all"):
        strangers = await providers("eve", name)
        for ended in await each(strangers, "until", events=["failed not found"]):
            assert ended["opened"] == 1


async def test_a_wrong_token_is_signed_out_and_the_right_one_is_let_in_on_the_same_socket(
    fresh: Installation, providers: Any
) -> None:
    document = fresh.document()
    anns = await providers("ann", document, token="weft_nonsense", text="kept ")
    await each(anns, "until", events=["failed signed out"])
    await each(anns, "token", token=fresh.people["ann"]["token"])
    for answer in await each(anns, "until", authenticated=True, unsynced=0):
        assert answer["opened"] == 1
    assert fresh.stored(document).text == "kept " * 3


async def test_a_token_taken_back_signs_its_documents_out(fresh: Installation, providers: Any) -> None:
    document = fresh.document()
    made = await asyncio.to_thread(
        fresh.shell,
        "from documents.models import AccessToken, User; secret = AccessToken.generate();"
        "AccessToken.objects.create(user=User.objects.get(email='ann@example.com'), name='short', scope='write',"
        "digest=AccessToken.digest_of(secret)); print(secret)",
    )
    secret = made.split()[-1]
    anns = await providers("ann", document, token=secret)
    await each(anns, "until", unsynced=0)
    await asyncio.to_thread(
        fresh.shell,
        "from documents import actions; from documents.models import AccessToken;"
        f"actions.revoke_token(by=None, token=AccessToken.objects.get(digest=AccessToken.digest_of('{secret}')))",
    )
    for answer in await each(anns, "until", events=["failed signed out"]):
        assert answer["opened"] == 1


async def test_a_page_of_ours_needs_no_token_but_its_cookie(fresh: Installation) -> None:
    document = fresh.document().encode()
    _, headers = await asyncio.to_thread(sign_in, fresh, "ann@example.com")
    url = fresh.weft.url.replace("http", "ws", 1) + "/ws/hocuspocus"
    address = bytes((len(document),)) + document

    async def answer(headers: dict[str, str], token: bytes) -> bytes:
        async with connect(url, additional_headers=headers) as socket:
            await socket.send(address + b"\x02\x00" + bytes((len(token),)) + token)
            said = await socket.recv(decode=False)
        assert said.startswith(address)
        return said.removeprefix(address)

    assert await answer(headers, b"") == b"\x02\x02\x0aread-write"
    assert await answer(headers, b"any word") == b"\x02\x02\x0aread-write"
    assert await answer(headers, b"weft_wrong") == b"\x02\x01\x0asigned out"
    assert await answer({**headers, "Origin": "https://elsewhere.example"}, b"") == b"\x02\x01\x0asigned out"


async def test_two_views_of_one_document_share_a_socket(fresh: Installation, provider: Any) -> None:
    document, token = fresh.document(), fresh.people["ann"]["token"]
    ann = await provider("hocuspocus-4", "ann", document, session=True)
    await ann.do("attach", on="b", document=document, token=token, session=True)
    await ann.do("until", unsynced=0)
    await ann.do("until", on="b", unsynced=0)
    await ann.do("type", text="seen in both")
    await ann.do("until", on="b", text="seen in both")
    await ann.do("detach")
    await ann.do("type", on="b", text=", and after")
    answer = await ann.do("until", on="b", unsynced=0)
    assert answer["opened"] == 1
    assert fresh.stored(document).text == "seen in both, and after"


async def test_a_forced_sync_is_answered_and_leaves_the_count_right(fresh: Installation, providers: Any) -> None:
    document = fresh.document()
    anns = await providers("ann", document)
    await each(anns, "until", unsynced=0)
    for _ in range(3):
        # Not while edits are under way: the provider resets its count then, and takes late answers for new ones.
        await each(anns, "force")
        await each(anns, "type", text="x")
        await each(anns, "until", unsynced=0)
    assert fresh.stored(document).text == "x" * 9


async def test_a_malformed_message_ends_its_document_and_is_not_sent_for_ever(
    fresh: Installation, providers: Any
) -> None:
    document, other = fresh.document(), fresh.document()
    anns = await providers("ann", document)
    await each(anns, "attach", on="b", document=other, token=fresh.people["ann"]["token"])
    await each(anns, "until", unsynced=0)
    await each(anns, "until", on="b", unsynced=0)
    address = bytes((36,)) + document.encode()
    await each(anns, "raw", hex=(address + b"\x00\x02\x05\xff\xff\xff\xff\xff").hex())
    await each(anns, "until", authenticated=False)
    await each(anns, "type", on="b", text="unharmed ")
    for answer in await each(anns, "until", on="b", unsynced=0):
        assert answer["opened"] == 1


async def test_a_too_large_edit_ends_its_document_and_is_not_sent_for_ever(fresh: Installation, providers: Any) -> None:
    document, other = fresh.document(), fresh.document()
    anns = await providers("ann", document)
    await each(anns, "attach", on="b", document=other, token=fresh.people["ann"]["token"])
    await each(anns, "until", unsynced=0)
    await each(anns, "until", on="b", unsynced=0)
    for ann, length in zip(anns, (1_000_030, 1_100_000, 9_000_000), strict=True):
        await ann.do("type", text="x" * length)
    await each(anns, "until", authenticated=False, events=["failed too large"])
    await each(anns, "type", on="b", text="unharmed ")
    for answer in await each(anns, "until", on="b", unsynced=0):
        assert answer["opened"] == 1
    assert fresh.stored(document).text == ""


async def test_a_too_large_edit_in_pieces_as_browsers_send_it_is_refused_as_well(fresh: Installation) -> None:
    document, token = fresh.document().encode(), fresh.people["ann"]["token"].encode()
    url = fresh.weft.url.replace("http", "ws", 1) + "/ws/hocuspocus"
    address = varbytes(document)
    async with connect(url, max_size=None) as socket:
        await socket.send(address + b"\x02\x00" + varbytes(token))
        assert await socket.recv(decode=False) == address + b"\x02\x02\x0aread-write"
        message = address + b"\x00\x02" + varbytes(b"x" * 3_000_000)
        await socket.send([message[at : at + 130_000] for at in range(0, len(message), 130_000)])
        async with asyncio.timeout(20):
            while await socket.recv(decode=False) != address + b"\x02\x01\x09too large":
                pass
        assert await socket.recv(decode=False) == address + b"\x07\x09too large"
        await socket.send(address + b"\x02\x00" + varbytes(token))
        assert await socket.recv(decode=False) == address + b"\x02\x02\x0aread-write"


async def test_what_the_server_has_no_use_for_is_no_reason_to_end(fresh: Installation, providers: Any) -> None:
    document = fresh.document()
    anns = await providers("ann", document)
    await each(anns, "until", unsynced=0)
    await each(anns, "stateless", text='{"hello": "server"}')
    await each(anns, "type", text="on ")
    for answer in await each(anns, "until", unsynced=0):
        assert answer["opened"] == 1


async def test_a_restart_and_a_kill_are_followed_by_a_new_connection_with_nothing_lost(
    fresh: Installation, providers: Any
) -> None:
    document = fresh.document()
    anns = await providers("ann", document)
    await each(anns, "until", unsynced=0)
    for end in ("terminate", "kill"):
        for process in fresh.processes("web"):
            getattr(process, end)()
        await each(anns, "type", text=f"{end} ")
        await each(anns, "until", unsynced=0, synced=True, authenticated=True, seconds=40)
    for answer in await each(anns, "state"):
        assert 1012 in answer["codes"]
        assert answer["opened"] >= 3
    assert sorted(fresh.stored(document).text.split()) == ["kill"] * 3 + ["terminate"] * 3


async def each(providers: list[Provider], verb: str, **details: Any) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(provider.do(verb, **details) for provider in providers)))


def rights(weft: Installation, document: str, name: str, role: str | None) -> Coroutine[Any, Any, Any]:
    """Share the document with somebody, or take it back."""
    path = f"/documents/{document}/members/{name}@example.com"
    if role is None:
        return asyncio.to_thread(call, weft, "ann", "DELETE", path)
    return asyncio.to_thread(call, weft, "ann", "PUT", path, {"role": role})


def carets(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [state for state in answer["states"] if "cursor" in state]


async def until_answer(provider: Provider, question: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    try:
        async with asyncio.timeout(20):
            while not question(answer := await provider.do("state")):
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{provider.version} still says {answer}") from None
    return answer
