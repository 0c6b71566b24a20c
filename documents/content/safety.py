"""What may leave a document towards a browser, and what may enter one from outside.

A document's attributes are whatever a client wrote: no schema stands between a hostile client and the log. So every
export goes through `clean` first, which keeps known attributes with known values only; HTML passes nh3 besides.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import nh3

from documents.content.tree import Mark, Node, Text, Tree, joined

Check = Callable[[Any], Any]
"""The value as it may be shown, or None."""

_SCHEMES = {"http", "https", "mailto", "tel"}
_SCHEME = re.compile(r"([^/?#:]*):")
_COLOR = re.compile(r"#[0-9a-f]{3,8}|[a-z]{3,30}|(?:rgb|rgba|hsl|hsla|oklch|var)\([\w\s.,%/-]{1,60}\)")
# Those that people write by name; of the other 130 only exports know what they mean.
_NAMED_COLORS = {
    "black": "#000000", "white": "#ffffff", "gray": "#808080", "grey": "#808080", "silver": "#c0c0c0",
    "red": "#ff0000", "maroon": "#800000", "orange": "#ffa500", "yellow": "#ffff00", "olive": "#808000",
    "lime": "#00ff00", "green": "#008000", "aqua": "#00ffff", "cyan": "#00ffff", "teal": "#008080",
    "blue": "#0000ff", "navy": "#000080", "purple": "#800080", "magenta": "#ff00ff", "pink": "#ffc0cb",
}  # fmt: skip
_LANGUAGE = re.compile(r"[\w+#.-]{1,40}")
# Controls and lone surrogates: no format we write has a place for them.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

CALLOUTS = ("info", "success", "warning", "danger")
MAX_SPAN = 100
MAX_HEADING = 4


def clean(tree: Tree) -> Tree:
    return Tree(_printable(tree.title) or "", tuple(clean_node(block) for block in tree.blocks))


def canonical(node: Node) -> Node:
    """For comparing a block with one that took the way through Markdown or HTML: without what those can't carry, and
    without attributes that only say the default."""
    node = _aligned_inside(node)
    known = _checked(_ATTRIBUTES.get(node.kind, {}), node.attrs)
    attrs = {k: v for k, v in known.items() if k not in _UNCARRIED and (k not in _DEFAULTS or _DEFAULTS[k] != v)}
    content = (canonical(child) if isinstance(child, Node) else _text(child) for child in node.content)
    return Node(node.kind, attrs, joined(content))


def safe_url(value: Any) -> str | None:
    """Relative, or of a scheme that only fetches. Browsers ignore white space and controls within `java\\nscript:`.
    What ends an address or its quotes in some format is encoded."""
    if not isinstance(value, str) or len(value) > 8000:
        return None
    url = re.sub(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202f\ufeff]", "", value)
    scheme = _SCHEME.match(url)
    if scheme is not None and scheme[1].lower() not in _SCHEMES:
        return None
    return re.sub(r"[<>\"'`\\{}|^]", lambda found: f"%{ord(found[0]):02X}", url)


def color(value: Any) -> str | None:
    """As `#rrggbb`, the one spelling that the editor draws, where it can be said so; nothing that is no colour."""
    if not isinstance(value, str):
        return None
    value = value.strip().lower()
    if short := re.fullmatch(r"#([0-9a-f])([0-9a-f])([0-9a-f])", value):
        return "#" + "".join(digit * 2 for digit in short.groups())
    if parts := re.fullmatch(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*1(?:\.0*)?\s*)?\)", value):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in parts.groups())
    return _NAMED_COLORS.get(value) or (value if _COLOR.fullmatch(value) else None)


def language(value: Any) -> str | None:
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else None


def sanitise_html(html: str) -> str:
    """A fragment without anything that acts. Both for what comes in and for what goes out."""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "template", "noscript", "iframe", "object", "svg"},
        attributes=_HTML_ATTRIBUTES,
        tag_attribute_values={"input": {"type": {"checkbox"}}},
        filter_style_properties={
            "color",
            "background-color",
            "text-align",
            "font-weight",
            "font-style",
            "text-decoration",
            "text-decoration-line",
            "width",
        },
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )


def _within(low: int, high: int) -> Check:
    def check(value: Any) -> int | None:
        if isinstance(value, str) and value.isdecimal() and len(value) < 10:
            value = int(value)
        if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
            return None
        return int(min(max(value, low), high))

    return check


def _percent(value: Any) -> int | None:
    """Of the column's width; a number of pixels says nothing here."""
    if isinstance(value, str):
        value = float(value[:-1]) if re.fullmatch(r"\d{1,3}(\.\d{1,9})?%", value) else None
    return round(value) if isinstance(value, int | float) and 5 <= value <= 100 else None


def _one_of(*allowed: str) -> Check:
    return lambda value: value if value in allowed else None


