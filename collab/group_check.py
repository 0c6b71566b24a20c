"""Group check, as there is a group commit: who may join a document is asked for everybody who came while the last
question was answered, in one way to a thread.

When a process restarts, its people come back all at once, most of them to a few documents. Each alone would pay for a
thread's turn, for its sign-in and for the document's row. Together they pay for the thread once, for each sign-in once
(somebody's many tabs are one), and for the rows of all documents with one query. Nothing is remembered from one group
for the next: an answer is never older than the question.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from collab import rights, signed_in
from collab.rights import Standing
from collab.session import Identity
from collab.threads import in_reader
from documents import log

T = TypeVar("T")
Question = TypeVar("Question")

AT_ONCE = 2
"""Groups under way: one that waits for a slow database or Redis doesn't hold up all who come after it."""
TOGETHER = 64

Answer = tuple[Identity | None, Standing | None]


@dataclass(frozen=True, slots=True)
class _Asked:
    scope: object
    token: str
    document_id: UUID
    answer: asyncio.Future[Answer]
    context: Context = field(default_factory=copy_context)
    """What is logged meanwhile is about this one."""


class GroupCheck:
    def __init__(self) -> None:
        self._waiting: deque[_Asked] = deque()
        self._running: set[asyncio.Task[None]] = set()

    async def ask(self, scope: object, token: str, document_id: UUID) -> Answer:
        """Who shows this scope (`token`: one that came in a message), and how the document stands to them. Raises what
        Redis or the database raise."""
        asked = _Asked(scope, token, document_id, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if len(self._running) < AT_ONCE:
            task = asyncio.create_task(self._run())
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return await asked.answer

    async def _run(self) -> None:
        while self._waiting:
            group = self._next()
            try:
                answers: list[Answer | Exception] = await in_reader(_check, group)
            except Exception as error:
                answers = [error] * len(group)
            for asked, answer in zip(group, answers, strict=True):
                if asked.answer.done():  # given up meanwhile
                    continue
                if isinstance(answer, Exception):
                    asked.answer.set_exception(answer)
                else:
                    asked.answer.set_result(answer)

    def _next(self) -> list[_Asked]:
        """Without those who have given up: after an outage they are many, and who still waits would wait for them."""
        group: list[_Asked] = []
        while self._waiting and len(group) < TOGETHER:
            asked = self._waiting.popleft()
            if not asked.answer.done():
                group.append(asked)
        return group


def _check(group: list[_Asked]) -> list[Answer | Exception]:
    """One's failure is no other's: each has an answer, or what went wrong."""
    proofs = [signed_in.shown(asked.scope, asked.token) for asked in group]
    identities = _each_once(group, proofs, signed_in.identity_of)
    pairs = [
        (asked.document_id, identity.user_id) if isinstance(identity, Identity) else None
        for asked, identity in zip(group, identities, strict=True)
    ]
    heads = log.heads(list({document_id for document_id, _ in filter(None, pairs)}))
    stands = _each_once(group, pairs, lambda pair: rights.standing_of_joiner(*pair, heads.get(pair[0])))
    return [
        identity if isinstance(identity, Exception) else stand if isinstance(stand, Exception) else (identity, stand)
        for identity, stand in zip(identities, stands, strict=True)
    ]


def _each_once(
    group: list[_Asked], questions: list[Question | None], ask: Callable[[Question], T]
) -> list[T | Exception | None]:
    """What is answered to each one's question, equal ones asked once. Who has none gets None."""
    known: dict[Question | None, T | Exception | None] = {None: None}
    for asked, question in zip(group, questions, strict=True):
        if question is None or question in known:
            continue
        try:
            known[question] = asked.context.run(ask, question)
        except Exception as error:
            known[question] = error
    return [known[question] for question in questions]
