"""A document as a file."""

import re
from dataclasses import dataclass
from uuid import UUID

from documents import log
from documents.content import sandbox
from documents.content.pandoc import ConversionFailed
from documents.content.rendering import Format, render, render_fragment
from documents.content.tree import Unreadable
from documents.errors import TooLarge

# Above this even loading takes seconds and hundreds of megabytes; the document stays editable, and readable as bytes.
MAX_STATE = 60_000_000

_KINDS: dict[Format, tuple[str, str]] = {
    "markdown": ("text/markdown; charset=utf-8", "md"),
    "html": ("text/html; charset=utf-8", "html"),
    "text": ("text/plain; charset=utf-8", "txt"),
    "json": ("application/json", "json"),
}


@dataclass(frozen=True, slots=True)
class Exported:
    body: bytes
    content_type: str
    filename: str


def export(document_id: UUID, format: Format) -> Exported:
    """Raises DocumentGone, TooLarge, sandbox.Failed."""
    try:
        title, body = sandbox.run(render, _state(document_id), format)
    except (Unreadable, ConversionFailed) as fault:
        raise sandbox.Failed(f"This document can't be exported: {fault}.") from fault
    content_type, ending = _KINDS[format]
    return Exported(body.encode(), content_type, f"{_file_name(title)}.{ending}")


def preview(document_id: UUID) -> str:
    """The body as sanitised HTML for one of our own pages. Raises as `export` does."""
    try:
        return sandbox.run(render_fragment, _state(document_id))
    except (Unreadable, ConversionFailed) as fault:
        raise sandbox.Failed(f"This document can't be shown: {fault}.") from fault


def _state(document_id: UUID) -> bytes:
    state = log.state(document_id)
    if len(state) > MAX_STATE:
        raise TooLarge("This document is too large to export.")
    return state


def _file_name(title: str) -> str:
    """No separators, nothing that a shell or Windows takes for something else."""
    return re.sub(r"[^\w .,()'-]+", "-", title)[:100].strip(" .-") or "Untitled"
