"""Who may import whom. docs/architecture.md draws the house; these are its walls.

A rule that stands in the way is a conversation to have, not a line to add to `but`.
"""

import ast
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
FRONTEND = ROOT / "frontend" / "src"


@dataclass(frozen=True)
class Rule:
    """In the files under `within` (folders end with a slash) except `but`: `never` these modules; or the standard
    library and `only` these."""

    story: str
    within: tuple[str, ...]
    never: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    but: tuple[str, ...] = ()


STANDARD_LIBRARY = tuple(sys.stdlib_module_names - {"asyncio", "socket", "threading", "subprocess"})
ENGINE = ("hub", "intake", "room", "replica", "session", "writer", "awareness", "relay", "relay_wire", "catching_up")
MESSAGE_PATH = (
    *(f"collab/{name}.py" for name in ENGINE),
    "collab/protocol/",
    "documents/log.py",
    "documents/one_trip.py",
    "documents/chain.py",
    "documents/merging.py",
)

RULES = [
    Rule(
        "documents knows nothing of sockets, of Redis, and of who reads it",
        within=("documents/",),
        never=("presence", "collab", "channels", "channels_redis", "redis", "rq", "uvicorn", "starlette"),
    ),
    Rule("presence knows nothing of rooms and sockets of documents", within=("presence/",), never=("collab",)),
    Rule(
        "the protocol is bytes and values, without Django, pycrdt or an event loop",
        within=("collab/protocol/",),
        only=(*STANDARD_LIBRARY, "collab.protocol"),
    ),
    Rule(
        "an envelope is judged by its bytes alone",
        within=("documents/envelope.py",),
        only=(*STANDARD_LIBRARY, "documents.errors"),
    ),
    Rule("the chain of checksums is pure", within=("documents/chain.py",), only=STANDARD_LIBRARY),
    Rule(
        "a backup file is bytes, whatever the database",
        within=("collab/backup/archive.py",),
        only=(*STANDARD_LIBRARY, "collab.backup"),
    ),
    Rule("the awareness table is pure", within=("presence/awareness.py",), only=STANDARD_LIBRARY),
    Rule(
        "pycrdt is for merging bytes and for what runs in the sandbox",
        within=("collab/", "presence/", "documents/"),
        never=("pycrdt",),
        but=("documents/merging.py", "documents/content/"),
    ),
    Rule(
        "nothing builds a Doc on the way of a message",
        within=("collab/", "presence/", "documents/log.py", "documents/merging.py"),
        never=("documents.content",),
    ),
    Rule(
        "no ORM on the way of a message",
        within=MESSAGE_PATH,
        never=("documents.models", "documents.policy", "documents.actions"),
    ),
    Rule(
        "the relay and the stream of what is published know Redis; the rest of the engine doesn't",
        within=("collab/",),
        never=("redis", "msgpack"),
        but=(
            *(
                f"collab/{name}.py"
                for name in ("relay", "relay_wire", "redis_servers", "publishing", "health", "settings")
            ),
            "collab/launch/",
        ),
    ),
    Rule(
        "rooms and sessions know no socket",
        within=("collab/",),
        never=("channels", "collab.transports"),
        but=("collab/routing.py", "collab/transports/"),
    ),
    Rule(
        "models decide nothing",
        within=("documents/models/",),
        never=tuple(f"documents.{name}" for name in ("policy", "actions", "api", "admin", "log", "content")),
    ),
    Rule(
        "policy answers, and changes nothing",
        within=("documents/policy.py",),
        never=tuple(f"documents.{name}" for name in ("actions", "api", "admin", "log", "content", "signals")),
    ),
    Rule(
        "actions don't know who calls them",
        within=("documents/actions/",),
        never=("documents.api", "documents.admin", "documents.jobs"),
    ),
    Rule("the API and the admin don't know each other", within=("documents/api/",), never=("documents.admin",)),
    Rule("the admin and the API don't know each other", within=("documents/admin/",), never=("documents.api",)),
    Rule(
        "content comes from bytes, whoever may read them",
        within=("documents/content/",),
        never=("documents.models", "documents.policy", "documents.actions"),
    ),
    Rule(
        "what runs before anything is installed needs Python alone",
        within=("collab/launch/prepare.py", "collab/launch/home.py", "collab/limits.py"),
        only=tuple(sys.stdlib_module_names),
    ),
]


def breaches(rule: Rule, sources: Mapping[str, str]) -> list[str]:
    found = []
    for path in sorted(sources):
        if not _is_in(path, rule.within) or _is_in(path, rule.but):
            continue
        for module in sorted(imported_by(path, sources[path])):
            if _is_of(module, rule.never) or (rule.only is not None and not _is_of(module, rule.only)):
                found.append(f"{path} imports {module}")
    return found


