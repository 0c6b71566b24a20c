"""Every way into Weft, as the code itself lists them, and what is promised of each.

A way that is in no table here fails `test_every_door.py`: whoever adds a route says in the same commit whom it is for.
What to add is one line:

- an API operation on one document or workspace: nothing, if a reader may not do it; else its line in READERS_MAY.
- any other API operation: a line in API.
- an account page: a line in PAGES. An admin page: nothing, all of them are for operators.
- an HTTP path in front of Django (`collab/asgi.py`): a line in FRONT, and its requests in RAW.
- a socket path (`collab/routing.py`): a line in SOCKETS.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from collab.protocol.lib0 import varbytes
from collab.routing import sockets
from collab.transports.http import EVENTS
from documents.api import api

ROOT = Path(__file__).resolve().parents[2]


class For(Enum):
    """Whom a page or an operation answers with more than a way to sign in."""

    ANYBODY = auto()
    SIGNED_IN = auto()
    """Shows or changes what belongs to the one who asks, and nothing else."""
    OWNER = auto()
    """Names one thing of one person, and doesn't exist for all others."""
    OPERATORS = auto()
    BEARER = auto()
    """The secret in the address is the right; a wrong one is no address."""
    SIGNED = auto()
    """What is sent carries its own proof; who asks doesn't matter."""


# Operations whose address names neither a document nor a workspace.
API: dict[str, For] = {
    "GET /me": For.SIGNED_IN,
    "PATCH /me": For.SIGNED_IN,
    "GET /users": For.SIGNED_IN,
    "POST /workspaces": For.SIGNED_IN,
    "POST /invitations/{token}/accept": For.OWNER,
    "GET /documents": For.SIGNED_IN,
    "POST /documents": For.SIGNED_IN,
    "POST /trash/empty": For.SIGNED_IN,
    "GET /notifications": For.SIGNED_IN,
    "POST /notifications/read": For.SIGNED_IN,
    "PATCH /notifications/{notification_id}": For.OWNER,
    "DELETE /notifications/{notification_id}": For.OWNER,
    "POST /publish": For.SIGNED,
    "GET /tokens": For.SIGNED_IN,
    "POST /tokens": For.SIGNED_IN,
    "DELETE /tokens/{token_id}": For.OWNER,
}
# Of those on one document or workspace; everything else is refused to a reader with 403.
READERS_MAY = {
    "GET /workspaces/{workspace_id}",
    "GET /workspaces/{workspace_id}/members",
    "POST /workspaces/{workspace_id}/leave",
    "GET /documents/{document_id}",
    "GET /documents/{document_id}/content",
    "GET /documents/{document_id}/members",
    "PUT /documents/{document_id}/favourite",
    "DELETE /documents/{document_id}/favourite",
    "POST /documents/{document_id}/visit",
    "POST /documents/{document_id}/duplicate",  # into a workspace of their own
}

# Takes back a mark of one's own, of which there may be none: done for everybody, whatever there is.
SAME_FOR_ALL = {"DELETE /documents/{document_id}/favourite"}

