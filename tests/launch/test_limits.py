"""The table of limits, and what the environment may say about it."""

from dataclasses import fields
from pathlib import Path

import pytest

from collab.limits import Limits, variable_of

DOCUMENTED = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()


def test_an_environment_variable_overrides_one_limit_and_leaves_the_others() -> None:
    limits = Limits.from_environment({"LIMIT_FRAME_BYTES": "2_000_000", "HOME": "/root"})
    assert limits.frame_bytes == 2_000_000
    assert limits.sockets_per_document == Limits().sockets_per_document


@pytest.mark.parametrize(
    ("variable", "text", "complaint"),
    [
        ("LIMIT_FRAME_BITES", "1", "is not a limit"),
        ("LIMIT_FRAME_BYTES", "a lot", "must be a number"),
        ("LIMIT_FRAME_BYTES", "0", "above zero"),
    ],
)
def test_a_limit_that_makes_no_sense_stops_the_start(variable: str, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Limits.from_environment({variable: text})


@pytest.mark.parametrize("field", fields(Limits), ids=lambda field: field.name)
def test_every_limit_and_its_default_are_in_the_operators_guide(field) -> None:  # type: ignore[no-untyped-def]
    row = next(line for line in DOCUMENTED.splitlines() if f"`{variable_of(field.name)}`" in line)
    assert f"{field.default:_}" in row or f"{field.default:g}" in row
