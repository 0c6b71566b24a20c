"""`replace_content` against what happens while it reads."""

from typing import Any

import pytest
from django.db import connection

from documents import log
from documents.actions import replace_content
from documents.content import importing
from documents.content.loading import load
from documents.content.tree import Tree, read
from documents.models import Document, User
from tests.documents.content.trees import paragraph


def content(document: Document) -> Tree:
    return read(load(log.state(document.pk)))


@pytest.mark.django_db(transaction=True)
def test_markdown_is_read_while_others_can_save(ann: User, plan: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importing.replacement

    def reading(*args: Any, **kwargs: Any) -> bytes:
        assert not connection.in_atomic_block
        return real(*args, **kwargs)

    monkeypatch.setattr(importing, "replacement", reading)
    replace_content(by=ann, document=plan, markdown="text")

    assert content(plan) == Tree("Plan", (paragraph("text"),))


@pytest.mark.django_db(transaction=True)
def test_of_two_replacements_at_once_one_body_remains(
    ann: User, ben: User, plan: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importing.replacement

    def overtaken(*args: Any, **kwargs: Any) -> bytes:
        update = real(*args, **kwargs)
        monkeypatch.undo()
        replace_content(by=ben, document=plan, markdown="ben's")
        return update

    monkeypatch.setattr(importing, "replacement", overtaken)
    replace_content(by=ann, document=plan, markdown="ann's")

    assert content(plan) == Tree("Plan", (paragraph("ann's"),))
