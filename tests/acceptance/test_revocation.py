"""Whose right to write ends, writes no more: each cause, by every transport and dialect, made on one web process while
the writer types on the other; and again with Redis stopped.

How long it may take: 1 s from when the change was answered, 10 s without Redis. After it the writer is told why, as
docs/protocol.md has it, goes on typing, and nothing of it is in the log; who still may goes on; and given back, the
right is there.

There are no groups, so what a group would give is a role in the workspace; and there are no public links, so none can
be closed: the link of the share dialog opens for those who are listed, and their cells are those of the dialog.

Everything happens once for each of the two tables, in the fixtures; each cell then looks at what became of it.
"""

import asyncio
import contextlib
import json
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.acceptance.client import Client, SocketClient, let_sockets_close, until
from tests.acceptance.desk import Desk
from tests.acceptance.installation import KINDS, Installation, running
from tests.acceptance.lossy_redis import LossyRedis
from tests.running import MANAGE
from tests.watching.scraping import scrape

WITHIN = {"redis": 1.0, "no redis": 10.0}
PACE = {"redis": 0.05, "no redis": 0.2}
GRACE = 1.0
"""Seconds that a client may take to hear of it beyond that, on a machine that has more to do."""
READS_ON = 4503
SIGNED_OUT, FORBIDDEN, GONE, OVERLOADED = 4401, 4403, 4404, 1013
REQUESTS = ("sse", "poll")


@dataclass(frozen=True)
class Cause:
    """One way for a right to end. `by` and `back` are pressed at a desk, and say nothing; `outage` is Python for the
    operator's shell, where the door needs a sign-in, which needs Redis."""

    name: str
    code: int
    """That the writer is told; READS_ON: it comes back and may only read."""
    by: Callable[["Stage", str], None]
    back: Callable[["Stage", str], None] | None = None
    each: bool = True
    """Done for each document; else once, for all of them."""
    guest: bool = False
    """The writer is there by a share, not as a member."""
    signs_in: bool = False
    """The writer comes by a cookie, not by a token."""
    takes_all: bool = False
    """Nobody may write then: the bystander sits in another workspace."""
    outage: str = ""


@dataclass
class Stage:
    """What one cause needs: its writer, and a workspace with a document for each kind of client."""

    weft: Installation
    cause: Cause
    made: dict[str, Any]
    process: int
    """Where the changes are made; the writers sit on the other."""
    desks: dict[str, Desk] = field(default_factory=dict)

    def desk(self, who: str) -> Desk:
        """Of `owner` and `writer2` by token, of `operator` and `writer` by signing in."""
        if who not in self.desks:
            desk = Desk(self.weft, self.process)
            self.desks[who] = desk
            if who == "owner":
                desk.with_token(self.made["owner"])
            else:
                desk.sign_in("operator@example.com" if who == "operator" else self.made["email"])
        return self.desks[who]

    def close(self) -> None:
        for desk in self.desks.values():
            desk.close()

    def press(self, action: str, model: str, row: str) -> None:
        """Choose a row in the admin, and run an action on it."""
        where = f"/admin/documents/{model}/"
        self.desk("operator").submit(where, {"action": action, "_selected_action": row})

    def save_members(self, **fields: str) -> None:
        """The workspace's page in the admin, as it stands but for these fields of the writer's row."""
        where = f"/admin/documents/workspace/{self.made['workspace']}/change/"
        page = self.desk("operator").read(where)
        hidden = r'<input type="hidden" name="((?:initial-)?memberships-[^"]+)" value="([^"]*)"'
        form = {name: value for name, value in re.findall(hidden, page) if "__prefix__" not in name}
        count = int(form["memberships-TOTAL_FORMS"])
        for number in range(count):
            role = re.search(rf'name="memberships-{number}-role".*?<option value="(\w+)" selected', page, re.S)
            user = re.search(rf'name="memberships-{number}-user".*?<option value="(\d+)" selected', page, re.S)
            assert role is not None
            assert user is not None
            form |= {f"memberships-{number}-role": role[1], f"memberships-{number}-user": user[1]}
            if int(user[1]) == self.made["writer"]:
                form |= {f"memberships-{number}-{name}": value for name, value in fields.items()}
        self.desk("operator").submit(where, {"name": self.cause.name, **form})


def share(role: str | None) -> Callable[[Stage, str], None]:
    def do(stage: Stage, document: str) -> None:
        path = f"/documents/{document}/members/{stage.made['email']}"
        if role is None:
            stage.desk("owner").call("DELETE", path)
        else:
            stage.desk("owner").call("PUT", path, {"role": role})

    return do


