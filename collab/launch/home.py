"""WEFT_HOME: the folder with everything one installation must keep. Standard library only: the settings import this."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero byte included.
LONGEST_SOCKET_PATH = 103


def prepare_home(home: Path) -> Path:
    """Makes the folder, closed to other users: it holds the database, the sessions and the keys."""
    if not home.is_dir():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def secret(home: Path, name: str) -> str:
    """A key that is made once and kept. Processes that start at the same time agree on one."""
    path = home / name
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    # Written aside and then linked into place: nobody can read it half-written, and only the first one counts.
    with tempfile.NamedTemporaryFile("w", dir=home, prefix=f".{name}.") as draft:  # made with mode 600
        draft.write(secrets.token_urlsafe(48) + "\n")
        draft.flush()
        with suppress(FileExistsError):
            os.link(draft.name, path)
    return path.read_text().strip()


def valkey_socket(home: Path) -> Path:
    """Where the embedded Valkey listens: a function of the home alone, so that every process finds it. A deep home's
    socket lives in a private folder of its own under the temp folder, since the kernel takes no longer paths."""
    beside = home / "valkey.sock"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    # Not tempfile.gettempdir(): TMPDIR may differ between an operator's shell and a service, and be deep itself.
    return Path("/tmp") / f"weft-{os.getuid()}-{name}" / "valkey.sock"  # noqa: S108  # made private below


def prepare_socket_folder(socket_path: Path) -> None:
    """Makes the socket's folder and refuses one that somebody else could have put there."""
    folder = socket_path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else; remove it, or set WEFT_HOME to a shorter path")
    if found.st_mode & 0o077 and folder.name.startswith("weft-"):
        folder.chmod(0o700)


class AlreadyRunning(Exception):
    """Another Weft holds this home, or this database. The text says which, as far as it is known."""


@contextmanager
def held(home: Path) -> Iterator[TextIO]:
    """Holds the home for one supervisor, which may note in the file given who it is."""
    with _locked(home / "running", fcntl.LOCK_EX) as file:
        yield file


@contextmanager
def database_held(database: Path, *, shared: bool = False) -> Iterator[TextIO]:
    """Holds an SQLite file for one installation, whatever home it has; `shared` for one process of several.

    Two would write to it correctly, but learn of each other's edits, sign-outs and rights only by looking; that is no
    way to run, and looks like one. A lock of its own file, for SQLite's locks vanish when anybody closes the database.
    """
    lock = Path(f"{os.path.realpath(database)}.running")
    with _locked(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX) as file:
        yield file


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[TextIO]:
    """The kernel lets go when the process ends, however it ends; its children must close the file."""
    with path.open("a+") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(path.read_text().strip()) from None
        file.truncate(0)  # what somebody who was killed had noted
        try:
            yield file
        finally:
            if kind == fcntl.LOCK_EX:
                file.truncate(0)
