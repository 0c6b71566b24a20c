"""Whoever writes waits for no slice of a background job. What it brings is measured in docs/performance.md."""

import os
import platform
import subprocess
import sys

import pytest

ASK = """
import os
from collab.launch.turns import take_short_turns
before = os.sched_getscheduler(0), os.nice(0)
print(take_short_turns(), before == (os.sched_getscheduler(0), os.nice(0)))
"""


def asked(nice: int) -> str:
    command = [sys.executable, "-c", ASK]
    run = subprocess.run(command, capture_output=True, text=True, check=True, preexec_fn=lambda: os.nice(nice))
    return run.stdout.strip()


@pytest.mark.skipif(platform.system() != "Linux", reason="there is nothing to ask for")
@pytest.mark.parametrize("nice", [0, 5])
def test_short_turns_are_asked_for_and_nothing_else_changes(nice: int) -> None:
    """A sandbox may refuse them."""
    assert asked(nice) in ("True True", "False True")


def test_where_they_cannot_be_asked_for_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    from collab.launch.turns import take_short_turns

    monkeypatch.setattr(platform, "machine", lambda: "toaster")
    assert take_short_turns() is False
