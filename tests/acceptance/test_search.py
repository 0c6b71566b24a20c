"""What the worker has read of a text is found, on either database, by whoever may see it."""

from typing import Any
from urllib.parse import quote

from tests.acceptance.installation import Installation
from tests.acceptance.test_beyond_sockets import call
from tests.running import until


def search(weft: Installation, name: str, query: str) -> tuple[list[str], dict[str, str]]:
    found: dict[str, Any] = call(weft, name, "GET", f"/documents?q={quote(query)}&limit=10")
    return [item["title"] for item in found["items"]], found["excerpts"]


def test_words_are_found_in_any_order_case_and_accents(weft: Installation) -> None:
    document = call(weft, "ann", "POST", "/documents", {"title": "Протокол", "workspace": weft.workspace})["id"]
    text = "*Großer* Plan.\n\nВ **Москве** станок, cafe\N{COMBINING ACUTE ACCENT}, 100%_"
    call(weft, "ann", "PUT", f"/documents/{document}/content", text, "text/markdown")
    place = "Großer Plan. В Москве станок, café, 100%_"

    until(lambda: search(weft, "ben", "москве")[0], what="the text to be read")
    for query in ("МОСКВЕ станок", "CAFÉ Großer", "протокол москве", '"в москве"', "100%_", "cafe"):
        assert search(weft, "ben", query) == (["Протокол"], {document: place}), query
    assert search(weft, "ben", "ПРОТОКОЛ") == (["Протокол"], {})
    for query in ('"москве в"', "москве petersburg", "100__"):
        assert search(weft, "ben", query) == ([], {}), query
    assert search(weft, "eve", "москве") == ([], {})
