"""Content as files, out and in."""

from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from documents.models import Document, Log, Role, User, Workspace
from tests.documents.api.conftest import Callers
from tests.documents.conftest import Listening, join

MARKDOWN = "# Moon\n\nIt is *far*.\n"


def test_markdown_goes_in_and_every_format_comes_out(program: Callers, ben: User, plan: Document) -> None:
    as_ben = program(ben)
    path = f"/documents/{plan.pk}/content"
    assert as_ben.send("PUT", path, MARKDOWN.encode(), "text/markdown; charset=utf-8").status_code == 204
    markdown = as_ben("GET", path)
    assert markdown["Content-Type"] == "text/markdown; charset=utf-8"
    assert "# Moon" in markdown.content.decode()
    assert "<em>far</em>" in as_ben("GET", f"{path}?format=html").content.decode()
    assert "It is far." in as_ben("GET", f"{path}?format=text").content.decode()
    assert as_ben("GET", f"{path}?format=json").json()
    assert as_ben("GET", f"{path}?format=docx").status_code == 422


def test_open_editors_hear_of_content_written_by_a_program(
    program: Callers, ben: User, plan: Document, listening: Listening
) -> None:
    as_ben = program(ben)
    with listening() as heard:
        as_ben.send("PUT", f"/documents/{plan.pk}/content", b"<p>Hello</p>", "text/html")
    (entries,) = [message for name, message in heard if name == "entries"]
    assert entries["document_id"] == plan.pk
    assert "Hello" in as_ben("GET", f"/documents/{plan.pk}/content?format=text").content.decode()


def test_a_file_is_named_after_its_document(browser: Callers, ben: User, plan: Document) -> None:
    answer = browser(ben)("GET", f"/documents/{plan.pk}/content?format=markdown&download=1")
    assert answer["Content-Disposition"] == 'attachment; filename="Plan.md"'
    assert "Content-Disposition" not in browser(ben)("GET", f"/documents/{plan.pk}/content")


def test_html_runs_nothing_on_our_address(program: Callers, ben: User, plan: Document) -> None:
    as_ben = program(ben)
    hostile = b"<p>a<script>alert(1)</script><img src=x onerror=alert(1)></p><a href='javascript:alert(1)'>b</a>"
    as_ben.send("PUT", f"/documents/{plan.pk}/content", hostile, "text/html")
    answer = as_ben("GET", f"/documents/{plan.pk}/content?format=html")
    html = answer.content.decode()
    assert not any(word in html for word in ("<script", "onerror", "javascript:"))
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_unchanged_content_is_not_sent_twice(program: Callers, ben: User, plan: Document) -> None:
    as_ben = program(ben)
    path = f"/documents/{plan.pk}/content"
    tag = as_ben("GET", path)["ETag"]
    assert as_ben("GET", path, **{"If-None-Match": tag}).status_code == 304
    assert as_ben("GET", f"{path}?format=html", **{"If-None-Match": tag}).status_code == 200
    as_ben.send("PUT", path, MARKDOWN.encode(), "text/markdown")
    changed = as_ben("GET", path, **{"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed["ETag"] != tag


def test_who_only_reads_cannot_write(program: Callers, cleo: User, team: Workspace, plan: Document) -> None:
    join(team, cleo, Role.COMMENTER)
    answer = program(cleo).send("PUT", f"/documents/{plan.pk}/content", b"mine", "text/markdown")
    assert answer.status_code == 403
    assert program(cleo)("GET", f"/documents/{plan.pk}/content").status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{}", "application/json", 415, "unsupported_type"),
        (b"\xff\xfe", "text/markdown", 422, "invalid"),
        (b"x" * 2000, "text/markdown", 413, "too_large"),
    ],
)
def test_what_is_no_content_leaves_the_document_alone(
    program: Callers, ben: User, plan: Document, settings: Settings,
    body: bytes, content_type: str, status: int, code: str,
) -> None:  # fmt: skip
    settings.LIMITS = replace(django_settings.LIMITS, request_bytes=1000)
    head = Log.objects.get(document=plan).head
    answer = program(ben).send("PUT", f"/documents/{plan.pk}/content", body, content_type)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert Log.objects.get(document=plan).head == head


def test_a_full_document_takes_no_more_content(program: Callers, ben: User, plan: Document, settings: Settings) -> None:
    as_ben, path = program(ben), f"/documents/{plan.pk}/content"
    full = Log.objects.get(pk=plan.pk).size_bytes
    settings.LIMITS = replace(django_settings.LIMITS, document_bytes=full + 1)
    assert as_ben.send("PUT", path, b"fits", "text/markdown").status_code == 204
    refused = as_ben.send("PUT", path, b"too much", "text/markdown")
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "document_full")
    assert as_ben("PATCH", f"/documents/{plan.pk}", {"title": "Other"}).status_code == 413
    assert "too much" not in as_ben("GET", path).content.decode()
