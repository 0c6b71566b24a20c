"""What web processes cost and carry: N of them on one database, sockets dealt out by the kernel, acks timed.

    python bench/processes.py --shape hot --database postgres --workers 4      # 20 people write in one document
    python bench/processes.py --shape rooms --workers 1,2,4 --repeat 3         # 200 documents of three, one writes
    python bench/processes.py --shape rooms --machines 1,2                     # the same on so many machines
    python bench/processes.py --shape rooms --machines 1,2 --routed            # and a document's people on one of them

A real Weft: `manage.py serve` with Valkey and worker, a PostgreSQL of its own (`--database postgres`) or SQLite, limits
as in server.env. A machine is a `serve` with one web process; they share database and Redis. Each writer writes one
character, waits for its ack (*Saved*), and then for its next turn (`--rate` a second, 0: none). Times are those of the
clients; CPU is that of the processes, from /proc, by what they are. Everything shares this machine, and so do the
clients: CPU for each update is what to compare, whatever the machine does besides.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
ROLES = {"weft web": "web", "weft work": "worker", "weft job": "worker", "valkey": "redis", "postgres": "database"}
PREPARE = """
import json
from documents.models import AccessToken, Document, Log, Membership, User, Workspace
user = User.objects.create_user(email="bench@example.com", password=None)
token = AccessToken.generate()
AccessToken.objects.create(user=user, name="bench", scope="write", digest=AccessToken.digest_of(token))
workspace = Workspace.objects.create(name="Bench")
Membership.objects.create(workspace=workspace, user=user, role="owner")
documents = [Document.objects.create(workspace=workspace, title="", created_by=user) for _ in range(%d)]
Log.objects.bulk_create([Log(document=document) for document in documents])
print(json.dumps([token, [str(document.pk) for document in documents]]))
"""


def typing(count: int) -> list[bytes]:
    """Frames of one person who types `count` characters, as a client sends them (masked with zeros)."""
    from pycrdt import Doc, Text

    from collab.protocol.lib0 import varbytes

    doc: Doc[Any] = Doc()
    text = doc.get("text", type=Text)
    frames = []
    for _ in range(count):
        before = doc.get_state()
        text += random.choice("abcdefghij ")
        frames.append(masked(b"\x00\x02" + varbytes(doc.get_update(before))))
    return frames


def masked(payload: bytes) -> bytes:
    size = len(payload)
    head = bytes([0x82, 0x80 | size]) if size < 126 else bytes([0x82, 0xFE]) + size.to_bytes(2)
    return head + bytes(4) + payload


class Person:
    def __init__(self) -> None:
        self.acked = 0
        self.heard = 0
        self.waits: list[float] = []
        self._ack = asyncio.Event()

    async def open(self, url: str, document: str, token: str) -> None:
        parts = urlsplit(url)
        self.reader, self.writer = await asyncio.open_connection(parts.hostname, parts.port)
        head = {"Host": parts.netloc, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        head |= {"Sec-WebSocket-Protocol": "weft.1", "Sec-WebSocket-Key": "x" * 22 + "=="}
        head |= {"Authorization": f"Bearer {token}"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        self.writer.write(f"GET /ws/y/{document} HTTP/1.1\r\n{lines}\r\n".encode())
        status = (await self.reader.readuntil(b"\r\n\r\n")).split(b"\r\n", 1)[0]
        assert b" 101 " in status, status
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            head = await self.reader.readexactly(2)
            size = head[1]
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2))
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8))
            payload = await self.reader.readexactly(size)
            if head[0] & 15 == 9:
                self.writer.write(bytes([0x8A, 0x80 | size]) + bytes(4) + payload)
            elif payload[0] == 4:
                number, shift = 0, 0
                for byte in payload[1:]:
                    number |= (byte & 127) << shift
                    shift += 7
                self.acked = number
                self._ack.set()
            elif payload[:2] == b"\x00\x02":
                self.heard += 1

    async def write(self, frames: list[bytes], rate: float, until: float) -> None:
        await asyncio.sleep(random.uniform(0, 1 / rate if rate else 0.05))  # people don't type in step
        for number, frame in enumerate(frames, 1):
            began = time.perf_counter()
            if began >= until:
                return
            self.writer.write(frame)
            while self.acked < number:
                self._ack.clear()
                await self._ack.wait()
            took = time.perf_counter() - began
            self.waits.append(took)
            if rate:
                await asyncio.sleep(max(0.0, 1 / rate - took))

    def close(self) -> None:
        self.listening.cancel()
        self.writer.close()


def used_by(processes: list[psutil.Process]) -> dict[str, float]:
    """Seconds of CPU by role, since each began."""
    seconds = dict.fromkeys([*ROLES.values(), "clients"], 0.0)
    own = os.times()
    seconds["clients"] = own.user + own.system
    for process in processes:
        try:
            command, times = " ".join(process.cmdline()), process.cpu_times()
        except psutil.Error:
            continue
        for word, role in ROLES.items():
            if word in command:
                seconds[role] += times.user + times.system + times.children_user + times.children_system
                break
    return seconds


def is_web(process: psutil.Process) -> bool:
    try:
        return "weft web" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a job that has just ended
        return False


def counted_by(url: str, name: str) -> float:
    """By all web processes together."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        found = re.findall(rf"^weft_{name}\{{[^}}]*\}} (\S+)$", answer.read().decode(), re.MULTILINE)
    return sum(map(float, found))


