"""What `./test` does once everything is set up: runs each part with its own runner, and adds up what they counted.

`./test faults --seeds 200` is no part of it, but all of tests/faults with as many seeds, of which `./test` flies a few;
`--record` puts the totals into docs/reliability.md.

The last line is the sum, "N passed, N failed, N skipped"; the exit code is zero only if everything ran and passed.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
FRONTEND = ROOT / "frontend"
BROWSERS = {"chromium": ("chromium", "chromium-browser"), "firefox-esr": ("firefox-esr", "firefox")}
PROXY: dict[str, tuple[str, ...]] = {"nginx-light": ("nginx",)}
COMPILER = {"gcc": ("cc", "gcc"), "libc6-dev": ("cc", "gcc")}
# For the examples that publish from a shell.
SHELL_TOOLS = {"redis-tools": ("redis-cli", "valkey-cli"), "openssl": ("openssl",), "curl": ("curl",)}


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def check() -> Count:
    """The tools that read the code; each counts as one test."""
    commands: list[tuple[Path, list[str]]] = [
        (ROOT, ["-m", "ruff", "check", "--quiet"]),
        (ROOT, ["-m", "ruff", "format", "--check", "--quiet"]),
        (ROOT, ["-m", "mypy", "--no-error-summary", "."]),
    ]
    outcomes = [_run(folder, [sys.executable, *command]) for folder, command in commands]
    outcomes.append(_run(FRONTEND, ["node", "node_modules/typescript/bin/tsc", "--noEmit"]))
    return Count(outcomes.count(0), len(outcomes) - outcomes.count(0))


def python(arguments: list[str]) -> Count:
    if missing := _missing({**PROXY, **SHELL_TOOLS}):
        print(f"Some tests are skipped: apt-get install {' '.join(missing)}")
    return _pytest(["--ignore=tests/browser", *arguments])


def frontend(arguments: list[str]) -> Count:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = ["node", "node_modules/vitest/vitest.mjs", "run", *arguments]
        code = _run(FRONTEND, [*command, "--reporter=default", "--reporter=junit", f"--outputFile.junit={report}"])
        return _counted(report, code)


def browser(arguments: list[str]) -> Count:
    if missing := _missing({**BROWSERS, **PROXY}):
        print(f"Browser tests need {' and '.join(missing)}: apt-get install {' '.join(missing)}")
        return Count(failed=1)
    if arguments:
        named = any((ROOT / argument.partition("::")[0]).exists() for argument in arguments)
        return _pytest(arguments if named else ["tests/browser", *arguments])
    # Each browser with a Weft of its own: a story mostly waits, and two cores have room for two.
    return _side_by_side([["tests/browser", "--browser", name] for name in ("chromium", "firefox")])


def faults(arguments: list[str]) -> Count:
    parser = argparse.ArgumentParser(prog="./test faults")
    parser.add_argument("--seeds", default="200", help="how many of each scenario, or which: 75-99")
    parser.add_argument("--record", action="store_true", help="put the totals into docs/reliability.md")
    options, rest = parser.parse_known_args(arguments)
    if missing := _missing(COMPILER):
        print(f"Power cuts need {' and '.join(missing)}: apt-get install {' '.join(missing)}")
        return Count(failed=1)
    with tempfile.TemporaryDirectory() as folder:
        ledger = Path(folder) / "ledger"
        ledger.touch()
        os.environ.update(WEFT_SEEDS=options.seeds, WEFT_FAULTS_LEDGER=str(ledger))
        count = _pytest(["tests/faults", *rest], again=[])  # once must do: a second try would hide what is looked for
        document = [str(ROOT / "docs" / "reliability.md")] if options.record else []
        _run(ROOT, [sys.executable, "-m", "tests.faults.totals", str(ledger), *document])
    return count


# Coverage-guided: libFuzzer for Python. Only this part needs it, 35 MB, and it has no wheels for macOS.
ATHERIS = "atheris==3.0.0"


def fuzz(arguments: list[str]) -> Count:
    """Not among those that run by themselves: it goes on for as long as it is told."""
    if importlib.util.find_spec("atheris") is None:
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "pip", "install", "-q", "--python", sys.executable, ATHERIS], check=True)
    code = _run(ROOT, [sys.executable, "tests/fuzz/hunt.py", *arguments])
    return Count(passed=int(code == 0), failed=int(code != 0))


def _missing(wanted: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Those Debian packages that aren't there, and can't be installed either."""

    def look() -> list[str]:
        path = f"{os.environ['PATH']}:/usr/sbin"
        return [package for package, names in wanted.items() if not any(shutil.which(n, path=path) for n in names)]

    missing = look()
    if missing and os.getuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' and '.join(missing)} …", flush=True)
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
        install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing]
        subprocess.run(install, check=False, **quiet)  # type: ignore[call-overload]
    return look()


