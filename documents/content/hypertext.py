"""HTML at the edges: the page an export is, and the dialect that pandoc's reader understands."""

from collections.abc import Callable, Sequence
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple

from documents.content.safety import sanitise_html

_STYLE = """
:root { color-scheme: light dark; --soft: color-mix(in srgb, currentColor 12%, transparent); }
body { max-width: 46rem; margin: 3rem auto; padding: 0 1.25rem; font: 1.0625rem/1.6 system-ui, sans-serif; }
h1, h2, h3, h4 { line-height: 1.25; margin: 1.6em 0 .5em; }
pre, code { font-family: ui-monospace, monospace; font-size: .9em; }
pre { padding: .9rem 1rem; border-radius: .5rem; background: var(--soft); overflow-x: auto; }
blockquote { margin: 1em 0; padding-left: 1rem; border-left: .25rem solid var(--soft); }
.callout { margin: 1em 0; padding: .1rem 1rem; border-left: .25rem solid; background: var(--soft); }
.callout-info { border-color: #3b82f6; } .callout-success { border-color: #16a34a; }
.callout-warning { border-color: #d97706; } .callout-danger { border-color: #dc2626; }
table { border-collapse: collapse; } th, td { border: 1px solid var(--soft); padding: .35rem .6rem; }
th { background: var(--soft); } img { max-width: 100%; height: auto; }
ul.task-list { list-style: none; padding-left: .5rem; } ul.task-list input { margin-right: .5rem; }
mark { padding: 0 .1em; } hr { border: 0; border-top: 1px solid var(--soft); }
""".strip()


def page(title: str, fragment: str) -> str:
    """`fragment` must be sanitised. The policy keeps even a browser from running what a sanitiser might overlook."""
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src http: https:;'
        " style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title or 'Untitled')}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n"
        f"<body>\n<main>\n{fragment.strip()}\n</main>\n</body>\n</html>\n"
    )


def readable_by_pandoc(html: str) -> str:
    """Sanitised HTML in which what pandoc's reader would drop (details, alignment of paragraphs) stands as Divs."""
    rewriter = _Rewriter()
    rewriter.feed(sanitise_html(html))
    rewriter.close()
    return "".join(rewriter.parts)


class _Tag(NamedTuple):
    opening: str
    closing: str


Attributes = Sequence[tuple[str, str | None]]


class _Rewriter(HTMLParser):
    """Copies, but for the tags in _REWRITTEN. nh3 wrote the input, so that every tag is closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.closings: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if rewrite := _REWRITTEN.get(tag):
            rewritten = rewrite(attrs)
            self.parts.append(rewritten.opening)
            self.closings.setdefault(tag, []).append(rewritten.closing)
        elif tag in _VOID:
            self.parts.append((self.get_starttag_text() or "").removesuffix(">") + " />")
        else:
            self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        closings = self.closings.get(tag)
        self.parts.append(closings.pop() if closings else f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")


def _details(attrs: Attributes) -> _Tag:
    return _Tag('<div class="details">', "</div>")


def _summary(attrs: Attributes) -> _Tag:
    return _Tag('<div class="summary">', "</div>")


def _paragraph(attrs: Attributes) -> _Tag:
    known = dict(attrs)
    style = known.get("style") or ""
    if known.get("align"):
        style = f"text-align: {known['align']}; {style}"
    if "text-align" in style:
        return _Tag(f'<div style="{escape(style)}"><p>', "</p></div>")
    return _Tag("<p>", "</p>")


def _bold(attrs: Attributes) -> _Tag:
    """Google Docs wraps all that it copies in a <b> that isn't."""
    if "font-weight:normal" in (dict(attrs).get("style") or "").replace(" ", ""):
        return _Tag("<span>", "</span>")
    return _Tag("<b>", "</b>")


# Pandoc's reader takes an open <input> for the beginning of something, and loses the list around it.
_VOID = frozenset({"br", "col", "hr", "img", "input"})
_REWRITTEN: dict[str, Callable[[Attributes], _Tag]] = {
    "details": _details,
    "summary": _summary,
    "p": _paragraph,
    "b": _bold,
}
