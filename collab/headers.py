"""What every answer tells the browser about itself: the content security policy and its siblings.

Decided here alone and laid over everything that leaves by HTTP, Django's pages and what answers in front of Django
alike, so that no new route can forget it. An answer that says more by itself (an export, which is somebody else's HTML)
keeps its own words. docs/adr/0018 has the reasons.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings

Policy = Mapping[str, tuple[str, ...]]

# No 'unsafe-inline' and no nonce for scripts anywhere: every script is a file of ours. A nonce would have to be made
# for each answer, and would be worth nothing in the page that the service worker keeps for the time without a network.
STRICT: Policy = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "manifest-src": ("'self'",),
    "worker-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "object-src": ("'none'",),
    "base-uri": ("'none'",),
}
# Mantine writes its variables and responsive sizes into <style> elements, react-remove-scroll (its dialogs) a rule into
# another, and ProseMirror sets colours and column widths by the attribute. Styles run nothing; what they could give
# away, img-src and font-src keep in.
_STYLED_BY_SCRIPTS = {"style-src": ("'self'", "'unsafe-inline'")}
# Pictures come by address from anywhere: that is a feature of the editor, and its price is that a picture's server sees
# who reads (an address, no referrer, no cookie of ours). blob: is for pictures on their way up.
# Vite writes the smallest of KaTeX's fonts into its style sheet.
APP: Policy = {
    **STRICT,
    **_STYLED_BY_SCRIPTS,
    "img-src": ("'self'", "data:", "blob:", "https:"),
    "font-src": ("'self'", "data:"),
}
# Swagger UI sizes its columns so.
API_DOCS: Policy = {**STRICT, **_STYLED_BY_SCRIPTS}
# A document's preview is a sandboxed frame within an admin page and inherits its policy: colours may show, pictures
# from elsewhere are not fetched from an operator's desk.
ADMIN: Policy = {**STRICT, "style-src-attr": ("'unsafe-inline'",)}

# By the beginning of the path; what is in none of them is the app's.
_BY_PATH: tuple[tuple[str, Policy], ...] = (
    ("/accounts/", STRICT),
    ("/invitations/", STRICT),
    ("/admin/", ADMIN),
    ("/api/v1/docs", API_DOCS),
    ("/api/", STRICT),
    ("/static/", STRICT),
)

# Nothing here looks, listens or pays; passkeys are ours alone.
_PERMISSIONS = ", ".join(
    [f"{feature}=()" for feature in ("camera", "geolocation", "microphone", "midi", "payment", "serial", "usb")]
    + [f"{feature}=(self)" for feature in ("publickey-credentials-get", "publickey-credentials-create")]
)
_EVERYWHERE: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", settings.SECURE_REFERRER_POLICY.encode()),
    (b"permissions-policy", _PERMISSIONS.encode()),
    (b"cross-origin-opener-policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY.encode()),
    (b"x-frame-options", settings.X_FRAME_OPTIONS.encode()),
)
_HOST = re.compile(r"[a-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9a-f:.]{2,45}\](:\d{1,5})?")


def policy_for(path: str, host: str = "", *, secure: bool = False, sign_in: Iterable[str] = ()) -> str:
    """The policy of what answers at this path. `sign_in`: origins that forms of the account pages may lead to."""
    policy = dict(next((policy for start, policy in _BY_PATH if path.startswith(start)), APP))
    if _HOST.fullmatch(host):
        # 'self' holds sockets too, but not in browsers that are a few years old.
        policy["connect-src"] += (f"ws://{host}", f"wss://{host}")
    if path.startswith("/accounts/"):
        # Chromium applies it to where a form's answer redirects, too: to the identity provider.
        policy["form-action"] += tuple(sign_in)
    if not secure and policy["img-src"] == APP["img-src"]:
        policy["img-src"] += ("http:",)
    words = [" ".join((directive, *sources)) for directive, sources in policy.items()]
    return "; ".join([*words, "upgrade-insecure-requests"] if secure else words)


def with_headers(scope: Any, send: Any) -> Any:
    """`send` of an HTTP request, which adds what the answer doesn't say by itself."""

    async def sending(event: Any) -> None:
        if event["type"] == "http.response.start":
            said = {bytes(name).lower() for name, _ in event["headers"]}
            added = [header for header in _headers(scope) if header[0] not in said]
            event = {**event, "headers": [*event["headers"], *added]}
        await send(event)

    return sending


def _headers(scope: Any) -> tuple[tuple[bytes, bytes], ...]:
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    path: str = scope["path"]
    # What differs, and no more, so that a stranger's addresses don't fill the cache.
    beginning = next((start for start, _ in _BY_PATH if path.startswith(start)), "/")
    return _made(beginning, host, scope.get("scheme") == "https")


@lru_cache(maxsize=256)
def _made(path: str, host: str, secure: bool) -> tuple[tuple[bytes, bytes], ...]:
    policy = policy_for(path, host, secure=secure, sign_in=settings.SIGN_IN_ORIGINS)
    lasting = (b"strict-transport-security", b"max-age=%d" % settings.SECURE_HSTS_SECONDS)
    hsts = (lasting,) if secure and settings.SECURE_HSTS_SECONDS else ()
    return ((b"content-security-policy", policy.encode()), *_EVERYWHERE, *hsts)
