"""An outsider with no account, a reader, a member of another workspace and a tab that was signed out, at every URL.

The list of doors comes from the code (`doors.py`), so that a new one can't be forgotten. Sockets, and what stands in
front of Django, are tried on a running server by `test_doors_in_front.py`.
"""

import re
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from tests.security import doors
from tests.security.conftest import SECRET, Fort, browser_of, signed_out_tab
from tests.security.doors import For, Operation

NOBODYS = UUID("00000000-0000-4000-8000-000000000000")
METHODS = ("GET", "POST", "PUT", "DELETE")
OPERATIONS = doors.operations()
PAGES = doors.pages()


def about_one(path: str) -> bool:
    return "{document_id}" in path or "{workspace_id}" in path


def call(client: Client, operation: Operation, fort: Fort, *, missing: bool = False) -> Any:
    """`missing`: the same of a document, workspace or other thing that doesn't exist."""
    named = {
        "document_id": fort.document.pk,
        "workspace_id": fort.workspace.pk,
        "invitation_id": fort.invitation.pk,
        "token_id": fort.token.pk,
        "notification_id": fort.notification.pk,
        "user_id": fort.rea.pk,
        "user": fort.ann.pk,
        "token": fort.invitation.token,
    }
    if missing:
        named |= dict.fromkeys(("document_id", "workspace_id", "invitation_id", "token_id", "notification_id"), NOBODYS)
        named["token"] = "a-token-that-nobody-ever-made"
    path = "/api/v1" + operation.path.format_map(Named(named))
    if operation.body == "text/markdown":
        return client.generic(operation.method, path, b"text", content_type="text/markdown")
    body = b"" if operation.body is None else client._encode_json(operation.body, "application/json")  # type: ignore[attr-defined]
    return client.generic(operation.method, path, body, content_type="application/json")


class Named(dict[str, Any]):
    def __missing__(self, name: str) -> UUID:
        return uuid4()


def said(answer: Any) -> str:
    """All of an answer: a secret in a header is one told, too."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return (body.decode(errors="replace") + str(answer.headers)).lower()


def told(answer: Any) -> tuple[int, bytes]:
    return answer.status_code, answer.content


# Nothing forgotten


def test_every_operation_is_classified() -> None:
    unknown = [o.name for o in OPERATIONS if not about_one(o.path) and o.name not in doors.API]
    assert not unknown, f"say in tests/security/doors.py, API, whom these are for: {unknown}"


def test_every_page_is_classified() -> None:
    unknown = [page for page in PAGES if not page.startswith(doors.ADMIN) and page not in doors.PAGES]
    assert not unknown, f"say in tests/security/doors.py, PAGES, whom these are for: {unknown}"


def test_everything_in_front_of_django_is_classified() -> None:
    unknown = [condition for condition in doors.front() if condition not in doors.FRONT]
    assert not unknown, f"say in tests/security/doors.py, FRONT and RAW, whom these are for: {unknown}"


def test_every_transport_without_a_socket_is_tried() -> None:
    tried = {(door.method, door.path.partition("?")[0]) for door in doors.RAW}
    assert doors.transports() <= tried, "add the missing ones to RAW in tests/security/doors.py"


def test_every_socket_is_classified() -> None:
    unknown = [path for path in doors.socket_paths() if path not in doors.SOCKETS]
    assert not unknown, f"say in tests/security/doors.py, SOCKETS, what these are: {unknown}"


def test_no_line_in_the_tables_is_about_a_door_that_was_walled_up() -> None:
    names = {operation.name for operation in OPERATIONS}
    assert doors.API.keys() <= names
    assert names >= doors.READERS_MAY
    assert names >= doors.SAME_FOR_ALL
    assert doors.PAGES.keys() <= set(PAGES)
    assert doors.FRONT.keys() <= set(doors.front())
    assert doors.SOCKETS.keys() <= set(doors.socket_paths())


# The API


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_tells_and_does_nothing_for_who_is_not_signed_in(operation: Operation, fort: Fort) -> None:
    if doors.API.get(operation.name) in (For.SIGNED, For.ANYBODY):
        pytest.skip("needs no sign-in")
    for client in (browser_of(None), signed_out_tab(fort.rob)):
        answer = call(client, operation, fort)
        assert answer.status_code == 401
        assert told(answer) == told(call(client, operation, fort, missing=True))
    wrong = Client(headers={"Authorization": "Bearer weft_" + "x" * 43})
    assert call(wrong, operation, fort).status_code == 401


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if about_one(o.path)], ids=str)
def test_another_workspaces_things_answer_as_if_they_did_not_exist(operation: Operation, fort: Fort) -> None:
    eve = browser_of(fort.eve)
    answer = call(eve, operation, fort)
    assert answer.status_code == (204 if operation.name in doors.SAME_FOR_ALL else 404)
    assert told(answer) == told(call(eve, operation, fort, missing=True))
    assert SECRET not in said(answer)


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if about_one(o.path)], ids=str)
def test_a_reader_reads_and_changes_nothing_that_others_see(operation: Operation, fort: Fort) -> None:
    answer = call(browser_of(fort.rea), operation, fort)
    if operation.name in doors.READERS_MAY:
        assert 200 <= answer.status_code < 300, answer.content
    else:
        assert answer.status_code == 403, answer.content


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if not about_one(o.path)], ids=str)
def test_what_belongs_to_oneself_tells_nothing_of_others(operation: Operation, fort: Fort) -> None:
    eve = browser_of(fort.eve)
    answer = call(eve, operation, fort)
    assert answer.status_code < 500
    # The one thing named to its bearer: for which address an invitation is that somebody gave them the link of.
    allowed = operation.name == "POST /invitations/{token}/accept"
    assert allowed or SECRET not in said(answer)
    if doors.API[operation.name] is For.OWNER:
        assert answer.status_code in (403, 404)
        if not allowed:
            assert told(answer) == told(call(eve, operation, fort, missing=True))


def test_naming_anothers_document_in_a_body_or_a_query_is_no_way_in(fort: Fort) -> None:
    eve, own = browser_of(fort.eve), fort.elsewhere.pk
    theirs, gone = str(fort.document.pk), str(NOBODYS)

    def ask(method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
        sent = b"" if body is None else eve._encode_json(body, "application/json")  # type: ignore[attr-defined]
        return told(eve.generic(method, f"/api/v1{path}", sent, content_type="application/json"))

    for name, other in ((theirs, gone), (str(fort.workspace.pk), gone)):
        for form in (
            lambda it: ("POST", f"/documents/{own}/move", {"parent": it}),
            lambda it: ("POST", f"/documents/{own}/move", {"parent": None, "before": it}),
            lambda it: ("POST", "/documents", {"title": "x", "parent": it}),
            lambda it: ("POST", "/documents", {"title": "x", "workspace": it}),
            lambda it: ("GET", f"/documents?workspace={it}", None),
            lambda it: ("GET", f"/users?workspace={it}", None),
        ):
            method, path, body = form(name)
            answer = ask(method, path, body)
            assert answer[0] >= 400 or b'"items":[]' in answer[1], (path, body, answer)
            method, path, body = form(other)
            assert answer == ask(method, path, body), (path, body)


# Pages


def example(pattern: str, fort: Fort, *, missing: bool = False) -> str:
    """An address that fits the pattern and names something of Ann's."""
    number, identity, word = ("999999", str(NOBODYS), "nonsense") if missing else ("1", str(fort.token.pk), "nonsense")
    if "tokens/<uuid" not in pattern and not missing:
        identity = str(fort.document.pk)
    if pattern == r"^(?:w|d|settings)/.*$":
        return f"/d/{identity}"
    if pattern == r"^(?:trash|favourites|recent|shared)/?$":
        return "/trash"
    path = re.sub(r"\(\?P<\w+>((?:\[[^\]]*\]|[^()])*)\)", "nonsense", pattern).replace("^", "").replace("$", "")
    for kind, value in (("int", number), ("uuid", identity), ("str", word), ("path", identity)):
        path = re.sub(rf"<{kind}:\w+>", value, path)
    return "/" + path.replace(".*", "1")