def _printable(value: Any) -> str | None:
    return _UNPRINTABLE.sub("", value) if isinstance(value, str) else None


def _line(value: Any) -> str | None:
    """An empty line, or one that begins with a sign, would end the Markdown that an attribute stands in."""
    printable = _printable(value)
    return None if printable is None else " ".join(printable.split())


def _flag(value: Any) -> bool:
    return value is True or value == "true"


def _widths(value: Any) -> list[int] | None:
    if isinstance(value, list) and 0 < len(value) <= MAX_SPAN:
        checked = [_within(0, 5000)(width) for width in value]
        return [width for width in checked if width is not None] if None not in checked else None
    return None


_UNCARRIED = frozenset({"colwidth", "open"})
_DEFAULTS: Mapping[str, Any] = {
    "textAlign": "left",
    "start": 1,
    "colspan": 1,
    "rowspan": 1,
    "checked": False,
    "alt": "",
    "title": "",
    "kind": "info",
}
_ALIGNED = {"textAlign": _one_of("left", "center", "right", "justify")}
_CELL = {"colspan": _within(1, MAX_SPAN), "rowspan": _within(1, MAX_SPAN), "colwidth": _widths}
_ATTRIBUTES: Mapping[str, Mapping[str, Check]] = {
    "paragraph": _ALIGNED,
    "heading": {"level": _within(1, MAX_HEADING), **_ALIGNED},
    "orderedList": {"start": _within(0, 10**9), "type": _one_of("1", "a", "A", "i", "I")},
    "taskItem": {"checked": _flag},
    "codeBlock": {"language": language},
    "image": {
        "src": safe_url,
        "alt": _line,
        "title": _line,
        "width": _percent,
    },
    "tableHeader": _CELL,
    "tableCell": _CELL,
    "details": {"open": _flag},
    "inlineMath": {"latex": _line},
    "blockMath": {"latex": _printable},
    "callout": {"kind": _one_of(*CALLOUTS)},
}
_MARKS: Mapping[str, Mapping[str, Check]] = {
    "bold": {},
    "italic": {},
    "underline": {},
    "strike": {},
    "code": {},
    "link": {"href": safe_url},
    "highlight": {"color": color},
    "textStyle": {"color": color},
}


def _aligned_inside(node: Node) -> Node:
    """A table that was pasted says at the cell what ours say at its paragraphs."""
    align = node.attrs.get("align")
    if node.kind not in ("tableCell", "tableHeader") or align not in ("center", "right"):
        return node
    content = (
        Node(child.kind, {"textAlign": align, **child.attrs}, child.content)
        if isinstance(child, Node) and child.kind in ("paragraph", "heading")
        else child
        for child in node.content
    )
    return Node(node.kind, node.attrs, tuple(content))


def clean_node(node: Node) -> Node:
    node = _aligned_inside(node)
    content = joined(clean_node(child) if isinstance(child, Node) else _text(child) for child in node.content)
    return Node(node.kind, _checked(_ATTRIBUTES.get(node.kind, {}), node.attrs), content)


def _text(text: Text) -> Text:
    marks = (Mark(mark.name, _checked(_MARKS[mark.name], mark.attrs)) for mark in text.marks if mark.name in _MARKS)
    # A link that lost its address, or a style that lost its colour, is nothing.
    kept = tuple(mark for mark in marks if mark.attrs or mark.name not in ("link", "textStyle"))
    return Text(_printable(text.text) or "", kept)


def _checked(checks: Mapping[str, Check], attrs: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: checks[key](value) for key, value in attrs.items() if key in checks}
    return {key: value for key, value in values.items() if value is not None}


_MATHML_NAMES = """
    math semantics annotation mrow mi mn mo mtext ms mspace msup msub msubsup mfrac msqrt mroot mover munder munderover
    mtable mtr mtd mstyle mpadded mphantom menclose mmultiscripts mprescripts mfenced
"""
_NAMES = """
    p div section article span br hr h1 h2 h3 h4 h5 h6 blockquote ul ol li dl dt dd pre code kbd samp var
    a b strong i em u ins s del strike mark sub sup small q cite abbr img figure figcaption input label
    table caption colgroup col thead tbody tfoot tr th td details summary
"""
_MATHML = set(_MATHML_NAMES.split())
_TAGS = set(_NAMES.split()) | _MATHML
_HTML_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"class", "style", "align"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start", "type"},
    "input": {"checked", "disabled"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "details": {"open"},
    "div": {"data-type", "data-latex", "data-kind", "data-callout"},
    "span": {"data-type", "data-latex"},
    "li": {"data-type", "data-checked"},
    "ul": {"data-type"},
    "annotation": {"encoding"},
    "math": {"display", "xmlns"},
    **{
        tag: {"stretchy", "fence", "form", "separator", "accent", "mathvariant", "columnalign", "rowspacing", "width"}
        for tag in _MATHML
        if tag not in ("math", "annotation")
    },
}
