"""The audit log: who did what, when. Nothing here can be changed; what is found can be taken along as CSV."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.actions.audit import record
from documents.admin.operating import ReadOnlyAdmin
from documents.models import AuditEntry

COLUMNS = ["at", "action", "actor", "user", "workspace", "document", "address", "details"]


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    list_display = ["at", "action", "actor", "user", "workspace", "document", "address"]
    list_filter = ["action", "at"]
    list_select_related = ["actor", "workspace", "document", "user"]
    search_fields = ["action", "actor__email", "user__email", "workspace__name", "document__title", "=document__id"]
    search_help_text = "Action, e-mail address, workspace or document"
    date_hierarchy = "at"
    fields = ["at", "action", "actor", "workspace", "document", "user", "what"]
    show_full_result_count = False  # the log only grows
    actions = ["as_csv"]

    @admin.display(description="Details")
    def what(self, entry: AuditEntry) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(entry.details, indent=2, ensure_ascii=False))

    @admin.display
    def address(self, entry: AuditEntry) -> str:
        return str(entry.details.get("address", ""))

    @admin.action(description="Download as CSV", permissions=["view"])
    def as_csv(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> StreamingHttpResponse:
        """What was chosen; of a long list, “select all” chooses every page that the filters leave."""
        assert request.user.is_authenticated
        # Before the reading, which happens while the answer is sent.
        record("audit.exported", by=request.user, entries=queryset.count())
        name = f"weft-audit-{timezone.now():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            _lines(queryset.select_related("actor", "user", "workspace", "document")),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
        )


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line


def _lines(entries: QuerySet[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for entry in entries.iterator(chunk_size=1000):
        details = dict(entry.details)
        address = details.pop("address", "")
        named: list[Any] = [entry.action, entry.actor, entry.user, entry.workspace, entry.document, address]
        row = [entry.at.isoformat(timespec="seconds"), *("" if each is None else str(each) for each in named)]
        yield writer.writerow([_harmless(cell) for cell in [*row, json.dumps(details, ensure_ascii=False)]])


def _harmless(cell: str) -> str:
    """A title that begins like a formula is one to a spreadsheet."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
