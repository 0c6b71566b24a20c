"""Whose caret is whose: pages of one person, and clients that repeat what they hear."""

from presence.awareness import AwarenessTable, Presence

ANN = {"id": 1, "name": "Ann", "color": "#123456"}


def say(table: AwarenessTable, page: str, *entries: tuple[int, int, bytes | None]) -> list[Presence]:
    return table.apply(entries, owner=page, user_id=1, identity=ANN, now=0.0)


def here(table: AwarenessTable) -> set[int]:
    return {presence.client_id for presence in table.all()}


def test_a_page_that_repeats_what_another_of_the_same_person_said_does_not_take_its_caret_away() -> None:
    table = AwarenessTable()
    say(table, "first page", (1, 1, b"{}"))
    say(table, "second page", (2, 1, b"{}"))
    assert say(table, "first page", (2, 1, b"{}")) == []
    table.drop("first page")
    assert here(table) == {2}


def test_who_comes_back_before_the_dead_connection_was_noticed_keeps_the_caret() -> None:
    table = AwarenessTable()
    say(table, "before", (1, 3, b"{}"))
    say(table, "after", (1, 3, b"{}"))
    table.drop("before")
    assert here(table) == {1}
