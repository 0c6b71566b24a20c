"""People, and the tokens their programs use."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.models import EmailAddress
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils import timezone

# Told apart from each other on white and on near-black, and readable under white text (carets carry the name).
COLORS = ("#c2410c", "#b91c1c", "#be185d", "#7e22ce", "#4338ca", "#1d4ed8", "#0e7490", "#0f766e", "#15803d", "#a16207")


class UserManager(DjangoUserManager["User"]):
    """Makes accounts on behalf of an operator (shell, admin, commands); sign-up in the browser is allauth's."""

    def create_user(
        self, username: str | None = None, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        """Django's way (`"ann", "ann@example.com", "pw"`) or e-mail first (`"ann@example.com", password="pw"`).

        An operator vouches for the address, so it is recorded as verified: the person can sign in at once, and
        invitations to that address are theirs.
        """
        if not email and username and "@" in username:
            username, email = None, username
        if not email or "@" not in email:
            raise ValueError("An account needs an e-mail address.")
        user = self.model(username=username or "", email=email, **extra)
        user.set_password(password)
        with transaction.atomic(using=self.db):
            user.save(using=self.db)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def create_superuser(
        self, username: str | None = None, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        return self.create_user(username, email, password, **{**extra, "is_staff": True, "is_superuser": True})

    async def acreate_user(
        self, username: str | None = None, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        return await sync_to_async(self.create_user)(username, email, password, **extra)

    async def acreate_superuser(
        self, username: str | None = None, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        return await sync_to_async(self.create_superuser)(username, email, password, **extra)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractUser):
    """A person. Signs in by e-mail; `username` stays for libraries that expect one and is never shown."""

    email = models.EmailField("e-mail", unique=True, error_messages={"unique": "This e-mail has an account already."})
    name = models.CharField(max_length=100, blank=True, help_text="Shown to others; the part before @ by default.")
    color = models.CharField(
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "Give a colour as #rrggbb.")],
        help_text="Of the caret, as #rrggbb.",
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Fill in what sign-up forms don't ask for. Every road to an account (allauth, shell, admin) passes here."""
        self.email = self.email.lower()
        local_part = self.email.partition("@")[0]
        filled = {
            "name": self.name or local_part[:100],
            "color": self.color or COLORS[hashlib.sha256(self.email.encode()).digest()[0] % len(COLORS)],
            "username": self.username or self._free_username(local_part),
        }
        changed = {field for field, value in filled.items() if getattr(self, field) != value}
        for field in changed:
            setattr(self, field, filled[field])
        update_fields: Iterable[str] | None = kwargs.get("update_fields")
        if update_fields is not None and changed:
            kwargs["update_fields"] = {*update_fields, *changed}
        super().save(*args, **kwargs)

    def _free_username(self, wanted: str) -> str:
        wanted = wanted[:100] or "user"
        taken = User.objects.filter(username=wanted).exists()
        return f"{wanted}-{uuid.uuid4().hex[:12]}" if taken else wanted


class AccessToken(models.Model):
    """Lets a program act as a person. Only the digest is stored: the token itself is shown once."""

    class Scope(models.TextChoices):
        READ = "read"
        WRITE = "write"
        ADMIN = "admin"

    PREFIX = "weft_"  # lets secret scanners recognise a leaked one

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.READ)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    if TYPE_CHECKING:
        user_id: int

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.scope})"

    @classmethod
    def generate(cls) -> str:
        return cls.PREFIX + secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(token: str) -> str:
        """A plain hash is enough: the token has 256 random bits, so there is nothing to guess slowly."""
        return hashlib.sha256(token.encode()).hexdigest()

    def is_valid(self, now: datetime | None = None) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > (now or timezone.now()))
