"""Which documents hold what somebody looks for, in title or text, and where.

Every word must be there, in whatever order, case and accents; words within quotes, as they stand. What matches is part
of a word as well: people type beginnings, and many scripts part no words.
"""

import re
import unicodedata
from collections.abc import Collection
from uuid import UUID

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Greatest, NullIf, StrIndex, Substr

from documents.folding import fold
from documents.models import DerivedContent, Document

MAX_TERMS = 10
"""Each is one more pass over every text. What comes after them is not looked for."""
BEFORE, LENGTH = 40, 160
"""Characters of an excerpt: in front of what was found, and in all."""

_TERM = re.compile(r'"([^"]*)"|(\S+)')


def columns(title: str, text: str) -> dict[str, str]:
    """What is kept of a document in `DerivedContent` to be searched, by column."""
    return {
        "text": unicodedata.normalize("NFC", text),
        "folded_title": fold(title),
        "folded_text": fold(text),
    }


def terms(query: str) -> list[str]:
    """What must be found, folded; the same word once. No text holds a NUL, and PostgreSQL takes none."""
    found = (fold(" ".join((quoted or word).split())) for quoted, word in _TERM.findall(query.replace("\0", " ")))
    return list(dict.fromkeys(term for term in found if term))[:MAX_TERMS]


def holding(rows: QuerySet[Document], query: str) -> QuerySet[Document]:
    """Those of `rows` in which all of it is found, with `named` on each: 1 if the title alone holds it, otherwise 0."""
    named, anywhere = Q(), Q()
    for term in terms(query):
        in_title = Q(derived__folded_title__contains=term)
        named &= in_title
        anywhere &= in_title | Q(derived__folded_text__contains=term)
    return rows.filter(anywhere).annotate(
        named=Case(When(named, then=1), default=0, output_field=IntegerField()) if named else Value(1)
    )


def excerpts(documents: Collection[UUID], query: str) -> dict[UUID, str]:
    """Where their texts hold the first of the terms they hold. Cut out by the database: a text may be megabytes."""
    wanted = terms(query)
    if not wanted or not documents:
        return {}
    places = [NullIf(StrIndex("folded_text", Value(term)), Value(0)) for term in wanted]
    found = (
        DerivedContent.objects.filter(pk__in=documents)
        .annotate(place=Coalesce(*places) if len(places) > 1 else places[0])
        .filter(place__isnull=False)
        .annotate(piece=Substr("text", Greatest(F("place") - BEFORE, Value(1)), LENGTH))
        .values_list("pk", "place", "piece")
    )
    return {document: _neat(piece, cut=place - BEFORE > 1) for document, place, piece in found}


def _neat(piece: str, cut: bool) -> str:
    """On one line, from word to word, with dots where text was left out."""
    words, ended = piece.split(), len(piece) < LENGTH
    # A word longer than that is none, or holds what was looked for.
    if cut and not piece[0].isspace() and len(words[0]) < BEFORE // 2:
        words = words[1:]
    if not ended and not piece[-1].isspace() and len(words[-1]) < BEFORE // 2:
        words = words[:-1]
    return f"{'…' if cut else ''}{' '.join(words)}{'' if ended else '…'}"
