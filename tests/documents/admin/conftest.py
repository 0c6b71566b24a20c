"""An operator at the admin site, and how they press its buttons."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from documents.models import User

Act = Callable[..., Any]


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("op@example.com", password="op's password")


@pytest.fixture
def desk(operator: User) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def stood_in(page: str) -> dict[str, str]:
    """What a page brings along of what stood in its fields."""
    hidden = re.findall(r'<input type="hidden" name="(initial-[^"]+)"(?: value="([^"]*)")?', page)
    return {name: value for name, value in hidden if "__prefix__" not in name}


@pytest.fixture
def act(desk: Client) -> Act:
    """`act("suspend", workspace)`: choose rows in their list and run an action on them."""

    def run(action: str, *rows: Model, **data: Any) -> Any:
        name = rows[0]._meta.model_name
        chosen = [str(row.pk) for row in rows]
        answer = desk.post(
            reverse(f"admin:documents_{name}_changelist"),
            {"action": action, ACTION_CHECKBOX_NAME: chosen, **data},
            follow=True,
        )
        assert answer.status_code == 200
        return answer

    return run