# Pages of Django's by the pattern of their address; those of the admin all begin alike.
PAGES: dict[str, For] = {
    "": For.SIGNED_IN,
    "shell/": For.ANYBODY,  # the app's page for nobody in particular
    r"^(?:trash|favourites|recent|shared)/?$": For.SIGNED_IN,
    r"^(?:w|d|settings)/.*$": For.SIGNED_IN,
    "api/": For.ANYBODY,
    "api/v1/": For.ANYBODY,
    "api/v1/docs": For.ANYBODY,
    "api/v1/openapi.json": For.ANYBODY,
    "invitations/<str:token>/": For.BEARER,
    "accounts/first-admin/<str:token>/": For.BEARER,
    "accounts/login/": For.ANYBODY,
    "accounts/logout/": For.ANYBODY,
    "accounts/inactive/": For.ANYBODY,
    "accounts/signup/": For.ANYBODY,
    "accounts/confirm-email/": For.ANYBODY,
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$": For.BEARER,
    "accounts/login/code/confirm/": For.ANYBODY,
    "accounts/password/reset/": For.ANYBODY,
    "accounts/password/reset/done/": For.ANYBODY,
    "accounts/password/reset/key/done/": For.ANYBODY,
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": For.BEARER,
    "accounts/2fa/authenticate/": For.ANYBODY,
    "accounts/2fa/webauthn/login/": For.ANYBODY,
    "accounts/3rdparty/login/cancelled/": For.ANYBODY,
    "accounts/3rdparty/login/error/": For.ANYBODY,
    "accounts/3rdparty/signup/": For.ANYBODY,
    "accounts/social/login/cancelled/": For.ANYBODY,
    "accounts/social/login/error/": For.ANYBODY,
    "accounts/social/signup/": For.ANYBODY,
    "accounts/google/login/": For.ANYBODY,
    "accounts/google/login/callback/": For.ANYBODY,
    "accounts/google/login/token/": For.ANYBODY,
    "accounts/github/login/": For.ANYBODY,
    "accounts/github/login/callback/": For.ANYBODY,
    "accounts/oidc/^(?P<provider_id>[^/]+)/login/": For.ANYBODY,
    "accounts/oidc/^(?P<provider_id>[^/]+)/login/callback/": For.ANYBODY,
    "accounts/profile/": For.SIGNED_IN,
    "accounts/email/": For.SIGNED_IN,
    "accounts/password/change/": For.SIGNED_IN,
    "accounts/password/set/": For.SIGNED_IN,
    "accounts/reauthenticate/": For.SIGNED_IN,
    "accounts/sessions/": For.SIGNED_IN,
    "accounts/sessions/<int:session_id>/end/": For.OWNER,
    "accounts/tokens/": For.SIGNED_IN,
    "accounts/tokens/create/": For.SIGNED_IN,
    "accounts/tokens/<uuid:token_id>/revoke/": For.OWNER,
    "accounts/3rdparty/": For.SIGNED_IN,
    "accounts/social/connections/": For.SIGNED_IN,
    "accounts/2fa/": For.SIGNED_IN,
    "accounts/2fa/reauthenticate/": For.SIGNED_IN,
    "accounts/2fa/totp/activate/": For.SIGNED_IN,
    "accounts/2fa/totp/deactivate/": For.SIGNED_IN,
    "accounts/2fa/recovery-codes/": For.SIGNED_IN,
    "accounts/2fa/recovery-codes/generate/": For.SIGNED_IN,
    "accounts/2fa/recovery-codes/download/": For.SIGNED_IN,
    "accounts/2fa/webauthn/": For.SIGNED_IN,
    "accounts/2fa/webauthn/add/": For.SIGNED_IN,
    "accounts/2fa/webauthn/reauthenticate/": For.SIGNED_IN,
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": For.OWNER,
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": For.OWNER,
}
ADMIN = "admin/"

# The conditions by which `collab/asgi.py` chooses among what stands in front of Django.
FRONT: dict[str, For] = {
    "scope['path'] in PATHS": For.ANYBODY,  # /healthz, /readyz
    # /static/, and the service worker
    "scope['path'].startswith(PREFIX) or scope['path'] == SERVICE_WORKER": For.ANYBODY,
    "scope['path'].startswith('/api/')": For.SIGNED_IN,  # Django, and the build's name with it
    "_http is not None and _http.takes(scope['path'])": For.SIGNED_IN,  # /sync/…, /events; see `transports`
    "scope['path'] == PATH and _watch is not None": For.OPERATORS,  # /metrics: from this machine, or by its token
}


@dataclass(frozen=True)
class Raw:
    """A request to what stands in front of Django. With `{document}` in its path it is about one document: 401 for who
    is signed out, 404 for who may not see it, `reader` for a reader. A `stream` is not read to its end."""

    method: str
    path: str
    whose: For = For.SIGNED_IN
    reader: int = 200
    body: bytes | None = None
    stream: bool = False


RAW = (
    Raw("GET", "/healthz", For.ANYBODY),
    Raw("GET", "/readyz", For.ANYBODY),
    Raw("GET", "/metrics", For.OPERATORS),
    Raw("POST", "/sync/{document}", body=b"\x00"),
    Raw("POST", "/sync/{document}/push", body=b"\x00\x00"),
    Raw("POST", "/sync/{document}/awareness", body=b"\x00", reader=204),
    Raw("GET", "/sync/{document}/events", stream=True),
    Raw("GET", "/sync/{document}/poll?cursor=1.0", reader=204),  # nothing new
    Raw("GET", "/events", stream=True),
    Raw("GET", "/events/poll"),
)


