"""Names and titles stand in other people's pages."""

import pytest

from documents.actions import create_document, create_workspace
from documents.errors import Invalid
from documents.models import User, Workspace
from documents.names import one_line


@pytest.mark.parametrize(
    "name",
    [
        "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}",
        "می\N{ZERO WIDTH NON-JOINER}روم",
        "\N{WAVING BLACK FLAG}\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\U0001fae9",  # a face of Unicode 16, younger than Python 3.11
        "שלום\N{RIGHT-TO-LEFT MARK}!",
    ],
)
def test_words_and_emoji_of_several_parts_stay_whole(name: str) -> None:
    assert one_line(name) == name


@pytest.mark.parametrize("turn", [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"])
def test_a_name_turns_nothing_round_that_stands_behind_it(turn: str) -> None:
    assert one_line(f"Ann{turn}") == "Ann"


@pytest.mark.parametrize("between", ["\n", "\r\n", "\u2028", "\u2029", "\x00", "\x85", "\ud800", "   "])
def test_a_name_is_one_line(between: str) -> None:
    assert one_line(f" Ann{between}Bell ") == "Ann Bell"


@pytest.mark.parametrize("nothing", ["", "  ", "\u200b\u200b", "\ufeff", "\u202e", "\u2060 \u200d"])
def test_a_name_that_nobody_can_see_is_none(nothing: str) -> None:
    assert one_line(nothing) == ""


def test_a_workspace_cannot_have_a_name_that_nobody_can_see(ann: User) -> None:
    with pytest.raises(Invalid):
        create_workspace(by=ann, name="\u200b\u200b")


def test_a_title_keeps_its_emoji(ann: User, team: Workspace) -> None:
    family = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} plan"
    assert create_document(by=ann, workspace=team, title=family).title == family
