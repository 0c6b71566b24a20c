"""A document's content as a file: out in four formats, in from two.

What comes in is merged as an edit, which open editors see at once.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from ninja import Router

from documents import actions, policy
from documents.api.authentication import signed_in
from documents.api.throttling import EXPORTS, REQUESTS
from documents.content.rendering import Format
from documents.errors import Invalid, TooLarge, WeftError
from documents.models import Document, Log

router = Router(tags=["content"])

MEDIA = ("text/markdown", "text/html", "text/plain", "application/json")
# Somebody's HTML under our own address: whatever the export lets through may run nothing and ask for nothing.
HARMLESS = "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
AS_TEXT = {"schema": {"type": "string"}}


class UnsupportedType(WeftError):
    status = 415
    default_code = "unsupported_type"


@router.get(
    "/documents/{uuid:document_id}/content",
    throttle=[REQUESTS, EXPORTS],
    openapi_extra={"responses": {200: {"content": dict.fromkeys(MEDIA, AS_TEXT)}}},
)
def read_content(
    request: HttpRequest, document_id: UUID, format: Format = "markdown", download: bool = False
) -> HttpResponse:
    """The content now. `download=1` makes it a file named after the document; `ETag` spares asking twice."""
    user = signed_in(request)
    document = policy.access_document(user, document_id, policy.Action.VIEW)
    tag = _tag(document, format)
    response = get_conditional_response(request, etag=tag)
    if response is None:
        exported = actions.export_document(by=user, document=document, format=format)
        response = HttpResponse(exported.body, content_type=exported.content_type)
        if download:
            response["Content-Disposition"] = content_disposition_header(True, exported.filename) or "attachment"
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    response["Content-Security-Policy"] = HARMLESS
    response["X-Content-Type-Options"] = "nosniff"
    return response


@router.put(
    "/documents/{uuid:document_id}/content",
    response={204: None},
    openapi_extra={"requestBody": {"required": True, "content": {"text/markdown": AS_TEXT, "text/html": AS_TEXT}}},
)
def write_content(request: HttpRequest, document_id: UUID) -> HttpResponse:
    """Make the content this Markdown or HTML. An edit like any other: open editors see it at once, what reads the same
    stays untouched, and what people type meanwhile is merged."""
    document = policy.access_document(signed_in(request), document_id, policy.Action.EDIT)
    written: dict[str, Any] = {_format_of(request): _text_of(request)}
    actions.replace_content(by=signed_in(request), document=document, **written)
    return HttpResponse(status=204)


def _format_of(request: HttpRequest) -> str:
    match request.content_type:
        case "text/markdown" | "text/x-markdown":
            return "markdown"
        case "text/html":
            return "html"
    raise UnsupportedType("Send the content as text/markdown or text/html, and say so in Content-Type.")


def _text_of(request: HttpRequest) -> str:
    limit = settings.LIMITS.request_bytes
    body = request.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"That is more than {limit // 1_000_000} MB.")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Invalid("The content must be UTF-8.") from error


def _tag(document: Document, format: Format) -> str:
    """Changes with each edit; a renaming is one."""
    log = Log.objects.only("epoch", "head").get(pk=document.pk)
    return f'"{log.epoch}.{log.head}.{format}"'
