"""How many queries a list takes doesn't depend on how long it is: 10 or 300 of everything there is.

The lists are those that the code has: each GET of the API, with each of the filters, and each page of the admin. A new
one is counted without being named here.
"""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents.actions import create_document, create_workspace
from documents.api.listing import Filters
from documents.models import User
from tests.documents.crowd import Crowd
from tests.security.doors import operations

FEW, MANY = 10, 300
NARROWED = {
    "workspace": "{workspace_id}",
    "parent": "{document_id}",
    "trashed": "true",
    "favourite": "true",
    "recent": "true",
    "shared": "true",
    "q": "weft",
    "limit": "5",
}
# Content is one document's, made by a process of its own.
NO_LISTS = {"GET /documents/{document_id}/content"}
NEED_MORE = {"GET /users": "?q=user", "GET /documents": ""}


@pytest.fixture
def crowd(db: None) -> Crowd:
    ann = User.objects.create_superuser("ann@example.com", password="weft")
    workspace = create_workspace(by=ann, name="Team")
    return Crowd(ann, workspace, create_document(by=ann, workspace=workspace, title="Plan"))


@pytest.fixture
def client(crowd: Crowd) -> Client:
    client = Client()
    client.force_login(crowd.ann)
    return client


def api_lists(crowd: Crowd) -> list[str]:
    names = {"workspace_id": str(crowd.workspace.pk), "document_id": str(crowd.plan.pk)}
    reads = [operation for operation in operations() if operation.method == "GET" and operation.name not in NO_LISTS]
    paths = [f"/api/v1{read.path}{NEED_MORE.get(read.name, '')}" for read in reads]
    paths += [f"/api/v1/documents?{name}={value}" for name, value in NARROWED.items()]
    return [path.format(**names) for path in paths]


def admin_pages(crowd: Crowd) -> list[str]:
    """Every list, and of what is listed the page of one that much belongs to."""
    tables = [model._meta for model in admin.site._registry]
    lists = [reverse(f"admin:{table.app_label}_{table.model_name}_changelist") for table in tables]
    found = [f"{path}?q=user" for path in lists if path.endswith(("/user/", "/document/", "/workspace/"))]
    for thing in (crowd.ann, crowd.workspace, crowd.plan):
        found.append(reverse(f"admin:documents_{thing._meta.model_name}_change", args=[thing.pk]))
    return [reverse("admin:index"), *lists, *found]


def counted(client: Client, paths: list[str]) -> dict[str, list[str]]:
    queries: dict[str, list[str]] = {}
    for path in paths:
        assert client.get(path).status_code == 200, path  # whatever is done once
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(path)
        queries[path] = [query["sql"] for query in captured.captured_queries]
    return queries


@pytest.mark.parametrize("lists", [api_lists, admin_pages], ids=["api", "admin"])
def test_no_list_takes_more_queries_for_being_longer(
    lists: Callable[[Crowd], list[str]], crowd: Crowd, client: Client
) -> None:
    crowd.grow(FEW)
    paths = lists(crowd)
    client.get(paths[0])  # for what is done once
    few = counted(client, paths)
    crowd.grow(MANY)
    many = counted(client, paths)
    for path in paths:
        more = "\n".join(many[path][len(few[path]) :][:5])
        assert len(many[path]) <= len(few[path]), f"{path}: {len(few[path])} queries, then {len(many[path])}: {more}"


def test_every_filter_of_the_list_of_documents_is_counted() -> None:
    assert Filters.model_fields.keys() == {*NARROWED, "cursor"}