def admin_members(**fields: str) -> Callable[[Stage, str], None]:
    return lambda stage, _: stage.save_members(**fields)


def admin_action(action: str, model: str) -> Callable[[Stage, str], None]:
    row = {"user": "writer", "workspace": "workspace"}[model]
    return lambda stage, _: stage.press(action, model, stage.made[row])


def api(method: str, path: str) -> Callable[[Stage, str], None]:
    return lambda stage, document: stage.desk("owner").call(method, f"/documents/{document}{path}")


def delete_workspace(stage: Stage, _: str) -> None:
    stage.desk("owner").call("DELETE", f"/workspaces/{stage.made['workspace']}")


def end_session_from_the_list(stage: Stage, _: str) -> None:
    """All but the one that does it."""
    where = "/accounts/sessions/"
    other = re.search(r'action="(/accounts/sessions/\d+/end/)"', stage.desk("elsewhere").read(where))
    assert other is not None
    stage.desk("elsewhere").submit(other[1], {}, page=where)


def change_password(stage: Stage, _: str) -> None:
    new = {"oldpassword": "weft-weft", "password1": "quite another thing"}
    stage.desk("elsewhere").submit("/accounts/password/change/", new)
    stage.made["password"] = "quite another thing"


MEMBER = "actions.{}(by=None, workspace=workspace, user=writer{})"
CAUSES = [
    Cause("share lowered", READS_ON, share("reader"), share("editor"), guest=True),
    Cause("share removed", FORBIDDEN, share(None), share("editor"), guest=True),
    Cause(
        "member removed",
        FORBIDDEN,
        admin_members(DELETE="on"),
        share("editor"),
        each=False,
        outage="actions.remove_member(by=None, workspace=workspace, user=writer)",
    ),
    Cause(
        "role lowered",
        READS_ON,
        admin_members(role="reader"),
        admin_members(role="editor"),
        each=False,
        outage="actions.change_role(by=None, workspace=workspace, user=writer, role=Role.READER)",
    ),
    Cause(
        "deactivated",
        SIGNED_OUT,
        admin_action("deactivate", "user"),
        admin_action("reactivate", "user"),
        each=False,
        outage="actions.deactivate_user(by=None, user=writer)",
    ),
    Cause(
        "session ended",
        SIGNED_OUT,
        end_session_from_the_list,
        each=False,
        signs_in=True,
        outage="[actions.end_session(by=None, session=s) for s in UserSession.objects.filter(user=writer)]",
    ),
    Cause(
        "password changed",
        SIGNED_OUT,
        change_password,
        each=False,
        signs_in=True,
        outage="writer.set_password('quite another thing'); writer.save()",
    ),
    Cause("trashed", READS_ON, api("DELETE", ""), api("POST", "/restore"), takes_all=True),
    Cause("deleted for good", GONE, api("DELETE", "?purge=true"), takes_all=True),
    Cause("workspace deleted", GONE, delete_workspace, each=False, takes_all=True),
    Cause(
        "workspace suspended",
        READS_ON,
        admin_action("suspend", "workspace"),
        admin_action("unsuspend", "workspace"),
        each=False,
        takes_all=True,
        outage="actions.suspend_workspace(by=None, workspace=workspace)",
    ),
]
SET_UP = """
import json
from django.contrib.auth.hashers import make_password
from allauth.account.models import EmailAddress
from documents import actions
from documents.models import AccessToken, Membership, Role, User
password = make_password("weft-weft")

def account(name, **more):
    user = User.objects.create_user(email=f"{name}@example.com", name=name, **more)
    User.objects.filter(pk=user.pk).update(password=password)
    secret = AccessToken.generate()
    AccessToken.objects.create(user=user, name="tests", scope="write", digest=AccessToken.digest_of(secret))
    return user, secret

account("operator", is_staff=True, is_superuser=True)
owner, owner_token = account("owner")
AccessToken.objects.filter(user=owner).update(scope="admin")
bystander, bystander_token = account("bystander")
elsewhere = actions.create_workspace(by=owner, name="Elsewhere")
Membership.objects.create(workspace=elsewhere, user=bystander, role=Role.EDITOR)
stages = {}
for redis, name, guest, takes_all in json.loads('''%s'''):
    writer, token = account(f"{name}-{redis}".replace(" ", "-"))
    workspace = actions.create_workspace(by=owner, name=name)
    Membership.objects.create(workspace=workspace, user=bystander, role=Role.EDITOR)
    if not guest:
        Membership.objects.create(workspace=workspace, user=writer, role=Role.EDITOR)
    documents, beside = {}, {}
    for kind in json.loads('''%s'''):
        document = actions.create_document(by=owner, workspace=workspace, title="")
        if guest:
            actions.share_document(by=owner, document=document, user_or_email=writer, role=Role.EDITOR)
        documents[kind] = str(document.pk)
        other = actions.create_document(by=owner, workspace=elsewhere, title="") if takes_all else document
        beside[kind] = str(other.pk)
    stages[f"{name}, {redis}"] = {
        "writer": writer.pk, "email": writer.email, "token": token, "workspace": str(workspace.pk),
        "owner": owner_token, "bystander": bystander_token, "documents": documents, "beside": beside,
    }
print(json.dumps(stages))
"""
OUTAGE = """
import json, time
from allauth.usersessions.models import UserSession
from documents import actions
from documents.models import Role, User, Workspace
told = {}
for name, (workspace, writer, do) in json.loads('''%s''').items():
    workspace, writer = Workspace.objects.get(pk=workspace), User.objects.get(pk=writer)
    exec(do)
    told[name] = time.time()
print(json.dumps(told))
"""


