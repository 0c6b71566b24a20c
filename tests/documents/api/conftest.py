"""Callers of the API: a browser with somebody's session, a program with somebody's token."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from documents.actions import create_token
from documents.models import AccessToken, User

Callers = Callable[..., "Caller"]


class Caller:
    """Speaks JSON to /api/v1 and gives back Django's response; says nothing of who it is but by `headers`."""

    def __init__(self, client: Client, **headers: str) -> None:
        self.client = client
        self.headers = headers

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return self.client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else self.client._encode_json(body, "application/json"),  # type: ignore[attr-defined]
            content_type="application/json",
            headers={**self.headers, **headers},
        )

    def send(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        """A body that isn't JSON."""
        return self.client.generic(method, f"/api/v1{path}", body, content_type=content_type, headers=self.headers)


@pytest.fixture
def browser() -> Callers:
    def open_as(user: User | None, *, csrf: bool = False) -> Caller:
        client = Client(enforce_csrf_checks=csrf)
        if user is not None:
            client.force_login(user)
        return Caller(client)

    return open_as


@pytest.fixture
def program() -> Callers:
    def run_as(user: User, scope: AccessToken.Scope = AccessToken.Scope.WRITE) -> Caller:
        _, token = create_token(by=user, user=user, name="a program", scope=scope)
        return Caller(Client(enforce_csrf_checks=True), Authorization=f"Bearer {token}")

    return run_as
