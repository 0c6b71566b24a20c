"""Pages for people who aren't in yet: the first admin's link, and an invitation's."""

from urllib.parse import urlencode

from allauth.account.models import EmailAddress
from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from collab.accounts import first_admin as link
from collab.accounts.forms import FirstAdminForm
from collab.accounts.sessions import person_of
from documents.actions.invitations import accept_invitation
from documents.errors import WeftError
from documents.models import Invitation, Role, User

# What a role lets one do, after "You can".
ABILITIES = {
    Role.OWNER: "do everything there, as an owner",
    Role.ADMIN: "write, and decide who else may",
    Role.EDITOR: "write",
    Role.COMMENTER: "read and comment",
    Role.READER: "read",
}


@never_cache
@sensitive_post_parameters("password")
def first_admin(request: HttpRequest, token: str) -> HttpResponseBase:
    if not link.is_good(token):
        return _link_used(request)
    form = FirstAdminForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            admin = link.make_first_admin(token, name=data["name"], email=data["email"], password=data["password"])
        except link.LinkUsed:
            return _link_used(request)
        response: HttpResponseBase = perform_login(request, admin, redirect_url="/", email=admin.email)
        return response
    return render(request, "accounts/first_admin.html", {"form": form})


@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    found = Invitation.objects.select_related("workspace", "document", "invited_by").filter(token=token).first()
    if found is None or not (found.is_pending or found.accepted_at):
        return render(request, "accounts/invitation_gone.html", status=404)
    theirs = request.user.is_authenticated and _has_address(person_of(request), found.email)
    refusal = ""
    if theirs and (request.method == "POST" or found.accepted_at):
        # Signing in has accepted it already, most times: then this only leads on.
        try:
            accept_invitation(by=person_of(request), token=token)
            return redirect(_place(found))
        except WeftError as error:
            refusal = error.message
    elif found.accepted_at:
        return render(request, "accounts/invitation_gone.html", status=404)
    query = urlencode({"next": request.path, "email": found.email})
    context = {
        "invitation": found,
        "inviter": found.invited_by.name if found.invited_by else "Somebody",
        "place": found.document.title or "Untitled" if found.document else found.workspace.name,
        "ability": ABILITIES[Role(found.role)],
        "theirs": theirs,
        "refusal": refusal,
        "signup_url": f"{reverse('account_signup')}?{query}",
        "login_url": f"{reverse('account_login')}?{query}",
    }
    return render(request, "accounts/invitation.html", context)


def _has_address(person: User, email: str) -> bool:
    return EmailAddress.objects.filter(user=person, email=email, verified=True).exists()


def _place(found: Invitation) -> str:
    return f"/d/{found.document_id}" if found.document_id else f"/w/{found.workspace_id}"


def _link_used(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/first_admin_used.html", status=410)
