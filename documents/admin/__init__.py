"""The operator's view of everything, at /admin/. One file a concern; every change goes through `documents/actions`."""

from documents.admin import audit, documents, invitations, notifications, site, tokens, users, workspaces

__all__ = ["audit", "documents", "invitations", "notifications", "site", "tokens", "users", "workspaces"]
