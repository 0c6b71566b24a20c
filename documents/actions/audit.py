"""Writes the audit trail, in the transaction of what it records."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from documents.models import AuditEntry, Document, User, Workspace

_operator: ContextVar[User | None] = ContextVar("operator", default=None)


@contextmanager
def operated_by(user: User) -> Iterator[None]:
    """Within, what is done `by=None` is written down as this operator's doing: the admin site acts so.

    Apart from `by`, because an operator's power over the installation must not become rights of their account.
    """
    token = _operator.set(user)
    try:
        yield
    finally:
        _operator.reset(token)


def record(
    action: str,
    *,
    by: User | None,
    workspace: Workspace | None = None,
    document: Document | None = None,
    user: User | None = None,
    **details: str | int | bool | None,
) -> None:
    AuditEntry.objects.create(
        action=action,
        actor=by or _operator.get(),
        workspace=workspace or (document.workspace if document else None),
        document=document,
        user=user,
        details=details,
    )