def imported_by(path: str, source: str) -> set[str]:
    """Every module that a file imports, also within functions and for types only. `from a import b` counts as a.b where
    a is a package of ours, since b may be a module of it."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = PurePosixPath(path).parts[: -node.level] if node.level else ()
            origin = ".".join([*above, *([node.module] if node.module else [])])
            is_package = (ROOT / origin.replace(".", "/")).is_dir()
            modules.update(f"{origin}.{alias.name}" for alias in node.names) if is_package else modules.add(origin)
    return modules


def _is_in(path: str, places: Iterable[str]) -> bool:
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)


def _is_of(module: str, families: Iterable[str]) -> bool:
    return any(module == family or module.startswith(f"{family}.") for family in families)


@pytest.fixture(scope="module")
def sources() -> dict[str, str]:
    files = [file for app in ("collab", "presence", "documents") for file in (ROOT / app).rglob("*.py")]
    return {file.relative_to(ROOT).as_posix(): file.read_text() for file in files}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.story)
def test_imports_keep_to_the_layers(rule: Rule, sources: dict[str, str]) -> None:
    assert breaches(rule, sources) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.story)
def test_every_place_that_a_rule_names_is_there(rule: Rule) -> None:
    assert [place for place in (*rule.within, *rule.but) if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(
    "line",
    [
        "import collab.relay",
        "from collab import relay",
        "from collab.relay import announce",
        "def later():\n    from collab.relay import announce",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from collab.relay import announce",
    ],
)
def test_an_import_is_found_wherever_it_stands(line: str) -> None:
    rule = Rule("an example", within=("documents/",), never=("collab.relay",))
    assert breaches(rule, {"documents/log.py": line}) == ["documents/log.py imports collab.relay"]


# --- the frontend ---

# A folder may import from itself and from these. The app wires everything; nothing imports the app.
MAY_IMPORT = {
    "sync": set[str](),
    "local": {"sync"},
    "worker": set[str](),
    "editor": {"design"},
    "api": set[str](),
    "design": set[str](),
    "pages": {"design", "local"},
    "app": {"sync", "local", "editor", "api", "design"},
}
# What may come from npm, where that says what a folder is.
PACKAGES = {
    "sync": re.compile(r"(yjs|lib0|y-protocols)(/|$)"),  # no DOM, no React, no Tiptap: it must run in any JavaScript
    "api": re.compile(r"$^"),
    "local": re.compile(r"idb$"),
    "worker": re.compile(r"$^"),
    "editor": re.compile(r"(?!y-websocket|@hocuspocus)"),  # no network
}
_IMPORTED = re.compile(
    r"""^\s*(?:import|export)\s(?:[^"'`;=()]*\sfrom\s)?\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']""",
    re.MULTILINE,
)


def frontend_breaches(sources: Mapping[str, str]) -> list[str]:
    """`sources` by their path below frontend/src."""
    found = []
    for path in sorted(sources):
        folder = path.split("/")[0]
        for statement in _IMPORTED.finditer(sources[path]):
            name = statement[1] or statement[2]
            if name.startswith("."):
                other = _resolved(path, name).split("/")[0]
                if other != folder and other not in MAY_IMPORT[folder]:
                    found.append(f"{path} imports {name}")
            elif folder in PACKAGES and not _is_test(path) and not PACKAGES[folder].match(name):
                found.append(f"{path} imports {name}")
    return found


def _resolved(path: str, name: str) -> str:
    parts = list(PurePosixPath(path).parent.parts)
    for step in PurePosixPath(name).parts:
        if step == "..":
            parts.pop()
        else:
            parts.append(step)
    return "/".join(parts)


def _is_test(path: str) -> bool:
    return ".test." in path or "/testing" in path


def test_the_frontend_s_folders_keep_to_themselves() -> None:
    files = [file for ending in ("*.ts", "*.tsx") for file in FRONTEND.rglob(ending)]
    assert frontend_breaches({file.relative_to(FRONTEND).as_posix(): file.read_text() for file in files}) == []


def test_every_folder_of_the_frontend_has_its_rule() -> None:
    assert {folder.name for folder in FRONTEND.iterdir() if folder.is_dir()} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("sync/provider.ts", 'import { Editor } from "../editor"'),
        ("sync/provider.ts", 'import type { Editor } from "@tiptap/core"'),
        ("editor/find/find.ts", 'import {\n  WeftProvider,\n  type Status,\n} from "../../sync"'),
        ("editor/title/field.ts", 'const sync = await import("../../sync/provider")'),
        ("editor/index.ts", 'export { routes } from "../app/routes"'),
        ("pages/main.ts", 'import "../app/base.css"'),
    ],
)
def test_a_frontend_import_is_found_however_it_is_written(path: str, line: str) -> None:
    assert len(frontend_breaches({path: line})) == 1
