"""Sessions with CSRF, tokens with scopes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from documents.actions import create_token, deactivate_user, revoke_token
from documents.models import AccessToken, Document, Role, User, Workspace
from tests.documents.api.conftest import Caller, Callers
from tests.documents.conftest import join

Scope = AccessToken.Scope


def test_who_is_not_signed_in_is_told_so_in_json(browser: Callers) -> None:
    for method in ("GET", "POST"):
        answer = browser(None, csrf=True)(method, "/documents", {} if method == "POST" else None)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "signed_out"
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_session_changes_nothing_without_the_csrf_header(browser: Callers, ann: User) -> None:
    as_ann = browser(ann, csrf=True)
    csrf = as_ann("GET", "/me").json()["csrf"]

    refused = as_ann("POST", "/documents", {"title": "Plan"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf")
    assert not Document.objects.exists()

    assert as_ann("POST", "/documents", {"title": "Plan"}, **{"X-CSRFToken": csrf}).status_code == 201


def test_a_program_needs_no_csrf_header(program: Callers, ann: User) -> None:
    answer = program(ann)("POST", "/documents", {"title": "Plan"})
    assert answer.status_code == 201
    assert answer.json()["created_by"] == {"id": ann.pk, "name": ann.name}


def test_a_token_that_reads_changes_nothing(program: Callers, ann: User, plan: Document) -> None:
    reading = program(ann, Scope.READ)
    assert reading("GET", f"/documents/{plan.pk}").status_code == 200
    for method, path in (
        ("POST", "/documents"),
        ("PATCH", f"/documents/{plan.pk}"),
        ("DELETE", f"/documents/{plan.pk}"),
    ):
        answer = reading(method, path, {})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_too_small")


def test_only_a_token_that_administers_touches_members_and_tokens(
    program: Callers, ann: User, ben: User, team: Workspace
) -> None:
    role = f"/workspaces/{team.pk}/members/{ben.pk}"
    assert program(ann, Scope.WRITE)("PUT", role, {"role": "reader"}).status_code == 403
    assert program(ann, Scope.WRITE)("POST", "/tokens", {"name": "more", "scope": "admin"}).status_code == 403
    assert program(ann, Scope.ADMIN)("PUT", role, {"role": "reader"}).status_code == 200
    assert program(ann, Scope.ADMIN)("POST", "/tokens", {"name": "more", "scope": "read"}).status_code == 201


def test_a_token_has_no_rights_that_its_owner_lacks(
    program: Callers, cleo: User, team: Workspace, plan: Document
) -> None:
    as_cleo = program(cleo, Scope.ADMIN)
    assert as_cleo("GET", f"/documents/{plan.pk}").status_code == 404
    join(team, cleo, Role.READER)
    assert as_cleo("GET", f"/documents/{plan.pk}").status_code == 200
    assert as_cleo("PATCH", f"/documents/{plan.pk}", {"title": "Mine"}).status_code == 403


@pytest.mark.parametrize("end", ["revoked", "expired", "deactivated"])
def test_a_token_that_has_ended_is_no_token(ann: User, end: str) -> None:
    token, secret = create_token(by=ann, user=ann, name="old")
    caller = Caller(Client(), Authorization=f"Bearer {secret}")
    assert caller("GET", "/me").status_code == 200
    if end == "revoked":
        revoke_token(by=ann, token=token)
    elif end == "expired":
        AccessToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        deactivate_user(by=None, user=ann)
    assert caller("GET", "/me").status_code == 401


def test_a_wrong_token_is_not_helped_by_a_session_beside_it(browser: Callers, ann: User) -> None:
    as_ann = browser(ann)
    for wrong in ("weft_wrong", "other", ""):
        assert as_ann("GET", "/me", Authorization=f"Bearer {wrong}").status_code == 401


def test_the_use_of_a_token_is_noted(program: Callers, ann: User) -> None:
    program(ann)("GET", "/me")
    used = AccessToken.objects.get().last_used_at
    assert used is not None
    assert used > timezone.now() - timedelta(minutes=1)
