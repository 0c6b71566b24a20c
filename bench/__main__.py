"""`./run bench`: our own workloads, without peers, as a Markdown page on standard output.

    ./run bench                    # all of them, some twenty minutes; --short for a look at each
    ./run bench live growth        # some
    ./run bench --list

Each is a file here that also runs by itself, with options of its own. Weft runs as a user runs it: rights, guard,
commit and acks are on. (`against_peers.py` needs the peers' servers beside it, and is no part of this.)
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SQLITE, POSTGRES = "SQLite", "PostgreSQL"
# Name → what it says, the script with its arguments, and those for a short look.
WORKLOADS: dict[str, tuple[str, list[str], list[str]]] = {
    "live": ("People writing, on SQLite", ["live.py"], ["--seconds", "3"]),
    "live-postgres": (
        "People writing, on PostgreSQL",
        ["live.py", "--database", "postgres", "--only", "fanout,rooms,trace"],
        ["--seconds", "3"],
    ),
    "growth": ("A document that grows", ["growth.py", "--edits", "1000,10000,100000"], ["--edits", "1000,10000"]),
    "api": ("Lists, search, opening by HTTP", ["api.py"], ["--sizes", "10,300", "--requests", "20"]),
    "browser": ("In a browser", ["browser.py"], ["--blocks", "400", "--keys", "1000"]),
    "key_to_screen": ("From key to another's screen", ["key_to_screen.py"], ["--keys", "50"]),
    "publishing": ("From a program to a browser", ["publishing.py"], ["--count", "50"]),
    "idle": ("Who only looks", ["idle.py"], ["--clients", "100", "--seconds", "10"]),
    "guard": ("Reading a client's frame", ["guard.py"], []),
    "commit": ("A commit", ["commit.py"], []),
}


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    load = f"load before it {os.getloadavg()[0]:.1f}"
    return f"{os.cpu_count()} × {model}, {platform.system()}, Python {platform.python_version()}, {load}"


def commit() -> str:
    asked = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def run(name: str, short: bool) -> bool:
    says, command, shorter = WORKLOADS[name]
    arguments = [*command, *(shorter if short else [])]
    print(f"\n## {says}\n\n    python bench/{' '.join(arguments)}\n", flush=True)
    script, *rest = arguments
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, str(ROOT / "bench" / script), *rest], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        # Those older than this page print plain lines.
        print(line if line.startswith("|") else f"    {line}", end="", flush=True)
    print(f"\n{time.monotonic() - began:.0f} s", flush=True)
    return process.wait() == 0


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./run bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    if given.list:
        for name, (says, command, _) in WORKLOADS.items():
            print(f"{name:16}{says} ({command[0]})")
        return
    if unknown := set(given.names) - WORKLOADS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; --list shows what there is")
    print(f"{date.today().isoformat()}, commit `{commit()}`, {machine()}")
    failed = [name for name in given.names or WORKLOADS if not run(name, given.short)]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