@dataclass(frozen=True)
class Socket:
    """`refused`: how it closes for who is signed out, and for who may not see the document that the path names.
    None: it stays open, and answers what is said `first` (about a document, with a token or none) by refusing it."""

    signed_out: int | None
    not_theirs: int | None = None
    first: Callable[[str, str], bytes] | None = None


def _hocuspocus_token(document: str, token: str) -> bytes:
    return varbytes(document.encode()) + b"\x02\x00" + varbytes(token.encode())


# By the patterns of their paths.
SOCKETS: dict[str, Socket] = {
    "ws/y/<uuid:document_id>": Socket(signed_out=4401, not_theirs=4404),
    # Documents are asked for on it, each with a token (or the cookie), and refused one by one.
    "ws/hocuspocus": Socket(signed_out=None, first=_hocuspocus_token),
    "ws/events": Socket(signed_out=4401),
    "": Socket(signed_out=4404),  # all others
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    body: Any
    """Something valid to send, made from what the operation says it takes."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def __str__(self) -> str:
        return self.name


def operations() -> list[Operation]:
    """Of the REST API, from its own description."""
    schema = api.get_openapi_schema()
    prefix = "/api/v1"
    return [
        Operation(method.upper(), path.removeprefix(prefix), _body(described, schema))
        for path, methods in schema["paths"].items()
        for method, described in methods.items()
    ]


def pages() -> list[str]:
    """Patterns of everything in the URL configuration that no operation of the API stands for."""
    described = {re.sub(r"\{\w+\}", "{}", f"/api/v1{operation.path}") for operation in operations()}
    found = dict.fromkeys(_patterns(get_resolver()))
    return [pattern for pattern in found if "/" + re.sub(r"<[^>]+>", "{}", pattern) not in described]


def socket_paths() -> list[str]:
    return [str(route.pattern) for route in sockets.routes]


def front() -> list[str]:
    """The conditions of `_answer` in `collab/asgi.py`, down to its `else`, which is Django."""
    tree = ast.parse((ROOT / "collab" / "asgi.py").read_text())
    [answer] = [n for n in tree.body if isinstance(n, ast.AsyncFunctionDef) and n.name == "_answer"]
    [chain] = [inner for inner in answer.body if isinstance(inner, ast.If)]
    return list(_conditions(chain))


def transports() -> set[tuple[str, str]]:
    """(method, path) of what `collab/transports/http.py` serves, from its table and its list of event paths."""
    tree = ast.parse((ROOT / "collab" / "transports" / "http.py").read_text())
    tables = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    keys = [ast.literal_eval(key) for table in tables for key in table.keys if isinstance(key, ast.Tuple)]
    documents = {(method, f"/sync/{{document}}/{rest}".rstrip("/")) for method, rest in keys}
    return documents | {("GET", path) for path in EVENTS}


def _conditions(chain: ast.If) -> Iterator[str]:
    yield ast.unparse(chain.test)
    if len(chain.orelse) == 1 and isinstance(chain.orelse[0], ast.If):
        yield from _conditions(chain.orelse[0])


def _patterns(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield path
        else:
            yield from _patterns(pattern, path)


def _body(described: dict[str, Any], schema: dict[str, Any]) -> Any:
    content = described.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        whole = described["operationId"].startswith("change_")  # a change of nothing is refused to nobody
        return _example(content["application/json"]["schema"], schema["components"]["schemas"], whole=whole)
    return "text/markdown" if content else None


def _example(described: dict[str, Any], named: dict[str, Any], *, whole: bool = False) -> Any:
    if "$ref" in described:
        return _example(named[described["$ref"].rpartition("/")[2]], named, whole=whole)
    if "pattern" in described:
        return "#123456"  # a colour
    if "enum" in described:
        return described["enum"][-1]
    if "anyOf" in described:
        return _example(described["anyOf"][0], named)
    match described.get("type"):
        case "object":
            needed = list(described["properties"]) if whole else described.get("required") or []
            return {name: _example(described["properties"][name], named) for name in needed}
        case "array":
            return []
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _:
            return {"email": "somebody@example.com", "uuid": "00000000-0000-4000-8000-000000000000"}.get(
                described.get("format", ""), "x"
            )
