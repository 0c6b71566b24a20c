"""What is due, and what deriving leaves behind."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from documents import jobs, log, merging
from documents.content import sandbox
from documents.content.derive import derive_from
from documents.content.tree import Node, Tree
from documents.content.writer import replace_body, retitle, write
from documents.models import Document, Log, Snapshot
from documents.models.document import DerivedContent
from tests.documents.conftest import Listening
from tests.documents.content.editing import session
from tests.documents.content.trees import block, paragraph


@pytest.fixture(autouse=True)
def _a_worker_that_just_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_looks", jobs._Looks())


def append(document: Document, *updates: bytes, ago: float = 0.0) -> None:
    with transaction.atomic():
        log.append(document.pk, [(None, update) for update in updates])
    at = timezone.now() - timedelta(seconds=ago)
    Log.objects.filter(pk=document.pk).update(edited_at=at)


def write_body(document: Document, *blocks: Node) -> None:
    append(document, replace_body(log.state(document.pk), list(blocks)))


def test_deriving_fills_in_what_lists_and_search_show(plan: Document) -> None:
    write_body(plan, block("heading", "Why", level=2), paragraph("Because it's 漢字."))

    jobs.derive(str(plan.pk))

    plan.refresh_from_db()
    derived = DerivedContent.objects.get(document=plan)
    assert plan.title == "Plan"
    assert plan.word_count == 5
    assert derived.text == "Why\n\nBecause it's 漢字."
    assert derived.outline == [{"level": 2, "text": "Why"}]
    assert Log.objects.filter(pk=plan.pk, derived_seq=F("head")).exists()
    assert plan.updated_at == Log.objects.get(pk=plan.pk).edited_at


def test_a_title_typed_in_the_document_turns_nobody_else_s_words_round(plan: Document) -> None:
    append(plan, retitle(log.state(plan.pk), "\u202eB\n nalP\u2066"))
    jobs.derive(str(plan.pk))
    plan.refresh_from_db()
    assert plan.title == "B nalP"


def test_a_title_typed_in_the_document_is_announced(plan: Document, listening: Listening) -> None:
    append(plan, retitle(log.state(plan.pk), "Plan B"))

    with listening() as heard:
        jobs.derive(str(plan.pk))

    renamed = {"workspace_id": plan.workspace_id, "document_ids": [plan.pk], "kind": "renamed"}
    assert heard == [("documents", renamed)]
    plan.refresh_from_db()
    assert plan.title == "Plan B"


def test_text_alone_announces_nothing(plan: Document, listening: Listening) -> None:
    write_body(plan, paragraph("text"))

    with listening() as heard:
        jobs.derive(str(plan.pk))

    assert heard == []


def test_a_slower_job_does_not_put_back_what_a_later_one_derived(
    plan: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sandbox.run

    def overtaken(*args: Any) -> Any:
        monkeypatch.undo()
        write_body(plan, paragraph("newer"))
        jobs.derive(str(plan.pk))
        return real(*args)

    monkeypatch.setattr(sandbox, "run", overtaken)
    jobs.derive(str(plan.pk))

    assert DerivedContent.objects.get(document=plan).text == "newer"


@pytest.mark.parametrize("fault", [sandbox.Crashed("It crashed."), sandbox.TimedOut("It took too long.")])
def test_a_document_that_defies_deriving_is_marked_and_then_left_alone(
    plan: Document, monkeypatch: pytest.MonkeyPatch, fault: sandbox.Failed
) -> None:
    def fail(*args: Any) -> Any:
        raise fault

    state = log.state(plan.pk)
    monkeypatch.setattr(sandbox, "run", fail)
    with pytest.raises(sandbox.Failed):
        jobs.derive(str(plan.pk))

    plan.refresh_from_db()
    assert plan.attention == fault.message
    assert plan.title == "Plan"
    assert log.state(plan.pk) == state
    _rest(plan)
    assert ("derive", plan.pk) not in jobs.due_jobs()


def test_attention_ends_with_the_first_success(plan: Document) -> None:
    Document.objects.filter(pk=plan.pk).update(attention="It crashed.")
    write_body(plan, paragraph("text"))

    jobs.derive(str(plan.pk))

    plan.refresh_from_db()
    assert plan.attention == ""


def test_a_document_that_was_deleted_is_no_fault(plan: Document) -> None:
    key = str(plan.pk)
    plan.delete()

    jobs.derive(key)
    jobs.compact(key)
    jobs.trim(key)


def test_an_edited_document_is_due_once_it_rests(plan: Document) -> None:
    write_body(plan, paragraph("text"))
    assert jobs.due_derivations(now=100.0) == []

    _rest(plan)
    assert jobs.due_derivations(now=100.5) == [plan.pk]

    jobs.derive(str(plan.pk))
    assert jobs.due_derivations(now=101.0) == []


def test_a_document_that_never_rests_is_due_all_the_same(plan: Document) -> None:
    write_body(plan, paragraph("text"))

    assert jobs.due_derivations(now=100.0) == []
    append(plan, *session(seed=1, edits=1))
    assert jobs.due_derivations(now=100.0 + jobs.PATIENCE_SECONDS) == [plan.pk]


def test_what_is_written_during_a_derivation_is_due_after_it(plan: Document) -> None:
    write_body(plan, paragraph("text"))
    loaded = log.load(plan.pk)
    append(plan, *session(seed=1, edits=1))
    jobs._advance(plan.pk, loaded)
    assert Log.objects.filter(pk=plan.pk, underived=True).exists()
    jobs.derive(str(plan.pk))
    assert Log.objects.filter(pk=plan.pk, underived=False, derived_seq=F("head")).exists()


def test_what_a_process_of_the_version_before_wrote_is_found_too(plan: Document) -> None:
    write_body(plan, paragraph("text"))
    Log.objects.filter(pk=plan.pk).update(underived=False)
    jobs._looks.trims_at = float("-inf")
    jobs.due_jobs()
    assert Log.objects.filter(pk=plan.pk, underived=True).exists()


def test_what_is_due_is_found_by_the_partial_index(plan: Document) -> None:
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            pytest.skip("PostgreSQL plans by statistics")
        query, params = Log.objects.filter(underived=True).values("pk").query.sql_with_params()
        cursor.execute(f"EXPLAIN QUERY PLAN {query}", params)
        plan_of_query = str(cursor.fetchall())
    assert "log_underived" in plan_of_query


def test_many_entries_or_many_bytes_make_a_compaction_due(plan: Document) -> None:
    assert jobs.due_compactions() == []

    append(plan, *session(seed=1, edits=jobs.COMPACT_ROWS))
    assert jobs.due_compactions() == [plan.pk]

    jobs.compact(str(plan.pk))
    assert jobs.due_compactions() == []

    paste = write(Tree("", (paragraph("x" * jobs.COMPACT_BYTES),)))
    append(plan, paste)
    assert jobs.due_compactions() == [plan.pk]


def test_a_big_document_is_not_rewritten_for_a_small_tail(plan: Document) -> None:
    append(plan, write(Tree("", (paragraph("x" * 40 * jobs.COMPACT_BYTES),))))
    jobs.compact(str(plan.pk))

    append(plan, *session(seed=1, edits=jobs.COMPACT_ROWS))
    assert jobs.due_compactions() == []

    rows = 40 * jobs.COMPACT_BYTES // jobs.COMPACT_SHARE // jobs.COMPACT_ROW_BYTES
    Log.objects.filter(pk=plan.pk).update(head=F("head") + rows // 2)
    assert jobs.due_compactions() == []
    Log.objects.filter(pk=plan.pk).update(head=F("head") + rows)
    assert jobs.due_compactions() == [plan.pk]


def test_a_document_at_rest_is_tidied_up(plan: Document) -> None:
    append(plan, *session(seed=1, edits=jobs.COMPACT_IDLE_ROWS))
    assert jobs.due_compactions() == []

    _rest(plan, jobs.COMPACT_IDLE_SECONDS + 1)
    assert jobs.due_compactions() == [plan.pk]


def test_entries_below_an_old_snapshot_are_due_to_go(plan: Document) -> None:
    append(plan, *session(seed=1, edits=5))
    jobs.compact(str(plan.pk))
    assert jobs.due_trims() == []

    Snapshot.objects.filter(document=plan).update(created_at=timezone.now() - timedelta(days=2))
    assert jobs.due_trims() == [plan.pk]

    jobs.trim(str(plan.pk))
    assert jobs.due_trims() == []


def test_the_costlier_looks_are_rarer(plan: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    append(plan, *session(seed=1, edits=jobs.COMPACT_ROWS), ago=10)

    assert jobs.due_jobs() == [("derive", plan.pk), ("compact", plan.pk)]
    assert jobs.due_jobs() == [("derive", plan.pk)]


def test_stuck_order_of_delivery_does_not_hide_text(plan: Document) -> None:
    """The log may hold updates in an order in which a Doc, fed one by one, would stop listening (E.3.1)."""
    updates = session(seed=2, edits=40)
    rotated = updates[20:] + updates[:20]
    append(plan, *rotated)

    jobs.derive(str(plan.pk))

    state = merging.merge(updates)
    assert Log.objects.filter(pk=plan.pk, derived_seq=F("head")).exists()
    assert DerivedContent.objects.get(document=plan).text == _text(state)


def _text(state: bytes) -> str:
    return derive_from([state]).text


def _rest(document: Document, seconds: float = 5.0) -> None:
    Log.objects.filter(pk=document.pk).update(edited_at=timezone.now() - timedelta(seconds=seconds))
