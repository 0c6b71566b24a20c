"""What the server-rendered pages need beyond allauth's tags: icons, form controls, the settings menu."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import get_adapter
from django import template
from django.forms import BoundField
from django.template import RequestContext
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from collab import tracing
from collab.accounts.adapters import mail_is_printed as _mail_is_printed
from collab.accounts.adapters import passkeys_work_on
from collab.templatetags.vite import PagesNotBuilt, vite
from documents.models import User

register = template.Library()
register.simple_tag(_mail_is_printed, name="mail_is_printed")

PROVIDER_ICONS = {"google", "github"}
BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari")]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
]


@register.simple_tag
def icon(name: str) -> SafeString:
    """Decoration only: the text beside it, or the button's label, says what it means."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("icons.svg"), name)


@register.simple_tag
def request_id() -> str:
    """By which the operator finds this request in the log."""
    trace = tracing.current()
    return "" if trace is None else trace.request_id


@register.simple_tag
def provider_icon(provider_id: str) -> SafeString:
    return icon(provider_id if provider_id in PROVIDER_ICONS else "key")


@register.filter
def initial(name: str) -> str:
    return name.strip()[:1].upper() or "?"


@register.filter
def browser(user_agent: str) -> str:
    """As one would say it. Order matters: Edge and Opera call themselves Chrome, and Chrome calls itself Safari."""
    name = next((shown for token, shown in BROWSERS if token in user_agent), "")
    system = next((shown for token, shown in SYSTEMS if token in user_agent), "")
    return f"{name} on {system}" if name and system else name or system or "An unknown browser"


@register.filter
def control(field: BoundField, focus: bool = False) -> SafeString:
    """The input itself, without allauth's placeholders: they repeat the label and vanish when one types."""
    repeats_label = field.field.widget.attrs.get("placeholder") in (field.label, "Email address", "Email", "Code")
    attrs: dict[str, Any] = {"placeholder": False} if repeats_label or field.widget_type == "password" else {}
    if field.name == "code":
        attrs |= {"inputmode": "numeric", "autocapitalize": "off", "spellcheck": "false"}
    if field.errors or (focus and not field.form.is_bound):
        attrs["autofocus"] = True
    return field.as_widget(attrs=attrs)


@register.simple_tag(takes_context=True)
def settings_link(context: RequestContext, url_name: str, icon_name: str, label: str) -> SafeString:
    url = reverse(url_name)
    here = context["request"].path
    # Two-factor's own pages lie around the passkeys' ones, which have an entry to themselves.
    current = here.startswith(url) and not (url_name == "mfa_index" and here.startswith(reverse("mfa_list_webauthn")))
    return format_html(
        '<li><a href="{}"{}>{} {}</a></li>',
        url,
        SafeString(' aria-current="page"' if current else ""),
        icon(icon_name),
        label,
    )


@register.simple_tag(takes_context=True)
def has_providers(context: RequestContext) -> bool:
    return bool(get_adapter().list_providers(context["request"]))


@register.simple_tag(takes_context=True)
def passkeys_work_here(context: RequestContext) -> bool:
    return passkeys_work_on(context["request"])


@register.simple_tag
def has_passkey(user: User) -> bool:
    return is_mfa_enabled(user, [Authenticator.Type.WEBAUTHN])


@register.simple_tag
def error_page_styles() -> SafeString:
    """As `vite`, but never in the way: an error page must come even when the pages were never built."""
    try:
        return vite("src/pages/main.ts")
    except PagesNotBuilt:
        return SafeString("")
