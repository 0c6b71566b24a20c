"""Join, edit, see, be seen, be refused, be revoked: over real sockets, with two web processes and both databases."""

import asyncio
import urllib.error
import urllib.request

import pytest

from tests.acceptance.client import Client, until
from tests.acceptance.installation import Installation


@pytest.fixture
async def people(weft: Installation):  # type: ignore[no-untyped-def]
    """people("ann", "ben", …) opens one new document for each of them; they leave at the end."""
    opened: list[Client] = []

    async def open_for(*names: str, document: str | None = None) -> list[Client]:
        target = document or weft.document()
        new = [weft.client(name, target, seed=number) for number, name in enumerate(names)]
        opened.extend(new)
        await asyncio.gather(*(client.opened() for client in new))
        return new

    yield open_for
    await asyncio.gather(*(client.stop() for client in opened))


async def test_everybody_writes_at_once_and_all_see_the_same(weft: Installation, people) -> None:  # type: ignore[no-untyped-def]
    document = weft.document()
    clients = await people(*["ann", "ben"] * 3, document=document)
    for round in range(20):
        for number, client in enumerate(clients):
            await client.type(f"{number}:{round} ", at=0 if round % 3 == 0 else None)
    await until(lambda: all(client.all_saved for client in clients))
    await until(lambda: len({client.text for client in clients}) == 1)
    stored = weft.stored(document)
    assert stored.text == clients[0].text
    assert stored.seqs == list(range(1, len(stored.seqs) + 1))


async def test_a_stock_client_gets_the_same_text_and_no_numbers(weft: Installation, people) -> None:  # type: ignore[no-untyped-def]
    document = weft.document()
    [ann] = await people("ann", document=document)
    await ann.type("plain")
    await until(lambda: ann.all_saved)
    stock = weft.client("ben", document, numbered=False)
    await stock.opened()
    await until(lambda: stock.text == "plain")
    assert not stock.notices
    assert stock.cursor == (0, 0)
    await stock.stop()


async def test_another_workspace_s_document_answers_as_if_it_did_not_exist(weft: Installation, people) -> None:  # type: ignore[no-untyped-def]
    [eve] = await people("eve")
    [nobody] = await people("eve", document="00000000-0000-4000-8000-000000000000")
    assert eve.closed == nobody.closed == (4404, "not found")


async def test_a_wrong_token_is_signed_out(weft: Installation) -> None:
    stranger = Client(weft.weft.url, weft.document(), "weft_nonsense")
    await stranger.opened()
    assert stranger.closed == (4401, "signed out")


async def test_a_reader_sees_but_what_a_reader_writes_is_nowhere(weft: Installation, people) -> None:  # type: ignore[no-untyped-def]
    document = weft.document()
    ann, rea = await people("ann", "rea", document=document)
    await rea.type("graffiti")
    await ann.type("kept")
    await until(lambda: ann.all_saved and "kept" in rea.text)
    assert ann.text == "kept"
    assert not rea.saved
    assert weft.stored(document).text == "kept"


async def test_a_caret_bears_the_account_s_name_whatever_the_client_says(weft: Installation, people) -> None:  # type: ignore[no-untyped-def]
    ann, ben = await people("ann", "ben")
    await ann.move(77, 1, {"user": {"name": "Ben", "color": "#000000"}, "cursor": {"at": 1}})
    await until(lambda: ben.states.get(77))
    state = ben.states[77]
    assert state is not None
    assert state["user"]["name"] == "Ann"
    await ben.move(77, 5, None)
    await ben.move(78, 1, {"cursor": 2})
    await until(lambda: ann.states.get(78))
    assert ben.states[77] is not None


async def test_a_removed_member_is_cut_off_within_a_second_on_both_processes(weft: Installation, people) -> None:  # type: ignore[no-untyped-def]
    # Connections are spread over the processes by the kernel: eight of them sit on both with near certainty.
    clients = await people(*["ben"] * 8)
    ann_clients = await people("ann")
    loop = asyncio.get_running_loop()
    remove = (
        "from documents import actions; from documents.models import *; import time;"
        f"w = Workspace.objects.get(pk='{weft.workspace}');"
        f"actions.remove_member(by=None, workspace=w, user=User.objects.get(pk={weft.people['ben']['id']}));"
        "print(time.time())"
    )
    closed_at: list[float] = []

    async def watch(client: Client) -> None:
        await until(lambda: client.closed is not None)
        closed_at.append(loop.time())

    import time

    offset = time.time() - loop.time()
    watching = [asyncio.create_task(watch(client)) for client in clients]
    removed_at = float((await asyncio.to_thread(weft.shell, remove)).splitlines()[-1]) - offset
    await asyncio.gather(*watching)
    assert {client.closed[0] for client in clients if client.closed} == {4403}
    assert max(closed_at) - removed_at < 1.0
    assert ann_clients[0].closed is None
    put_back = (
        "from documents.models import *;"
        f"Membership.objects.create(workspace_id='{weft.workspace}', user_id={weft.people['ben']['id']}, role='editor')"
    )
    await asyncio.to_thread(weft.shell, put_back)


@pytest.mark.parametrize("length", [999_990, 1_010_000, 20_000_000], ids="{:,}".format)
async def test_a_too_large_frame_is_refused_with_a_reason(weft: Installation, people, length: int) -> None:  # type: ignore[no-untyped-def]
    [ann] = await people("ann")
    await ann.type("x" * length)
    await until(lambda: ann.closed is not None)
    assert ann.closed == (4413, "too large")


async def test_an_idle_connection_stays_open_and_hears_a_frame(weft: Installation, people) -> None:  # type: ignore[no-untyped-def]
    [ann] = await people("ann")
    heard: list[bytes] = []
    take = ann._take

    async def count(frame: bytes) -> None:
        heard.append(frame)
        await take(frame)

    ann._take = count
    await until(lambda: b"\x01\x01\x00" in heard, seconds=20, what="a heartbeat")
    assert ann.connections == 1


async def test_metrics_are_shown_to_this_machine_and_to_nobody_behind_a_proxy(weft: Installation) -> None:
    url = f"{weft.weft.url}/metrics"
    with urllib.request.urlopen(url, timeout=5) as answer:
        assert b"weft_sessions{" in answer.read()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(urllib.request.Request(url, headers={"X-Forwarded-For": "203.0.113.9"}), timeout=5)
