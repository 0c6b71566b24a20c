"""Pages of a list by cursor: where the last one ended, not how many rows to skip, so that nothing shifts in between."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from documents.errors import Invalid

Row = TypeVar("Row", bound=Model)
"""Of any table whose key is a UUID."""


Value = float | datetime


def number(plain: Any) -> Value:
    return float(plain)


def time(plain: Any) -> Value:
    return datetime.fromisoformat(plain).astimezone(UTC)


@dataclass(frozen=True)
class Order:
    """By columns, then by id, which makes it total: all of them rising, or all `falling`, as for newest first.

    A column may be an annotation, holds no nulls, and is named with how to read its value in a cursor.
    """

    columns: Mapping[str, Callable[[Any], Value]]
    falling: bool = False

    def page(self, rows: QuerySet[Row], cursor: str | None, size: int) -> tuple[Sequence[Row], str | None]:
        """The rows after `cursor`, and the cursor of the page after them."""
        if cursor:
            rows = rows.filter(self._after(self._decode(cursor)))
        sign = "-" if self.falling else ""
        found = list(rows.order_by(*(f"{sign}{column}" for column in (*self.columns, "pk")))[: size + 1])
        if len(found) <= size:
            return found, None
        last = found[size - 1]
        return found[:size], _encode(*(getattr(last, column) for column in self.columns), last.pk)

    def _after(self, place: Mapping[str, Value | UUID]) -> Q:
        after, level = Q(), Q()
        for column, value in place.items():
            after |= level & Q((f"{column}__{'lt' if self.falling else 'gt'}", value))
            level &= Q((column, value))
        return after

    def _decode(self, cursor: str) -> dict[str, Value | UUID]:
        try:
            *plain, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            read = zip(self.columns.items(), plain, strict=True)
            return {**{column: reader(value) for (column, reader), value in read}, "pk": UUID(key)}
        except (ValueError, TypeError, AttributeError) as error:
            message = "This cursor is not one of this list's."
            raise Invalid(message, fields={"cursor": message}) from error


def _encode(*place: Value | UUID) -> str:
    plain = [value if isinstance(value, int | float) else str(value) for value in place]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")
