"""REST for browsers and programs: parse, `access_…`, action, answer. No rule lives here."""

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import JSONRenderer
from pydantic_core import to_json

from documents.api import (
    activity,
    content,
    documents,
    faults,
    invitations,
    members,
    notifications,
    people,
    publishing,
    tokens,
    workspaces,
)
from documents.api.authentication import EVERYDAY
from documents.api.schemas import Failure
from documents.api.throttling import REQUESTS

DESCRIPTION = """
Everything the pages can do, for programs. Browsers send their session cookie and, with every request that changes
something, the header `X-CSRFToken`; programs send `Authorization: Bearer TOKEN`.

What you may not see answers 404, exactly as if it did not exist. 429 says in `Retry-After` when to come again.
"""


class Renderer(JSONRenderer):
    """Pydantic's writer, in Rust: four times as fast as the standard library's, which asks Python about each UUID."""

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return to_json(data)


class WeftAPI(NinjaAPI):
    """Names operations after their functions, and says of each that it may fail in the one shape."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**kwargs)
        failure = Failure.model_json_schema(ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"] |= failure.pop("$defs") | {"Failure": failure}
        reference = {"schema": {"$ref": "#/components/schemas/Failure"}}
        for methods in schema["paths"].values():
            for operation in methods.values():
                answers = {str(status): answer for status, answer in operation["responses"].items()}
                failed = {"description": "What went wrong", "content": {"application/json": reference}}
                operation["responses"] = {**answers, "default": failed}
        return schema


api = WeftAPI(
    title="Weft",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=EVERYDAY,
    throttle=[REQUESTS],
    renderer=Renderer(),
)
faults.answer_faults(api)
for router in (
    people.router,
    workspaces.router,
    activity.router,
    invitations.router,
    documents.router,
    content.router,
    members.router,
    notifications.router,
    tokens.router,
    publishing.router,
):
    api.add_router("", router)
