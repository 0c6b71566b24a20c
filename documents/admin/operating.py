"""How the admin changes things: by the product's actions, in the operator's name.

Django's admin saves and deletes rows by itself. Here that would leave open editors with rights that are gone, so no
admin of ours lets it: each says which action a form or a button means, and the rest raises.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.contrib import admin, messages
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from documents import actions
from documents.errors import WeftError

M = TypeVar("M", bound=models.Model)


@contextmanager
def operating(request: HttpRequest) -> Iterator[None]:
    """Within, actions called `by=None` ask for no rights in the workspaces, and the audit log names this operator."""
    assert request.user.is_authenticated
    with actions.operated_by(request.user):
        yield


def each(
    request: HttpRequest, rows: Iterable[M], act: Callable[[M], object], done: str, *, undone: str = "Not done for"
) -> None:
    """Do `act` to each chosen row, each in a transaction of its own: one refusal does not take the others along."""
    count = 0
    for row in rows:
        try:
            with operating(request), transaction.atomic():
                act(row)
        except WeftError as refusal:
            messages.error(request, f"{undone} “{row}”: {refusal.message}")
        else:
            count += 1
    if count:
        messages.success(request, done.format(count=count, s="" if count == 1 else "s"))


if TYPE_CHECKING:

    class _ModelAdmin(admin.ModelAdmin[M]):
        pass
else:

    class _ModelAdmin(Generic[M], admin.ModelAdmin):
        """Django's class takes a type parameter in its stubs only."""


class OperatedAdmin(_ModelAdmin[M]):
    """Looks at rows; changes them by actions only."""

    list_per_page = 50

    def get_actions(self, request: HttpRequest) -> Any:
        offered = super().get_actions(request)
        offered.pop("delete_selected", None)  # offers what `delete_queryset` refuses
        return offered

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """For `@admin.action(permissions=["operate"])`: whoever may change such rows, also where no form does."""
        return super().has_change_permission(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The page brings along what stood in it, so that a field counts as changed only if the operator changed it,
        not also when somebody else did since the page was opened."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.show_hidden_initial = True
        return field

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with operating(request):
                return super().changeform_view(request, *args, **kwargs)
        except WeftError as refusal:  # all of the form is rolled back
            messages.error(request, refusal.message)
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:
        raise NotImplementedError(f"Say which action saves a {self.opts.verbose_name}.")

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        raise NotImplementedError(f"Say which actions save what belongs to a {self.opts.verbose_name}.")

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        raise NotImplementedError(f"Say which action deletes a {self.opts.verbose_name}.")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[M]) -> None:
        raise NotImplementedError("Deletes by SQL, past every action.")


class ReadOnlyAdmin(OperatedAdmin[M]):
    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
