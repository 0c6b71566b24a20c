"""Putting a backup in the place of what is there, in steps of which each can be the last: cut short anywhere, either
the old database or the new one is whole and in place.

Every document begins a new epoch with it. Pages that stayed open, and whatever else remembers how far it has read, then
compare what they have with what is there, and bring what the backup lacks; the same edit comes to the same place, so no
text doubles. The epoch is the second of the restore: later than any there was, also where the database that knew is
lost.
"""

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, connections
from django.db.migrations.loader import MigrationLoader

from collab.backup import Refused, archive, sqlite
from collab.backup.archive import DATABASES, Manifest
from collab.backup.postgres import KEPT_SCHEMAS
from collab.backup.saving import (
    KEYS,
    NEWEST_EPOCH,
    QUESTIONS,
    TABLES,
    UPLOADS,
    Report,
    counting,
    key_mark,
    server,
    workshop,
)
from collab.launch.alone import sqlite_file

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
# Where somebody's work is, if anywhere.
WORK = ("accounts", "documents")


def acceptable(path: Path) -> Manifest:
    """The manifest of a backup that fits this installation. Raises Refused."""
    manifest = archive.manifest_of(path)
    if manifest.database != connection.vendor:
        raise Refused(
            f"This backup is of {NAMES[manifest.database]}, and the settings name "
            f"{NAMES.get(connection.vendor, connection.vendor)}: it can only go back into the same kind of database. "
            "Set DATABASE_URL for that."
        )
    known = {".".join(key) for key in MigrationLoader(None).disk_migrations}
    unknown = [name for name in manifest.migrations if name not in known]
    if unknown:
        raise Refused(f"This backup was made by a newer Weft (it knows {', '.join(unknown[:3])}). Update Weft first.")
    return manifest


def is_in_use() -> bool:
    """Is there anything in the database now that somebody could miss?"""
    place = sqlite_file()
    if place is None:
        there = server()
        present = there.tables()
        return any(TABLES[name] in present and there.ask(QUESTIONS[name]) for name in WORK)
    if not place.exists() or not place.stat().st_size:
        return False
    try:
        present = set(connection.introspection.table_names())
        return any(TABLES[name] in present and sqlite.ask(place, {name: QUESTIONS[name]})[name] for name in WORK)
    except DatabaseError:  # damaged: reason enough for a restore, and to keep it
        return True
    finally:
        connection.close()


def restore(path: Path, manifest: Manifest, report: Report) -> list[str]:
    """Raises Refused, and then nothing has changed (uploads that were missing may be there again). Answers with what
    the operator should know. Only while nothing else uses the installation: see `alone`."""
    mark = datetime.now(UTC).strftime("%Y%m%d_%H%M%S")
    told: list[str] = []
    place = sqlite_file()
    with workshop(settings.WEFT_HOME if place is None else place.parent) as folder:
        archive.unpack(path, folder, counting("bytes unpacked", manifest.database_bytes, report))
        database = folder / DATABASES[manifest.database]
        _add_uploads(folder / UPLOADS, mark)
        if place is None:
            kept = _replace_postgres(database, manifest, mark)
        else:
            kept = _replace_sqlite(place, database, manifest, mark)
        if kept:
            told.append(f"What was there before is {kept}.")
        told += _replace_keys(folder / "keys", manifest, mark)
    return told


def _replace_sqlite(place: Path, database: Path, manifest: Manifest, mark: str) -> str:
    connections.close_all()
    sqlite.check(database)
    kept: Path | None = None
    known = manifest.epoch
    if place.exists():
        kept = place.with_name(f"{place.name}.replaced-{mark}")
        if sqlite.close_down(place) and TABLES["documents"] in sqlite.tables(place):
            known = max(known, sqlite.ask(place, {"epoch": NEWEST_EPOCH})["epoch"])
    sqlite.change(database, _beginning_epoch_after(known))
    sqlite.replace(place, database, kept)
    return f"{kept} now; delete it once all is well" if kept else ""


def _replace_postgres(database: Path, manifest: Manifest, mark: str) -> str:
    connections.close_all()
    if (close_pool := getattr(connection, "close_pool", None)) is not None:
        close_pool()
    there = server()
    there.check(database)
    there.must_be_left_alone()
    present = there.tables()
    known = there.ask(NEWEST_EPOCH) if TABLES["documents"] in present else 0
    kept = KEPT_SCHEMAS + mark if present else None
    there.replace(database, _beginning_epoch_after(max(known, manifest.epoch)), kept)
    return f"in the schema {kept} now; DROP SCHEMA {kept} CASCADE once all is well" if kept else ""


def _beginning_epoch_after(known: int) -> Sequence[str]:
    """Snapshots come along into the new epoch, for the entries they cover may be gone."""
    epoch = max(known + 1, int(time.time()))
    return (
        f"UPDATE documents_snapshot SET epoch = {epoch:d} WHERE epoch = (SELECT epoch FROM documents_log"  # noqa: S608
        " WHERE documents_log.document_id = documents_snapshot.document_id)",
        f"UPDATE documents_log SET epoch = {epoch:d}",  # noqa: S608
    )


def _add_uploads(unpacked: Path, mark: str) -> None:
    """Before the database that speaks of them. Those that are there stay: an upload never changes, and those of after
    the backup are in nobody's way. One that differs all the same is kept beside."""
    uploads = settings.WEFT_HOME / UPLOADS
    for path in sorted(unpacked.rglob("*")) if unpacked.is_dir() else ():
        if not path.is_file():
            continue
        target = uploads / path.relative_to(unpacked)
        if target.is_file():
            if archive.sha256_of(target) == archive.sha256_of(path):
                continue
            os.replace(target, target.with_name(f"{target.name}.replaced-{mark}"))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy(path, target)


def _replace_keys(unpacked: Path, manifest: Manifest, mark: str) -> list[str]:
    told = []
    for name in KEYS:
        path, target = unpacked / name, settings.WEFT_HOME / name
        if not path.is_file() or (target.is_file() and target.read_bytes() == path.read_bytes()):
            continue
        if target.is_file():
            kept = target.with_name(f"{name}.replaced-{mark}")
            _copy(target, kept)  # at no moment is there none: a new one would be made at once
            told.append(f"{target} is the backup's now; the one before is {kept}.")
        _copy(path, target)
    if manifest.key != key_mark() and (not manifest.keys or "SECRET_KEY" in os.environ):
        told.append(
            "The backup was made with another SECRET_KEY. Until that is set again, nobody who uses an authenticator "
            "app can sign in."
        )
    return told


def _copy(path: Path, target: Path) -> None:
    """Onto another file system perhaps, closed to others, and never half."""
    draft = target.with_name(f".{target.name}.draft")
    draft.write_bytes(b"")
    draft.chmod(0o600)
    with path.open("rb") as source, draft.open("wb") as sink:
        while piece := source.read(archive.CHUNK):
            sink.write(piece)
        sink.flush()
        os.fsync(sink.fileno())
    os.replace(draft, target)
    archive.sync(target.parent)
