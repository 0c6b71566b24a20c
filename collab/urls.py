from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path

from collab.accounts.entrance_pages import invitation
from collab.pages import app, shell

# The admin is entered through the one sign-in page, so that its rate limits and second step hold there too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign, no-untyped-call]

handler500 = "collab.pages.failed"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("collab.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/", include("documents.api.urls")),
    path("invitations/<str:token>/", invitation, name="invitation"),
    path("shell/", shell, name="shell"),
    path("", app, name="app"),
    re_path(r"^(?:trash|favourites|recent|shared)/?$", app),
    re_path(r"^(?:w|d|settings)/.*$", app),
]
