import hashlib
import re
import secrets

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from collab.accounts.adapters import MFAAdapter
from documents.models import AuditEntry, User
from tests.accounts.conftest import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgiving_clock(settings: object) -> None:
    """A code made in the last moment of its half minute still counts: the tests can't choose the moment."""
    settings.MFA_TOTP_TOLERANCE = 1  # type: ignore[attr-defined]


def code_for(secret: str) -> str:
    *_, counter, _next = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, counter))


def enrol(browser: Browser) -> str:
    browser.confirm()
    page = browser.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'class="secret">(\w+)<', page)
    assert secret
    response = browser.post("/accounts/2fa/totp/activate/", {"code": code_for(secret[1])})
    assert response["Location"] == "/accounts/2fa/recovery-codes/"
    return secret[1]


def recovery_codes(browser: Browser) -> list[str]:
    return re.findall(r"<li><code>(\d+)</code>", browser.get("/accounts/2fa/recovery-codes/").content.decode())


def passkey() -> dict[str, object]:
    """What a browser answers with when it has made one."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())  # type: ignore[no-untyped-call]
    id = secrets.token_bytes(16)
    made = AttestedCredentialData.create(bytes(16), id, public)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.AT
    data = AuthenticatorData.create(hashlib.sha256(b"localhost").digest(), flags, 0, made)
    client = CollectedClientData.create("webauthn.create", b"challenge", "https://localhost")
    return {
        "id": websafe_encode(id),
        "rawId": websafe_encode(id),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
    }


def test_after_enrolling_the_password_alone_is_not_enough(anns_browser: Browser, ann: User) -> None:
    secret = enrol(anns_browser)
    other = Browser()
    assert other.sign_in(ann.email)["Location"] == "/accounts/2fa/authenticate/"
    assert not other.is_signed_in
    assert "isn&#x27;t right" in other.post("/accounts/2fa/authenticate/", {"code": "000000"}).content.decode()
    other.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
    assert other.is_signed_in


@pytest.mark.django_db(transaction=True)  # a new factor is announced on commit
def test_each_step_is_in_the_audit_log(anns_browser: Browser, ann: User) -> None:
    secret = enrol(anns_browser)
    other = Browser()
    other.sign_in(ann.email)
    other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    other.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
    steps = AuditEntry.objects.filter(user=ann, action__startswith="second_factor").order_by("pk")
    written = [(entry.action, entry.actor, entry.details["type"]) for entry in steps]
    # The recovery codes come with the first factor. Who failed is what isn't known.
    assert written == [
        ("second_factor.added", ann, "totp"),
        ("second_factor.added", ann, "recovery_codes"),
        ("second_factor.failed", None, "totp"),
        ("second_factor.used", ann, "totp"),
    ]
    assert AuditEntry.objects.filter(action="session.signed_in").latest("pk").details["how"] == "password and mfa"


def test_a_recovery_code_signs_in_once(anns_browser: Browser, ann: User) -> None:
    enrol(anns_browser)
    code, *_ = recovery_codes(anns_browser)
    first, second = Browser(), Browser()
    for visitor in (first, second):
        visitor.sign_in(ann.email)
        visitor.post("/accounts/2fa/authenticate/", {"code": code})
    assert first.is_signed_in
    assert not second.is_signed_in


def test_resetting_the_password_does_not_get_round_it(anns_browser: Browser, ann: User, link_in_mail: object) -> None:
    enrol(anns_browser)
    thief = Browser()
    thief.post("/accounts/password/reset/", {"email": ann.email})
    form = thief.get(link_in_mail(ann.email))["Location"]  # type: ignore[operator]
    assert thief.post(form, {"password1": "quite another thing"})["Location"] == "/accounts/2fa/authenticate/"
    assert not thief.is_signed_in


def test_secrets_lie_encrypted_in_the_database(anns_browser: Browser) -> None:
    secret = enrol(anns_browser)
    stored = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in stored
    assert MFAAdapter().decrypt(stored) == secret


def test_without_the_key_no_code_fits(anns_browser: Browser, settings: object) -> None:
    enrol(anns_browser)
    stored = Authenticator.objects.get(type="totp").data["secret"]
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]
    one, two = MFAAdapter().decrypt(stored), MFAAdapter().decrypt(stored)
    assert one
    assert one != two


def test_passkeys_are_offered_only_where_browsers_allow_them(visitor: Browser) -> None:
    assert "Sign in with a passkey" in visitor.get("/accounts/login/", headers={"host": "localhost"}).content.decode()
    assert "passkey" not in visitor.get("/accounts/login/", headers={"host": "127.0.0.1"}).content.decode()


def test_the_second_step_offers_a_passkey_to_those_who_have_one(anns_browser: Browser, ann: User) -> None:
    enrol(anns_browser)
    for offered in (False, True):
        other = Browser(headers={"host": "localhost"})
        other.sign_in(ann.email)
        page = other.get("/accounts/2fa/authenticate/").content.decode()
        assert "authenticator app" in page
        assert ("Use a passkey" in page) is offered
        Authenticator.objects.create(user=ann, type="webauthn", data={"name": "Key", "credential": passkey()})


def test_a_passkey_sign_in_begins_with_a_challenge(visitor: Browser) -> None:
    answer = visitor.get("/accounts/2fa/webauthn/login/", headers={"host": "localhost", "accept": "application/json"})
    options = answer.json()["request_options"]["publicKey"]
    assert options["rpId"] == "localhost"
    assert options["userVerification"] == "required"
