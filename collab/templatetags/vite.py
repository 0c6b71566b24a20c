"""`{% vite "src/app/main.tsx" %}`: the tags that load one of Vite's entries, by the names it gave its files."""

import json
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()


class Chunk(TypedDict, total=False):
    file: str
    css: list[str]
    imports: list[str]


class PagesNotBuilt(Exception):
    """The manifest is missing or doesn't name the entry."""


@register.simple_tag
def vite(entry: str) -> SafeString:
    chunks = _manifest()
    if entry not in chunks:
        raise PagesNotBuilt(f"{entry} isn't in Vite's manifest; `./run` builds the pages")
    reached = _reached(chunks, entry)
    base = settings.STATIC_URL
    # An entry that is a style sheet, or one that imports a style sheet: both end up as <link>.
    styles = [css for name in reached for css in chunks[name].get("css", [])]
    if chunks[entry]["file"].endswith(".css"):
        return format_html('<link rel="stylesheet" href="{}{}">', base, chunks[entry]["file"])
    links = format_html_join("", '<link rel="stylesheet" href="{}{}">', ((base, css) for css in dict.fromkeys(styles)))
    preloads = format_html_join(
        "",
        '<link rel="modulepreload" href="{}{}">',
        ((base, chunks[name]["file"]) for name in reached if name != entry),
    )
    script = format_html('<script type="module" src="{}{}"></script>', base, chunks[entry]["file"])
    return links + preloads + script


def _reached(chunks: dict[str, Chunk], entry: str) -> list[str]:
    """The entry after all it imports at once (what it imports lazily, the browser asks for itself). In that order
    Vite links styles in its own pages: a rule of ours must come after the library's that it overrides."""
    reached: dict[str, None] = {}
    entered: set[str] = set()

    def enter(name: str) -> None:
        if name not in entered:  # two chunks may import each other
            entered.add(name)
            for imported in chunks[name].get("imports", []):
                enter(imported)
            reached[name] = None

    enter(entry)
    return list(reached)


def _manifest() -> dict[str, Chunk]:
    path = settings.FRONTEND_DIST / ".vite" / "manifest.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        raise PagesNotBuilt(f"{path} is missing; `./run` builds the pages") from None


@lru_cache(maxsize=1)
def _read(path: Path, changed_at: int) -> dict[str, Chunk]:
    # changed_at is part of the key: a rebuild beside a running server is seen by the next page.
    manifest: dict[str, Chunk] = json.loads(path.read_text())
    return manifest
