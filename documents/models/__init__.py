"""The product's nouns, one file a concern."""

from documents.models.account import AccessToken, User
from documents.models.audit import AuditEntry
from documents.models.document import DerivedContent, Document, Favourite, Visit
from documents.models.log import Log, Snapshot, Update
from documents.models.notification import Notification, Receipt
from documents.models.sharing import DocumentShare, Invitation
from documents.models.workspace import Membership, Role, Workspace

__all__ = [
    "AccessToken",
    "AuditEntry",
    "DerivedContent",
    "Document",
    "DocumentShare",
    "Favourite",
    "Invitation",
    "Log",
    "Membership",
    "Notification",
    "Receipt",
    "Role",
    "Snapshot",
    "Update",
    "User",
    "Visit",
    "Workspace",
]
