"""`manage.py serve`: one process tree that starts together, mends itself and ends without a trace."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import psutil
from redis import Redis
from redis.exceptions import RedisError

from collab.launch.home import valkey_socket
from tests.running import MANAGE, Weft, environment, until


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def redis_of(home: Path) -> Redis:
    return Redis(unix_socket_path=str(valkey_socket(home)))


def answers(home: Path) -> bool:
    with contextlib.suppress(RedisError), redis_of(home) as client:
        return bool(client.ping())
    return False


def test_the_first_start_makes_secrets_and_offers_to_make_the_first_administrator(empty_home: Path) -> None:
    home = empty_home
    with Weft(home) as weft:
        assert status(f"{weft.url}/healthz") == 200
        assert status(f"{weft.url}/readyz") == 200
        until(lambda: f"{weft.url}/accounts/first-admin/" in weft.output)
    for name in ("secret_key", "publish_key"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600


def test_the_demo_made_at_the_start_can_be_exported(home: Path) -> None:
    with Weft(home, "--demo") as weft:
        assert "Demo: sign in as ann@example.com" in weft.output
        token = weft.manage("create_token", "ann@example.com").stdout.strip()
        [welcome] = json.loads(read(f"{weft.url}/api/v1/documents?q=Welcome+to", token))["items"]
        assert b"Welcome" in read(f"{weft.url}/api/v1/documents/{welcome['id']}/content?format=markdown", token)


def read(url: str, token: str) -> bytes:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return bytes(answer.read())


def test_a_second_start_says_where_the_first_one_runs(home: Path) -> None:
    with Weft(home) as weft:
        second = subprocess.run([*MANAGE, "serve"], env=environment(home), capture_output=True, text=True)
        assert second.returncode != 0
        assert "already running" in second.stderr
        assert weft.url in second.stderr
        assert status(f"{weft.url}/readyz") == 200


def test_a_second_home_on_the_same_sqlite_file_says_who_has_it(home: Path, tmp_path: Path) -> None:
    (tmp_path / "link.sqlite3").symlink_to(home / "weft.sqlite3")
    with Weft(home) as weft:
        for database in (home / "weft.sqlite3", tmp_path / "link.sqlite3"):
            elsewhere = environment(tmp_path / "second", DATABASE_URL=f"sqlite:///{database}", PORT="0")
            second = subprocess.run([*MANAGE, "serve"], env=elsewhere, capture_output=True, text=True)
            assert second.returncode != 0
            assert f"Another Weft uses the database {database} already: {weft.url}" in second.stderr
            assert len(second.stderr.strip().splitlines()) == 1
        worker = subprocess.run([*MANAGE, "work"], env=elsewhere, capture_output=True, text=True)
        assert worker.returncode != 0
        assert "Another Weft uses the database" in worker.stderr
        assert status(f"{weft.url}/readyz") == 200
    with Weft(tmp_path / "second", DATABASE_URL=f"sqlite:///{home / 'weft.sqlite3'}") as second_weft:
        assert status(f"{second_weft.url}/readyz") == 200


def test_a_taken_port_is_said_in_one_line(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        run = subprocess.run([*MANAGE, "serve"], env=environment(home, PORT=str(port)), capture_output=True, text=True)
    assert run.returncode != 0
    assert f"127.0.0.1:{port}" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1


def test_sigterm_ends_everything_and_leaves_no_process(home: Path) -> None:
    with Weft(home, WEB_WORKERS="2") as weft:
        weft.child("weft work")
        started = weft.processes()
        assert len(started) >= 4
        assert weft.stop() == 0
        assert not [process for process in started if process.is_running()]
    assert not valkey_socket(home).exists()


def test_ctrl_c_ends_everything_in_order_too(home: Path) -> None:
    with Weft(home) as weft:
        started = weft.processes()
        assert weft.stop(signal.SIGINT) == 0
        assert not [process for process in started if process.is_running()]
        assert "Traceback" not in weft.output


def test_a_supervisor_that_is_killed_takes_its_children_along(home: Path) -> None:
    with Weft(home) as weft:
        weft.child("weft work")
        started = weft.processes()
        weft.process.kill()
        assert not psutil.wait_procs(started, timeout=8)[1]
    with Weft(home) as again:
        assert status(f"{again.url}/readyz") == 200


def test_a_killed_valkey_comes_back_with_its_data(home: Path) -> None:
    with Weft(home) as weft:
        with redis_of(home) as client:
            client.set("kept", "yes")
            client.execute_command("WAITAOF", 1, 0, 2000)
        first = weft.child("valkey-server")
        first.kill()
        until(lambda: weft.child("valkey-server").pid != first.pid and answers(home))
        with redis_of(home) as client:
            assert client.get("kept") == b"yes"
        until(lambda: status(f"{weft.url}/readyz") == 200)
        assert "Valkey was ended by SIGKILL; starting it again" in weft.output


def test_a_killed_web_process_is_replaced_and_nobody_is_refused(home: Path) -> None:
    with Weft(home) as weft:
        first = weft.child("weft web")
        first.kill()
        # The supervisor listens: this request waits for the new process instead of being refused.
        assert until(lambda: asked(f"{weft.url}/readyz") == 200)
        assert weft.child("weft web").pid != first.pid


def asked(url: str) -> int | None:
    try:
        return status(url)
    except (urllib.error.URLError, ConnectionResetError, TimeoutError) as fault:
        if isinstance(getattr(fault, "reason", None), ConnectionRefusedError):
            raise
        return None


def test_a_killed_worker_is_replaced(home: Path) -> None:
    with Weft(home) as weft:
        first = weft.child("weft work")
        first.kill()
        until(lambda: weft.child("weft work").pid != first.pid)


def test_a_valkey_left_behind_is_ended_with_its_data_and_its_socket_taken_over(home: Path) -> None:
    with Weft(home) as weft:
        valkey = weft.child("valkey-server")
        command, title = valkey.exe(), valkey_socket(home)
    folder = home / "valkey"
    orphan = subprocess.Popen(
        [command, "--port", "0", "--unixsocket", str(title), "--dir", str(folder), "--pidfile", str(folder / "pid"),
         "--appendonly", "yes", "--save", "", "--logfile", os.devnull]
    )  # fmt: skip
    try:
        until(lambda: answers(home))
        with redis_of(home) as client:
            client.set("kept", "yes")
        with Weft(home) as weft:
            assert orphan.wait(5) is not None
            with redis_of(home) as client:
                assert client.get("kept") == b"yes"
    finally:
        orphan.kill()
        orphan.wait()


def test_a_stale_socket_and_pid_file_are_no_obstacle(home: Path) -> None:
    (home / "valkey").mkdir()
    (home / "valkey" / "pid").write_text("1\n")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(valkey_socket(home)))
    with Weft(home) as weft:
        assert answers(home)
        assert status(f"{weft.url}/readyz") == 200


def test_a_home_of_great_depth_works(home: Path) -> None:
    deep = home.joinpath(*["deeper" * 5] * 4)
    with Weft(deep):
        assert answers(deep)
        assert len(str(valkey_socket(deep))) < 104


def test_data_outlives_a_restart(home: Path) -> None:
    make = "from documents.models import User; User.objects.create_user(email='ann@example.com', password='x')"
    count = "from documents.models import User; print(User.objects.count())"
    with Weft(home) as weft:
        weft.manage("shell", "-v0", "-c", make)
    with Weft(home) as weft:
        assert weft.manage("shell", "-v0", "-c", count).stdout.strip() == "1"
        assert "first-admin" not in weft.output
