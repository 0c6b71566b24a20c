"""What every answer tells the browser. `tests/browser/test_content_policy.py` shows that pages work under it."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from collab.accounts.providers import sign_in_origins
from collab.headers import policy_for
from tests.acceptance.installation import Installation
from tests.running import MANAGE, Weft, environment
from tests.security.callers import ask

HTTPS = {"SITE_URL": "https://weft.example", "ALLOWED_HOSTS": "weft.example,127.0.0.1"}
PLACES = [
    "/",
    "/accounts/login/",
    "/accounts/signup/",
    "/admin/",
    "/api/v1/docs",
    "/api/v1/me",
    "/healthz",
    "/metrics",
    "/static/favicon.svg",
    "/static/nothing.js",
    "/nothing/of/the/kind",
    "/invitations/nonsense/",
]
PLAIN = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split(";"))}


@pytest.mark.parametrize("path", PLACES)
def test_every_answer_bears_the_policy_and_its_siblings(castle: Installation, path: str) -> None:
    headers = ask(castle.weft.url, "GET", path).headers
    assert {name: headers.get(name) for name in PLAIN} == PLAIN
    assert "camera=()" in headers["permissions-policy"]
    policy = directives(headers["content-security-policy"])
    assert policy["script-src"] == ["'self'"]
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert policy["worker-src"] == policy["manifest-src"] == ["'self'"]
    assert "strict-transport-security" not in headers


def test_a_request_that_is_no_request_is_refused_with_the_policy_too(castle: Installation) -> None:
    answer = ask(castle.weft.url, "GET", "/", {"Host": "evil.example"})
    assert answer.status == 400
    assert "content-security-policy" in answer.headers
    assert b"evil.example" not in answer.body


@pytest.mark.parametrize("path", ["/", "/d/1", "/trash", "/accounts/login/", "/admin/", "/api/v1/docs", "/nothing"])
def test_scripts_come_from_our_own_files_alone(path: str) -> None:
    policy = directives(policy_for(path, "weft.example"))
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", "ws://weft.example", "wss://weft.example"]


@pytest.mark.parametrize("path", ["/accounts/profile/", "/invitations/x/", "/admin/documents/document/"])
def test_only_the_apps_own_pages_let_scripts_write_style_sheets(path: str) -> None:
    assert directives(policy_for(path))["style-src"] == ["'self'"]
    assert "'unsafe-inline'" in directives(policy_for("/d/1"))["style-src"]


def test_pictures_come_by_address_into_documents_and_nowhere_else() -> None:
    assert directives(policy_for("/d/1", secure=True))["img-src"] == ["'self'", "data:", "blob:", "https:"]
    assert "http:" in directives(policy_for("/d/1"))["img-src"]
    for path in ("/accounts/login/", "/admin/", "/api/v1/docs"):
        assert directives(policy_for(path))["img-src"] == ["'self'", "data:"]


@pytest.mark.parametrize("host", ["", "weft.example; script-src *", "weft.example\r\nX: y", "a b", "[::1", "*"])
def test_a_host_that_is_none_gets_into_no_policy(host: str) -> None:
    assert policy_for("/d/1", host) == policy_for("/d/1")


def test_sign_in_forms_may_lead_to_the_providers_that_are_set_up() -> None:
    environment = {
        "GOOGLE_CLIENT_ID": "x",
        "GOOGLE_CLIENT_SECRET": "x",
        "OIDC_CLIENT_ID": "x",
        "OIDC_CLIENT_SECRET": "x",
        "OIDC_SERVER_URL": "https://id.example/realms/weft",
        "OIDC_SIGN_IN_ORIGINS": "https://login.example, https://id.example",
    }
    origins = sign_in_origins(environment)
    assert origins == ["https://accounts.google.com", "https://id.example", "https://login.example"]
    assert sign_in_origins({}) == []
    assert directives(policy_for("/accounts/login/", sign_in=origins))["form-action"] == ["'self'", *origins]
    assert directives(policy_for("/d/1", sign_in=origins))["form-action"] == ["'self'"]


# With TLS


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import shutil
    import tempfile

    home = Path(tempfile.mkdtemp(prefix="weft-", dir="/tmp"))
    with Weft(home, **HTTPS) as weft:
        yield weft
    shutil.rmtree(home, ignore_errors=True)


def test_behind_tls_the_browser_is_told_to_stay_there(secure: Weft) -> None:
    proxied = {"Host": "weft.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    for path in ("/accounts/login/", "/static/favicon.svg"):
        headers = ask(secure.url, "GET", path, proxied).headers
        assert headers["strict-transport-security"] == "max-age=31536000"
        assert "upgrade-insecure-requests" in headers["content-security-policy"]


def test_cookies_are_for_this_site_and_for_tls(secure: Weft) -> None:
    proxied = {"Host": "weft.example", "X-Forwarded-Proto": "https"}
    page = ask(secure.url, "GET", "/accounts/login/", proxied)
    csrf = page.cookies("csrftoken")
    assert "secure" in csrf
    assert "samesite=lax" in csrf
    assert not any(part.startswith("domain") for part in csrf)
    secure.manage(
        "shell",
        "-c",
        "from documents.models import User; User.objects.create_user('ann@example.com', password='weft-weft')",
    )
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.body)
    assert token is not None
    cookie = page.headers["set-cookie"].split("csrftoken=")[1].split(";")[0]
    form = b"csrfmiddlewaretoken=%b&login=ann%%40example.com&password=weft-weft" % token[1]
    sent = {
        **proxied,
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": f"csrftoken={cookie}",
        "Referer": "https://weft.example/accounts/login/",
        "Origin": "https://weft.example",
    }
    elsewhere = {**sent, "Origin": "http://weft.example"}
    assert ask(secure.url, "POST", "/accounts/login/", elsewhere, form).status == 403
    session = ask(secure.url, "POST", "/accounts/login/", sent, form).cookies("sessionid")
    assert {"secure", "httponly", "samesite=lax"} <= set(session)
    assert not any(part.startswith("domain") for part in session)


def test_the_deployment_check_has_nothing_to_say(tmp_path: Path) -> None:
    command = [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, env=environment(tmp_path, **HTTPS), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    # What is silenced is silenced by name, with its reason beside it.
    assert "(3 silenced)" in done.stdout
