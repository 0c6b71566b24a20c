"""Each invariant can fail: a wrong world makes it speak, a right one leaves it silent."""

from dataclasses import replace
from typing import Any

from pycrdt import Doc, Text

from documents import merging
from tests.faults import oracle
from tests.faults.oracle import Replica, Rows


def typed(text: str, client: int = 1) -> list[bytes]:
    """An update a letter."""
    doc: Doc[Any] = Doc(client_id=client)
    body, updates = doc.get("text", type=Text), []
    for letter in text:
        before = doc.get_state()
        body += letter
        updates.append(doc.get_update(before))
    return updates


UPDATES = typed("weft")
ANN = Replica("ann", "weft", {1: 4}, merging.merge(UPDATES), b"\x00\x01\x01\x04")
BEN = replace(ANN, name="ben")
ROWS = Rows(1, 4, 0, 0, merging.EMPTY_UPDATE, [(n, 1, update) for n, update in enumerate(UPDATES, 1)])
DELETION = b"\x00\x01\x01\x01\x00\x01"


def test_equal_replicas_agree_and_others_do_not() -> None:
    assert oracle.replicas_agree([ANN, BEN]) == []
    assert oracle.replicas_agree([ANN, replace(BEN, content="wet")])
    assert oracle.replicas_agree([ANN, replace(BEN, vector={1: 3})])
    assert oracle.replicas_agree([ANN, replace(BEN, snapshot=b"\x01\x01\x01\x00\x01\x01\x01\x04")])


def test_a_fresh_reader_who_lacks_something_is_found() -> None:
    assert oracle.a_fresh_reader_agrees(BEN, [ANN]) == []
    [fault] = oracle.a_fresh_reader_agrees(replace(BEN, content=""), [ANN])
    assert fault.startswith("I2")


def test_a_promise_without_its_update_in_the_database_is_a_loss() -> None:
    assert oracle.promises_are_kept(ROWS, UPDATES, "ann") == []
    lacking = replace(ROWS, entries=ROWS.entries[:-1])
    [fault] = oracle.promises_are_kept(lacking, UPDATES, "ann")
    assert "LOST" in fault


def test_a_promised_deletion_counts_like_a_letter() -> None:
    assert oracle.promises_are_kept(ROWS, [DELETION], "ann")
    with_it = replace(ROWS, entries=[*ROWS.entries, (5, 1, DELETION)])
    assert oracle.promises_are_kept(with_it, [DELETION], "ann") == []


def test_an_entry_in_the_middle_that_is_gone_takes_what_is_behind_it_along() -> None:
    with_a_hole = replace(ROWS, entries=[ROWS.entries[0], *ROWS.entries[2:]])
    assert oracle.promises_are_kept(with_a_hole, UPDATES[1:2], "ann")
    assert oracle.numbers_hold(with_a_hole)


def test_what_somebody_without_the_right_wrote_is_found() -> None:
    assert oracle.nobody_else_wrote(ROWS, typed("no", client=2), "eve") == []
    assert oracle.nobody_else_wrote(ROWS, UPDATES[3:], "eve")


def test_waiting_for_what_never_comes_is_found() -> None:
    assert oracle.nobody_waits([ANN]) == []
    assert oracle.nobody_waits([ANN, replace(BEN, waits=True)])


def test_numbers_that_do_not_add_up_are_found() -> None:
    assert oracle.numbers_hold(ROWS) == []
    assert oracle.numbers_hold(replace(ROWS, head=5))
    assert oracle.numbers_hold(replace(ROWS, entries=[*ROWS.entries, ROWS.entries[-1]]))
    assert oracle.numbers_hold(replace(ROWS, floor=2))
    assert oracle.numbers_hold(ROWS, before=replace(ROWS, head=5))
    assert oracle.numbers_hold(ROWS, before=replace(ROWS, epoch=2))
    after_a_snapshot = replace(ROWS, snapshot_seq=3, snapshot=merging.merge(UPDATES[:3]), floor=3)
    assert oracle.numbers_hold(after_a_snapshot) == []
    assert oracle.numbers_hold(replace(after_a_snapshot, entries=[], head=4))


def test_a_cursor_that_goes_back_or_too_far_is_found() -> None:
    assert oracle.cursors_rise([(1, 1), (1, 3), (1, 4)], ROWS, "ann") == []
    assert oracle.cursors_rise([(1, 3), (1, 1)], ROWS, "ann")
    assert oracle.cursors_rise([(1, 5)], ROWS, "ann")


def test_a_bound_that_was_passed_is_found() -> None:
    assert oracle.bounds_hold({"queue bytes": 5}, {"queue bytes": 5}) == []
    assert oracle.bounds_hold({"queue bytes": 6}, {"queue bytes": 5})


def test_a_log_that_is_not_the_merge_of_what_was_accepted_is_found() -> None:
    assert oracle.the_log_is_the_merge(ANN, BEN) == []
    [fault] = oracle.the_log_is_the_merge(replace(ANN, content="wef"), BEN)
    assert fault.startswith("I8")