@dataclass
class Place:
    weft: Installation
    redis: LossyRedis
    stages: dict[str, Any]

    def stage(self, cause: Cause, redis: str) -> Stage:
        return Stage(self.weft, cause, self.stages[f"{cause.name}, {redis}"], self.webs[0])

    @property
    def webs(self) -> list[int]:
        return sorted(process.pid for process in self.weft.processes("web"))

    def written(self, document: str, author: int) -> list[float]:
        """When each entry of this author was committed."""
        path = f"file:{self.weft.weft.home / 'weft.sqlite3'}?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True, timeout=20)) as database:
            rows = database.execute(
                "SELECT created_at FROM documents_update WHERE document_id = ? AND author_id = ? ORDER BY seq",
                [UUID(document).hex, author],
            ).fetchall()
        return [datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() for (at,) in rows]


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    redis = LossyRedis(home)
    with running(home, "sqlite", documents=3, WEB_WORKERS="2", REDIS_URL=redis.url) as weft:
        wanted = [[redis_is, cause.name, cause.guest, cause.takes_all] for redis_is in WITHIN for cause in CAUSES]
        stages = json.loads(weft.shell(SET_UP % (json.dumps(wanted), json.dumps(list(KINDS)))).splitlines()[-1])
        yield Place(weft, redis, stages)
    redis.close()
    shutil.rmtree(home, ignore_errors=True)


