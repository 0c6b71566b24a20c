"""Accounts: making them, who may use this site, deactivation, sessions."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from documents import actions
from documents.admin.operating import OperatedAdmin, each
from documents.models import User

# What the pages of single people offer too, and what they say before it is done.
ON_THE_PAGE = {
    "deactivate": (
        "Deactivate",
        "is signed out everywhere at once, open documents close, and access tokens stop working. What they wrote and "
        "their roles stay, and the account can be reactivated.",
    ),
    "reactivate": ("Reactivate", "may sign in again, with the roles the account has kept."),
    "end_sessions": ("End all sessions", "is signed out of every browser, and may sign in again."),
}


class NewUserForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave it empty, and they set one by “Forgot your password?”.",
    )

    class Meta:
        model = User
        fields = ["email", "name"]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_password(self) -> str | None:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password or None


@admin.register(User)
class UserAdmin(OperatedAdmin[User]):
    list_display = ["email", "name", "workspace_count", "last_login", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff", "is_superuser", "date_joined"]
    search_fields = ["email", "name"]
    ordering = ["email"]
    fieldsets = [
        (None, {"fields": ["email", "name", "color", "is_active", "date_joined", "last_login"]}),
        ("This site", {"fields": ["is_staff", "is_superuser", "groups"]}),
        ("Workspaces", {"fields": ["workspaces"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "password"]})]
    # The address is a credential, and is verified: it is changed on the account's own pages.
    readonly_fields = ["email", "is_active", "date_joined", "last_login", "workspaces"]
    filter_horizontal = ["groups"]
    actions = ["deactivate", "reactivate", "end_sessions"]

    def get_urls(self) -> list[Any]:
        pages = [
            path(
                f"<int:user_id>/{action}/",
                self.admin_site.admin_view(partial(self.ask, action)),
                name=f"documents_user_{action}",
            )
            for action in ON_THE_PAGE
        ]
        return [*pages, *super().get_urls()]

    def ask(self, action: str, request: HttpRequest, user_id: int) -> HttpResponse:
        """Do to one person what the list does to those chosen there, when it is asked for a second time."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        person = get_object_or_404(User, pk=user_id)
        if request.method == "POST":
            getattr(self, action)(request, User.objects.filter(pk=user_id))
            return redirect("admin:documents_user_change", user_id)
        title, effect = ON_THE_PAGE[action]
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": title,
            "effect": effect,
            "opts": self.opts,
            "person": person,
        }
        return TemplateResponse(request, "admin/documents/user/ask.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).annotate(workspace_count=Count("memberships"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        if obj is None:
            return []
        # Else whoever may change accounts could make themselves a superuser.
        standing = [] if request.user.is_superuser else ["is_staff", "is_superuser", "groups"]
        return [*self.readonly_fields, *standing]

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewUserForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            made = actions.create_user(by=None, email=obj.email, name=obj.name, password=form.cleaned_data["password"])
            obj.pk = made.pk  # for the page and the history that follow
            return
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        user = User.objects.get(pk=obj.pk)  # without what the form posted and the operator didn't touch
        if {"name", "color"} & changed.keys():
            actions.change_profile(by=None, user=user, name=changed.get("name"), color=changed.get("color"))
        if {"is_staff", "is_superuser"} & changed.keys():
            assert request.user.is_authenticated
            actions.change_operator(
                by=request.user,
                user=user,
                is_staff=changed.get("is_staff", user.is_staff),
                is_superuser=changed.get("is_superuser", user.is_superuser),
            )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        # Django writes the groups that were posted whether or not they were changed here.
        if not change or "groups" in form.changed_data:
            super().save_related(request, form, formsets, change)

    @admin.display(description="workspaces", ordering="workspace_count")
    def workspace_count(self, user: Any) -> int:
        return int(user.workspace_count)

    @admin.display
    def workspaces(self, user: User) -> SafeString | str:
        memberships = user.memberships.select_related("workspace").order_by("workspace__name")
        links = (
            (reverse("admin:documents_workspace_change", args=[mine.workspace_id]), mine.workspace, mine.role)
            for mine in memberships
        )
        return format_html_join("", '<div><a href="{}">{}</a> ({})</div>', links) or "none"

    @admin.action(description="Deactivate: signs out everywhere, closes open documents", permissions=["operate"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        operator = request.user
        assert operator.is_authenticated
        # By the operator, not by None: the action keeps people from locking themselves out.
        each(
            request,
            queryset,
            lambda user: actions.deactivate_user(by=operator, user=user),
            "Deactivated {count} account{s}.",
        )

    @admin.action(description="Reactivate", permissions=["operate"])
    def reactivate(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        each(
            request,
            queryset,
            lambda user: actions.reactivate_user(by=None, user=user),
            "Reactivated {count} account{s}.",
        )

    @admin.action(description="End all sessions", permissions=["operate"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        each(
            request,
            queryset,
            lambda user: actions.end_sessions(by=None, user=user),
            "Ended the sessions of {count} account{s}.",
        )
