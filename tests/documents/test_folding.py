"""What a search takes for the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.folding import fold


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("okonomie", "Ökonomie"),
        ("МОСКВА", "Москва"),
        ("ελλας", "ΕΛΛΆΣ"),
        ("cafe", "cafe\N{COMBINING ACUTE ACCENT}"),
        ("istanbul", "İstanbul"),
        ("weft", "Ｗｅｆｔ"),
    ],
)
def test_case_accents_and_width_make_no_difference(typed: str, written: str) -> None:
    assert fold(typed) == fold(written)


@pytest.mark.parametrize(("one", "another"), [("か", "が"), ("각", "갂"), ("नी", "नि"), ("o", "ø")])
def test_another_letter_stays_another_letter(one: str, another: str) -> None:
    assert fold(one) != fold(another)


@given(st.text())
def test_a_place_in_the_folded_text_is_the_same_place_in_the_composed_one(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert len(fold(text)) == len(composed)
    assert fold(text) == fold(composed) == "".join(fold(character) for character in composed)


@given(st.text())
def test_what_is_folded_folds_to_itself(text: str) -> None:
    assert fold(fold(text)) == fold(text)
