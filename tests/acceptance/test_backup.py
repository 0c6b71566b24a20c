"""A backup is taken while people write, they write on, the server is lost, the backup comes back: whoever stayed open
brings what it lacks, everything is there once, and nothing contradicts itself."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collab.protocol.lib0 import varbytes
from tests.acceptance.client import Client, SocketClient, until
from tests.acceptance.installation import Installation
from tests.running import MANAGE

pytestmark = pytest.mark.timeout(400)


async def test_what_the_backup_lacks_comes_back_from_those_who_stayed_open(weft: Installation) -> None:
    document, other = weft.document(), weft.document()
    ann, ben = await weft.client("ann", document, seed=1).opened(), await weft.client("ben", document, seed=2).opened()
    elsewhere = await weft.client("ann", other, seed=3).opened()
    await ann.type("Before. ")
    async with writing(ann, ben, elsewhere):
        backup = await asyncio.to_thread(back_up, weft, "while-writing.tar.gz")
        # What moves is no fault.
        await asyncio.to_thread(weft.weft.manage, "verify_documents", "--document", document)
    await ann.type("After. ")
    await ben.type("And this too. ")
    clients = [ann, ben, elsewhere]
    await until(lambda: all(client.all_saved for client in clients) and ann.text == ben.text, 60, "all saved")
    # Somebody takes away what the backup still holds: deletions must come back as well.
    assert isinstance(ann, SocketClient)
    del ann.body[0:3]
    await ann.send(b"\x00\x01" + varbytes(ann.doc.get_update()))
    await until(lambda: ann.text == ben.text, 60, "the deletion is there")
    expected, before = ann.text, ann.cursor

    refused = await asyncio.to_thread(restore, weft, backup, "--replace", "--yes")
    assert refused.returncode != 0
    assert "already running" in refused.stderr
    await asyncio.to_thread(weft.stop)
    refused = await asyncio.to_thread(restore, weft, backup)
    assert "With --replace" in refused.stderr
    restored = await asyncio.to_thread(restore, weft, backup, "--replace", "--yes")
    assert restored.returncode == 0, restored.stderr
    assert well(weft) in restored.stdout
    stored = await asyncio.to_thread(weft.stored, document)
    assert "Before." in stored.text or "ore." in stored.text
    assert "After." not in stored.text, "the backup is of before that"
    await asyncio.to_thread(weft.start_again)

    await until(lambda: all(client.cursor[0] > before[0] for client in clients), 60, "a new epoch for all")
    fresh = await weft.client("ben", document, seed=4).opened()
    await until(lambda: fresh.text == ann.text == ben.text == expected, 60, "everything, and everything once")
    again = await weft.client("ben", other, seed=5).opened()
    await until(lambda: again.text == elsewhere.text, 60, "the other document too")
    assert [client.closed for client in clients] == [None] * 3
    await ben.type("Onwards.")
    await until(lambda: ben.all_saved and fresh.text == expected + "Onwards.", 60, "one goes on writing")
    for client in [*clients, fresh, again]:
        await client.stop()
    stored = await asyncio.to_thread(weft.stored, document)
    assert stored.text == expected + "Onwards."
    assert weft.weft.manage("verify_documents").stdout == well(weft)


async def test_each_restore_of_one_backup_begins_an_epoch_of_its_own(weft: Installation) -> None:
    document = weft.document()
    backup = await asyncio.to_thread(back_up, weft, "twice.tar.gz")
    await asyncio.to_thread(weft.stop)
    epochs = []
    for _ in range(2):
        restored = await asyncio.to_thread(restore, weft, backup, "--replace", "--yes")
        assert restored.returncode == 0, restored.stderr
        epochs.append(int(await asyncio.to_thread(weft.shell, EPOCH % document)))
    await asyncio.to_thread(weft.start_again)
    client = await weft.client("ann", document).opened()
    await client.type("Well again")
    await until(lambda: client.all_saved and client.cursor[0] == epochs[1], 60, "saved in the new epoch")
    await client.stop()
    assert epochs[0] < epochs[1]


async def test_a_restore_from_another_home_finds_out_that_the_database_is_in_use(
    weft: Installation, tmp_path: Path
) -> None:
    backup = await asyncio.to_thread(back_up, weft, "in-use.tar.gz")
    url = weft.weft.environment.get("DATABASE_URL", f"sqlite:///{weft.weft.home / 'weft.sqlite3'}")
    elsewhere = {"WEFT_HOME": str(tmp_path / "other"), "DATABASE_URL": url}

    refused = await asyncio.to_thread(restore, weft, backup, "--replace", "--yes", **elsewhere)

    assert refused.returncode != 0
    said = "Another Weft uses the database" if weft.database == "sqlite" else "The database is in use: "
    assert said in refused.stderr
    assert weft.ready()


async def test_a_restore_that_is_killed_leaves_the_one_database_or_the_other(weft: Installation) -> None:
    document = weft.document()
    backup = await asyncio.to_thread(back_up, weft, "killed.tar.gz")
    client = await weft.client("ann", document).opened()
    await client.type("After.")
    await until(lambda: client.all_saved)
    await client.stop()
    await asyncio.to_thread(weft.stop)
    outcomes = set()
    for seconds in (1.0, 4.0, 6.0, 7.0):
        command = [*MANAGE, "restore", str(backup), "--replace", "--yes"]
        process = subprocess.Popen(
            command, env=weft.weft.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, seconds)
        process.kill()
        process.wait()
        stored = await asyncio.to_thread(weft.stored, document)
        outcomes.add(stored.text)
        assert (await asyncio.to_thread(weft.weft.manage, "verify_documents")).stdout == well(weft)
    assert outcomes <= {"After.", ""}
    await asyncio.to_thread(weft.start_again)


async def test_missing_programs_of_postgresql_are_asked_for(weft: Installation, tmp_path: Path) -> None:
    if weft.database == "sqlite":
        pytest.skip("SQLite takes none")
    done = await asyncio.to_thread(
        subprocess.run,
        [*MANAGE, "backup", str(tmp_path)],
        env={**weft.weft.environment, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "pg_dump isn't here" in done.stderr
    assert list(tmp_path.iterdir()) == []


EPOCH = "from documents.models import Log; print(Log.objects.get(pk='%s').epoch)"


@contextlib.asynccontextmanager
async def writing(*clients: Client) -> AsyncIterator[None]:
    """They write all the while."""

    async def write(client: Client) -> None:
        while True:
            await client.type("word ")
            await asyncio.sleep(0.02)  # a person's pause

    tasks = [asyncio.create_task(write(client)) for client in clients]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def back_up(weft: Installation, name: str) -> Path:
    path = weft.weft.home / name
    said = weft.weft.manage("backup", str(path)).stdout
    assert said.startswith(f"Backed up 4 accounts, {len(weft.documents)} documents"), said
    return path


def well(weft: Installation) -> str:
    return f"{len(weft.documents)} documents verified, all well.\n"


def restore(weft: Installation, path: Path, *options: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*MANAGE, "restore", str(path), *options],
        env={**weft.weft.environment, **settings},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
