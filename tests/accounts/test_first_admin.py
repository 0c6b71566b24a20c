import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from django.db import connection

from collab.accounts.first_admin import LinkUsed, first_admin_url, make_first_admin
from documents.models import User
from tests.accounts.conftest import PASSWORD, Browser

pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"name": "Ann", "email": "ann@example.com", "password": PASSWORD}
ANN = {"name": "Ann", "email": "ann@example.com", "password": PASSWORD}


def path() -> str:
    return urlsplit(first_admin_url()).path


def token() -> str:
    return path().rstrip("/").rpartition("/")[2]


def test_the_link_makes_an_admin_who_is_signed_in_at_once(visitor: Browser) -> None:
    link = path()
    assert "Welcome to Weft" in visitor.get(link).content.decode()
    assert visitor.post(link, FORM)["Location"] == "/"
    assert visitor.is_signed_in
    ann = User.objects.get()
    assert ann.is_superuser
    assert ann.is_staff
    assert visitor.get("/admin/").status_code == 200
    assert Browser().sign_in(ann.email)["Location"] == "/"


def test_the_link_works_once(visitor: Browser) -> None:
    link = path()
    visitor.post(link, FORM)
    assert Browser().get(link).status_code == 410
    assert Browser().post(link, {**FORM, "email": "eve@example.com"}).status_code == 410
    assert User.objects.count() == 1


def test_the_link_ends_with_the_first_account_however_it_came(visitor: Browser) -> None:
    link = path()
    User.objects.create_user("ben@example.com")
    assert visitor.get(link).status_code == 410


def test_a_newer_link_replaces_the_older(visitor: Browser) -> None:
    old, new = path(), path()
    assert visitor.get(old).status_code == 410
    assert visitor.get(new).status_code == 200


def test_a_weak_password_does_not_burn_the_link(visitor: Browser) -> None:
    link = path()
    assert "too common" in visitor.post(link, {**FORM, "password": "password"}).content.decode()
    assert visitor.get(link).status_code == 200


def test_a_failure_of_the_database_does_not_burn_the_link() -> None:
    mine = token()
    with patch.object(User.objects, "create_superuser", side_effect=OSError), pytest.raises(OSError):  # noqa: PT011
        make_first_admin(mine, **ANN)
    make_first_admin(mine, **ANN)


def test_of_many_at_once_one_becomes_admin() -> None:
    mine = token()

    def attempt(number: int) -> bool:
        try:
            make_first_admin(mine, name="Ann", email=f"ann{number}@example.com", password=PASSWORD)
        except LinkUsed:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, range(6))) == [False] * 5 + [True]
    assert User.objects.count() == 1


def test_the_home_keeps_a_digest_that_only_its_owner_reads() -> None:
    mine = token()
    kept = Path(configured.WEFT_HOME) / "first_admin"
    assert mine not in kept.read_text()
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600


def test_a_guessed_link_says_no_more_than_a_used_one(visitor: Browser) -> None:
    first_admin_url()
    assert visitor.get("/accounts/first-admin/guess/").status_code == 410
