"""The shapes that go over the wire. Their names are the ones in OpenAPI, from which the frontend's types are made.

Ninja's `Schema` reads models' attributes, at a price a field that a list of thousands feels; what is listed by the
thousand is made by keyword and is a plain `BaseModel`.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from documents.models import AccessToken, Role


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError as error:
        raise ValueError("This is not an e-mail address.") from error
    return value.lower()


def _shown(value: str) -> str:
    """PostgreSQL has no place for some of them, and no page has."""
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError("This holds a character that can't be shown.")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("This is beyond the year 9999.") from error


class Body(BaseModel):
    """What is sent. Not ninja's Schema: that reads the attributes of whatever comes, and is content with a list or a
    text wherever no field is required."""


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_shown)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    AfterValidator(_email),
    Field(json_schema_extra={"format": "email"}),
]


class Error(Schema):
    code: str
    message: str
    fields: dict[str, str] | None = None


class Failure(Schema):
    error: Error


# People


class Person(BaseModel):
    id: int
    name: str


class User(Schema):
    id: int
    name: str
    email: str
    color: str


class Me(Schema):
    user: User
    workspaces: list["Workspace"]
    csrf: str = Field(description="Send it back as X-CSRFToken with every request that changes something.")


class MeChange(Body):
    name: Name | None = None
    color: Color | None = None


class Users(Schema):
    items: list[User]


# Workspaces


class Workspace(Schema):
    id: UUID
    name: str
    personal: bool
    role: Role
    suspended: bool
    member_count: int


class WorkspaceNew(Body):
    name: Name


class Member(Schema):
    user: User
    role: Role


class Members(Schema):
    items: list[Member]


class RoleChange(Body):
    role: Role


class Invitation(Schema):
    id: UUID
    email: str
    role: Role
    created_at: datetime
    invited_by: Person | None
    document: UUID | None


class Invitations(Schema):
    items: list[Invitation]


class InvitationNew(Body):
    email: Email
    role: Role


class InvitationAccepted(Schema):
    workspace: UUID
    document: UUID | None


class ActivityDocument(BaseModel):
    id: UUID
    title: str


class Activity(BaseModel):
    id: int
    at: datetime
    action: str = Field(description="What was done, as `document.shared` or `member.removed`.")
    actor: Person | None = Field(description="Who did it; null: the system, an operator, or an account that is gone.")
    user: Person | None = Field(description="To whom.")
    document: ActivityDocument | None
    details: dict[str, str | int | bool | None]


class Activities(BaseModel):
    items: list[Activity]
    next: str | None = Field(description="Send it as `cursor` for what came before; null at the end.")


# Documents


class Document(BaseModel):
    id: UUID
    title: str
    workspace: UUID
    parent: UUID | None
    position: float
    role: Role = Field(description="What you may do here.")
    inherits: bool
    favourite: bool
    trashed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_by: Person | None
    word_count: int
    has_children: bool


class Documents(BaseModel):
    items: list[Document]
    next: str | None = Field(description="Send it as `cursor` for what follows; null at the end.")
    excerpts: dict[UUID, str] = Field(description="With `q`: where the texts of `items` hold it, by their ids.")


class DocumentNew(Body):
    title: Title = ""
    workspace: UUID | None = Field(None, description="Without it: the parent's, else your personal one.")
    parent: UUID | None = None


class DocumentChange(Body):
    title: Title | None = None
    inherits: bool | None = None


class Move(Body):
    parent: UUID | None = None
    before: UUID | None = Field(None, description="The sibling to stand before; without it, the last place.")


class DocumentMember(Schema):
    user: User
    role: Role
    source: Literal["workspace", "share", "ancestor", "owner"]


class DocumentMembers(Schema):
    items: list[DocumentMember]
    invitations: list[Invitation]


# Tokens


class Token(Schema):
    id: UUID
    name: str
    scope: AccessToken.Scope
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class Tokens(Schema):
    items: list[Token]


class TokenNew(Body):
    name: Name
    scope: AccessToken.Scope
    expires_at: Moment | None = None


class TokenMade(Token):
    token: str = Field(description="Shown this once.")


# Notifications


class Notification(Schema):
    id: UUID
    title: str
    body: str
    url: str = Field(description="Where it leads, if to no document: an address of the web, or a path here.")
    document: UUID | None
    actor: "Actor | None" = Field(description="Whose doing it tells of; null when a program published it.")
    created_at: datetime
    read_at: datetime | None


class Actor(BaseModel):
    id: int
    name: str
    color: str


class Notifications(Schema):
    items: list[Notification]
    next: str | None = Field(description="Send it as `cursor` for what follows; null at the end.")
    unread: int = Field(description="Of all of them, not of this page.")


class NotificationChange(Body):
    read: bool


class ReadUntil(Body):
    until: Moment | None = Field(None, description="Only those made up to then; without it, all.")


# Trash


class Emptying(Body):
    until: Moment = Field(description="The newest `trashed_at` you know of: what was trashed later stays.")


class Emptied(Schema):
    purged: int


# Publishing


class SignedEnvelope(Body):
    payload: str = Field(description="The envelope's JSON, as text.")
    signature: str = Field(description="HMAC-SHA256 of the payload's UTF-8 bytes with PUBLISH_KEY, in hexadecimal.")


class Published(Schema):
    verdict: Literal["accepted", "replayed"] = Field(
        description="`replayed`: an envelope with this id was taken before, and nothing happened now."
    )
