"""The admin as part of Weft: its title, and passwords changed where they are changed everywhere.

Its sign-in is allauth's page too (`collab/urls.py`), so that two-factor authentication, passkeys and rate limits hold
here as elsewhere; Django's own forms know none of them.
"""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def change_password(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    return redirect("account_change_password")


site = admin.site
site.site_title = "Weft"
site.site_header = "Weft administration"
site.index_title = "Everything here"
# The views of a site are its methods, replaced before its addresses are made.
site.password_change = change_password  # type: ignore[method-assign,assignment]
