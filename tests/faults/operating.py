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
from uuid import UUID, uuid4

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
        """Gone, as by kill -9: nothing that it has open is put in order."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


# --- over there ---


def _main() -> None:
    import django
    from django.db import connections

    django.setup()
    # A fork would have the pool's connections, too, and leave them within its transaction when it dies.
    connections["default"].settings_dict.get("OPTIONS", {}).pop("pool", None)
    for line in sys.stdin:
        verb, details = json.loads(line)
        try:
            answer = {"result": _VERBS[verb](**details)}
        except Exception as fault:
            answer = {"fault": f"{type(fault).__name__}: {fault}"}
        _hang_up()  # before the next one the database may have died
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

    try:
        with connection.execute_wrapper(count):
            compaction.compact(UUID(document))
    except Exception as fault:
        print(f"a compaction failed: {type(fault).__name__}: {fault}", file=sys.stderr)
    finally:
        os._exit(0)  # whatever happened: it must not go on as a second operator


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


def _newcomer(document: str, seconds: float = 0) -> dict[str, str]:
    """Somebody of whom nobody has heard, with an account, this document to edit, a token and a session. `seconds`: the
    token expires by itself."""
    from importlib import import_module

    from allauth.usersessions.models import UserSession
    from django.conf import settings
    from django.contrib import auth
    from django.utils import timezone

    from documents import actions
    from documents.models import AccessToken, User

    email = f"{uuid4().hex}@example.com"
    user = User.objects.create_user(email=email, name="Newcomer")
    _share(document, email, "editor")
    expires = timezone.now() + timedelta(seconds=seconds) if seconds else None
    token, secret = actions.create_token(
        by=user, user=user, name="faults", scope=AccessToken.Scope.WRITE, expires_at=expires
    )
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[auth.SESSION_KEY] = str(user.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    UserSession.objects.create(user=user, ip="127.0.0.1", session_key=session.session_key, user_agent="faults")
    return {"email": email, "token": str(token.pk), "secret": secret, "session": session.session_key}


def _person(email: str) -> Any:
    from documents.models import User

    return User.objects.get(email=email)


def _document(document: str) -> Any:
    from documents.models import Document

    return Document.objects.get(pk=UUID(document))


def _share(document: str, email: str, role: str) -> None:
    from documents import actions
    from documents.models import Role

    ann = _person("ann@example.com")
    actions.share_document(by=ann, document=_document(document), user_or_email=_person(email), role=Role(role))


def _unshare(document: str, email: str) -> None:
    from documents import actions

    actions.unshare_document(by=_person("ann@example.com"), document=_document(document), user=_person(email))


def _trash(document: str) -> None:
    from documents import actions

    actions.trash_document(by=_person("ann@example.com"), document=_document(document))


def _revoke_token(email: str, token: str) -> None:
    from documents import actions
    from documents.models import AccessToken

    actions.revoke_token(by=_person(email), token=AccessToken.objects.get(pk=UUID(token)))


def _end_session(email: str, session: str) -> None:
    from allauth.usersessions.models import UserSession

    from documents import actions

    actions.end_session(by=_person(email), session=UserSession.objects.get(session_key=session))


def _end_sessions(email: str) -> None:
    """As a new password does it."""
    from documents import actions

    actions.end_sessions(by=_person(email), user=_person(email))


def _deactivate(email: str) -> None:
    from documents import actions

    actions.deactivate_user(by=None, user=_person(email))


_VERBS: dict[str, Callable[..., Any]] = {
    "documents": _documents,
    "faults": _faults,
    "compact": _compact,
    "compact_dying": _compact_dying,
    "trim": _trim,
    "begin_epoch": _begin_epoch,
    "newcomer": _newcomer,
    "share": _share,
    "unshare": _unshare,
    "trash": _trash,
    "revoke_token": _revoke_token,
    "end_session": _end_session,
    "end_sessions": _end_sessions,
    "deactivate": _deactivate,
}


if __name__ == "__main__":
    _main()
