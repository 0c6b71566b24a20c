"""The documentation says what is there: links lead somewhere, settings and decisions are listed.

That each limit is documented with its default, `launch/test_limits.py` sees to.
"""

import ast
import re
from pathlib import Path

import pytest

from collab.accounts import providers

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("docs", "bench", "deploy", "examples", "tests")
TEXTS = sorted([*ROOT.glob("*.md"), *(text for folder in FOLDERS for text in (ROOT / folder).rglob("*.md"))])
_LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.relative_to(ROOT).as_posix())
def test_every_link_leads_to_something_that_is_there(text: Path) -> None:
    broken = []
    for target in _LINK.findall(_CODE.sub("`…`", text.read_text())):
        if re.match(r"[a-z]+:", target):  # another site's business
            continue
        path, _, section = target.partition("#")
        file = (text.parent / path).resolve() if path else text
        if not file.exists() or (section and section not in _sections(file)):
            broken.append(target)
    assert broken == []


def test_every_setting_is_in_the_operators_guide() -> None:
    guide = (ROOT / "docs" / "operating.md").read_text()
    named = _read_from_the_environment(ROOT / "collab" / "settings.py")
    named |= _read_from_the_environment(Path(providers.__file__))
    named |= {f"{provider}_CLIENT_{part}" for provider in ("GOOGLE", "GITHUB", "OIDC") for part in ("ID", "SECRET")}
    assert "DATABASE_URL" in named
    assert "OIDC_SERVER_URL" in named
    assert sorted(name for name in named if f"`{name}`" not in guide) == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "adr"
    listed = set(_LINK.findall((folder / "README.md").read_text()))
    assert {record.name for record in folder.glob("0*.md")} == {name for name in listed if name.startswith("0")}


def test_every_decision_says_what_it_costs() -> None:
    for record in (ROOT / "docs" / "adr").glob("0*.md"):
        assert re.findall(r"^## (.*)", record.read_text(), re.MULTILINE) == ["Context", "Choice", "Cost"], record.name


def _sections(text: Path) -> set[str]:
    """The anchors of its headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)", text.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _read_from_the_environment(module: Path) -> set[str]:
    """First arguments of `env…("NAME")`, `os.environ.get("NAME")` and `environment.get("NAME")`."""
    names = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = str(node.args[0].value)
            if re.match(r"env\.|os\.environ\.|environment\.", ast.unparse(node.func)) and name.isupper():
                names.add(name)
    return names
