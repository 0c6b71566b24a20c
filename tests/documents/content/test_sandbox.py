"""A process of its own for what may crash: only the error comes back."""

import faulthandler
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from documents import merging
from documents.content import comparing, sandbox
from documents.content.derive import derive_from
from documents.content.importing import blocks_of_html
from documents.content.rendering import render, render_fragment
from documents.content.squeezing import squeeze
from documents.content.tree import Unreadable
from documents.content.writer import retitle


def in_a_thread(function: Callable[[], Any]) -> Any:
    """As in a web process, where a plain fork is not safe."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return outcome[0]


def refuse() -> None:
    raise Unreadable("no")


def fall() -> None:
    faulthandler.disable()  # pytest's would print where, at length
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(note: str) -> None:
    Path(note).write_text(str(os.getpid()))
    os.spawnlp(os.P_WAIT, "sleep", "sleep", "60")


def panic() -> None:
    class PanicException(BaseException):
        pass

    raise PanicException("pyo3")


def test_what_it_returns_comes_back() -> None:
    assert sandbox.run(len, b"abc") == 3
    assert in_a_thread(lambda: sandbox.run(len, b"abc")) == 3


NOTHING = merging.EMPTY_UPDATE


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (squeeze, (NOTHING,)),
        (derive_from, ([NOTHING],)),
        (comparing.content, (NOTHING,)),
        (comparing.difference, (NOTHING, NOTHING)),
        (render, (NOTHING, "markdown")),
        (render_fragment, (NOTHING,)),
        (retitle, (NOTHING, "Plan")),
    ],
)
def test_all_that_runs_there_runs_beside_threads_too(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    outcome = in_a_thread(lambda: sandbox.run(function, *arguments))
    assert not isinstance(outcome, BaseException), outcome


def test_our_own_errors_come_back_as_themselves() -> None:
    with pytest.raises(Unreadable, match="no"):
        sandbox.run(refuse)
    assert isinstance(in_a_thread(lambda: sandbox.run(refuse)), Unreadable)


def test_a_segfault_is_an_error_like_another() -> None:
    with pytest.raises(sandbox.Crashed):
        sandbox.run(fall)
    assert isinstance(in_a_thread(lambda: sandbox.run(fall)), sandbox.Crashed)


def test_a_panic_is_an_error_like_another() -> None:
    with pytest.raises(sandbox.Crashed, match="PanicException"):
        sandbox.run(panic)


def test_hanging_ends_with_the_time_and_all_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    started = time.monotonic()

    with pytest.raises(sandbox.TimedOut):
        sandbox.run_within(1, hang, str(note))

    assert time.monotonic() - started < 10
    group = int(note.read_text())
    assert not [process for process in psutil.process_iter() if _group(process) == group]


def test_depth_has_an_end_and_is_told_in_words() -> None:
    with pytest.raises(sandbox.Failed, match="This content is nested too deeply"):
        sandbox.run(blocks_of_html, "<ul><li>" * 3_000)


def test_memory_has_an_end() -> None:
    with pytest.raises(sandbox.Crashed, match="MemoryError"):
        sandbox.run(bytearray, sandbox.MEMORY_BYTES + 1)


def test_a_huge_result_is_refused() -> None:
    with pytest.raises(sandbox.ResultTooLarge):
        sandbox.run(bytes, sandbox.RESULT_BYTES + 1)


def test_no_process_and_no_descriptor_is_left() -> None:
    me = psutil.Process()
    sandbox.run(len, b"")
    before = (len(me.children()), me.num_fds())

    for function in (refuse, fall, panic):
        with pytest.raises((Unreadable, sandbox.Failed)):
            sandbox.run(function)

    assert (len(me.children()), me.num_fds()) == before


def _group(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid) if process.status() != psutil.STATUS_ZOMBIE else 0
    except (ProcessLookupError, psutil.NoSuchProcess):
        return 0
