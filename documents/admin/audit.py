"""The audit log: who did what, when. Nothing here can be changed."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents.admin.operating import ReadOnlyAdmin
from documents.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    list_display = ["at", "action", "actor", "workspace", "document", "user"]
    list_filter = ["action", "at"]
    list_select_related = ["actor", "workspace", "document", "user"]
    search_fields = ["=action", "actor__email", "user__email", "workspace__name", "document__title"]
    search_help_text = "Action, e-mail address, workspace or document"
    date_hierarchy = "at"
    fields = ["at", "action", "actor", "workspace", "document", "user", "what"]
    show_full_result_count = False  # the log only grows

    @admin.display(description="Details")
    def what(self, entry: AuditEntry) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(entry.details, indent=2, ensure_ascii=False))
