"""Edits made by the server on somebody's behalf: entries of the log like any other, which open editors merge."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from documents import log, merging, signals
from documents.actions import access
from documents.actions.audit import record
from documents.content.tree import Unreadable
from documents.content.writer import retitle
from documents.errors import Conflict, Invalid, NotFound, TooLarge
from documents.models import Document, Log, User
from documents.policy import Action

if TYPE_CHECKING:
    from documents.content.exporting import Exported
    from documents.content.rendering import Format

REPLACING_TRIES = 3


def append_update(*, by: User | None, document: Document, update: bytes) -> int:
    """Add one update to the log and return its seq. The bytes must be our own making or have passed the guard."""
    with transaction.atomic():
        access.require(by, Action.EDIT, access.fresh(document))
        return _append(by, document, update)


def replace_content(
    *, by: User | None, document: Document, markdown: str | None = None, html: str | None = None
) -> int | None:
    """Make the body read like this, as an edit of what is there now. Give one of the two formats."""
    if (markdown is None) == (html is None):
        raise Invalid("Give the content either as Markdown or as HTML.")
    from documents.content import importing  # loads pandoc, which nothing else here needs

    for more_tries in reversed(range(REPLACING_TRIES)):
        access.require(by, Action.EDIT, access.fresh(document))
        loaded = _loaded(document)
        state = merging.merge([loaded.snapshot, *(entry.update for entry in loaded.entries)])
        # Before the lock, not under it: reading Markdown takes as long as hundreds of other people's commits.
        update = importing.replacement(state, markdown=markdown, html=html)
        with transaction.atomic():
            document = access.fresh(document)
            access.require(by, Action.EDIT, document)
            # Of two replacements of one state both bodies would stay. While somebody keeps typing, theirs is merged.
            if more_tries and _locked_position(document) != (loaded.epoch, loaded.head):
                continue
            seq = append_edit(by, document, update)
            record("document.replaced", by=by, document=document, seq=seq)
            return seq
    raise AssertionError("the last try returns")


def appended(document: Document, text: str, *, markdown: bool) -> bytes:
    """The update that adds this at the end of the document. Takes its time; hold no lock."""
    from documents.content import importing

    loaded = _loaded(document)
    state = merging.merge([loaded.snapshot, *(entry.update for entry in loaded.entries)])
    return importing.appended(state, text, markdown=markdown)


def export_document(*, by: User, document: Document, format: "Format") -> "Exported":
    """The document as a file. Raises what `exporting.export` raises."""
    from documents.content import exporting

    access.require(by, Action.VIEW, access.fresh(document))
    exported = exporting.export(document.pk, format)
    record("document.exported", by=by, document=document, format=format, title=document.title)
    return exported


def look_into_document(*, by: User | None, document: Document) -> str:
    """What is in it, as sanitised HTML, for an operator: they need no rights in the workspace, and leave a trace."""
    from documents.content import exporting

    access.require_operator(by)
    record("document.looked_into", by=by, document=document, title=document.title)
    return exporting.preview(document.pk)


def compact_document(*, by: User | None, document: Document) -> int:
    """Store it in as few bytes as its content takes, now and not when the worker finds it worth it. Returns how many.
    Rooms for which it is large load it anew, and one that was full takes edits again if it has become smaller."""
    from documents import compaction  # it loads what reads documents, which nothing else here needs

    access.require_operator(by)
    try:
        compaction.compact(document.pk)
    except log.DocumentGone as gone:
        raise NotFound("There is no such document, or it isn't shared with you.") from gone
    except (log.CorruptLog, compaction.Unverified) as fault:
        raise _unreadable() from fault
    record("document.compacted", by=by, document=document, title=document.title)
    return Log.objects.values_list("size_bytes", flat=True).get(pk=document.pk)


def locked_state(document: Document) -> bytes:
    """The document as one update; nobody appends until the transaction ends, so an edit computed from it fits."""
    _locked_position(document)
    loaded = _loaded(document)
    return merging.merge([loaded.snapshot, *(entry.update for entry in loaded.entries)])


def _locked_position(document: Document) -> tuple[int, int]:
    logs = Log.objects.select_for_update(no_key=True).filter(pk=document.pk)
    stands = logs.values_list("epoch", "head").first()
    if stands is None:
        raise NotFound("There is no such document, or it isn't shared with you.")
    return stands


def _loaded(document: Document) -> log.Loaded:
    try:
        return log.load(document.pk)
    except log.DocumentGone as gone:
        raise NotFound("There is no such document, or it isn't shared with you.") from gone
    except log.CorruptLog as fault:
        raise _unreadable() from fault


def retitled(state: bytes, title: str) -> bytes:
    """The update that gives a document in this state the title."""
    try:
        return retitle(state, title)
    except Unreadable as fault:
        raise _unreadable() from fault


def append_edit(by: User | None, document: Document, update: bytes) -> int | None:
    """For actions that checked already. Its seq, or None for an edit that changes nothing, which gets no entry."""
    return None if update == merging.EMPTY_UPDATE else _append(by, document, update)


def _append(by: User | None, document: Document, update: bytes) -> int:
    stored = Log.objects.filter(pk=document.pk).values_list("size_bytes", flat=True).first()
    if stored is not None and stored >= settings.LIMITS.document_bytes:
        raise TooLarge(
            "This document is full. Write in another one, or ask the operator of this installation for more room.",
            code="document_full",
        )
    try:
        appended = log.append(document.pk, [(by.pk if by else None, update)])
    except log.DocumentGone as gone:
        raise NotFound("There is no such document, or it isn't shared with you.") from gone
    signals.announce_entries(document.pk, appended.epoch, appended.first_seq, [update])
    return appended.last_seq


def _unreadable() -> Conflict:
    return Conflict("This document's content can't be read. Tell the operator of this installation.", code="unreadable")
