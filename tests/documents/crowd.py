"""A workspace that grows: as many documents, members, invitations, shares, messages and entries as asked for."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from documents import log, searching
from documents.models import (
    AccessToken,
    AuditEntry,
    DerivedContent,
    Document,
    DocumentShare,
    Favourite,
    Invitation,
    Log,
    Membership,
    Notification,
    Receipt,
    Snapshot,
    User,
    Visit,
    Workspace,
)

EDIT = bytes.fromhex("0101010004010174017800")


@dataclass
class Crowd:
    """Of everything there are `size`, about ann, in her workspace, and around one document, `plan`."""

    ann: User
    workspace: Workspace
    plan: Document
    size: int = 0
    people: list[User] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    def grow(self, size: int) -> None:
        new = range(self.size, size)
        self.size = size
        people = [
            User(email=f"user{n}@example.com", username=f"user{n}", name=f"User {n}", password="!", color="#1d4ed8")
            for n in new
        ]
        people = User.objects.bulk_create(people)
        workspaces = Workspace.objects.bulk_create([Workspace(name=f"Other {n}") for n in new])
        documents = [
            Document(
                workspace=self.workspace,
                title=f"Document {n}",
                created_by=people[n - new.start],
                position=n,
                # A third below the plan, a third below one of those, a third in the trash.
                parent=self.plan if n % 3 == 0 else None,
                trashed_at=timezone.now() - timedelta(minutes=n) if n % 3 == 1 else None,
            )
            for n in new
        ]
        documents = Document.objects.bulk_create(documents)
        Log.objects.bulk_create([Log(document=document) for document in documents])
        DerivedContent.objects.bulk_create(
            DerivedContent(document=document, **searching.columns(document.title, "warp and weft"))
            for document in documents
        )
        for document, author in zip(documents, people, strict=True):
            log.append(document.pk, [(author.pk, EDIT)])
        Snapshot.objects.bulk_create([Snapshot(document=d, epoch=1, seq=1, state=EDIT, sha256="0") for d in documents])
        owners = [Membership(workspace=w, user=self.ann, role="owner") for w in workspaces]
        members = [Membership(workspace=self.workspace, user=user, role="editor") for user in people]
        Membership.objects.bulk_create([*owners, *members])
        DocumentShare.objects.bulk_create(
            [DocumentShare(document=self.plan, user=user, role="reader") for user in people]
        )
        elsewhere = Workspace.objects.create(name="Theirs")
        theirs = Document.objects.bulk_create([Document(workspace=elsewhere, title=f"Theirs {n}") for n in new])
        Log.objects.bulk_create([Log(document=document) for document in theirs])
        DocumentShare.objects.bulk_create(
            [DocumentShare(document=document, user=self.ann, role="editor") for document in theirs]
        )
        Invitation.objects.bulk_create(
            Invitation(
                workspace=self.workspace, document=about, email=f"guest{n}@example.com", role="reader", invited_by=user
            )
            for n, user in zip(new, people, strict=True)
            for about in (None, self.plan)
        )
        living = [document for document in documents if document.trashed_at is None]
        Favourite.objects.bulk_create([Favourite(user=self.ann, document=document) for document in living])
        Visit.objects.bulk_create([Visit(user=self.ann, document=document) for document in living])
        Notification.objects.bulk_create(
            [
                Notification(user=self.ann, actor=user, title="Shared", document=d)
                for user, d in zip(people, documents, strict=True)
            ]
        )
        AccessToken.objects.bulk_create([AccessToken(user=self.ann, name=f"token {n}", digest=f"{n:064}") for n in new])
        AuditEntry.objects.bulk_create(
            AuditEntry(action="document.create", actor=user, user=self.ann, workspace=self.workspace, document=document)
            for user, document in zip(people, documents, strict=True)
        )
        later = timezone.now() + timedelta(days=1)
        Receipt.objects.bulk_create([Receipt(id=f"{n}", kept_until=later) for n in new])
        self.people += people
        self.documents += documents
