"""`./run` itself, in the environment the tests already have."""

import os
import subprocess
from pathlib import Path

from tests.running import ROOT, environment


def run(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "run", *arguments], env=environment(home), cwd=os.sep, capture_output=True, text=True, check=False
    )


def test_a_command_has_standard_output_to_itself(home: Path) -> None:
    done = run("manage", "shell", "-v0", "-c", "print('only this')", home=home)
    assert (done.returncode, done.stdout) == (0, "only this\n")


def test_a_command_passes_its_exit_code_on(home: Path) -> None:
    done = run("manage", "shell", "-v0", "-c", "import sys; sys.exit(3)", home=home)
    assert (done.returncode, done.stdout) == (3, "")


def test_an_unknown_word_is_answered_with_what_there_is(home: Path) -> None:
    done = run("fast", home=home)
    assert done.returncode == 2
    assert "./run --demo" in done.stderr


def test_the_demo_is_made_once_and_always_tells_the_password(home: Path) -> None:
    first, second = (run("manage", "demo", home=home) for _ in range(2))
    assert first.stdout == second.stdout
    assert "ann@example.com" in first.stdout
    count = "from documents.models import Document; print(Document.objects.count())"
    assert run("manage", "shell", "-v0", "-c", count, home=home).stdout == "4\n"
