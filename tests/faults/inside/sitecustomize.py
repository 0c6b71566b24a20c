"""Loaded by every Python process of a Weft under test, by PYTHONPATH: makes it die at a named point, or lie about the
time. Nothing of it is in Weft itself.

A crash is armed by a file WEFT_FAULTS/armed that names the point and how many passes it survives. Whoever comes there
renames the file, which only one process can do, and is gone as by kill -9; or, if the file names seconds as well, does
nothing else for as long.
"""

import functools
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_folder = os.environ.get("WEFT_FAULTS", "")
_armed = f"{_folder}/armed"


def passing(point: str) -> None:
    """This process is at `point`, and may die here."""
    try:
        said, _, left = Path(_armed).read_text().rpartition(" ")
    except FileNotFoundError:
        return
    named, _, seconds = said.partition("|")
    if named != point:
        return
    mine = f"{_folder}/{os.getpid()}"
    try:
        os.rename(_armed, mine)
    except FileNotFoundError:
        return  # another process was faster
    if int(left) > 0:
        Path(mine).write_text(f"{said} {int(left) - 1}")
        os.rename(mine, _armed)
        return
    os.rename(mine, f"{_folder}/struck")
    if seconds:
        time.sleep(float(seconds))
    else:
        os.kill(os.getpid(), signal.SIGKILL)


def _around(function: Callable[..., Any], before: str = "", after: str = "") -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        if before:
            passing(before)
        result = function(*arguments, **options)
        if after:
            passing(after)
        return result

    return wrapped


def _room(module: Any) -> None:
    module.Room._tell = _around(module.Room._tell, "after the ack")
    module.Room._publish_entries = _around(
        module.Room._publish_entries, "before it is published", "after it is published"
    )


def _log(module: Any) -> None:
    for holder in (module, module.Quick):
        holder.commit = _around(holder.commit, "before the commit", "after the commit")
    module._insert = _around(module._insert, "inside the commit", "at the end of the commit")


def _compaction(module: Any) -> None:
    module._store = _around(module._store, "before a snapshot", "after a snapshot")
    module._delete_entries = _around(module._delete_entries, "before a trim", "after a trim")


_POINTS = {
    "collab.room": _room,
    "documents.log": _log,
    "documents.compaction": _compaction,
}


class _Finder(importlib.abc.MetaPathFinder):
    """Lets the others find and load a module, then sets its points."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name not in _POINTS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_set(module: Any) -> None:
            execute(module)
            _POINTS[name](module)

        spec.loader.exec_module = execute_and_set  # type: ignore[method-assign]
        return spec


if _folder:
    sys.meta_path.insert(0, _Finder())

if skew := float(os.environ.get("WEFT_FAULTS_SKEW", "0")):
    _time, _time_ns = time.time, time.time_ns
    time.time = lambda: _time() + skew
    time.time_ns = lambda: _time_ns() + int(skew * 1e9)
