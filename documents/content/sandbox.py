"""Runs a function in a process of its own that may crash, hang or eat memory without harm to anybody.

pycrdt's Doc can be made to segfault, and pandoc to compute for ever, by what people write into a document. So whoever
touches either does it through `run`; a named error is all that comes back of a disaster.
"""

import contextlib
import multiprocessing
import os
import pickle
import resource
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from documents.errors import WeftError

P = ParamSpec("P")
R = TypeVar("R")

SECONDS = 30
MEMORY_BYTES = 1_500_000_000
RESULT_BYTES = 120_000_000


class Failed(WeftError):
    """This content can't be processed. The document itself is untouched."""

    status = 422
    default_code = "unprocessable"


class Crashed(Failed):
    default_code = "processing_crashed"


class TimedOut(Failed):
    default_code = "processing_timed_out"


class ResultTooLarge(Failed):
    default_code = "result_too_large"


def run(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`function(*args)`, which must be a module's own function, with picklable arguments and result. Its module must
    be importable without Django's apps: only a fork would have them.

    What it raises of our own errors comes back; all else that goes wrong is Failed.
    """
    return run_within(SECONDS, function, *args, **kwargs)


def run_within(seconds: float, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    context = multiprocessing.get_context(_way_to_start())
    receiver, sender = context.Pipe(duplex=False)
    # mypy: the contexts' Process classes share no base that types a target.
    process = context.Process(  # type: ignore[attr-defined]
        target=_child, args=(sender, seconds, function, args, kwargs), daemon=True
    )
    try:
        process.start()
        sender.close()
        if not receiver.poll(seconds):
            raise TimedOut("This took too long. Try with less content.")
        try:
            succeeded, answer = pickle.loads(receiver.recv_bytes(RESULT_BYTES))  # noqa: S301 - our own child wrote it
        except EOFError:
            process.join(5)
            raise Crashed(f"The content could not be processed (exit code {process.exitcode}).") from None
        except OSError:
            raise ResultTooLarge("The result is too large.") from None
    finally:
        sender.close()
        receiver.close()
        _end(process)
    if not succeeded:
        raise answer
    result: R = answer
    return result


def _way_to_start() -> str:
    """A fork takes 2 ms, but beside other threads it may copy a lock that nobody will ever open: then a fork of a
    single-threaded server that multiprocessing keeps for this (and that ends with us)."""
    if threading.active_count() == 1:
        return "fork"
    multiprocessing.set_forkserver_preload(["documents.content.rendering", "documents.content.importing"])
    return "forkserver"


def _child(
    sender: Connection, seconds: float, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    os.setsid()  # a group of its own, so that pandoc is ended with us
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    _limit(resource.RLIMIT_AS, _address_space() + MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, int(seconds) + 5)  # should our parent die and nobody end us
    _limit(resource.RLIMIT_CORE, 0)
    try:
        answer = pickle.dumps((True, function(*args, **kwargs)))
    except BaseException as error:  # also pyo3's PanicException, which is no Exception
        if isinstance(error, RecursionError):
            error = Failed("This content is nested too deeply.")
        elif not type(error).__module__.startswith("documents."):
            error = Crashed(f"The content could not be processed ({type(error).__name__}: {error})."[:500])
        answer = pickle.dumps((False, error))
    with contextlib.suppress(BrokenPipeError):  # the parent has seen enough: too large
        sender.send_bytes(answer)


def _limit(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def _address_space() -> int:
    """What we have already, being the copy of a big process: the limit is for what comes on top."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux
        return 1_000_000_000


def _end(process: Any) -> None:
    if process.pid is None:  # was never started
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()
    process.close()
