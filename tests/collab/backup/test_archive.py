"""The backup file: what was put in comes out, and anything that happened to it on the way is said."""

import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from collab.backup import Refused, archive
from collab.backup.archive import Damaged, Manifest, Writer


def told(count: int) -> None:
    pass


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """One with a database, a key and an upload, none of which needs to be what it says."""
    (tmp_path / "db").write_bytes(b"database" * 50_000)
    (tmp_path / "key").write_text("secret")
    (tmp_path / "image").write_bytes(bytes(range(256)))
    path = tmp_path / "backup.tar.gz"
    with path.open("wb") as stream:
        writer = Writer(stream, told)
        writer.manifest(manifest(tmp_path / "db"))
        writer.file("database.sqlite3", tmp_path / "db")
        writer.file("keys/secret_key", tmp_path / "key")
        writer.file("uploads/ab/image.png", tmp_path / "image")
        writer.finish()
    return path


def manifest(database: Path) -> Manifest:
    return Manifest(
        weft="0.1.0",
        made_at="2026-11-26T06:00:00+00:00",
        database="sqlite",
        database_version="3.40.1",
        database_bytes=database.stat().st_size,
        database_sha256=archive.sha256_of(database),
        migrations=["documents.0001_initial"],
        counts={"documents": 3},
        epoch=1,
        key="0123",
        keys=True,
    )


def test_what_was_put_in_comes_out(backup: Path, tmp_path: Path) -> None:
    found = archive.unpack(backup, tmp_path / "out", told)

    assert found == archive.manifest_of(backup) == manifest(tmp_path / "db")
    assert (tmp_path / "out" / "database.sqlite3").read_bytes() == (tmp_path / "db").read_bytes()
    assert (tmp_path / "out" / "uploads" / "ab" / "image.png").read_bytes() == bytes(range(256))
    assert (tmp_path / "out" / "keys" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_any_tar_opens_it_and_finds_the_manifest_first(backup: Path) -> None:
    with tarfile.open(backup) as tar:
        assert tar.getnames() == [
            "manifest.json",
            "database.sqlite3",
            "keys/secret_key",
            "uploads/ab/image.png",
            "checksums.json",
        ]


def test_every_place_where_it_may_be_cut_short_is_noticed(backup: Path) -> None:
    whole = backup.read_bytes()
    for length in [*range(0, len(whole), 31), len(whole) - 9, len(whole) - 1]:
        backup.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            archive.check(backup, told)


def test_a_byte_that_turned_is_noticed(backup: Path) -> None:
    whole = backup.read_bytes()
    for at in range(10, len(whole), 13):  # behind gzip's own header
        backup.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with pytest.raises(Damaged):
            archive.check(backup, told)


def test_a_file_that_was_exchanged_within_is_named(backup: Path) -> None:
    members = unpacked(backup)
    members["keys/secret_key"] = b"another"

    with pytest.raises(Damaged, match="keys/secret_key is not what was put into it"):
        archive.check(packed(backup, members), told)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "uploads/../../outside"])
def test_nothing_is_written_outside_of_the_folder(backup: Path, tmp_path: Path, name: str) -> None:
    members = unpacked(backup)
    sums = members.pop("checksums.json")
    (tmp_path / "out").mkdir()

    with pytest.raises(Damaged, match="would lie outside"):
        archive.unpack(packed(backup, {**members, name: b"x", "checksums.json": sums}), tmp_path / "out", told)

    assert not (tmp_path / "outside").exists()


def test_what_only_a_newer_weft_can_read_is_refused_before_anything_else(backup: Path) -> None:
    members = unpacked(backup)
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), "format": 2}).encode()

    with pytest.raises(Damaged, match="Update Weft first"):
        archive.manifest_of(packed(backup, members))


@pytest.mark.parametrize(
    "content",
    [b"", b"no backup", gzip.compress(b"no tar"), gzip.compress(bytes(10_240))],
    ids=["nothing", "no gzip", "no tar", "zeros"],
)
def test_what_is_no_backup_is_called_that(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)

    with pytest.raises(Damaged, match="no backup of Weft"):
        archive.manifest_of(tmp_path / "other")


def test_a_backup_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no"):
        archive.manifest_of(tmp_path / "nowhere")


def unpacked(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


def packed(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return path
