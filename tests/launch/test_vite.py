"""The template tag that loads the built pages."""

import json
import re
from pathlib import Path

import pytest
from pytest_django import Settings

from collab.templatetags.vite import PagesNotBuilt, vite

MANIFEST = {
    "src/main.ts": {"file": "main-11111111.js", "css": ["main.css"], "imports": ["_app.js", "_library.js"]},
    "_app.js": {"file": "app.js", "css": ["app.css"], "imports": ["_library.js"], "dynamicImports": ["src/lazy.ts"]},
    "_library.js": {"file": "library.js", "css": ["library.css"], "imports": ["_app.js"]},
    "src/lazy.ts": {"file": "lazy.js", "css": ["lazy.css"]},
}


@pytest.fixture
def dist(tmp_path: Path, settings: Settings) -> Path:
    settings.FRONTEND_DIST = tmp_path
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite" / "manifest.json").write_text(json.dumps(MANIFEST))
    return tmp_path


def test_styles_of_what_is_imported_come_before_those_that_override_them(dist: Path) -> None:
    assert re.findall(r"(\w+)\.css", vite("src/main.ts")) == ["library", "app", "main"]


def test_what_is_imported_lazily_is_left_to_the_browser(dist: Path) -> None:
    tags = vite("src/main.ts")
    assert "lazy" not in tags
    assert '<script type="module" src="/static/main-11111111.js"></script>' in tags


def test_a_checkout_without_built_pages_says_what_builds_them(tmp_path: Path, settings: Settings) -> None:
    settings.FRONTEND_DIST = tmp_path
    with pytest.raises(PagesNotBuilt, match="builds the pages"):
        vite("src/main.ts")