# Real browsers and killed processes on a machine that others keep busy: what fails once is tried once more, and the
# summary names it ("RERUN").
# What fails twice has failed, and so has, at once, what breaks a promise.
ONCE_MORE = ["--reruns", "1", "--rerun-except", "faults.flight.Broken", "-rR"]
# Where the time of a run went stands in its output: CI has an hour.
SLOWEST = ["--durations=25", "--durations-min=5"]


def _pytest(arguments: list[str], again: Sequence[str] = ONCE_MORE) -> Count:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        return _counted(report, _run(ROOT, _pytest_command(report, arguments, again)))


def _side_by_side(lanes: Sequence[list[str]]) -> Count:
    """A pytest for each at once. What the first prints is seen as it comes, the others' after their end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        running = []
        for number, arguments in enumerate(lanes):
            command = _pytest_command(folder / f"{number}.xml", arguments, ONCE_MORE)
            if number == 0:
                _show(command)
                running.append((command, subprocess.Popen(command, cwd=ROOT)))
            else:
                with (folder / f"{number}.out").open("wb") as output:
                    lane = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
                    running.append((command, lane))
        count = Count()
        for number, (command, lane) in enumerate(running):
            code = lane.wait()
            if number > 0:
                _show(command)
                print((folder / f"{number}.out").read_text(errors="replace"), flush=True)
            count += _counted(folder / f"{number}.xml", code)
        return count


def _pytest_command(report: Path, arguments: list[str], again: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *SLOWEST, *again, *arguments]


def _counted(report: Path, code: int) -> Count:
    """What the runner counted. One that failed for another reason than a failed test counts as a failure itself."""
    count = Count()
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            tests, failures, errors, skipped = (
                int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")
            )
            count += Count(tests - failures - errors - skipped, failures + errors, skipped)
    return count if code == 0 or count.failed else count + Count(failed=1)


def _run(folder: Path, command: list[str]) -> int:
    _show(command)
    return subprocess.run(command, cwd=folder, check=False).returncode


def _show(command: list[str]) -> None:
    print(f"\n$ {' '.join(Path(part).name if part == command[0] else part for part in command)}", flush=True)


def main(arguments: list[str]) -> int:
    parts = {"python": python, "frontend": frontend, "browser": browser}
    by_name = {**parts, "faults": faults, "fuzz": fuzz}
    chosen = [arguments.pop(0)] if arguments[:1] and arguments[0] in by_name else list(parts)
    counts: dict[str, tuple[Count, float]] = {}

    def note(name: str, began: float, count: Count) -> None:
        counts[name] = (count, time.monotonic() - began)

    # A part with arguments is somebody at work on one thing: the tools that read all of the code would be in the way.
    if len(chosen) > 1 and not arguments:
        began = time.monotonic()
        note("checks", began, check())
    for name in chosen:
        began = time.monotonic()
        note(name, began, by_name[name](arguments))
    print()
    for name, (count, seconds) in counts.items():
        print(f"{name:<9} {count} ({seconds:.0f} s)")
    total = sum((count for count, _ in counts.values()), Count())
    print(total)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
