"""WEFT_HOME: what it holds, and where its socket may lie."""

import stat
from pathlib import Path

import pytest

from collab.launch import home


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = home.secret(tmp_path, "secret_key")
    assert len(first) >= 50
    assert home.secret(tmp_path, "secret_key") == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_the_socket_lies_in_the_home_when_the_path_is_short_enough() -> None:
    assert home.valkey_socket(Path("/srv/weft")) == Path("/srv/weft/valkey.sock")


def test_a_deep_home_still_gets_a_socket_path_that_the_kernel_takes() -> None:
    deep = Path("/srv") / ("d" * 100) / "weft"
    socket = home.valkey_socket(deep)
    assert len(str(socket)) < 104
    assert socket == home.valkey_socket(deep)
    assert socket != home.valkey_socket(deep / "other")


def test_a_socket_folder_that_somebody_else_may_enter_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "weft-0-abc"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    home.prepare_socket_folder(folder / "valkey.sock")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_socket_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "weft-0-abc").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PermissionError):
        home.prepare_socket_folder(tmp_path / "weft-0-abc" / "valkey.sock")


def test_a_home_is_held_by_one_supervisor_at_a_time(tmp_path: Path) -> None:
    with home.held(tmp_path) as note:
        print("http://127.0.0.1:8000 (process 7)", file=note, flush=True)
        with pytest.raises(home.AlreadyRunning, match="process 7"), home.held(tmp_path):
            pass
    with home.held(tmp_path):
        pass


def test_a_database_is_held_whatever_path_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with home.database_held(tmp_path / "one" / "weft.sqlite3") as note:
        print("http://127.0.0.1:8000 (process 7)", file=note, flush=True)
        with (
            pytest.raises(home.AlreadyRunning, match="process 7"),
            home.database_held(tmp_path / "two" / "weft.sqlite3"),
        ):
            pass
        with pytest.raises(home.AlreadyRunning), home.database_held(tmp_path / "one" / "weft.sqlite3", shared=True):
            pass


def test_processes_of_one_installation_share_a_database_but_not_with_a_supervisor(tmp_path: Path) -> None:
    database = tmp_path / "weft.sqlite3"
    with (
        home.database_held(database, shared=True),
        home.database_held(database, shared=True),
        pytest.raises(home.AlreadyRunning),
        home.database_held(database),
    ):
        pass
