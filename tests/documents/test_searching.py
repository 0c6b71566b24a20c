"""Finding documents by what they are called and say; tests/acceptance/test_search.py asks both databases."""

from importlib import import_module
from operator import attrgetter

import pytest
from django.apps import apps

from documents import searching
from documents.actions import create_document, rename_document
from documents.models import DerivedContent, Document, User, Workspace


def written(by: User, team: Workspace, title: str, text: str = "") -> Document:
    document = create_document(by=by, workspace=team, title=title)
    DerivedContent.objects.filter(document=document).update(**searching.columns(title, text))
    return document


def found(query: str) -> list[str]:
    rows = searching.holding(Document.objects.order_by("title"), query)
    return [each.title for each in sorted(rows, key=attrgetter("named"), reverse=True)]


def test_words_may_stand_in_any_order_in_title_or_text(ann: User, team: Workspace) -> None:
    written(ann, team, "Budget", "for the month of March")
    written(ann, team, "March", "the budget")
    written(ann, team, "April")
    assert found("march budget") == ["Budget", "March"]
    assert found("march budget may") == []


def test_words_in_quotes_stand_as_they_are_quoted(ann: User, team: Workspace) -> None:
    written(ann, team, "One", "a warm welcome")
    written(ann, team, "Two", "welcome, for it is warm")
    assert found('"warm welcome"') == ["One"]
    assert found('"warm  welcome') == []  # a quote that is never closed belongs to its word
    assert found("warm welcome") == ["One", "Two"]


def test_titles_that_hold_it_come_before_texts(ann: User, team: Workspace) -> None:
    written(ann, team, "A", "zebra")
    written(ann, team, "Zebra")
    assert found("zebra") == ["Zebra", "A"]


def test_what_databases_take_for_patterns_is_looked_for_as_it_is(ann: User, team: Workspace) -> None:
    written(ann, team, "100% done_")
    written(ann, team, "1000 doney")
    assert found("100%") == found("done_") == ["100% done_"]
    assert found("\\") == []


def test_a_search_for_nothing_finds_everything(ann: User, team: Workspace) -> None:
    written(ann, team, "A")
    assert found("  ") == found('""') == ["A"]


def test_a_new_name_is_found_at_once_and_the_old_one_no_more(ann: User, plan: Document) -> None:
    rename_document(by=ann, document=plan, title="Größe")
    assert found("GRÖSSE") == []
    assert found("größe") == found("große") == ["Größe"]
    assert found("plan") == []


def test_an_excerpt_shows_the_place_from_word_to_word(ann: User, team: Workspace) -> None:
    document = written(ann, team, "Long", "lorem ipsum " * 50 + "\n\nthe Überraschung\n\n" + "dolor sit " * 50)
    [excerpt] = searching.excerpts([document.pk], "uberraschung").values()
    assert "ipsum the Überraschung dolor" in excerpt
    assert excerpt.startswith(("…lorem", "…ipsum"))
    assert excerpt.endswith(("dolor…", "sit…"))
    assert len(excerpt) <= searching.LENGTH + 2


@pytest.mark.parametrize("text", ["short", "short " + "x" * 500, "x" * 500 + "short"])
def test_an_excerpt_holds_what_was_looked_for_whatever_is_around(ann: User, team: Workspace, text: str) -> None:
    document = written(ann, team, "Any", text)
    assert "short" in searching.excerpts([document.pk], "short")[document.pk]


def test_only_texts_have_excerpts(ann: User, team: Workspace) -> None:
    named, said = written(ann, team, "moon"), written(ann, team, "Sky", "sun, then moon")
    assert searching.excerpts([named.pk, said.pk], "moon night") == {said.pk: "sun, then moon"}
    assert searching.excerpts([], "moon") == searching.excerpts([said.pk], " ") == {}


def test_what_was_derived_before_search_folded_is_found_after_the_migration(
    ann: User, team: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        document = written(ann, team, f"Über {number}")
        DerivedContent.objects.filter(document=document).update(text="Cafe\u0301", folded_title="", folded_text="")
    assert found("uber") == []
    migration = import_module("documents.migrations.0005_folded")
    monkeypatch.setattr(migration, "AT_ONCE", 2)
    migration.fold_all(apps, None)
    assert found("uber café") == ["Über 0", "Über 1", "Über 2"]
    assert DerivedContent.objects.filter(text="Café").count() == 3
