"""`create_token EMAIL`, the first thing a program's author runs."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from documents.actions import deactivate_user
from documents.models import AccessToken, User
from documents.tokens import find_token


def test_it_prints_the_token_alone(ann: User) -> None:
    out = StringIO()
    call_command("create_token", "Ann@example.com", scope="admin", name="backup", stdout=out)
    token = out.getvalue()
    assert token.startswith(AccessToken.PREFIX)
    assert token.count("\n") == 1
    found = find_token(token.strip())
    assert found is not None
    assert (found.user, found.scope, found.name) == (ann, "admin", "backup")


def test_it_may_write_unless_told_otherwise(ann: User) -> None:
    call_command("create_token", "ann@example.com", stdout=StringIO())
    assert AccessToken.objects.get().scope == "write"


def test_an_unknown_address_is_a_clear_error(db: None) -> None:
    with pytest.raises(CommandError, match=r"No account has the e-mail address nobody@example\.com"):
        call_command("create_token", "nobody@example.com")


def test_a_deactivated_account_gets_none(ann: User) -> None:
    deactivate_user(by=None, user=ann)
    with pytest.raises(CommandError, match="deactivated"):
        call_command("create_token", "ann@example.com")
