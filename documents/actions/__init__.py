"""One verb, one function: everything that changes the product's state.

Each checks the policy, writes in one transaction, leaves an audit entry, and speaks up (`documents/signals.py`) on
commit; so pages, API, admin and shell behave alike. Who acts is `by`; None is the operator of the installation, who is
not asked for rights (wrap such calls in `audit.operated_by(user)` when a signed-in operator is behind them).
A document, workspace or person passed in may be stale: what is decided on is read again under the workspace's lock.
"""

from documents.actions.accounts import (
    change_profile,
    create_token,
    deactivate_user,
    end_session,
    end_sessions,
    reactivate_user,
    revoke_token,
)
from documents.actions.audit import operated_by
from documents.actions.content import (
    append_update,
    compact_document,
    export_document,
    look_into_document,
    replace_content,
)
from documents.actions.documents import (
    create_document,
    duplicate_document,
    favourite,
    record_visit,
    rename_document,
    unfavourite,
)
from documents.actions.invitations import (
    accept_invitation,
    accept_pending_invitations,
    invite_member,
    revoke_invitation,
)
from documents.actions.notifications import delete_notification, mark_all_read, mark_notification, notify
from documents.actions.operators import add_member, change_operator, create_user
from documents.actions.places import (
    empty_trash,
    move_document,
    purge_document,
    restore_document,
    transfer_document,
    trash_document,
)
from documents.actions.publishing import Verdict, forget_old_receipts, publish
from documents.actions.sharing import set_inherits, share_document, unshare_document
from documents.actions.workspaces import (
    change_role,
    create_workspace,
    delete_workspace,
    ensure_personal_workspace,
    leave_workspace,
    remove_member,
    rename_workspace,
    suspend_workspace,
    unsuspend_workspace,
)

__all__ = [
    "Verdict",
    "accept_invitation",
    "accept_pending_invitations",
    "add_member",
    "append_update",
    "change_operator",
    "change_profile",
    "change_role",
    "compact_document",
    "create_document",
    "create_token",
    "create_user",
    "create_workspace",
    "deactivate_user",
    "delete_notification",
    "delete_workspace",
    "duplicate_document",
    "empty_trash",
    "end_session",
    "end_sessions",
    "ensure_personal_workspace",
    "export_document",
    "favourite",
    "forget_old_receipts",
    "invite_member",
    "leave_workspace",
    "look_into_document",
    "mark_all_read",
    "mark_notification",
    "move_document",
    "notify",
    "operated_by",
    "publish",
    "purge_document",
    "reactivate_user",
    "record_visit",
    "remove_member",
    "rename_document",
    "rename_workspace",
    "replace_content",
    "restore_document",
    "revoke_invitation",
    "revoke_token",
    "set_inherits",
    "share_document",
    "suspend_workspace",
    "transfer_document",
    "trash_document",
    "unfavourite",
    "unshare_document",
    "unsuspend_workspace",
]
