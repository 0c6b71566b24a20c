"""What programs publish, taken in: an envelope takes effect once, however often it comes.

Its id is remembered in the transaction of its effect. So whoever brings envelopes may bring one again whenever it
doesn't know how the last time ended (a crash, a timeout), and a thief's copy changes nothing.

Who can sign is trusted like an operator: nobody is asked for rights, as with everything done `by=None`.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from documents import signals
from documents.actions import access, content
from documents.actions.audit import record
from documents.actions.notifications import notify
from documents.envelope import REST, WINDOW, Append, Envelope, Event, Message, Notify, Refused, open_envelope
from documents.errors import Forbidden, WeftError
from documents.models import Document, Notification, Receipt, User, Workspace


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    REPLAYED = "replayed"
    REDELIVERED = "redelivered"
    """The same entry of the stream once more, because nobody could say that it had been done."""


Effect = Callable[[], object]


def publish(payload: bytes, signature: str, *, arrived: datetime | None = None, source: str = "") -> Verdict:
    """Do what an envelope says. Raises Refused and other WeftErrors, which are final; and what the database raises,
    after which the same envelope should come again."""
    try:
        verdict = _publish(payload, signature, arrived or timezone.now(), source)
    except WeftError as refusal:
        signals.envelope_judged.send_robust(sender=None, verdict=f"refused_{refusal.code}")
        raise
    signals.envelope_judged.send_robust(sender=None, verdict=verdict.value)
    return verdict


def forget_old_receipts() -> int:
    """Those of envelopes that are too old to be taken anyway."""
    return Receipt.objects.filter(kept_until__lt=timezone.now()).delete()[0]


def _publish(payload: bytes, signature: str, arrived: datetime, source: str) -> Verdict:
    envelope = open_envelope(
        payload,
        signature,
        key=settings.PUBLISH_KEY,
        arrived=arrived,
        now=timezone.now(),
        most_bytes=settings.LIMITS.publish_bytes,
    )
    if (receipt := Receipt.objects.filter(pk=envelope.id).first()) is not None:
        return _again(envelope, receipt, source)
    take_effect = _prepared(envelope)
    try:
        with transaction.atomic():
            Receipt.objects.create(pk=envelope.id, source=source, kept_until=envelope.at + 2 * WINDOW + REST)
            take_effect()
    except IntegrityError:
        receipt = Receipt.objects.filter(pk=envelope.id).first()
        if receipt is None:  # it was not about the receipt: a recipient was deleted under our hands
            raise _nobody() from None
        return _again(envelope, receipt, source)
    return Verdict.ACCEPTED


def _again(envelope: Envelope, receipt: Receipt, source: str) -> Verdict:
    if not source or receipt.source != source:
        return Verdict.REPLAYED
    # It took effect, but perhaps nobody was told: saying an event twice is better than never.
    if isinstance(envelope.message, Event):
        _announce(envelope.id, envelope.message)
    elif isinstance(envelope.message, Notify):
        signals.announce_inbox(envelope.message.user)
    return Verdict.REDELIVERED


def _prepared(envelope: Envelope) -> Effect:
    """What to do in the transaction. All that takes long (reading Markdown) is done here, before."""
    message: Message = envelope.message
    match message:
        case Notify():
            user = User.objects.filter(pk=message.user, is_active=True).first()
            document = _document(message.document) if message.document else None
            if user is None:
                raise _nobody()
            return lambda: _notify(user, document, message)
        case Event():
            _require_somebody(message)
            return lambda: _announce(envelope.id, message)
        case Append():
            document = _document(message.document)
            _require_open(document)
            update = content.appended(document, message.text, markdown=message.format == "markdown")
            return lambda: _append(envelope.id, document, update)


def _notify(user: User, document: Document | None, message: Notify) -> Notification:
    return notify(user=user, title=message.title, body=message.body, url=message.url, document=document)


def _announce(id: str, event: Event) -> None:
    signals.announce_event(id, event.workspace, event.user, event.name, event.data)


def _append(id: str, document: Document, update: bytes) -> None:
    document = access.fresh(document)
    _require_open(document)
    seq = content.append_edit(None, document, update)
    record("document.appended", by=None, document=document, seq=seq, envelope=id)


def _document(key: UUID) -> Document:
    found = Document.objects.select_related("workspace").filter(pk=key, trashed_at=None).first()
    if found is None:
        raise _nobody()
    return found


def _require_open(document: Document) -> None:
    if document.trashed_at is not None:
        raise _nobody()
    if document.workspace.suspended_at is not None:
        raise Forbidden("This workspace is suspended: nothing in it changes.", code="suspended")


def _require_somebody(event: Event) -> None:
    if event.workspace is not None and Workspace.objects.filter(pk=event.workspace).exists():
        return
    if event.user is not None and User.objects.filter(pk=event.user, is_active=True).exists():
        return
    raise _nobody()


def _nobody() -> Refused:
    return Refused("unknown_recipient", "There is nobody and nothing with this id, or it is in the trash.")
