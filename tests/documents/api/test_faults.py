"""Whatever goes wrong, and wherever: one shape."""

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from documents.api import listing
from documents.models import Document, User, Workspace
from tests.documents.api.conftest import Callers


def error_of(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/json")
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) - {"fields"} == {"code", "message"}
    assert error["message"]
    return error


def test_unknown_addresses_answer_in_json(browser: Callers, ann: User, client: Client) -> None:
    as_ann = browser(ann)
    for path in ("/nothing", "/documents/no-uuid", "/documents/", "/workspaces/7"):
        assert error_of(as_ann("GET", path), 404)["code"] == "not_found"
    assert error_of(client.post("/api/v2/documents"), 404)["code"] == "not_found"


def test_a_method_that_an_address_does_not_know_says_which_it_does(browser: Callers, ann: User) -> None:
    answer = browser(ann)("DELETE", "/me")
    assert error_of(answer, 405)["code"] == "method_not_allowed"
    assert "PATCH" in answer["Allow"]


def test_what_is_invalid_is_named_field_by_field(browser: Callers, ann: User, plan: Document) -> None:
    as_ann = browser(ann)
    error = error_of(as_ann("PATCH", "/me", {"color": "red", "name": ""}), 422)
    assert error["code"] == "invalid"
    assert set(error["fields"]) == {"color", "name"}
    assert set(error_of(as_ann("GET", "/documents?limit=0&workspace=x"), 422)["fields"]) == {"limit", "workspace"}
    shared = as_ann("POST", f"/documents/{plan.pk}/members", {"email": "nobody", "role": "king"})
    assert set(error_of(shared, 422)["fields"]) == {"email", "role"}


def test_a_body_that_is_no_json_is_malformed(browser: Callers, ann: User) -> None:
    answer = browser(ann).send("POST", "/documents", b"{title:", "application/json")
    assert error_of(answer, 400)["code"] == "malformed"


@pytest.mark.parametrize("body", ["[]", '"a title"', "null", "7"])
def test_a_body_that_is_no_object_makes_nothing(browser: Callers, ann: User, body: str) -> None:
    answer = browser(ann).send("POST", "/documents", body.encode(), "application/json")
    assert error_of(answer, 422)["code"] == "invalid"
    assert not Document.objects.filter(created_by=ann).exists()


def test_moments_need_a_zone_and_a_year_that_there_is(browser: Callers, ann: User) -> None:
    as_ann = browser(ann)
    for moment in ("2999-01-01T00:00:00", "9999-12-31T23:59:59-12:00"):
        token = as_ann("POST", "/tokens", {"name": "script", "scope": "read", "expires_at": moment})
        assert set(error_of(token, 422)["fields"]) == {"expires_at"}
        assert set(error_of(as_ann("POST", "/notifications/read", {"until": moment}), 422)["fields"]) == {"until"}


def test_what_no_database_can_hold_is_said_to_be_invalid(browser: Callers, ann: User, team: Workspace) -> None:
    as_ann = browser(ann)
    error = error_of(as_ann("POST", "/workspaces", {"name": "a\0b"}), 422)
    assert error["fields"] == {"name": "This holds a character that can't be shown."}
    assert as_ann("GET", "/documents?q=%00").status_code == as_ann("GET", "/users?q=%00").status_code == 200
    answer = as_ann("PUT", f"/workspaces/{team.pk}/members/{10**20}", {"role": "reader"})
    assert error_of(answer, 404)["code"] == "not_found"


def test_what_can_be_got_can_be_asked_for_by_head(browser: Callers, ann: User) -> None:
    as_ann = browser(ann)
    answer = as_ann("HEAD", "/me")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["Content-Type"].startswith("application/json")


def test_a_body_over_the_limit_is_too_large(browser: Callers, ann: User, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = browser(ann)("POST", "/documents", {"title": "x" * 1000})
    assert error_of(answer, 413)["code"] == "too_large"


def test_a_body_of_unknown_length_is_not_taken(browser: Callers, ann: User) -> None:
    answer = browser(ann)("POST", "/documents", **{"Transfer-Encoding": "chunked"})
    assert error_of(answer, 411)["code"] == "length_required"


def test_too_many_requests_are_told_when_to_come_again(
    browser: Callers, ann: User, ben: User, settings: Settings
) -> None:
    settings.LIMITS = replace(django_settings.LIMITS, requests_per_minute=2)
    as_ann = browser(ann)
    answers = [as_ann("GET", "/tokens") for _ in range(5)]  # in two windows at most
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert error_of(refused[0], 429)["code"] == "rate_limited"
    assert 0 < int(refused[0]["Retry-After"]) <= 60
    assert browser(ben)("GET", "/tokens").status_code == 200


def test_guessing_at_tokens_is_slowed_down(browser: Callers, db: None, settings: Settings) -> None:
    settings.LIMITS = replace(django_settings.LIMITS, bad_tokens_per_minute=2)
    anybody = browser(None)
    codes = [anybody("GET", "/me", Authorization="Bearer weft_guess").status_code for _ in range(5)]
    assert codes[0] == 401
    assert 429 in codes


def test_a_database_that_does_not_answer_is_a_matter_of_waiting(
    browser: Callers, ann: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(*args: object) -> None:
        raise OperationalError("server closed the connection")

    as_ann = browser(ann)
    monkeypatch.setattr(listing, "_found", down)
    as_ann.client.raise_request_exception = False
    with caplog.at_level(logging.CRITICAL):
        answer = as_ann("GET", "/documents")
    assert error_of(answer, 503)["code"] == "unavailable"
    assert answer["Retry-After"] == "5"


def test_a_fault_of_ours_tells_nothing_of_our_insides(
    browser: Callers, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(listing, "_found", broken)
    as_ann = browser(ann)
    as_ann.client.raise_request_exception = False
    answer = as_ann("GET", "/documents")
    assert error_of(answer, 500)["code"] == "internal"
    assert "secret" not in json.dumps(answer.json())
