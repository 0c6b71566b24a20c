"""Any program publishes and a browser hears of it at once; what should not be taken is refused, counted and kept."""

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pycrdt import XmlFragment
from redis import Redis
from websockets.asyncio.client import connect

from documents.envelope import sign
from tests.acceptance.client import until
from tests.acceptance.installation import Installation
from tests.acceptance.lossy_redis import LossyRedis
from tests.acceptance.test_beyond_sockets import call, sign_in
from tests.running import ROOT
from tests.running import until as wait_until
from tests.watching.scraping import scrape

EXAMPLES = ROOT / "examples"
NODE = shutil.which("node") or str(ROOT / ".venv/bin/node")
PROGRAMS = {
    "python": [sys.executable, str(EXAMPLES / "publish.py")],
    "node": [NODE, str(EXAMPLES / "publish.mjs")],
    "shell": ["sh", str(EXAMPLES / "publish.sh")],
    "shell by HTTP": ["sh", str(EXAMPLES / "publish-http.sh")],
}


def settings_of(weft: Installation) -> dict[str, str]:
    url = weft.weft.environment.get("REDIS_URL") or f"unix://{weft.weft.home / 'valkey.sock'}"
    key = (weft.weft.home / "publish_key").read_text().strip()
    return {**os.environ, "REDIS_URL": url, "PUBLISH_KEY": key, "WEFT_URL": weft.weft.url}


def redis_of(weft: Installation) -> Redis:
    return Redis.from_url(settings_of(weft)["REDIS_URL"])


