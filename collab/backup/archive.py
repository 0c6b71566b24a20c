"""The backup file: a tar, compressed by gzip, that any tar can open.

    manifest.json       first: what this is, of what, and the database's checksum
    database.sqlite3    or database.dump (pg_dump's custom format)
    keys/…              secret_key and publish_key, where WEFT_HOME keeps them
    uploads/…           when there are any
    checksums.json      last, of everything but the manifest: a file that was cut short has none

Bytes and files only; knows no database and no Django.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path, PurePosixPath
from typing import IO

from collab.backup import Refused

FORMAT = 1
MANIFEST = "manifest.json"
CHECKSUMS = "checksums.json"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
# Documents are compressed a little already (squeezed, or varints): more effort costs minutes and gains a percent.
COMPRESSION = 4
CHUNK = 1_048_576

Told = Callable[[int], None]
"""How many bytes were read or written since the last call."""


class Damaged(Refused):
    """This is no backup, or it isn't whole."""


@dataclass(frozen=True)
class Manifest:
    weft: str
    """The version that made it."""
    made_at: str
    database: str
    """Of which kind: a key of DATABASES."""
    database_version: str
    database_bytes: int
    database_sha256: str
    migrations: list[str]
    """Applied ones, as app.name: what the code must know that restores it."""
    counts: dict[str, int]
    epoch: int
    """The newest of any document."""
    key: str
    """Which SECRET_KEY it was, without saying what it is."""
    keys: bool
    """Whether the keys are in it."""
    format: int = FORMAT


class Writer:
    """Puts files into an archive, which is whole only after `finish`."""

    def __init__(self, stream: IO[bytes], told: Told) -> None:
        self._told = told
        self._checksums: dict[str, str] = {}
        self._gzip = gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=COMPRESSION, filename="")
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - see finish

    def manifest(self, manifest: Manifest) -> None:
        self._text(MANIFEST, json.dumps(asdict(manifest), indent=2))

    def file(self, name: str, path: Path) -> None:
        """Its bytes as they are now; raises FileNotFoundError before anything was written."""
        with path.open("rb") as source:
            entry = _entry(name, os.fstat(source.fileno()).st_size)
            reading = _Reading(source, entry.size, self._told)
            self._tar.addfile(entry, reading)
            self._checksums[name] = reading.sha256.hexdigest()

    def finish(self) -> None:
        self._text(CHECKSUMS, json.dumps(self._checksums, indent=0))
        self._tar.close()
        self._gzip.close()

    def _text(self, name: str, text: str) -> None:
        data = text.encode()
        self._tar.addfile(_entry(name, len(data)), io.BytesIO(data))


def manifest_of(path: Path) -> Manifest:
    """Raises Damaged, also for what only a newer Weft can read."""
    with _opened(path) as (tar, _):
        return _manifest(tar)


def check(path: Path, told: Told) -> Manifest:
    """Reads it to its end and compares every checksum. Raises Damaged."""
    return unpack(path, None, told)


def unpack(path: Path, into: Path | None, told: Told) -> Manifest:
    """The same, and leaves its files in the folder. What is in there counts only when this has returned."""
    with _opened(path) as (tar, stream):
        manifest = _manifest(tar)
        found: dict[str, str] = {}
        expected: dict[str, str] | None = None
        while (entry := tar.next()) is not None:
            source = tar.extractfile(entry)
            if not entry.isfile() or source is None or expected is not None:
                raise Damaged(f"{path}: {entry.name} has no place in a backup.")
            if entry.name == CHECKSUMS:
                expected = json.loads(source.read())
                continue
            reading = _Reading(source, entry.size, told)
            if into is None:
                while reading.read(CHUNK):
                    pass
            else:
                _store(reading, into / _safe(entry.name, path))
            found[entry.name] = reading.sha256.hexdigest()
        while stream.read(CHUNK):  # to the end of the compression, which has a checksum of its own over everything
            pass
    if expected is None:
        raise Damaged(f"{path} was cut short.")
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            raise Damaged(f"{path}: {name} is not what was put into it.")
    if found.get(DATABASES[manifest.database]) != manifest.database_sha256:
        raise Damaged(f"{path}: its database is not the one that its manifest names.")
    return manifest


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Has the disk hold a file or folder before something builds on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[tarfile.TarFile, gzip.GzipFile]]:
    try:
        with gzip.open(path, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
            yield tar, stream
    except FileNotFoundError:
        raise Refused(f"There is no {path}.") from None
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error, ValueError) as fault:
        raise Damaged(f"{path} is no backup of Weft, or damaged ({fault}).") from None


def _manifest(tar: tarfile.TarFile) -> Manifest:
    entry = tar.next()
    source = tar.extractfile(entry) if entry is not None and entry.name == MANIFEST else None
    if source is None:
        raise Damaged("This is no backup of Weft: it doesn't begin with a manifest.")
    said = json.loads(source.read())
    if not isinstance(said, dict) or said.get("format") != FORMAT or said.get("database") not in DATABASES:
        raise Damaged("This backup has a format that this version of Weft can't read. Update Weft first.")
    try:
        return Manifest(**{field.name: said[field.name] for field in fields(Manifest)})
    except KeyError as missing:
        raise Damaged(f"The manifest doesn't say {missing}.") from None


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _safe(name: str, archive: Path) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise Damaged(f"{archive}: {name} would lie outside.")
    return path


def _store(source: "_Reading", path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := source.read(CHUNK):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


class _Reading(io.RawIOBase):
    """A file on its way past a checksum: exactly the size that was announced, should it grow meanwhile."""

    def __init__(self, source: IO[bytes], size: int, told: Told) -> None:
        self.sha256 = hashlib.sha256()
        self._source, self._left, self._told = source, size, told

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        piece = self._source.read(wanted)
        self._left -= len(piece)
        self.sha256.update(piece)
        self._told(len(piece))
        return piece