def is_a_way_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and str(answer["Location"]).startswith(("/accounts/login/", "/admin/login/"))


# Signing in and out, and the words of the admin's widgets.
OPEN_IN_ADMIN = {"admin/login/", "admin/logout/", "admin/jsi18n/", "admin/password_change/"}


@pytest.mark.parametrize("pattern", PAGES)
def test_a_page_tells_an_outsider_nothing(pattern: str, fort: Fort) -> None:
    whose = For.OPERATORS if pattern.startswith(doors.ADMIN) else doors.PAGES[pattern]
    path = example(pattern, fort)
    clients = [browser_of(None), signed_out_tab(fort.rob), browser_of(fort.eve), browser_of(fort.rea)]
    for method, client in product(METHODS, clients):
        signed_in = "_auth_user_id" in client.session  # one of the pages signs out
        answer = client.generic(method, path, b"", content_type="application/x-www-form-urlencoded")
        case = (method, path, answer.status_code, signed_in)
        assert answer.status_code < 500, case
        assert SECRET not in said(answer), case
        if whose is For.OPERATORS and pattern not in OPEN_IN_ADMIN:
            assert is_a_way_to_sign_in(answer) or answer.status_code in (403, 404, 405), case
        if not signed_in and whose in (For.SIGNED_IN, For.OWNER):
            assert is_a_way_to_sign_in(answer) or answer.status_code in (301, 401, 403, 404, 405), case
        if signed_in and whose is For.OWNER:
            confirms_first = answer.status_code == 302 and "reauthenticate" in answer["Location"]
            assert confirms_first or answer.status_code in (404, 405), case


def test_the_apps_page_is_the_same_whatever_it_is_asked_about(fort: Fort) -> None:
    eve = browser_of(fort.eve)

    def page(path: str) -> str:
        return re.sub(r'"[A-Za-z0-9]{32,64}"', '"…"', eve.get(path).content.decode())

    assert page(f"/d/{fort.document.pk}") == page(f"/d/{NOBODYS}")
    assert page(f"/w/{fort.workspace.pk}") == page(f"/w/{NOBODYS}")


def test_nobody_but_an_operator_sees_a_page_of_the_admin(fort: Fort) -> None:
    for pattern in (page for page in PAGES if page.startswith(doors.ADMIN)):
        answer = browser_of(fort.ann).get(example(pattern, fort))
        assert answer.status_code in (302, 403, 404), pattern
