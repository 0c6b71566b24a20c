"""Whose entry it is, how long it lives, and what others must be told."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presence.awareness import SILENCE, VISITOR_SILENCE, AwarenessTable, Owner, Presence, Visitor

ANN, BEN = 1, 2
ELSEWHERE = b"another process"


def say(
    table: AwarenessTable, user_id: int, client_id: int, clock: int, state: Any, *, owner: Owner = None, now: float = 0
) -> list[Presence]:
    """As a visitor does, unless an owner is given."""
    entry = (client_id, clock, None if state is None else json.dumps(state).encode())
    identity = {"id": user_id, "name": f"user {user_id}"}
    return table.apply([entry], owner=owner or Visitor(user_id, client_id), user_id=user_id, identity=identity, now=now)


def hear(table: AwarenessTable, user_id: int, client_id: int, clock: int, now: float = 0) -> list[Presence]:
    state = json.dumps({"user": {"id": user_id}}).encode()
    return table.apply_remote([(client_id, clock, state)], owner=ELSEWHERE, now=now)


def here(table: AwarenessTable) -> set[int]:
    return {presence.client_id for presence in table.all()}


def test_a_visitor_s_entry_bears_the_name_of_who_is_signed_in() -> None:
    table = AwarenessTable()
    [presence] = say(table, ANN, 7, 1, {"user": {"id": BEN, "name": "Ben"}, "at": 1})
    assert presence.state is not None
    assert json.loads(presence.state) == {"user": {"id": ANN, "name": "user 1"}, "at": 1}


def test_two_requests_of_a_visitor_are_the_same_owner() -> None:
    table = AwarenessTable()
    say(table, ANN, 7, 1, {"at": 1})
    assert say(table, ANN, 7, 2, {"at": 2})
    assert not say(table, ANN, 7, 2, {"at": 3}), "the clock must rise"
    assert not say(table, BEN, 7, 9, {"at": 666})
    assert not say(table, BEN, 7, 9, None)


def test_a_visitor_lives_longer_without_renewal_than_a_session() -> None:
    table = AwarenessTable()
    say(table, ANN, 7, 1, {})
    say(table, BEN, 8, 1, {}, owner="session")
    table.expire(SILENCE + 1)
    assert here(table) == {7}
    table.expire(VISITOR_SILENCE + 1)
    assert here(table) == set()


def test_saying_the_same_again_is_a_renewal() -> None:
    table = AwarenessTable()
    say(table, ANN, 7, 1, {})
    say(table, ANN, 7, 1, {}, now=40)
    table.expire(60)
    assert here(table) == {7}


@pytest.mark.parametrize("taken_here", [True, False])
def test_a_visitor_is_withdrawn_wherever_its_entry_was_taken(taken_here: bool) -> None:
    table = AwarenessTable()
    say(table, ANN, 7, 1, {}) if taken_here else hear(table, ANN, 7, 1)
    assert table.withdraw(Visitor(ANN, 7)) == [Presence(7, 1, None)]
    assert here(table) == set()
    assert table.withdraw(Visitor(ANN, 7)) == []


def test_nobody_withdraws_another_s_entry() -> None:
    table = AwarenessTable()
    hear(table, ANN, 7, 1)
    assert table.withdraw(Visitor(BEN, 7)) == []
    assert here(table) == {7}


def test_a_session_that_took_the_entry_over_keeps_it() -> None:
    table = AwarenessTable()
    say(table, ANN, 7, 1, {})
    say(table, ANN, 7, 2, {}, owner="session")
    assert table.withdraw(Visitor(ANN, 7)) == []
    assert here(table) == {7}


def test_who_was_withdrawn_comes_back_with_the_same_clock() -> None:
    """A stream was cut and is there again: y-protocols tells its state once more, at the clock it has."""
    table = AwarenessTable()
    hear(table, ANN, 7, 4)
    table.withdraw(Visitor(ANN, 7))
    assert say(table, ANN, 7, 4, {})
    assert here(table) == {7}


def test_who_is_gone_elsewhere_still_has_its_name() -> None:
    table = AwarenessTable()
    hear(table, ANN, 7, 1)
    table.apply_remote([(7, 1, None)], owner=ELSEWHERE, now=0)
    assert not say(table, BEN, 7, 2, {})
    assert say(table, ANN, 7, 2, {})


def test_a_process_answers_for_its_own_and_for_those_it_stands_for() -> None:
    table = AwarenessTable()
    say(table, ANN, 7, 1, {})
    hear(table, BEN, 8, 1)
    hear(table, BEN, 9, 1)
    told = {presence.client_id for presence in table.told_here({Visitor(BEN, 8), Visitor(ANN, 9)})}
    assert told == {7, 8}


def test_who_came_late_learns_of_those_who_just_went() -> None:
    table = AwarenessTable()
    say(table, ANN, 7, 1, {})
    table.withdraw(Visitor(ANN, 7))
    assert table.all() == []
    assert table.all_and_gone() == [Presence(7, 1, None)]


@given(st.lists(st.tuples(st.sampled_from([ANN, BEN]), st.integers(0, 200), st.integers(1, 3), st.booleans())))
def test_one_person_has_only_so_many_clients(said: list[tuple[int, int, int, bool]]) -> None:
    table = AwarenessTable(most_of_one=5)
    for user_id, client_id, clock, leaves in said:
        say(table, user_id, client_id, clock, None if leaves else {})
    assert len(table.all_and_gone()) <= 10


def test_a_page_that_repeats_what_another_of_the_same_person_said_does_not_take_its_caret_away() -> None:
    table = AwarenessTable()
    say(table, ANN, 1, 1, {}, owner="first page")
    say(table, ANN, 2, 1, {}, owner="second page")
    assert say(table, ANN, 2, 1, {}, owner="first page") == []
    table.drop("first page")
    assert here(table) == {2}


def test_who_comes_back_before_the_dead_connection_was_noticed_keeps_the_caret() -> None:
    table = AwarenessTable()
    say(table, ANN, 1, 3, {}, owner="before")
    say(table, ANN, 1, 3, {}, owner="after")
    table.drop("before")
    assert here(table) == {1}
