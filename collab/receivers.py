"""What `documents` signals, passed on to every process's rooms."""

from typing import Any
from uuid import UUID

from django.dispatch import receiver

from collab.metrics import COUNTERS
from collab.relay import CONTROL, announce, channel
from collab.room import RELAY_BYTES
from documents import signals


@receiver(signals.entries_appended)
def tell_rooms(document_id: UUID, epoch: int, first_seq: int, updates: list[bytes], **_: Any) -> None:
    if sum(map(len, updates)) > RELAY_BYTES:
        announce(channel(document_id), [b"m", epoch, first_seq + len(updates) - 1])
    else:
        entries = [[first_seq + index, None, update] for index, update in enumerate(updates)]
        announce(channel(document_id), [b"e", epoch, entries])


@receiver(signals.compacted)
def load_smaller(document_id: UUID, **_: Any) -> None:
    announce(channel(document_id), [b"l"])


@receiver(signals.access_changed)
def recheck_rights(document_ids: list[UUID] | None, user_ids: list[int] | None, **_: Any) -> None:
    documents = None if document_ids is None else [document_id.bytes for document_id in document_ids]
    announce(CONTROL, [b"r", documents, user_ids])


@receiver(signals.sessions_ended)
def close_sessions(user_id: int, session_keys: list[str] | None, **_: Any) -> None:
    announce(CONTROL, [b"s", user_id, session_keys])


@receiver(signals.envelope_judged)
def count_envelope(verdict: str, **_: Any) -> None:
    COUNTERS[f"publish_{verdict}"] += 1
