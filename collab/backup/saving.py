"""Making a backup, while people write: the database first, then the uploads it speaks of, which never change once they
are there. Written under another name, read again, and only then called by its own."""

import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from collab.backup import Refused, archive, sqlite
from collab.backup.archive import DATABASES, Manifest
from collab.backup.postgres import Server
from collab.launch.alone import sqlite_file

TABLES = {
    "accounts": "documents_user",
    "documents": "documents_document",
    "entries": "documents_update",
    "snapshots": "documents_snapshot",
}
QUESTIONS = {name: f"SELECT COUNT(*) FROM {table}" for name, table in TABLES.items()}  # noqa: S608 - our own names
NEWEST_EPOCH = "SELECT COALESCE(MAX(epoch), 0) FROM documents_log"
KEYS = ("secret_key", "publish_key")
UPLOADS = "uploads"

Report = Callable[[str, int, int], None]
"""(what is being done, how far it is, of how much or 0)."""


def save(target: Path, *, with_keys: bool, report: Report) -> Manifest:
    """Raises Refused. At the target there is a whole and checked backup, or nothing."""
    target = target.absolute()
    if target.exists():
        raise Refused(f"{target} exists already; a backup is never written over another.")
    if not target.parent.is_dir():
        raise Refused(f"There is no folder {target.parent}.")
    with workshop(target.parent) as folder:
        draft = folder / "draft"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            manifest = _write(stream, folder, with_keys, report)
            stream.flush()
            os.fsync(stream.fileno())
        archive.check(draft, counting("bytes checked", manifest.database_bytes, report))
        os.replace(draft, target)
        archive.sync(target.parent)
    return manifest


def save_to(stream: IO[bytes], *, with_keys: bool, report: Report) -> Manifest:
    """To a pipe, which can't be read again: whoever keeps it checks it (a restore does)."""
    with workshop(settings.WEFT_HOME) as folder:
        manifest = _write(stream, folder, with_keys, report)
        stream.flush()
    return manifest


def key_mark() -> str:
    """Tells one SECRET_KEY from another, and nothing about it."""
    return sha256(b"weft.backup:" + str(settings.SECRET_KEY).encode()).hexdigest()[:16]


def server() -> Server:
    return Server(connection.get_connection_params())


def _write(stream: IO[bytes], folder: Path, with_keys: bool, report: Report) -> Manifest:
    kind = connection.vendor
    if kind not in DATABASES:
        raise Refused(f"A {kind} database can't be backed up here; use its own programs.")
    if TABLES["documents"] not in connection.introspection.table_names():
        raise Refused("There is no Weft in this database yet: nothing to back up.")
    questions = {**QUESTIONS, "epoch": NEWEST_EPOCH}
    migrations = sorted(".".join(name) for name in MigrationRecorder(connection).applied_migrations())
    version = sqlite.VERSION if kind == "sqlite" else str(server().version())
    copy = folder / DATABASES[kind]
    file = sqlite_file()
    if file is not None:
        if not file.exists():
            raise Refused(f"There is no database yet at {file}.")
        sqlite.copy(file, copy, lambda done, of: report("pages of the database", done, of))
        counts = sqlite.ask(copy, questions)
    else:
        counts = server().dump(copy, questions, lambda size: report("bytes of the database", size, 0))
        server().check(copy)
    keys = [settings.WEFT_HOME / name for name in KEYS if with_keys and (settings.WEFT_HOME / name).is_file()]
    manifest = Manifest(
        weft=tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"],
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        database=kind,
        database_version=version,
        database_bytes=copy.stat().st_size,
        database_sha256=archive.sha256_of(copy),
        migrations=migrations,
        counts=counts,
        epoch=counts.pop("epoch"),
        key=key_mark(),
        keys=bool(keys),
    )
    writer = archive.Writer(stream, counting("bytes written", manifest.database_bytes, report))
    writer.manifest(manifest)
    writer.file(copy.name, copy)
    for path in keys:
        writer.file(f"keys/{path.name}", path)
    uploads = settings.WEFT_HOME / UPLOADS
    for path in sorted(uploads.rglob("*")) if uploads.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            try:
                writer.file(f"{UPLOADS}/{path.relative_to(uploads).as_posix()}", path)
            except FileNotFoundError:  # deleted meanwhile, by somebody whose deletion comes after this backup
                continue
    writer.finish()
    return manifest


@contextmanager
def workshop(beside: Path) -> Iterator[Path]:
    """A folder for what isn't finished, on the file system where it will stay, gone in the end."""
    folder = Path(tempfile.mkdtemp(prefix=".weft-backup-", dir=beside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def counting(what: str, of: int, report: Report) -> archive.Told:
    done = 0

    def told(more: int) -> None:
        nonlocal done
        done += more
        report(what, done, max(done, of))

    return told
