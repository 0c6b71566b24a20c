"""Snapshots and trims, against appends, other compactors and crashes: whatever happens, the document loads whole."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connections, transaction
from django.db.models import F
from django.utils import timezone

from documents import compaction, log, merging
from documents.content import sandbox, structs
from documents.content.loading import load
from documents.content.tree import read
from documents.models import Document, Log, Snapshot, Update
from documents.verification import faults_of
from tests.documents.content.editing import session
from tests.documents.content.test_structs import EMOJI, SPLIT

pytestmark = pytest.mark.django_db(transaction=True)


def append(document: Document, updates: list[bytes]) -> None:
    with transaction.atomic():
        log.append(document.pk, [(None, update) for update in updates])


def assert_whole(document: Document, history: list[bytes]) -> None:
    """I2 and I8: what a fresh reader loads is the merge of everything accepted, and nothing contradicts itself."""
    stored, accepted = log.state(document.pk), merging.merge(history)
    assert structs.scan(stored).held == structs.scan(accepted).held
    assert read(load(stored)) == read(load(accepted))
    assert faults_of(document.pk) == []


def history_of(document: Document) -> list[bytes]:
    """What is in its log before the test writes to it: the title."""
    return [bytes(update) for update in Update.objects.filter(document=document).values_list("update", flat=True)]


@pytest.fixture
def history(plan: Document) -> list[bytes]:
    """Three hundred edits in the log."""
    updates = session(seed=3, edits=300)
    before = history_of(plan)
    append(plan, updates)
    return before + updates


def test_a_snapshot_raises_the_floor_and_the_document_reads_the_same(plan: Document, history: list[bytes]) -> None:
    compacted = compaction.compact(plan.pk)

    assert compacted is not None
    assert compacted.squeezed
    stands = Log.objects.get(pk=plan.pk)
    assert stands.head == stands.floor == stands.compacted_seq == compacted.seq == len(history)
    assert stands.size_bytes == compacted.size < sum(map(len, history))
    assert log.load(plan.pk).entries == []
    assert_whole(plan, history)


def test_entries_outlive_the_snapshot_by_a_day(plan: Document, history: list[bytes]) -> None:
    compaction.compact(plan.pk)

    assert compaction.trim(plan.pk) == 0
    assert Update.objects.filter(document=plan).count() == len(history)

    _grow_old(plan)
    assert compaction.trim(plan.pk) == len(history)
    assert_whole(plan, history)


def test_a_trim_takes_what_is_covered_and_no_more(plan: Document, history: list[bytes]) -> None:
    compaction.compact(plan.pk)
    _grow_old(plan)
    later = session(seed=4, edits=10)
    append(plan, later)

    assert compaction.trim(plan.pk) == len(history)

    assert list(Update.objects.filter(document=plan).order_by("seq").values_list("seq", flat=True)) == list(
        range(len(history) + 1, len(history) + 11)
    )
    assert_whole(plan, history + later)


def test_nothing_is_trimmed_below_a_snapshot_whose_checksum_is_wrong(plan: Document, history: list[bytes]) -> None:
    compaction.compact(plan.pk)
    _grow_old(plan)
    Snapshot.objects.filter(document=plan).update(state=b"\x00\x00")

    assert compaction.trim(plan.pk) == 0
    with pytest.raises(log.CorruptLog):
        log.state(plan.pk)


def test_the_last_two_snapshots_are_kept(plan: Document, history: list[bytes]) -> None:
    for seed in (10, 11, 12, 13):
        updates = session(seed, edits=5)
        append(plan, updates)
        history += updates
        compaction.compact(plan.pk)
        _grow_old(plan)
        compaction.trim(plan.pk)

    kept = Snapshot.objects.filter(document=plan).order_by("seq").values_list("seq", flat=True)
    assert list(kept) == [len(history) - 5, len(history)]
    assert_whole(plan, history)


def test_a_busy_day_leaves_few_snapshots_and_entries_go_all_the_same(plan: Document, history: list[bytes]) -> None:
    """Each holds the whole document. Yet one must live to be a day old, for entries go only behind such a one."""
    trimmed = 0
    for hour in range(40):
        updates = session(seed=hour, edits=2)
        append(plan, updates)
        history += updates
        compaction.compact(plan.pk)
        trimmed += compaction.trim(plan.pk)
        snapshots = Snapshot.objects.filter(document=plan)
        assert snapshots.count() <= compaction.KEPT_SNAPSHOTS + compaction.GROWING_OLD + 2
        snapshots.update(created_at=F("created_at") - timedelta(hours=1))

    assert trimmed
    assert Update.objects.filter(document=plan).count() < len(history)
    assert_whole(plan, history)


def test_a_log_without_new_entries_is_left_alone(plan: Document, history: list[bytes]) -> None:
    compaction.compact(plan.pk)

    assert compaction.compact(plan.pk) is None
    assert Snapshot.objects.filter(document=plan).count() == 1


def test_what_a_doc_would_mangle_is_stored_as_it_was_merged(plan: Document) -> None:
    append(plan, [EMOJI, SPLIT])

    compacted = compaction.compact(plan.pk)

    assert compacted is not None
    assert not compacted.squeezed
    assert structs.scan(log.state(plan.pk)).splits_a_character


def test_a_doc_that_crashes_costs_the_small_snapshot_only(
    plan: Document, history: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: Any) -> bytes:
        raise sandbox.Crashed("segmentation fault")

    monkeypatch.setattr(sandbox, "run_within", crash)
    compacted = compaction.compact(plan.pk)
    monkeypatch.undo()

    assert compacted is not None
    assert not compacted.squeezed
    assert_whole(plan, history)


def test_a_merge_that_lost_something_stores_nothing(
    plan: Document, history: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: Any) -> bytes:
        raise sandbox.Crashed("segmentation fault")

    real = merging.merge
    monkeypatch.setattr(sandbox, "run_within", crash)
    monkeypatch.setattr(merging, "merge", lambda updates: real(updates[:-1]))
    with pytest.raises(compaction.Unverified):
        compaction.compact(plan.pk)
    monkeypatch.undo()

    assert not Snapshot.objects.filter(document=plan).exists()
    assert_whole(plan, history)


def test_of_two_compactors_the_slower_one_changes_nothing(
    plan: Document, history: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sandbox.run_within

    def overtaken(*args: Any) -> Any:
        monkeypatch.undo()
        assert compaction.compact(plan.pk) is not None
        return real(*args)

    monkeypatch.setattr(sandbox, "run_within", overtaken)

    assert compaction.compact(plan.pk) is None
    assert Snapshot.objects.filter(document=plan).count() == 1
    assert_whole(plan, history)


def test_a_compactor_of_an_old_epoch_changes_nothing(
    plan: Document, history: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sandbox.run_within

    def new_epoch(*args: Any) -> Any:
        Log.objects.filter(pk=plan.pk).update(epoch=2)
        return real(*args)

    monkeypatch.setattr(sandbox, "run_within", new_epoch)

    assert compaction.compact(plan.pk) is None
    assert not Snapshot.objects.filter(document=plan).exists()


def test_a_document_deleted_meanwhile_is_no_error(
    plan: Document, history: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sandbox.run_within

    def deleted(*args: Any) -> Any:
        Document.objects.filter(pk=plan.pk).delete()
        return real(*args)

    monkeypatch.setattr(sandbox, "run_within", deleted)

    assert compaction.compact(plan.pk) is None


class Crash(BaseException):
    """As final as kill -9: nothing in between catches it."""


def test_a_crash_at_any_statement_leaves_the_document_whole(plan: Document, history: list[bytes]) -> None:
    """Whatever statement of a compaction or a trim is the last one, and be it the commit."""
    crashes = 0
    for statement in range(1, 100):
        updates = session(seed=100 + statement, edits=3)
        append(plan, updates)
        history += updates
        _grow_old(plan)
        try:
            with crashing_at(statement):
                compaction.compact(plan.pk)
                compaction.trim(plan.pk)
        except (Crash, DatabaseError):
            crashes += 1
            if (raw := connections["default"].connection) is not None:
                raw.close()  # Django connects again to tidy up after itself
            del connections["default"]  # as in a new process
        else:
            break
        assert_whole(plan, history)

    assert crashes > 8
    assert_whole(plan, history)


def test_appends_compactors_and_trims_at_once_lose_nothing(plan: Document) -> None:
    history = history_of(plan)
    parts = [session(seed, edits=60) for seed in (21, 22, 23)]
    finished = threading.Event()
    faults: list[BaseException] = []

    def write(part: list[bytes]) -> None:
        for update in part:
            append(plan, [update])

    def compact() -> None:
        while not finished.is_set():
            compaction.compact(plan.pk)
            _grow_old(plan)
            compaction.trim(plan.pk)

    def guarded(work: Callable[..., None], *args: Any) -> threading.Thread:
        def run() -> None:
            try:
                work(*args)
            except BaseException as fault:
                faults.append(fault)
            finally:
                connections.close_all()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    writers = [guarded(write, part) for part in parts]
    compactors = [guarded(compact) for _ in range(2)]
    for thread in writers:
        thread.join()
    finished.set()
    for thread in compactors:
        thread.join()

    assert faults == []
    assert Log.objects.get(pk=plan.pk).head == len(history) + 180
    assert_whole(plan, history + [update for part in parts for update in part])


def _grow_old(document: Document) -> None:
    Snapshot.objects.filter(document=document).update(created_at=timezone.now() - timedelta(days=2))


class crashing_at:  # noqa: N801 - reads as a statement
    """A context in which the connection dies just before the n-th SQL statement or commit, as in a kill -9."""

    def __init__(self, statement: int) -> None:
        self.left = statement

    def __enter__(self) -> None:
        self.connection = connections["default"]
        self.connection.execute_wrappers.append(self._execute)
        self.commit = self.connection.commit
        self.connection.commit = self._commit  # type: ignore[method-assign]

    def __exit__(self, *details: object) -> None:
        self.connection.commit = self.commit  # type: ignore[method-assign]
        self.connection.execute_wrappers.remove(self._execute)

    def _execute(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self._count()
        return execute(sql, params, many, context)

    def _commit(self) -> None:
        self._count()
        self.commit()

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.connection.connection.close()
            raise Crash


def test_a_snapshot_carries_its_checksum(plan: Document, history: list[bytes]) -> None:
    compaction.compact(plan.pk)

    snapshot = Snapshot.objects.get(document=plan)

    assert snapshot.verified
    assert hashlib.sha256(snapshot.state).hexdigest() == snapshot.sha256


def test_a_document_that_never_was_has_nothing_to_compact(db: None) -> None:
    with pytest.raises(log.DocumentGone):
        compaction.compact(UUID(int=0))
    assert compaction.trim(UUID(int=0)) == 0


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before