@dataclass
class Cell:
    """One writer, and one beside it who may go on."""

    place: Place
    stage: Stage
    kind: str
    without_redis: bool
    options: dict[str, Any] = field(default_factory=dict)
    returned: float = 0.0
    """When the change was answered."""
    faults: list[str] = field(default_factory=list)

    @property
    def document(self) -> str:
        return str(self.stage.made["documents"][self.kind])

    def new_writer(self) -> Client:
        how = self.options or {"token": self.stage.made["token"]}
        return KINDS[self.kind](self.place.weft.weft.url, self.document, **how)

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        """Both write all the while, the writer on another process than where the change is made."""
        self.writer = self.new_writer()
        while True:
            await self.writer.opened()
            # A poll is now here, now there: on which side a change finds it is chance.
            if self.kind == "poll" or await self._process_of_writer() != self.stage.process:
                break
            await self.writer.stop()
            self.writer = self.new_writer()
        beside = self.stage.made["beside"][self.kind]
        self.bystander = KINDS["weft.1"](self.place.weft.weft.url, beside, self.stage.made["bystander"])
        await self.bystander.opened()
        hands = [asyncio.create_task(self._type(client)) for client in (self.writer, self.bystander)]
        try:
            await until(lambda: self.written and self.bystander.saved, what=f"{self} writes")
            yield
        finally:
            for hand in hands:
                hand.cancel()
            await asyncio.gather(*hands, return_exceptions=True)
            await asyncio.gather(self.writer.stop(), self.bystander.stop())

    async def _process_of_writer(self) -> int:
        def found() -> int | None:
            try:
                return self.place.weft.process_of(self.writer)
            except AssertionError:  # it has asked for its stream, and isn't connected yet
                return None

        await until(found)
        return found() or 0

    async def _type(self, client: Client) -> None:
        while True:
            await client.type("x ")
            await asyncio.sleep(PACE["no redis" if self.without_redis else "redis"])

    @property
    def written(self) -> list[float]:
        return self.place.written(self.document, self.stage.made["writer"])

    def was_told(self) -> bool:
        code = self.stage.cause.code
        if code == READS_ON and self.kind == "hocuspocus":
            return not self.writer.may_type()
        told = {code}
        if code == FORBIDDEN and self.kind in REQUESTS:
            # Who is not let in can't be told more than a stranger, and a request may be the first to find that out.
            told.add(GONE)
        if self.may_be_put_off:
            told.add(OVERLOADED)
        return bool(told & set(self.writer.codes))

    @property
    def may_be_put_off(self) -> bool:
        """While nobody can say who a cookie is, a poll that comes to another process is asked to come later."""
        return self.without_redis and self.kind == "poll" and self.stage.cause.signs_in

    async def look(self, within: float) -> None:
        """What must be true from now on, as a list of what is not."""
        left = self.returned + within + GRACE - time.time()
        try:
            await until(self.was_told, max(left, 0.1))
        except AssertionError:
            self.faults.append(f"was told {self.writer.codes}, not {self.stage.cause.code}")
        typed, saved = len(self.writer.edits), len(self.bystander.saved)
        await until(lambda: len(self.writer.edits) > typed + 3 and len(self.bystander.saved) > saved + 3)
        if self.bystander.closed or self.bystander.codes:
            self.faults.append(f"the bystander was told {self.bystander.codes}")
        others = set(self.writer.codes) - {self.stage.cause.code}
        if self.stage.cause.code == READS_ON and (self.writer.closed or others):
            self.faults.append(f"it was to read on, and was told {self.writer.codes}")
        if self.stage.cause.code != READS_ON and self.writer.closed is None and not self.may_be_put_off:
            self.faults.append("it was to stay away")
        late = [at - self.returned for at in self.written if at - self.returned > within]
        if late:
            self.faults.append(f"written {[f'{seconds:.2f}' for seconds in late]} s after the change")

    async def look_again(self) -> None:
        """With Redis back: who was put off is told now."""
        if self.may_be_put_off:
            try:
                await until(lambda: self.writer.closed is not None and self.writer.closed[0] == SIGNED_OUT, 10)
            except AssertionError:
                self.faults.append(f"was told {self.writer.codes} in the end")

    async def come_back(self) -> None:
        """Given back what was taken, somebody new in their place can write."""
        again = await self.new_writer().opened()
        try:
            await again.type("back again")
            await until(lambda: "back again" in self.place.weft.stored(self.document).text, 10)
        except AssertionError:
            self.faults.append(f"could not write again: {again.codes}")
        finally:
            await again.stop()


Table = dict[tuple[str, str], list[str]]


@pytest.fixture(scope="module")
def with_redis(place: Place) -> Table:
    """What is wrong with each cell, one cause after the other."""

    async def run() -> Table:
        table: Table = {}
        for cause in CAUSES:
            stage = place.stage(cause, "redis")
            cells = [await prepared(place, stage, kind, "redis") for kind in KINDS]
            async with contextlib.AsyncExitStack() as stack:
                await asyncio.gather(*(stack.enter_async_context(cell.typing()) for cell in cells))
                await asyncio.to_thread(make_the_change, cause, stage, cells)
                await asyncio.gather(*(cell.look(WITHIN["redis"]) for cell in cells))
            await asyncio.to_thread(give_back, cause, stage, cells)
            if cause.code != GONE:
                await asyncio.gather(*(cell.come_back() for cell in cells))
            stage.close()
            table |= {(cause.name, cell.kind): cell.faults for cell in cells}
        await let_sockets_close()
        return table

    return asyncio.run(run())


@pytest.fixture(scope="module")
def without_redis(place: Place) -> Table:
    """The same for all causes at once, in one outage."""

    async def run() -> Table:
        stages = [place.stage(cause, "no redis") for cause in CAUSES]
        cells = [await prepared(place, stage, kind, "no redis") for stage in stages for kind in KINDS]
        async with contextlib.AsyncExitStack() as stack:
            await asyncio.gather(*(stack.enter_async_context(cell.typing()) for cell in cells))
            with place.redis.down():
                for stage in stages:
                    if not stage.cause.outage:
                        mine = [cell for cell in cells if cell.stage is stage]
                        await asyncio.to_thread(make_the_change, stage.cause, stage, mine)
                told = await asyncio.to_thread(by_the_shell, place, stages)
                for cell in cells:
                    cell.returned = told.get(cell.stage.cause.name, cell.returned)
                await asyncio.gather(*(cell.look(WITHIN["no redis"]) for cell in cells))
            await asyncio.gather(*(cell.look_again() for cell in cells))
        for stage in stages:
            stage.close()
        await let_sockets_close()
        return {(cell.stage.cause.name, cell.kind): cell.faults for cell in cells}

    return asyncio.run(run())


