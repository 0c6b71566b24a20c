"""What the API says of itself. The frontend's types are made from the snapshot in docs/."""

import json
from pathlib import Path

from django.conf import settings
from django.test import Client

from tests.documents.api.conftest import Callers

SNAPSHOT = Path(settings.BASE_DIR) / "docs" / "openapi.json"
REFRESH = "./run manage export_openapi_schema --api documents.api.api --indent 2 --sorted --output docs/openapi.json"


def test_the_snapshot_is_current(client: Client, db: None) -> None:
    served = client.get("/api/v1/openapi.json").json()
    assert json.loads(SNAPSHOT.read_text()) == served, f"Refresh it: {REFRESH}"


def test_every_operation_names_itself_and_how_it_fails(client: Client, db: None) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    operations = [operation for methods in schema["paths"].values() for operation in methods.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert "default" in operation["responses"]
        assert operation["security"]


def test_the_readable_page_asks_nobody_else_for_its_scripts(browser: Callers, db: None) -> None:
    page = browser(None)("GET", "/docs").content.decode()
    assert "/static/ninja/swagger-ui-bundle" in page
    assert "https://" not in page
    assert "http://" not in page