def run(weft: Installation, program: str, to: str, kind: str, data: dict[str, Any]) -> str:
    command = [*PROGRAMS[program], to, kind, json.dumps(data, ensure_ascii=False)]
    done = subprocess.run(command, env=settings_of(weft), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_ids = iter(range(10**9))


def envelope(weft: Installation, to: str, kind: str = "notification", **changed: Any) -> dict[str, str]:
    id = f"t-{os.getpid()}-{next(_ids)}"
    fields = {"v": 1, "id": id, "to": to, "kind": kind, "data": {"title": "x"}, "at": time.time()}
    payload = json.dumps({**fields, **changed})
    return {"payload": payload, "signature": sign(payload.encode(), settings_of(weft)["PUBLISH_KEY"])}


def put(weft: Installation, fields: dict[str, str]) -> str:
    with contextlib.closing(redis_of(weft)) as redis:
        added: Any = redis.xadd("weft:publish", fields)  # type: ignore[arg-type]
    return str(added.decode())


def letters(weft: Installation) -> dict[str, str]:
    """Reasons of the dead letters, by the entry they were."""
    with contextlib.closing(redis_of(weft)) as redis:
        found: Any = redis.xrange("weft:publish:dead")
    return {fields[b"entry"].decode(): fields[b"reason"].decode() for _, fields in found}


def inbox(weft: Installation, name: str) -> list[str]:
    return [item["title"] for item in call(weft, name, "GET", "/notifications?limit=100")["items"]]


def counted(weft: Installation, event: str) -> float:
    """Over all web processes; of those that weren't asked, as it was up to 5 s ago."""
    return scrape(weft.weft.url)[f'weft_publish_total{{event="{event}"}}']


class Browser:
    """As far as events go."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]


@asynccontextmanager
async def listening(weft: Installation, name: str) -> AsyncIterator[Browser]:
    browser = Browser()
    url = weft.weft.url.replace("http", "ws", 1) + "/ws/events"
    async with connect(url, additional_headers={"Authorization": f"Bearer {weft.people[name]['token']}"}) as socket:

        async def listen() -> None:
            async for frame in socket:
                browser.events.append(json.loads(frame))

        task = asyncio.create_task(listen())
        await until(lambda: browser.of("hello"))
        yield browser
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(params=list(PROGRAMS))
def program(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "shell" and not (shutil.which("redis-cli") or shutil.which("valkey-cli")):
        pytest.skip("needs redis-cli: apt-get install redis-tools")
    if name == "shell by HTTP" and not shutil.which("curl"):
        pytest.skip("needs curl")
    return name


async def test_a_notification_from_any_language_is_in_the_inbox_and_in_the_browser(
    weft: Installation, program: str
) -> None:
    ann = f"user:{weft.people['ann']['id']}"
    said = {"title": f"Grüße from {program}", "body": 'It\'s "done" \\o/', "url": "https://weft.example/?a=1&b=2"}
    async with listening(weft, "ann") as browser, listening(weft, "ben") as other:
        await asyncio.to_thread(run, weft, program, ann, "notification", said)
        await until(lambda: browser.of("notification"))
    [event] = browser.of("notification")
    assert {name: event[name] for name in said} == said
    assert other.of("notification") == []
    assert (await asyncio.to_thread(inbox, weft, "ann"))[0] == said["title"]


def test_who_has_no_socket_hears_of_it_by_stream_and_by_poll(weft: Installation) -> None:
    ann = f"user:{weft.people['ann']['id']}"
    headers = {"Authorization": f"Bearer {weft.people['ann']['token']}"}

    def get(path: str) -> Any:
        return urllib.request.urlopen(urllib.request.Request(f"{weft.weft.url}{path}", headers=headers), timeout=30)

    with get("/events/poll") as answer:
        cursor = json.load(answer)["cursor"]
    with get("/events") as stream:
        assert any(b"hello" in line for line in stream)
        run(weft, "python", ann, "notification", {"title": "By other ways"})
        data = next(line for line in stream if b"By other ways" in line)
    assert json.loads(data.removeprefix(b"data: "))["kind"] == "notification"
    with get(f"/events/poll?cursor={cursor}") as answer:
        events = json.load(answer)["events"]
    assert "By other ways" in [event.get("title") for event in events]


async def test_an_event_from_any_language_reaches_the_workspace_s_members(weft: Installation, program: str) -> None:
    data = {"name": "deploy.done", "data": {"title": "Version 12", "by": ["CI", 12, None]}}
    async with listening(weft, "ann") as ann, listening(weft, "rea") as rea, listening(weft, "eve") as eve:
        id = await asyncio.to_thread(run, weft, program, f"workspace:{weft.workspace}", "event", data)
        await until(lambda: ann.of("event") and rea.of("event"))
    assert ann.of("event") == [{"kind": "event", "id": id, "workspace": weft.workspace, **data}]
    assert eve.of("event") == [], "who is no member hears nothing"


async def test_a_line_from_any_language_appears_in_an_open_document(weft: Installation, program: str) -> None:
    document = weft.document()
    ann = await weft.client("ann", document).opened()
    body: Any = ann.doc.get("default", type=XmlFragment)
    await asyncio.to_thread(run, weft, program, f"document:{document}", "append", {"text": f"Weft & warp by {program}"})
    await until(lambda: f"by {program}" in str(body))
    await asyncio.to_thread(
        run, weft, program, f"document:{document}", "append", {"markdown": "- **then**\n- [x](https://x.example)"}
    )
    await until(lambda: "then" in str(body))
    exported = await asyncio.to_thread(call, weft, "ann", "GET", f"/documents/{document}/content?format=markdown")
    assert exported.index("Weft & warp") < exported.index("- **then**")
    await ann.stop()


@pytest.mark.timeout(240)
def test_what_should_not_be_taken_is_refused_counted_and_kept(weft: Installation) -> None:
    ann = f"user:{weft.people['ann']['id']}"
    good = envelope(weft, ann, data={"title": "Only once"})
    put(weft, good)
    wait_until(lambda: "Only once" in inbox(weft, "ann"))
    forged = {**envelope(weft, ann), "signature": "0" * 64}
    bad: dict[str, dict[str, str]] = {
        "bad_signature": forged,
        "malformed": envelope(weft, ann, more=1),
        "too_old": envelope(weft, ann, at=time.time() - 3600),
        "unknown_kind": envelope(weft, ann, "fireworks"),
        "unknown_recipient": envelope(weft, "user:999999"),
        "too_large": envelope(weft, ann, data={"title": "x", "body": "x" * 70_000}),
        "replayed": good,
    }
    names = {reason: f"refused_{reason}" for reason in bad} | {"replayed": "replayed"}
    before = {reason: counted(weft, name) for reason, name in names.items()}
    seen = inbox(weft, "ann")
    entries = {reason: put(weft, fields) for reason, fields in bad.items()}
    entries["neither"] = put(weft, {"hello": "world"})
    wait_until(lambda: set(entries.values()) <= set(letters(weft)), what="all of them among the dead letters")
    kept = letters(weft)
    assert {reason: kept[entry] for reason, entry in entries.items()} == {
        **{reason: reason for reason in bad},
        "neither": "malformed",
    }
    assert inbox(weft, "ann") == seen
    for reason, name in names.items():
        wait_until(lambda name=name, reason=reason: counted(weft, name) > before[reason], what=reason)  # type: ignore[misc]
    with contextlib.closing(redis_of(weft)) as redis:
        assert redis.xlen("weft:publish") == 0, "nothing stays in the stream"
    printed = weft.weft.manage("dead_letters", "--json", "--most", "1000").stdout
    assert {letter["entry"]: letter["reason"] for letter in map(json.loads, printed.splitlines())} == kept


def test_a_forged_envelope_by_http_is_refused_in_the_answer(weft: Installation) -> None:
    forged = {**envelope(weft, f"user:{weft.people['ann']['id']}"), "signature": "0" * 64}
    request = urllib.request.Request(
        f"{weft.weft.url}/api/v1/publish", json.dumps(forged).encode(), {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=10)
    assert refusal.value.code == 403
    assert json.loads(refusal.value.read())["error"]["code"] == "bad_signature"


async def test_a_hundred_at_once_come_once_each(weft: Installation) -> None:
    async with listening(weft, "ann") as ann, listening(weft, "ben") as ben:
        people = {"ann": weft.people["ann"]["id"], "ben": weft.people["ben"]["id"]}

        def publish() -> None:
            for number in range(50):
                for key in people.values():
                    put(weft, envelope(weft, f"user:{key}", "event", data={"name": "n", "data": {"n": number}}))

        await asyncio.to_thread(publish)
        await until(lambda: len(ann.of("event")) >= 50 and len(ben.of("event")) >= 50)
    for browser in (ann, ben):
        assert sorted(event["data"]["n"] for event in browser.of("event")) == list(range(50))


@pytest.mark.timeout(120)
async def test_redis_restarted_empty_takes_what_is_published_next(lossy: tuple[Installation, LossyRedis]) -> None:
    weft, redis = lossy
    ann = f"user:{weft.people['ann']['id']}"
    for round in range(2):
        with redis.down():
            await asyncio.sleep(0.3)
        title = f"After restart {round}"
        await asyncio.to_thread(put, weft, envelope(weft, ann, data={"title": title}))
        await until(lambda title=title: title in inbox(weft, "ann"))  # type: ignore[misc]
    with contextlib.closing(redis_of(weft)) as client:
        await asyncio.to_thread(client.flushall)
        put(weft, envelope(weft, ann, data={"title": "After flushall"}))
    await until(lambda: "After flushall" in inbox(weft, "ann"))


@pytest.mark.timeout(180)
def test_while_the_database_is_locked_an_entry_waits_and_nothing_is_lost(fresh: Installation) -> None:
    ann = f"user:{fresh.people['ann']['id']}"
    with contextlib.closing(sqlite3.connect(fresh.weft.home / "weft.sqlite3", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        entry = put(fresh, envelope(fresh, ann, data={"title": "Through the lock"}))
        time.sleep(22)  # longer than SQLite waits, so that the attempt fails
        database.execute("ROLLBACK")
    wait_until(lambda: "Through the lock" in inbox(fresh, "ann"), 30)
    assert entry not in letters(fresh)
    assert f"cannot do what was published as {entry} yet" in fresh.weft.output
    assert inbox(fresh, "ann").count("Through the lock") == 1


@pytest.mark.timeout(180)
def test_a_killed_process_s_entries_are_done_by_another_once_each(fresh: Installation) -> None:
    ann = f"user:{fresh.people['ann']['id']}"
    titles = [f"Kill {number}" for number in range(60)]
    for number, title in enumerate(titles):
        put(fresh, envelope(fresh, ann, data={"title": title}))
        if number % 20 == 10:
            fresh.weft.child("weft web").kill()
    wait_until(lambda: set(titles) <= set(inbox(fresh, "ann")), 60)
    found = [title for title in inbox(fresh, "ann") if title.startswith("Kill ")]
    assert sorted(found) == sorted(titles), "each once"
    with contextlib.closing(redis_of(fresh)) as redis:
        wait_until(lambda: redis.xlen("weft:publish") == 0, 40, "everything acknowledged")


def test_what_is_published_while_weft_hangs_arrives_when_it_goes_on(fresh: Installation) -> None:
    ann = f"user:{fresh.people['ann']['id']}"
    webs = fresh.processes("web")
    for web in webs:
        web.suspend()
    try:
        put(fresh, envelope(fresh, ann, data={"title": "Patience"}))
    finally:
        for web in webs:
            web.resume()
    wait_until(lambda: "Patience" in inbox(fresh, "ann"), 30)


@pytest.fixture
def node_service(weft: Installation) -> Iterator[str]:
    environment = {**settings_of(weft), "PORT": "0"}
    with subprocess.Popen(
        [NODE, str(EXAMPLES / "node-service" / "server.mjs")], env=environment, stdout=subprocess.PIPE, text=True
    ) as service:
        assert service.stdout is not None
        yield service.stdout.readline().split()[-1]
        service.terminate()


def ask(url: str, cookie: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(url, headers={"Cookie": cookie, **headers}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())


async def test_a_service_of_one_s_own_knows_who_is_signed_in_and_tells_them_something(
    weft: Installation, node_service: str
) -> None:
    _, headers = await asyncio.to_thread(sign_in, weft, "ann@example.com")
    cookie = headers["Cookie"]
    assert await asyncio.to_thread(ask, f"{node_service}/whoami", cookie) == (200, {"user": weft.people["ann"]["id"]})
    async with listening(weft, "ann") as browser:
        status, _ = await asyncio.to_thread(ask, f"{node_service}/greet", cookie, "POST")
        assert status == 202
        await until(lambda: browser.of("notification"))
    assert browser.of("notification")[0]["title"] == "Hello from the Node service"
    status, _ = await asyncio.to_thread(ask, f"{node_service}/greet", cookie, "POST", Origin="https://evil.example")
    assert status == 403


REVOKED: dict[str, Callable[[Installation], Any]] = {
    "signed out by an operator": lambda weft: weft.shell(
        "from documents import actions\nfrom documents.models import User\n"
        "actions.end_sessions(by=None, user=User.objects.get(email='ben@example.com'))"
    ),
    "whose password was changed": lambda weft: weft.shell(
        "from documents.models import User\n"
        "user = User.objects.get(email='ben@example.com')\nuser.set_password('weft-weft')\nuser.save()"
    ),
}


@pytest.mark.parametrize("how", list(REVOKED))
def test_a_service_of_one_s_own_refuses_who_was(weft: Installation, node_service: str, how: str) -> None:
    _, headers = sign_in(weft, "ben@example.com")
    assert ask(f"{node_service}/whoami", headers["Cookie"])[0] == 200
    REVOKED[how](weft)
    wait_until(lambda: ask(f"{node_service}/whoami", headers["Cookie"])[0] == 401, 5)
    assert ask(f"{node_service}/whoami", "sessionid=" + "a" * 32)[0] == 401
    assert ask(f"{node_service}/whoami", "")[0] == 401


def test_the_shell_says_what_is_missing(weft: Installation, tmp_path: Path) -> None:
    for name in ("sh", "openssl", "sed", "date"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    environment = {**settings_of(weft), "PATH": str(tmp_path)}
    command = [*PROGRAMS["shell"], "user:1", "event", '{"name": "x"}']
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 69
    assert "apt-get install redis-tools" in done.stderr
