"""Pages of a list by cursor: where the last one ended, not how many rows to skip, so that nothing shifts in between."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from documents.errors import Invalid

Row = TypeVar("Row", bound=Model)
"""Of any table whose key is a UUID."""


@dataclass(frozen=True)
class Order:
    """By one column, which may be an annotation and holds no nulls, then by id, which makes it total.

    A number rising, or (`newest_first`) a time falling.
    """

    by: str
    newest_first: bool = False

    def page(self, rows: QuerySet[Row], cursor: str | None, size: int) -> tuple[Sequence[Row], str | None]:
        """The rows after `cursor`, and the cursor of the page after them."""
        if cursor:
            value, key = self._decode(cursor)
            beyond = "lt" if self.newest_first else "gt"
            rows = rows.filter(Q((f"{self.by}__{beyond}", value)) | Q((self.by, value), (f"pk__{beyond}", key)))
        sign = "-" if self.newest_first else ""
        found = list(rows.order_by(f"{sign}{self.by}", f"{sign}pk")[: size + 1])
        if len(found) <= size:
            return found, None
        last = found[size - 1]
        return found[:size], _encode(getattr(last, self.by), last.pk)

    def _decode(self, cursor: str) -> tuple[float | datetime, UUID]:
        try:
            plain, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            return (datetime.fromisoformat(plain).astimezone(UTC) if self.newest_first else float(plain)), UUID(key)
        except (ValueError, TypeError, AttributeError) as error:
            message = "This cursor is not one of this list's."
            raise Invalid(message, fields={"cursor": message}) from error


def _encode(value: float | datetime, key: UUID) -> str:
    plain = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([plain, str(key)]).encode()).decode().rstrip("=")
