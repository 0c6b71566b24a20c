"""Documents: what is in them, how large their logs are, and the trash. What people wrote is never edited from here."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from documents import actions, tree
from documents.admin.operating import ReadOnlyAdmin, each
from documents.admin.workspaces import described, label_of
from documents.errors import WeftError
from documents.log import CorruptLog, DocumentGone
from documents.models import Document, Workspace


class WorkspaceField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    def label_from_instance(self, obj: Workspace) -> str:
        return label_of(obj)


class TransferForm(forms.Form):
    workspace = WorkspaceField(
        described(Workspace.objects.all()),
        label="To the workspace",
        widget=AutocompleteSelect(
            Document._meta.get_field("workspace"), admin.site, attrs={"data-width": "min(30rem, 80vw)"}
        ),
    )


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin[Document]):
    list_display = ["__str__", "workspace", "size", "head", "last_edit", "created_by", "trashed_at"]
    list_filter = [
        ("trashed_at", admin.EmptyFieldListFilter),
        ("attention", admin.EmptyFieldListFilter),
        "inherits",
        "created_at",
    ]
    ordering = ["-updated_at"]
    search_fields = ["title", "=id", "workspace__name", "created_by__email"]
    search_help_text = "Title, id, workspace, or the e-mail address of who made it"
    fieldsets = [
        (None, {"fields": ["title", "workspace", "parent", "inherits", "created_by", "created_at"]}),
        ("Trash", {"fields": ["trashed_at", "trashed_by"]}),
        ("Log", {"fields": ["last_edit", "size", "epoch", "head", "floor", "access_version", "attention"]}),
        ("Content", {"fields": ["preview"]}),
    ]
    actions = ["trash", "restore", "transfer", "compact"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        return super().get_queryset(request).select_related("workspace", "created_by", "log__edited_by")

    @admin.display(ordering="log__size_bytes")
    def size(self, document: Document) -> str:
        return filesizeformat(document.log.size_bytes)

    @admin.display(ordering="log__head")
    def head(self, document: Document) -> int:
        return document.log.head

    @admin.display(ordering="log__edited_at")
    def last_edit(self, document: Document) -> str:
        log = document.log
        if log.edited_at is None:
            return "never"
        return f"{log.edited_at:%Y-%m-%d %H:%M} by {log.edited_by or 'the system'}"

    @admin.display
    def epoch(self, document: Document) -> int:
        return document.log.epoch

    @admin.display
    def floor(self, document: Document) -> int:
        return document.log.floor

    @admin.display
    def access_version(self, document: Document) -> int:
        return document.log.access_version

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Document | None:
        document: Document | None = super().get_object(request, object_id, from_field)
        if document is not None:
            # For the preview, which is drawn when nobody knows the request any more.
            document.__dict__["opened_by"] = request.user
        return document

    @admin.display
    def preview(self, document: Document) -> SafeString | str:
        """Sanitised, and in a frame that runs nothing and sends nothing: it is a stranger's, on an operator's page."""
        try:
            html = actions.look_into_document(by=document.__dict__["opened_by"], document=document)
        except (WeftError, CorruptLog, DocumentGone) as fault:
            return f"The content can't be shown: {fault}"
        return format_html(
            '<iframe sandbox title="Content" srcdoc="{}" style="{}"></iframe>',
            html,
            "width: 100%; min-width: 40rem; height: 30rem; border: 1px solid var(--border-color); background: white",
        )

    @admin.action(description="Move to the trash", permissions=["operate"])
    def trash(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        each(
            request,
            queryset,
            lambda document: actions.trash_document(by=None, document=document),
            "Moved {count} document{s} to the trash, with what is below.",
        )

    @admin.action(description="Restore from the trash", permissions=["operate"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        each(
            request,
            queryset,
            lambda document: actions.restore_document(by=None, document=document),
            "Restored {count} document{s}.",
        )

    @admin.action(description="Compact: takes fewer bytes, says the same", permissions=["operate"])
    def compact(self, request: HttpRequest, queryset: QuerySet[Document]) -> None:
        each(
            request,
            queryset,
            lambda document: actions.compact_document(by=None, document=document),
            "Compacted {count} document{s}.",
        )

    @admin.action(description="Transfer to another workspace…", permissions=["operate"])
    def transfer(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponse | None:
        form = TransferForm(request.POST if "transfer" in request.POST else None)
        if form.is_valid():
            workspace: Workspace = form.cleaned_data["workspace"]
            each(
                request,
                _topmost(queryset),
                lambda document: actions.transfer_document(by=None, document=document, workspace=workspace),
                f"Transferred {{count}} document{{s}} to “{workspace}”, with what is below.",
            )
            return None
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Transfer to another workspace",
            "opts": self.opts,
            "form": form,
            "documents": queryset,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/documents/transfer.html", context)


def _topmost(chosen: QuerySet[Document]) -> list[Document]:
    """Without those that go along with another: by themselves they would be there already."""
    documents = list(chosen)
    keys = {document.pk for document in documents}
    return [document for document in documents if keys.isdisjoint(_above(document))]


def _above(document: Document) -> set[UUID]:
    return {key for key, _ in tree.path_up(document.pk)} - {document.pk}
