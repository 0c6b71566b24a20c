"""Who holds an access token: the same answer for the API and for sockets."""

from datetime import timedelta

from django.utils import timezone

from documents.models import AccessToken

USE_IS_NOTED_EVERY = timedelta(minutes=1)


def find_token(token: str) -> AccessToken | None:
    """The token, if it is valid and its owner may sign in; notes that it was used."""
    if not token.startswith(AccessToken.PREFIX):
        return None
    digest = AccessToken.digest_of(token)
    found = AccessToken.objects.select_related("user").filter(digest=digest, user__is_active=True).first()
    now = timezone.now()
    if found is None or not found.is_valid(now):
        return None
    if found.last_used_at is None or found.last_used_at < now - USE_IS_NOTED_EVERY:
        AccessToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found
