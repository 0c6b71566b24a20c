"""Whoever writes waits for no slice of a background job. What it brings is measured in docs/performance.md."""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from collab.launch.turns import SLICE_NS, take_short_turns

ASK = """
import os
from collab.launch.turns import take_short_turns
print(take_short_turns(), os.sched_getscheduler(0), os.nice(0))
print(open("/proc/self/sched").read() if os.path.exists("/proc/self/sched") else "")
"""
on_linux = pytest.mark.skipif(platform.system() != "Linux", reason="there is nothing to ask for")


def asked(before: Callable[[], object]) -> tuple[list[str], str | None]:
    """What a process then says of itself, and the slice the kernel says it has, in ns; None before Linux 6.12."""
    run = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True, preexec_fn=before)
    said, _, schedule = run.stdout.partition("\n")
    found = re.search(r"^se\.slice\s*:\s*(\d+)$", schedule, re.MULTILINE)
    return said.split(), found and found[1]


@on_linux
@pytest.mark.parametrize("nice", [0, 5])
def test_short_turns_are_asked_for_and_nothing_else_changes(nice: int) -> None:
    (taken, policy, niceness), slice_ns = asked(lambda: os.nice(nice))
    assert (int(policy), int(niceness)) == (os.SCHED_OTHER, os.nice(0) + nice)
    if "Seccomp:\t0" in Path("/proc/self/status").read_text():  # else a sandbox may refuse them
        assert taken == "True"
    if taken == "True":
        assert slice_ns in (str(SLICE_NS), None)


@on_linux
def test_another_policy_of_whoever_runs_it_stays() -> None:
    (taken, policy, _), _ = asked(lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)))
    assert (taken, int(policy)) == ("False", os.SCHED_BATCH)


def test_where_they_cannot_be_asked_for_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "toaster")
    assert take_short_turns() is False
