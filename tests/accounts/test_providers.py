from collections.abc import Callable, Iterator

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from redis import Redis

from collab.accounts.providers import providers_from
from documents.models import User, Workspace
from tests.accounts.conftest import PASSWORD, Browser
from tests.accounts.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, Person, running

pytestmark = pytest.mark.django_db
GOOGLE = {"GOOGLE_CLIENT_ID": "a", "GOOGLE_CLIENT_SECRET": "b"}
GITHUB = {"GITHUB_CLIENT_ID": "a", "GITHUB_CLIENT_SECRET": "b"}


@pytest.fixture
def company(settings: object) -> Iterator[IdentityProvider]:
    with running(IdentityProvider(Person("7", "ann@example.com", "Ann of the Company"))) as provider:
        environment = {
            "OIDC_SERVER_URL": provider.url,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "OIDC_NAME": "The Company",
        }
        settings.SOCIALACCOUNT_PROVIDERS = providers_from(environment)  # type: ignore[attr-defined]
        yield provider


def through_the_company(browser: Browser, process: str = "login") -> HttpResponse:
    """Presses the button and follows where it leads, there and back."""
    there = browser.post(f"/accounts/oidc/oidc/login/?process={process}")["Location"]
    back = requests.get(there, allow_redirects=False, timeout=10).headers["Location"]
    assert back.startswith("http://testserver/accounts/oidc/oidc/login/callback/")
    return browser.get(back.removeprefix("http://testserver"))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("environment", "offered"),
    [
        ({}, []),
        ({"GOOGLE_CLIENT_ID": "without a secret"}, []),
        ({"OIDC_CLIENT_ID": "a", "OIDC_CLIENT_SECRET": "without a server"}, []),
        (GOOGLE, ["Google"]),
        ({**GOOGLE, **GITHUB}, ["Google", "GitHub"]),
    ],
)
def test_a_provider_is_offered_when_the_environment_names_it(
    visitor: Browser, settings: object, environment: dict[str, str], offered: list[str]
) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = providers_from(environment)  # type: ignore[attr-defined]
    for path in ("/accounts/login/", "/accounts/signup/"):
        page = visitor.get(path).content.decode()
        assert [name for name in ("Google", "GitHub") if f"Continue with {name}" in page] == offered


def test_any_openid_connect_provider_makes_an_account(visitor: Browser, company: IdentityProvider) -> None:
    assert "Continue with The Company" in visitor.get("/accounts/login/").content.decode()
    assert through_the_company(visitor)["Location"] == "/"
    assert visitor.is_signed_in
    ann = User.objects.get()
    assert (ann.email, ann.name) == ("ann@example.com", "Ann of the Company")
    assert EmailAddress.objects.get(user=ann).verified
    assert Workspace.objects.get().personal_owner == ann


def test_the_second_time_it_is_the_same_account(company: IdentityProvider) -> None:
    through_the_company(Browser())
    through_the_company(Browser())
    assert User.objects.count() == 1


def test_a_verified_address_signs_in_to_the_account_that_has_it(
    visitor: Browser, ann: User, company: IdentityProvider
) -> None:
    through_the_company(visitor)
    assert visitor.is_signed_in
    assert SocialAccount.objects.get().user == ann
    assert Browser().sign_in(ann.email)["Location"] == "/"


def test_an_unverified_address_signs_in_to_nothing(visitor: Browser, ann: User, company: IdentityProvider) -> None:
    company.person.email_verified = False
    through_the_company(visitor)
    assert not visitor.is_signed_in
    assert not SocialAccount.objects.filter(user=ann).exists()


def test_whoever_took_the_address_in_advance_is_locked_out(
    visitor: Browser, company: IdentityProvider, link_in_mail: Callable[[str], str], redis: Redis
) -> None:
    Browser().sign_up("ann@example.com", name="Eve")  # never confirmed: it isn't hers
    redis.flushall()  # minutes pass: one address isn't sent links at a faster pace
    through_the_company(visitor)
    visitor.post(link_in_mail("ann@example.com"))
    assert visitor.is_signed_in
    assert "don&#x27;t match" in Browser().sign_in("ann@example.com").content.decode()


def test_an_account_is_connected_and_disconnected_in_the_settings(
    anns_browser: Browser, ann: User, company: IdentityProvider
) -> None:
    company.person = Person("8", "ann@company.example", "Ann")
    anns_browser.confirm(PASSWORD)
    through_the_company(anns_browser, process="connect")
    assert "Disconnect" in anns_browser.get("/accounts/3rdparty/").content.decode()
    account = SocialAccount.objects.get(user=ann)
    anns_browser.post("/accounts/3rdparty/", {"account": account.pk})
    assert not SocialAccount.objects.exists()


def test_an_answer_to_a_question_nobody_asked_is_refused(visitor: Browser, company: IdentityProvider) -> None:
    page = visitor.get("/accounts/oidc/oidc/login/callback/?code=x&state=y", follow=True).content.decode()
    assert "That didn&#x27;t work" in page or "That didn't work" in page
    assert not visitor.is_signed_in