async def prepared(place: Place, stage: Stage, kind: str, redis: str) -> Cell:
    cell = Cell(place, stage, kind, redis != "redis")
    if stage.cause.signs_in:
        browser = await asyncio.to_thread(stage.desk, "writer")
        cell.options = {"headers": browser.socket_headers}
    return cell


def make_the_change(cause: Cause, stage: Stage, cells: list[Cell]) -> None:
    if cause.signs_in:
        stage.desk("elsewhere")
    for cell in cells:
        if cause.each or cell is cells[0]:
            cause.by(stage, cell.document)
        cell.returned = time.time()


def give_back(cause: Cause, stage: Stage, cells: list[Cell]) -> None:
    if cause.signs_in:
        browser = Desk(stage.weft, stage.process).sign_in(stage.made["email"], stage.made.get("password", "weft-weft"))
        browser.close()
        for cell in cells:
            cell.options = {"headers": browser.socket_headers}
    elif cause.back is not None:
        by_the_document = cause.each or cause.code == FORBIDDEN
        for cell in cells if by_the_document else cells[:1]:
            cause.back(stage, cell.document)


def by_the_shell(place: Place, stages: list[Stage]) -> dict[str, float]:
    do = {
        stage.cause.name: (stage.made["workspace"], stage.made["writer"], stage.cause.outage)
        for stage in stages
        if stage.cause.outage
    }
    told: dict[str, float] = json.loads(place.weft.shell(OUTAGE % json.dumps(do)).splitlines()[-1])
    return told


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cause", [cause.name for cause in CAUSES])
@pytest.mark.parametrize("redis", WITHIN)
def test_whose_right_ends_writes_no_more(redis: str, cause: str, kind: str, request: pytest.FixtureRequest) -> None:
    table: Table = request.getfixturevalue("with_redis" if redis == "redis" else "without_redis")
    assert table[cause, kind] == []


HELD = """
from django.db import transaction
from documents import actions
from documents.models import Document, Role, User
with transaction.atomic():
    document, eve = Document.objects.get(pk=%r), User.objects.get(email="eve@example.com")
    actions.share_document(by=None, document=document, user_or_email=eve, role=Role.READER)
    print("held", flush=True)
    input()
"""


@pytest.mark.parametrize("kind", ["weft.1", "y-websocket", "hocuspocus"])
async def test_a_right_that_ends_between_the_receiving_and_the_commit_is_asked_for_again(
    place: Place, kind: str
) -> None:
    """The change holds the database's only write lock while the edit arrives, and is committed before it. Of pushes,
    tests/collab/test_http_transports.py tells the same."""
    weft, document = place.weft, place.weft.document()
    ann = Desk(weft, place.webs[0]).with_token(weft.people["ann"]["token"])
    await asyncio.to_thread(ann.call, "PUT", f"/documents/{document}/members/eve@example.com", {"role": "editor"})
    ann.close()
    eve = weft.client("eve", document, kind)
    assert isinstance(eve, SocketClient)
    await eve.opened()
    await eve.type("in time")
    await until(lambda: weft.stored(document).text == "in time")
    before = await asyncio.to_thread(scrape, weft.weft.url)
    change = subprocess.Popen(
        [*MANAGE, "shell", "-v0", "-c", HELD % document],
        env=weft.weft.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert change.stdin is not None
    assert change.stdout is not None
    assert await asyncio.to_thread(change.stdout.readline) == b"held\n"
    await eve.type(", too late")
    heard = len(eve.frames_heard)
    await eve.send(b"\x03")
    await until(lambda: len(eve.frames_heard) > heard, what="an answer to what was sent after the edit")
    assert READS_ON not in eve.codes
    await asyncio.to_thread(change.communicate, b"\n")
    await until(lambda: READS_ON in eve.codes if kind != "hocuspocus" else not eve.may_type())
    assert weft.stored(document).text == "in time"
    name = 'weft_refused_total{reason="at_commit"}'
    now = before
    while now[name] == before[name]:  # another process's numbers are some seconds old
        now = await asyncio.to_thread(scrape, weft.weft.url)
    await eve.stop()
