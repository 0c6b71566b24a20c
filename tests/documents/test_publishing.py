"""What an envelope does, once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from documents import log, signals
from documents.actions import forget_old_receipts, publish, purge_document, suspend_workspace, trash_document
from documents.content.exporting import export
from documents.content.loading import load
from documents.content.tree import Tree, read
from documents.envelope import Refused, sign
from documents.errors import Forbidden
from documents.models import AuditEntry, Document, Notification, Receipt, User, Workspace
from tests.documents.conftest import Listening
from tests.documents.content.trees import paragraph


def envelope(kind: str, to: str, id: str = "e1", at: float | None = None, **data: Any) -> tuple[bytes, str]:
    when = timezone.now().timestamp() if at is None else at
    payload = json.dumps({"v": 1, "id": id, "to": to, "kind": kind, "data": data, "at": when}).encode()
    return payload, sign(payload, settings.PUBLISH_KEY)


def content(document: Document) -> Tree:
    return read(load(log.state(document.pk)))


def refused(payload: bytes, signature: str) -> str:
    with pytest.raises(Refused) as refusal:
        publish(payload, signature)
    return refusal.value.code


def test_a_notification_lands_in_the_inbox(ann: User, plan: Document, listening: Listening) -> None:
    with listening() as heard:
        publish(*envelope("notification", f"user:{ann.pk}", title="Deployed", body="All of it", document=str(plan.pk)))
    told = Notification.objects.get(user=ann)
    assert (told.title, told.body, told.document, told.actor) == ("Deployed", "All of it", plan, None)
    assert heard == [("notified", {"notification": told})]


def test_an_event_is_announced_and_kept_nowhere(team: Workspace, listening: Listening) -> None:
    with listening() as heard:
        publish(*envelope("event", f"workspace:{team.pk}", name="deploy.done", data={"n": 1}))
    said = {"id": "e1", "workspace_id": team.pk, "user_id": None, "name": "deploy.done", "data": {"n": 1}}
    assert heard == [("event", said)]


def test_appended_lines_stand_at_the_end_and_reach_open_documents(plan: Document, listening: Listening) -> None:
    with listening() as heard:
        publish(*envelope("append", f"document:{plan.pk}", text="First *line*\n\nSecond line"))
    publish(*envelope("append", f"document:{plan.pk}", id="e2", text="Third line"))
    assert [name for name, _ in heard] == ["entries"]
    lines = [paragraph("First *line*"), paragraph("Second line"), paragraph("Third line")]
    assert content(plan).blocks[:3] == tuple(lines)
    assert AuditEntry.objects.filter(action="document.appended", document=plan).count() == 2


def test_markdown_is_read_and_a_list_goes_on(plan: Document) -> None:
    for number in (1, 2):
        publish(*envelope("append", f"document:{plan.pk}", id=f"e{number}", markdown=f"- **item** {number}"))
    assert export(plan.pk, "markdown").body.decode().endswith("- **item** 1\n- **item** 2\n")


def test_a_second_envelope_with_the_same_id_changes_nothing(ann: User) -> None:
    first = envelope("notification", f"user:{ann.pk}", title="Once")
    assert publish(*first) == "accepted"
    assert publish(*first) == "replayed"
    assert publish(*envelope("notification", f"user:{ann.pk}", title="Another with that id")) == "replayed"
    assert Notification.objects.count() == 1


def test_the_same_entry_of_the_stream_once_more_is_told_again_and_done_no_more(
    ann: User, team: Workspace, listening: Listening
) -> None:
    event = envelope("event", f"workspace:{team.pk}", name="ping")
    news = envelope("notification", f"user:{ann.pk}", id="e2", title="Once")
    for _ in range(2):
        with listening() as heard:
            verdicts = [publish(*event, source="1-0"), publish(*news, source="2-0")]
    assert verdicts == ["redelivered", "redelivered"]
    assert [name for name, _ in heard] == ["event", "inbox"]
    assert publish(*event, source="3-0") == "replayed"
    assert Notification.objects.count() == 1


def test_what_fails_halfway_may_come_again(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    news = envelope("notification", f"user:{ann.pk}", title="Once")

    def fail(notification: Notification) -> None:
        raise OSError("no more memory")

    monkeypatch.setattr(signals, "announce_notification", fail)
    with pytest.raises(OSError, match="memory"):
        publish(*news)
    monkeypatch.undo()
    assert not Receipt.objects.exists()
    assert publish(*news) == "accepted"


def test_who_is_not_there_is_an_unknown_recipient(ann: User, plan: Document) -> None:
    gone = f"document:{plan.pk}"
    assert refused(*envelope("notification", "user:999999", title="x")) == "unknown_recipient"
    assert refused(*envelope("event", "user:999999", name="x")) == "unknown_recipient"
    assert refused(*envelope("event", f"workspace:{plan.pk}", name="x")) == "unknown_recipient"
    trash_document(by=ann, document=plan)
    assert refused(*envelope("append", gone, text="x")) == "unknown_recipient"
    purge_document(by=None, document=plan)
    assert refused(*envelope("append", gone, text="x")) == "unknown_recipient"
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert refused(*envelope("notification", f"user:{ann.pk}", title="x")) == "unknown_recipient"
    assert not Receipt.objects.exists()


def test_nothing_is_appended_in_a_suspended_workspace(plan: Document) -> None:
    suspend_workspace(by=None, workspace=plan.workspace)
    with pytest.raises(Forbidden, match="suspended"):
        publish(*envelope("append", f"document:{plan.pk}", text="x"))


def test_a_receipt_is_kept_for_as_long_as_its_envelope_would_be_taken(ann: User) -> None:
    publish(*envelope("notification", f"user:{ann.pk}", title="Once"))
    assert forget_old_receipts() == 0
    Receipt.objects.update(kept_until=timezone.now() - timedelta(seconds=1))
    assert forget_old_receipts() == 1


def test_every_verdict_is_there_to_be_counted(ann: User) -> None:
    verdicts: list[str] = []

    def count(verdict: str, **_: Any) -> None:
        verdicts.append(verdict)

    signals.envelope_judged.connect(count)
    try:
        news = envelope("notification", f"user:{ann.pk}", title="Once")
        publish(*news)
        publish(*news)
        refused(news[0], "00")
    finally:
        signals.envelope_judged.disconnect(count)
    assert verdicts == ["accepted", "replayed", "refused_bad_signature"]
