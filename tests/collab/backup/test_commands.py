"""`backup` and `restore` as an operator calls them: what they say, and what they refuse."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collab.backup.test_archive import packed, unpacked
from tests.running import MANAGE, environment, migrated_home

MAKE = """
from documents import actions
from documents.models import User
ann = User.objects.create_user("ann@example.com", password="weft")
actions.create_document(by=ann, workspace=actions.create_workspace(by=ann, name="Weavers"), title="Pattern")
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def home(folder: Path) -> Path:
    """One with ann, a document of hers and an upload."""
    (folder / "home" / "uploads").mkdir(parents=True)
    (folder / "home" / "uploads" / "image.png").write_bytes(b"image")
    manage(migrated_home(folder / "home"), "shell", "-v0", "-c", MAKE)
    return folder / "home"


@pytest.fixture(scope="module")
def backup(home: Path, folder: Path) -> Path:
    said = manage(home, "backup", str(folder))
    [path] = folder.glob("weft-*.tar.gz")
    assert f"Backed up 1 accounts, 1 documents, 1 entries, 0 snapshots, with its keys: to {path}" in said.stdout
    return path


def manage(home: Path, *arguments: str, text: bool = True, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*MANAGE, *arguments],
        env=environment(home, **settings),
        capture_output=True,
        text=text,
        stdin=subprocess.DEVNULL,
        timeout=100,
    )


def test_a_backup_is_closed_to_others_and_leaves_nothing_unfinished_behind(backup: Path, folder: Path) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir()) == sorted(["home", backup.name])
    assert "uploads/image.png" in unpacked(backup)


def test_a_backup_is_not_written_over_another(home: Path, backup: Path) -> None:
    before = backup.read_bytes()

    done = manage(home, "backup", str(backup))

    assert done.returncode != 0
    assert "exists already" in done.stderr
    assert backup.read_bytes() == before


def test_a_backup_can_go_into_a_pipe_and_leave_the_keys_out(home: Path, folder: Path) -> None:
    done = subprocess.run([*MANAGE, "backup", "-", "--without-keys"], env=environment(home), capture_output=True)
    (folder / "piped.tar.gz").write_bytes(done.stdout)

    members = unpacked(folder / "piped.tar.gz")

    assert "without keys: to standard output" in done.stderr.decode()
    assert [name for name in members if name.startswith("keys/")] == []
    assert (home / "secret_key").read_bytes().strip() not in members["manifest.json"]
    (folder / "piped.tar.gz").unlink()


def test_a_new_machine_gets_everything_back_keys_and_uploads_included(home: Path, backup: Path, folder: Path) -> None:
    new = folder / "new"

    done = manage(new, "restore", str(backup))

    assert done.returncode == 0, done.stderr
    assert "1 documents verified, all well." in done.stdout
    assert (new / "uploads" / "image.png").read_bytes() == b"image"
    assert (new / "secret_key").read_bytes() == (home / "secret_key").read_bytes()
    audited = "from documents.models import AuditEntry; print(AuditEntry.objects.latest('pk').action)"
    assert manage(new, "shell", "-v0", "-c", audited).stdout == "backup.restored\n"
    shutil.rmtree(new)


def test_work_that_is_there_is_replaced_only_when_somebody_says_so(home: Path, backup: Path) -> None:
    before = (home / "weft.sqlite3").read_bytes()
    for options, said in (([], "With --replace they are replaced"), (["--replace"], "Say --yes")):
        done = manage(home, "restore", str(backup), *options)
        assert done.returncode != 0
        assert said in done.stderr
    assert (home / "weft.sqlite3").read_bytes() == before


def test_a_backup_of_another_kind_or_of_a_newer_weft_changes_nothing(home: Path, backup: Path, folder: Path) -> None:
    members = unpacked(backup)
    manifest = json.loads(members["manifest.json"])
    for change, said in (
        ({"database": "postgresql"}, "This backup is of PostgreSQL, and the settings name SQLite"),
        ({"migrations": [*manifest["migrations"], "documents.9999_tomorrow"]}, "documents.9999_tomorrow). Update Weft"),
    ):
        members["manifest.json"] = json.dumps({**manifest, **change}).encode()
        done = manage(home, "restore", str(packed(folder / "other.tar.gz", members)), "--replace", "--yes")
        assert done.returncode != 0
        assert said in done.stderr
    (folder / "other.tar.gz").unlink()
    assert list(home.glob("*.replaced-*")) == []


def test_a_key_from_the_environment_is_not_in_the_backup_and_missing_it_is_said(
    home: Path, backup: Path, folder: Path
) -> None:
    new = folder / "new"

    done = manage(new, "restore", str(backup), SECRET_KEY="another one than the backup's")

    assert done.returncode == 0, done.stderr
    assert "was made with another SECRET_KEY" in done.stdout
    shutil.rmtree(new)


def test_a_database_that_is_damaged_is_kept_and_replaced(home: Path, backup: Path, folder: Path) -> None:
    torn = folder / "torn"
    shutil.copytree(home, torn)
    (torn / "weft.sqlite3").write_bytes(b"torn" * 5_000)

    done = manage(torn, "restore", str(backup), "--replace", "--yes")

    assert done.returncode == 0, done.stderr
    [kept] = torn.glob("weft.sqlite3.replaced-*")
    assert kept.read_bytes() == b"torn" * 5_000
    shutil.rmtree(torn)
