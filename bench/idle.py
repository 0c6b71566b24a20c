"""What people who only look cost: N idle clients on one web process, CPU of that process from /proc.

    python bench/idle.py                                  # 500 of each: nothing, WebSocket, event streams, polls
    python bench/idle.py --clients 500 --seconds 60 --kinds poll,sse --carets

A real Weft: `manage.py serve` with Valkey and SQLite, limits as in server.env, 50 documents with ten people each, all
of them signed in by tokens of their own. `--carets`: each shows one, and renews it every 15 s as y-protocols does.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
DOCUMENTS = 50
RENEWAL = 15.0
PREPARE = f"""
import json
from documents import actions
from documents.models import AccessToken, Membership, User
tokens = []
for number in range({DOCUMENTS}):
    user = User.objects.create_user(email=f"idle{{number}}@example.com", password=None, name=f"Idle {{number}}")
    tokens.append(AccessToken.generate())
    AccessToken.objects.create(user=user, name="bench", scope="write", digest=AccessToken.digest_of(tokens[-1]))
owner = User.objects.first()
workspace = actions.create_workspace(by=owner, name="Idle")
for user in User.objects.exclude(pk=owner.pk):
    Membership.objects.create(workspace=workspace, user=user, role="editor")
documents = [str(actions.create_document(by=owner, workspace=workspace, title="").pk) for _ in range({DOCUMENTS})]
print(json.dumps([tokens, documents]))
"""


class Idler:
    """One client, by hand: a client of some library would be what is measured."""

    def __init__(self, url: str, document: str, token: str, number: int) -> None:
        self.parts = urlsplit(url)
        self.document, self.token, self.number = document, token, number
        self.clock = 0
        self.heard = 0

    async def ask(
        self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], method: str, path: str, more: str = ""
    ) -> tuple[int, dict[str, str]]:
        reader, writer = streams
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.parts.netloc}\r\nAuthorization: Bearer {self.token}\r\n"
        writer.write(f"{head}{more}\r\n".encode())
        status, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        return int(status.split()[1]), dict(field.lower().split(": ", 1) for field in fields)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.parts.hostname, self.parts.port)

    async def poll(self) -> None:
        streams = await self.connect()
        cursor, tag = "1.0", ""
        while True:
            path = f"/sync/{self.document}/poll?cursor={cursor}&tag={tag}&client={self.number}"
            status, headers = await self.ask(streams, "GET", path)
            assert status in (200, 204), status
            self.heard += 1
            if status == 200:
                answer = json.loads(await streams[0].readexactly(int(headers["content-length"])))
                cursor, tag = answer["cursor"], answer["awareness_tag"]

    async def sse(self) -> None:
        streams = await self.connect()
        path = f"/sync/{self.document}/events?cursor=1.0&client={self.number}"
        status, _ = await self.ask(streams, "GET", path)
        assert status == 200, status
        while await streams[0].readline():
            self.heard += 1

    async def websocket(self) -> None:
        streams = await self.connect()
        upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        upgrade |= {"Sec-WebSocket-Protocol": "weft.1", "Sec-WebSocket-Key": "x" * 22 + "=="}
        more = "".join(f"{name}: {value}\r\n" for name, value in upgrade.items())
        status, _ = await self.ask(streams, "GET", f"/ws/y/{self.document}", more)
        assert status == 101, status
        while head := await streams[0].readexactly(2):
            size = head[1]
            if size == 126:
                size = int.from_bytes(await streams[0].readexactly(2), "big")
            payload = await streams[0].readexactly(size)
            self.heard += 1
            if head[0] & 15 == 9:  # a ping is answered, masked with zeros
                streams[1].write(bytes([0x8A, 0x80 | size]) + bytes(4) + payload)

    async def carets(self) -> None:
        streams = await self.connect()
        while True:
            self.clock += 1
            caret = b"\x01" + _varuint(self.number + 1) + _varuint(self.clock) + b'\x0c{"cursor":1}'
            streams[1].write(
                f"POST /sync/{self.document}/awareness HTTP/1.1\r\nHost: {self.parts.netloc}\r\n"
                f"Authorization: Bearer {self.token}\r\nContent-Length: {len(caret)}\r\n\r\n".encode()
                + caret
            )
            head = await streams[0].readuntil(b"\r\n\r\n")
            assert b" 204 " in head, head
            await asyncio.sleep(RENEWAL)


def _varuint(number: int) -> bytes:
    return bytes([number & 127 | 128, number >> 7]) if number > 127 else bytes([number])


async def measure(
    url: str, web: psutil.Process, idlers: list[Idler], kind: str, carets: bool, seconds: float
) -> dict[str, Any]:
    running = []
    for idler in idlers:
        work: list[Callable[[], Coroutine[Any, Any, None]]] = [getattr(idler, kind)]
        work += [idler.carets] if carets else []
        running += [asyncio.create_task(each()) for each in work]
        await asyncio.sleep(random.uniform(0, 2 * 25 / len(idlers)))  # people don't come in step
    await asyncio.sleep(5)
    before, heard, started = web.cpu_times(), sum(idler.heard for idler in idlers), time.monotonic()
    await asyncio.sleep(seconds)
    after, took = web.cpu_times(), time.monotonic() - started
    used = after.user + after.system - before.user - before.system
    over = [task for task in running if task.done()]
    for task in over:
        task.result()
    assert not over, "clients ended"
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    return {
        "kind": kind + (" with carets" if carets else ""),
        "clients": len(idlers),
        "cpu_percent": round(100 * used / took, 2),
        "heard_per_second": round((sum(idler.heard for idler in idlers) - heard) / took, 1),
        "rss_mb": round(web.memory_info().rss / 1e6),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kinds", default="nothing,websocket,sse,poll")
    parser.add_argument("--carets", action="store_true")
    options = parser.parse_args()
    lines = (ROOT / "bench/server.env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    with tempfile.TemporaryDirectory(prefix="weft-idle-", dir="/tmp") as scratch:
        home = Path(scratch)
        os.environ.update(WEFT_HOME=str(home / "bench"))
        import subprocess

        from tests.running import MANAGE, Weft, environment

        subprocess.run([*MANAGE, "migrate", "-v0"], env=environment(home), check=True)
        with Weft(home, WEB_WORKERS="1", **settings) as weft:
            tokens, documents = json.loads(weft.manage("shell", "-v0", "-c", PREPARE).stdout.splitlines()[-1])
            for turn, kind in enumerate(options.kinds.split(",")):
                idlers = [
                    Idler(weft.url, documents[n % DOCUMENTS], tokens[n // 10 % DOCUMENTS], 1000 * turn + n)
                    for n in range(0 if kind == "nothing" else options.clients)
                ]
                web = weft.child("weft web")
                print(
                    json.dumps(asyncio.run(measure(weft.url, web, idlers, kind, options.carets, options.seconds))),
                    flush=True,
                )


if __name__ == "__main__":
    main()
