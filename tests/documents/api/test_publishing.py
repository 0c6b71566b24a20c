"""The envelope by HTTP: the signature is all the proof there is, and the answer says what became of it."""

from typing import Any

import pytest

from documents.models import Notification, User
from tests.documents.api.conftest import Callers
from tests.documents.test_publishing import envelope


def body(payload: bytes, signature: str) -> dict[str, Any]:
    return {"payload": payload.decode(), "signature": signature}


def test_a_signed_envelope_is_taken_from_anybody_once(ann: User, browser: Callers) -> None:
    call = browser(None, csrf=True)
    news = body(*envelope("notification", f"user:{ann.pk}", title="Grüße"))
    assert call("POST", "/publish", news).json() == {"verdict": "accepted"}
    assert call("POST", "/publish", news).json() == {"verdict": "replayed"}
    assert Notification.objects.get().title == "Grüße"


def test_a_forged_one_is_refused_and_guessing_ends(browser: Callers, ann: User, settings: Any) -> None:
    call = browser(None)
    forged = {**body(*envelope("notification", f"user:{ann.pk}", title="x")), "signature": "0" * 64}
    answer = call("POST", "/publish", forged)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "bad_signature"
    for _ in range(settings.LIMITS.bad_tokens_per_minute):
        answer = call("POST", "/publish", forged)
    assert answer.status_code == 429
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("kind", "more", "status", "code"),
    [
        ("notification", {"title": "x"}, 422, "unknown_recipient"),
        ("fireworks", {"title": "x"}, 422, "unknown_kind"),
        ("notification", {"title": "x", "at": 0}, 422, "too_old"),
        ("notification", {}, 422, "malformed"),
        ("notification", {"title": "x" * 70_000}, 413, "too_large"),
    ],
)
def test_refusals_have_names(
    db: None, browser: Callers, kind: str, more: dict[str, Any], status: int, code: str
) -> None:
    answer = browser(None)("POST", "/publish", body(*envelope(kind, "user:999999", **more)))
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_half_a_character_is_refused_and_no_fault_of_ours(db: None, browser: Callers) -> None:
    raw = b'{"payload": "\\ud800", "signature": "00"}'
    assert browser(None).send("POST", "/publish", raw, "application/json").status_code == 403
