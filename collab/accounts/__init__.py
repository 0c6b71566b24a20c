"""Accounts: allauth dressed as Weft, and the pages it lacks (profile, API tokens, invitations, the first admin)."""