async def load(
    wefts: list[Any], token: str, documents: list[str], beside: Callable[[], list[psutil.Process]], options: Any
) -> dict[str, Any]:
    readers = 0 if options.shape == "hot" else 2
    writers = [(document, Person()) for document in documents for _ in range(options.writers)]
    people = [*writers, *((document, Person()) for document in documents for _ in range(readers))]
    random.shuffle(people)
    for document, person in people:
        dealt = int(document[:8], 16) % len(wefts) if options.routed else random.randrange(len(wefts))
        await person.open(wefts[dealt].url, document, token)
    frames = [typing(int(options.seconds * (options.rate or 400)) + 1) for _ in range(min(40, len(writers)))]

    def processes() -> list[psutil.Process]:
        return [*(process for weft in wefts for process in weft.processes()), *beside()]

    def counted(name: str) -> float:
        return sum(counted_by(weft.url, name) for weft in wefts)

    await asyncio.sleep(6)  # counters of other processes than the one asked are that old
    commits, entries = counted("commits_total"), counted("entries_total")
    before, began = used_by(processes()), time.perf_counter()
    until = began + options.seconds
    # Two people with the same frames are in different documents.
    work = [person.write(frames[n % len(frames)], options.rate, until) for n, (_, person) in enumerate(writers)]
    await asyncio.gather(*work)
    took = time.perf_counter() - began
    after = used_by(processes())
    await asyncio.sleep(6)
    waits = [wait for _, person in writers for wait in person.waits]
    ends = quantiles(waits, n=100)
    found = {
        "updates/s": round(len(waits) / took),
        "commits/s": round((counted("commits_total") - commits) / took),
        "entries/s": round((counted("entries_total") - entries) / took),
        "ack p50 ms": round(median(waits) * 1e3, 1),
        "ack p99 ms": round(ends[98] * 1e3, 1),
        "CPU µs/update": {role: round((after[role] - before[role]) / len(waits) * 1e6) for role in before},
        "rss MB/process": round(median(p.memory_info().rss for p in processes() if is_web(p)) / 1e6),
    }
    for _, person in people:
        person.close()
    return found


def measure(options: argparse.Namespace, workers: int, machines: int) -> dict[str, Any]:
    from tests.acceptance.installation import database_url
    from tests.acceptance.many_redis import Server
    from tests.running import MANAGE, Weft, environment

    lines = (ROOT / "bench/server.env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    home = Path(tempfile.mkdtemp(prefix="weft-bench-", dir="/tmp"))
    redis = Server(home)
    try:
        with database_url(options.database) as url, ExitStack() as running:
            shared = {**settings, **url, "REDIS_URL": f"redis://127.0.0.1:{redis.port}", "LOG_LEVEL": "ERROR"}
            homes = [home / f"weft{number}" for number in range(machines)]
            subprocess.run([*MANAGE, "migrate", "-v0"], env=environment(homes[0], **url), check=True)
            wefts = [running.enter_context(Weft(here, WEB_WORKERS=str(workers), **shared)) for here in homes]
            said = wefts[0].manage("shell", "-v0", "-c", PREPARE % options.documents).stdout
            token, documents = json.loads(said.splitlines()[-1])

            def beside() -> list[psutil.Process]:
                return [psutil.Process(redis.process.pid), *of_the_database(home)]

            return asyncio.run(load(wefts, token, documents, beside, options))
    finally:
        redis.stop()
        shutil.rmtree(home, ignore_errors=True)


def of_the_database(home: Path) -> list[psutil.Process]:
    """It forks a process for each connection."""
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if str(home / "postgres") in command and "-D" in command:
            return [process, *process.children()]
    return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=["hot", "rooms"], default="rooms")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="postgres")
    parser.add_argument("--workers", default="1", help="numbers of web processes of each machine, taken in turns")
    parser.add_argument("--machines", default="1", help="numbers of machines, taken in turns")
    parser.add_argument("--routed", action="store_true", help="a document's people are on one machine")
    parser.add_argument("--documents", type=int)
    parser.add_argument("--writers", type=int, help="of each document")
    parser.add_argument("--rate", type=float, help="updates a second of each writer")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    options.documents = options.documents or (1 if options.shape == "hot" else 200)
    options.writers = options.writers or (20 if options.shape == "hot" else 1)
    if options.rate is None:
        options.rate = 10.0 if options.shape == "hot" else 2.0
    about = {"shape": options.shape, "database": options.database, "routed": options.routed}
    sizes = [(int(w), int(m)) for m in options.machines.split(",") for w in options.workers.split(",")]
    for turn in range(options.repeat):
        for workers, machines in sizes if turn % 2 == 0 else reversed(sizes):
            found = measure(options, workers, machines)
            print(
                json.dumps({**about, "workers": workers, "machines": machines, **found}, ensure_ascii=False), flush=True
            )


if __name__ == "__main__":
    main()
