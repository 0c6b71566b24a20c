"""What people were told. Read-only: an inbox is its owner's."""

from django.contrib import admin

from documents.admin.operating import ReadOnlyAdmin
from documents.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin[Notification]):
    list_display = ["created_at", "user", "title", "actor", "document", "read_at"]
    list_filter = [("read_at", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["user", "actor", "document"]
    search_fields = ["title", "user__email", "user__name"]
    search_help_text = "What it says, or whose it is"
    fields = ["created_at", "user", "actor", "title", "body", "url", "document", "read_at"]
