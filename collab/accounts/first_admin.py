"""The way in for the person who installed Weft: a link, printed at the first start, that makes the first admin.

It works once, and only as long as there is no account. WEFT_HOME keeps its digest alone, so that neither a backup nor
somebody who can read the folder later has the link.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from documents.models import User


class LinkUsed(Exception):
    """The link is not, or no longer, good."""


def first_admin_url() -> str:
    """A new link; the one printed before it ends."""
    token = secrets.token_urlsafe(32)
    with tempfile.NamedTemporaryFile("w", dir=settings.WEFT_HOME, delete=False) as draft:  # made with mode 600
        draft.write(_digest(token))
    os.replace(draft.name, _file())
    return str(settings.SITE_URL) + reverse("first_admin", args=[token])


def is_good(token: str) -> bool:
    try:
        kept = _file().read_text()
    except FileNotFoundError:
        return False
    return hmac.compare_digest(kept, _digest(token)) and not User.objects.exists()


def make_first_admin(token: str, *, name: str, email: str, password: str) -> User:
    """Burns the link. Of several requests with it, one makes an account; the others get LinkUsed."""
    if not is_good(token):
        raise LinkUsed
    taken = _file().with_name(f"{_file().name}.{secrets.token_hex(8)}")
    try:
        os.rename(_file(), taken)  # the one step that only one can do
    except FileNotFoundError:
        raise LinkUsed from None
    try:
        with transaction.atomic():
            if User.objects.exists():
                raise LinkUsed
            admin = User.objects.create_superuser(email=email, password=password, name=name)
    except LinkUsed:
        taken.unlink()
        raise
    except BaseException:
        # The database didn't take it: the person must be able to try again, unless a newer link was printed meanwhile.
        with contextlib.suppress(FileExistsError):
            os.link(taken, _file())
        taken.unlink()
        raise
    taken.unlink()
    return admin


def _file() -> Path:
    return Path(settings.WEFT_HOME) / "first_admin"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
