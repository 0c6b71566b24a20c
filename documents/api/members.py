"""Who can reach one document, and sharing it with single people."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from documents import actions, policy
from documents.actions.sharing import NOT_SHARED
from documents.api import schemas
from documents.api.authentication import signed_in
from documents.api.invitations import pending
from documents.api.throttling import INVITATIONS, REQUESTS
from documents.errors import Conflict, NotFound
from documents.models import Document, Invitation, User
from documents.policy import Action, access_document, require

router = Router(tags=["sharing"])


@router.get("/documents/{uuid:document_id}/members", response=schemas.DocumentMembers)
def list_document_members(request: HttpRequest, document_id: UUID) -> schemas.DocumentMembers:
    """Everybody who can reach the document, where their role comes from, and who is invited to it."""
    document = access_document(signed_in(request), document_id, Action.VIEW)
    return _present(document)


@router.post(
    "/documents/{uuid:document_id}/members", response=schemas.DocumentMembers, throttle=[REQUESTS, INVITATIONS]
)
def share_document(request: HttpRequest, document_id: UUID, payload: schemas.InvitationNew) -> schemas.DocumentMembers:
    """Share with whoever has this e-mail address; who has no account yet is invited to it."""
    user = signed_in(request)
    document = access_document(user, document_id, Action.VIEW)
    actions.share_document(by=user, document=document, user_or_email=payload.email, role=payload.role)
    return _present(document)


@router.put(
    "/documents/{uuid:document_id}/members/{str:user}",
    response=schemas.DocumentMember,
    throttle=[REQUESTS, INVITATIONS],
)
def change_document_member(
    request: HttpRequest, document_id: UUID, user: str, payload: schemas.RoleChange
) -> schemas.DocumentMember:
    """Give somebody this role on the document. `user`: their e-mail address; or their id, if they reach the document
    already or share a workspace with you."""
    me = signed_in(request)
    document = access_document(me, document_id, Action.SHARE)
    person = _person(me, document, user)
    actions.share_document(by=me, document=document, user_or_email=person, role=payload.role)
    return next(member for member in _members(document) if member.user.id == person.pk)


@router.delete("/documents/{uuid:document_id}/members/{str:user}", response={204: None})
def remove_document_member(request: HttpRequest, document_id: UUID, user: str) -> Status[None]:
    """Take back what was shared with this person; what they may do as a member of the workspace stays."""
    me = signed_in(request)
    document = access_document(me, document_id, Action.VIEW)
    person = _find(user)
    if person is None:  # the same as of somebody it isn't shared with: nobody learns here which addresses have accounts
        require(me, Action.SHARE, document)
        raise Conflict(NOT_SHARED)
    actions.unshare_document(by=me, document=document, user=person)
    return Status(204, None)


def _present(document: Document) -> schemas.DocumentMembers:
    invitations = pending(Invitation.objects.filter(document=document))
    return schemas.DocumentMembers(items=_members(document), invitations=invitations)


def _members(document: Document) -> list[schemas.DocumentMember]:
    return [
        schemas.DocumentMember(user=schemas.User.model_validate(user), role=grant.role, source=grant.source.value)
        for user, grant in policy.people_on(document).items()
    ]


def _person(me: User, document: Document, id_or_email: str) -> User:
    """An id can be guessed, and the answer has the account's name and address: so one counts only of somebody whom the
    caller sees listed already."""
    found = _find(id_or_email)
    by_id = "@" not in id_or_email
    if found is None or (by_id and not _is_listed(me, document, found)):
        raise NotFound("Nobody here has this id or address.")
    return found


def _is_listed(me: User, document: Document, person: User) -> bool:
    return policy.people_known_to(me).filter(pk=person.pk).exists() or person in policy.people_on(document)


def _find(id_or_email: str) -> User | None:
    people = User.objects.filter(is_active=True)
    if "@" in id_or_email:  # only a verified address is somebody's
        people = people.filter(emailaddress__email=id_or_email.lower(), emailaddress__verified=True)
    elif id_or_email.isdecimal():
        people = people.filter(pk=id_or_email)
    else:
        people = people.none()
    return people.first()
