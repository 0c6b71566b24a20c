"""The tree of documents, walked in the database: one query whatever the depth, on SQLite and PostgreSQL alike."""

from uuid import UUID

from django.db import connection

# Deeper than anybody nests on purpose; keeps every walk and every sidebar bounded.
MAX_DEPTH = 50

# The bound on height and the UNION (not UNION ALL) end these even if there ever were a cycle.
_PATH_UP = """
WITH RECURSIVE path(id, inherits, parent_id, height) AS (
    SELECT id, inherits, parent_id, 0 FROM documents_document WHERE id = %s
    UNION ALL
    SELECT above.id, above.inherits, above.parent_id, path.height + 1
    FROM documents_document above JOIN path ON above.id = path.parent_id
    WHERE path.height < 200
)
SELECT id, inherits FROM path ORDER BY height
"""
_SUBTREE = """
WITH RECURSIVE subtree(id, depth) AS (
    SELECT id, 0 FROM documents_document WHERE id = %s
    UNION
    SELECT child.id, subtree.depth + 1
    FROM documents_document child JOIN subtree ON child.parent_id = subtree.id
    WHERE subtree.depth < 200
)
SELECT id, depth FROM subtree ORDER BY depth
"""


def path_up(document_id: UUID) -> list[tuple[UUID, bool]]:
    """(id, inherits) of the document and of all above it, up to the root. Empty when there is no such document."""
    with connection.cursor() as cursor:
        cursor.execute(_PATH_UP, [to_column(document_id)])
        return [(from_column(key), bool(inherits)) for key, inherits in cursor.fetchall()]


def subtree(document_id: UUID) -> dict[UUID, int]:
    """The document and all below it, trashed or not, each with its depth below the document."""
    with connection.cursor() as cursor:
        cursor.execute(_SUBTREE, [to_column(document_id)])
        return {from_column(key): depth for key, depth in cursor.fetchall()}


def to_column(key: UUID) -> UUID | str:
    """SQLite holds UUIDs as hex text."""
    return key if connection.features.has_native_uuid_field else key.hex


def from_column(key: UUID | str) -> UUID:
    return key if isinstance(key, UUID) else UUID(key)
