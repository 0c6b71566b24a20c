import re
from pathlib import Path

from collab.metrics import COUNTERS
from collab.reasons import REASONS, count_reason

SYNC = Path(__file__).parents[2] / "frontend" / "src" / "sync"


def test_server_and_client_know_the_same_reasons() -> None:
    declared = "".join(
        (SYNC / file).read_text().partition(f"export type {name} =")[2].partition("\n\n")[0]
        for file, name in (("ladder.ts", "Obstacle"), ("diagnosis.ts", "ReasonCode"))
    )
    assert set(re.findall(r'\| "(\w+)"', declared)) == REASONS


def test_what_a_client_says_is_counted_once_and_nothing_that_is_not_known() -> None:
    COUNTERS.clear()
    for query in (
        b"reason=upgrade_blocked",
        b"token=x&reason=offline&reason=gone",
        b"reason=<script>",
        b"reason=",
        b"",
    ):
        count_reason({"query_string": query})
    count_reason({})
    assert {name: count for name, count in COUNTERS.items() if name.startswith("not_live_")} == {
        "not_live_upgrade_blocked": 1,
        "not_live_offline": 1,
    }
