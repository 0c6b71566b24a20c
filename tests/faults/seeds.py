"""Which seeds run. WEFT_SEEDS=200 means seeds 0 to 199, WEFT_SEEDS=75-99 exactly those; without it each scenario has a
few of its own choice. They are dealt out to flights by their number, so that a seed always flies with the same others
and on the same database."""

import os
from collections.abc import Sequence
from itertools import groupby


def wanted(few: int) -> range:
    said = os.environ.get("WEFT_SEEDS", "")
    if not said:
        return range(few)
    first, dash, last = said.partition("-")
    return range(int(first), int(last) + 1) if dash else range(int(first))


def flights_of(seeds: Sequence[int], size: int) -> list[range]:
    groups = [list(group) for _, group in groupby(seeds, lambda seed: seed // size)]
    return [range(group[0], group[-1] + 1) for group in groups]


def named(seeds: range) -> str:
    return f"{seeds[0]}-{seeds[-1]}"


def database_of(seeds: range, size: int, databases: Sequence[str]) -> str:
    return databases[seeds[0] // size % len(databases)]


MANY = 100


def at_full_length(seeds: range) -> bool:
    """One flight of a run of many seeds takes as long as its scenario's text says, a minute maybe."""
    return seeds[0] == 0 and len(wanted(0)) >= MANY
