"""Run the shared peer benchmark (a folder with run.py, servers.py, …) with Weft among the servers.

    $BENCH_ENV/py/bin/python bench/against_peers.py BENCH_FOLDER --servers weft,hocuspocus --workloads fanout

Weft runs as a user runs it: `manage.py serve` with its Valkey, worker and SQLite, sign-in by token, guard, commit and
acks; all of its processes count. The benchmark names documents freely, ours have UUIDs: a name becomes its UUIDv5, and
the documents are made beforehand in a home that each start copies.
"""

import os
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv/bin/python"
TOKEN = "weft_" + "benchmark" * 4
NAMES = [
    *(f"fan-{n}-{tag}" for n in (2, 10, 50, 200) for tag in ("fixed", "max", "warm")),
    *(f"room-{tag}-{i}" for tag in ("fixed", "max") for i in range(200)),
    *(f"idle-{i}" for i in range(500)),
    *("trace", "5MB", "storm", "cursors"),
]
PREPARE = """
import json, sys
from documents.models import AccessToken, Document, Log, Membership, User, Workspace
user = User.objects.create_user(email="bench@example.com", password=None)
AccessToken.objects.create(user=user, name="bench", scope="write", digest=AccessToken.digest_of({token!r}))
workspace = Workspace.objects.create(name="Bench")
Membership.objects.create(workspace=workspace, user=user, role="owner")
documents = [Document(id=key, workspace=workspace, title=key, created_by=user) for key in {keys!r}]
Document.objects.bulk_create(documents)
Log.objects.bulk_create([Log(document=document) for document in documents])
"""


def document_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"weft-bench:{name}"))


def settings() -> dict[str, str]:
    lines = (ROOT / "bench/server.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def prepare_home(home: Path) -> None:
    home.mkdir()
    environment = {**os.environ, "WEFT_HOME": str(home)}
    manage = [str(PYTHON), str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
    code = PREPARE.format(token=TOKEN, keys=[document_id(name) for name in NAMES])
    subprocess.run([*manage, "shell", "-v0", "-c", code], env=environment, check=True)


def main() -> None:
    folder, *arguments = sys.argv[1:]
    sys.path.insert(0, folder)
    import protocol  # type: ignore[import-not-found]  # the benchmark's own modules

    class Weft(protocol.YWebsocket):  # type: ignore[misc]
        """y-websocket, at `/ws/y/UUID`."""

        name = "weft"

        def request(self, doc: str, port: int) -> bytes:
            found: bytes = super().request(document_id(doc), port)
            return found

    protocol.PROTOCOLS["weft"] = Weft
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as scratch:
        home = Path(scratch) / "home"
        prepare_home(home)
        extra = Path(scratch) / "weft.toml"
        variables = {**settings(), "WEFT_HOME": "{tmp}/w", "PORT": "{port}", "DRAIN_SECONDS": "0"}
        lines = [
            "[weft]",
            'kind = "ours"',
            'protocol = "weft"',
            'path = "/ws/y/{doc}"',
            f"command = \"sh -c 'cp -r {home} {{tmp}}/w && exec {PYTHON} {ROOT}/manage.py serve'\"",
            f'cwd = "{ROOT}"',
            "persists = true",
            "env = { " + ", ".join(f'{name} = "{value}"' for name, value in variables.items()) + " }",
            f'headers = {{ Authorization = "Bearer {TOKEN}" }}',
        ]
        extra.write_text("\n".join(lines) + "\n")
        sys.argv = ["run.py", "--extra", str(extra), *arguments]
        import run  # type: ignore[import-not-found]

        run.main()


if __name__ == "__main__":
    main()
