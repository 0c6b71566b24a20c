"""The session behind a request: whose it is, and when it was last seen."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils import timezone

from documents.models import User

SEEN_EVERY = timedelta(minutes=5)


def person_of(request: HttpRequest) -> User:
    """For views behind login_required, where it can be nobody else."""
    assert isinstance(request.user, User)
    return request.user


def note_visit(request: HttpRequest) -> None:
    """When and from where this session was last seen. Lists it if Django's own sign-in began it.

    allauth can do this for every request (USERSESSIONS_TRACK_ACTIVITY), which is a database write for each API call.
    """
    recent = UserSession.objects.filter(
        session_key=request.session.session_key, last_seen_at__gt=timezone.now() - SEEN_EVERY
    )
    if not recent.exists():
        UserSession.objects.create_from_request(request)
