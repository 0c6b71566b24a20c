"""Personal access tokens. The token itself is nowhere to be seen: only its digest is stored."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from documents import actions
from documents.admin.operating import ReadOnlyAdmin, each
from documents.models import AccessToken


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin[AccessToken]):
    list_display = ["name", "user", "scope", "created_at", "last_used_at", "expires_at", "valid"]
    list_filter = ["scope", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["name", "user__email", "user__name"]
    search_help_text = "Name of the token, or whose it is"
    fields = ["user", "name", "scope", "created_at", "last_used_at", "expires_at", "revoked_at"]
    actions = ["revoke"]

    @admin.display(boolean=True)
    def valid(self, token: AccessToken) -> bool:
        return token.is_valid()

    @admin.action(description="Revoke", permissions=["operate"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        each(
            request,
            queryset.select_related("user"),
            lambda token: actions.revoke_token(by=None, token=token),
            "Revoked {count} token{s}.",
        )
