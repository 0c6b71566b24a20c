"""Workspaces: name, members with their roles, suspension, deletion."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.template.response import TemplateResponse

from documents import actions
from documents.admin.operating import OperatedAdmin, each
from documents.models import Document, Membership, Role, Workspace


class MembershipForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A row's role can change; its person can't: that would be another membership."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].show_hidden_initial = True  # see OperatedAdmin.formfield_for_dbfield
        if self.instance.pk is not None:
            # A row that nobody touched needs no checking, which takes three queries.
            self.empty_permitted = True
            field = self.fields["user"]
            field.disabled = True
            # The one to choose from is known: autocompletion would ask the database for it, once for each member.
            field.widget = forms.Select(choices=[(self.instance.user_id, str(self.instance.user))])


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Membership
    form = MembershipForm
    fields = ["user", "role", "created_at"]
    readonly_fields = ["created_at"]
    autocomplete_fields = ["user"]
    extra = 0
    verbose_name = "member"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "workspace")


def _count_of(model: type[Membership] | type[Document]) -> Coalesce:
    """A query of its own within the query: counted by joins, members would be multiplied by documents."""
    counted = model._default_manager.filter(workspace=OuterRef("pk")).order_by().values("workspace")
    return Coalesce(Subquery(counted.values(count=Count("pk"))), 0)


def described(workspaces: QuerySet[Workspace]) -> QuerySet[Workspace]:
    """With what `label_of` says of each."""
    owners = Membership.objects.filter(workspace=OuterRef("pk"), role=Role.OWNER).order_by("pk")
    return workspaces.annotate(
        member_count=_count_of(Membership), owner_email=Subquery(owners.values("user__email")[:1])
    )


def label_of(workspace: Any) -> str:
    """To choose by: of five hundred people many have a workspace of the same name."""
    members = f"{workspace.member_count} member{'' if workspace.member_count == 1 else 's'}"
    return f"{workspace} ({workspace.owner_email or 'no owner'}, {members})"


@admin.register(Workspace)
class WorkspaceAdmin(OperatedAdmin[Workspace]):
    list_display = ["name", "members", "documents", "personal_owner", "created_at", "suspended_at"]
    list_filter = [("suspended_at", admin.EmptyFieldListFilter), ("personal_owner", admin.EmptyFieldListFilter)]
    list_select_related = ["personal_owner"]
    search_fields = ["name", "memberships__user__email"]
    search_help_text = "Name, or a member's e-mail address"
    fields = ["name", "personal_owner", "created_at", "suspended_at"]
    readonly_fields = ["personal_owner", "created_at", "suspended_at"]
    inlines = [MembershipInline]
    actions = ["suspend", "unsuspend", "delete"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        return described(super().get_queryset(request)).annotate(document_count=_count_of(Document))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Workspace], search_term: str
    ) -> tuple[QuerySet[Workspace], bool]:
        """As `search_fields` would, whose joins make a row of each member for each word, though."""
        for word in search_term.split():
            memberships = Membership.objects.filter(user__email__icontains=word)
            queryset = queryset.filter(Q(name__icontains=word) | Q(pk__in=memberships.values("workspace")))
        return queryset, False

    @admin.display(ordering="member_count")
    def members(self, workspace: Any) -> int:
        return int(workspace.member_count)

    @admin.display(ordering="document_count")
    def documents(self, workspace: Any) -> int:
        return int(workspace.document_count)

    def save_model(self, request: HttpRequest, obj: Workspace, form: Any, change: bool) -> None:
        if "name" in form.changed_data:
            actions.rename_workspace(by=None, workspace=obj, name=obj.name)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Members join, change and leave by the same actions as in the app; new owners first, so that one is left."""
        workspace = form.instance
        formset.save(commit=False)
        for member in formset.new_objects:
            actions.add_member(by=None, workspace=workspace, user=member.user, role=Role(member.role))
        changed = [member for member, fields in formset.changed_objects if "role" in fields]
        for member in sorted(changed, key=lambda member: -Role(member.role).rank):
            actions.change_role(by=None, workspace=workspace, user=member.user, role=Role(member.role))
        for member in formset.deleted_objects:
            actions.remove_member(by=None, workspace=workspace, user=member.user)

    @admin.action(description="Suspend: its documents can be read, and nothing changed", permissions=["operate"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Workspace]) -> None:
        each(
            request,
            queryset,
            lambda workspace: actions.suspend_workspace(by=None, workspace=workspace),
            "Suspended {count} workspace{s}.",
        )

    @admin.action(description="Lift the suspension", permissions=["operate"])
    def unsuspend(self, request: HttpRequest, queryset: QuerySet[Workspace]) -> None:
        each(
            request,
            queryset,
            lambda workspace: actions.unsuspend_workspace(by=None, workspace=workspace),
            "Lifted the suspension of {count} workspace{s}.",
        )

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Of what can be undone by nobody: not for all who may change."""
        return admin.ModelAdmin.has_delete_permission(self, request)

    @admin.action(description="Delete for good, with all documents…", permissions=["erase"])
    def delete(self, request: HttpRequest, queryset: QuerySet[Workspace]) -> TemplateResponse | None:
        if "delete" in request.POST:
            each(
                request,
                queryset,
                lambda workspace: actions.delete_workspace(by=None, workspace=workspace),
                "Deleted {count} workspace{s}.",
                undone="Not deleted:",
            )
            return None
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": "Delete for good",
            "opts": self.opts,
            "workspaces": queryset,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/documents/delete_workspaces.html", context)
