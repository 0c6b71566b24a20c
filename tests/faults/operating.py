"""An operator beside a running Weft: a process with Django set up on the same home, which does what it is told in lines
of JSON. To start one for each act would cost a second and a half each time.

    operator = Operator(environment)
    operator.do("documents", count=25)

The verbs are the functions in `_VERBS` below, which run over there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.running import ROOT


class Operator:
    def __init__(self, environment: dict[str, str]) -> None:
        environment = {**environment, "WEFT_FAULTS": ""}  # whoever dies at a point, not this one
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.operating"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._lock = threading.Lock()

    @property
    def is_busy(self) -> bool:
        return self._lock.locked()

    def do(self, verb: str, **details: Any) -> Any:
        """Blocks: to be called in a thread."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps([verb, details]).encode() + b"\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline() or b'{"fault": "the operator ended"}')
        if "fault" in answer:
            raise AssertionError(f"{verb} {details}: {answer['fault']}")
        return answer["result"]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


# --- over there ---


def _main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        verb, details = json.loads(line)
        try:
            answer = {"result": _VERBS[verb](**details)}
        except Exception as fault:
            answer = {"fault": f"{type(fault).__name__}: {fault}"}
            _hang_up()
        print(json.dumps(answer), flush=True)


def _hang_up() -> None:
    from django.db import connections

    connections.close_all()


def _documents(count: int, workspace: str) -> list[str]:
    from documents import actions
    from documents.models import User, Workspace

    ann, place = User.objects.get(email="ann@example.com"), Workspace.objects.get(pk=workspace)
    return [str(actions.create_document(by=ann, workspace=place, title="").pk) for _ in range(count)]


def _faults(documents: list[str]) -> dict[str, list[str]]:
    from documents.verification import faults_of

    return {document: faults_of(UUID(document)) for document in documents}


def _compact(document: str) -> bool:
    from documents import compaction

    return compaction.compact(UUID(document)) is not None


def _compact_dying(document: str, at: int) -> bool:
    """In a fork that is gone, as by kill -9, just before its n-th statement. Whether it came so far."""
    from django.db import connection

    from documents import compaction

    _hang_up()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    left = at

    def count(execute: Any, *statement: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*statement)

    with connection.execute_wrapper(count):
        compaction.compact(UUID(document))
    os._exit(0)


def _trim(document: str) -> int:
    """As it would be a day later."""
    from django.conf import settings

    from documents import compaction

    settings.LIMITS = replace(settings.LIMITS, entries_kept_seconds=0)
    return compaction.trim(UUID(document))


def _begin_epoch(document: str) -> None:
    """What a restore does to each document, and the processes find out when they look."""
    from django.db import transaction
    from django.db.models import F

    from documents.models import Log, Snapshot

    with transaction.atomic():
        log = Log.objects.select_for_update().get(pk=UUID(document))
        Snapshot.objects.filter(document_id=document, epoch=log.epoch).update(epoch=log.epoch + 1)
        Log.objects.filter(pk=UUID(document)).update(epoch=F("epoch") + 1)


def _people_and(document: str, who: str) -> tuple[Any, Any, Any]:
    from documents.models import Document, User

    ann, user = User.objects.get(email="ann@example.com"), User.objects.get(email=f"{who}@example.com")
    return ann, Document.objects.get(pk=document), user


def _share(document: str, who: str, role: str) -> None:
    from documents import actions
    from documents.models import Role

    ann, shared, user = _people_and(document, who)
    actions.share_document(by=ann, document=shared, user_or_email=user, role=Role(role))


def _unshare(document: str, who: str) -> None:
    from documents import actions

    ann, shared, user = _people_and(document, who)
    actions.unshare_document(by=ann, document=shared, user=user)


def _trash(document: str) -> None:
    from documents import actions

    ann, thrown, _ = _people_and(document, "ann")
    actions.trash_document(by=ann, document=thrown)


def _bring_back(document: str) -> None:
    from documents import actions

    ann, thrown, _ = _people_and(document, "ann")
    actions.restore_document(by=ann, document=thrown)


def _token(who: str, seconds: float = 0) -> dict[str, str]:
    """A new one; with `seconds` it expires by itself."""
    from django.utils import timezone

    from documents import actions
    from documents.models import AccessToken, User

    expires = timezone.now() + timedelta(seconds=seconds) if seconds else None
    user = User.objects.get(email=f"{who}@example.com")
    token, secret = actions.create_token(
        by=user, user=user, name="faults", scope=AccessToken.Scope.WRITE, expires_at=expires
    )
    return {"id": str(token.pk), "secret": secret}


def _revoke(token: str) -> None:
    from documents import actions
    from documents.models import AccessToken

    found = AccessToken.objects.get(pk=token)
    actions.revoke_token(by=found.user, token=found)


_VERBS: dict[str, Callable[..., Any]] = {
    "documents": _documents,
    "faults": _faults,
    "compact": _compact,
    "compact_dying": _compact_dying,
    "trim": _trim,
    "begin_epoch": _begin_epoch,
    "share": _share,
    "unshare": _unshare,
    "trash": _trash,
    "bring_back": _bring_back,
    "token": _token,
    "revoke": _revoke,
}


if __name__ == "__main__":
    _main()
