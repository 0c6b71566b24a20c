"""Why clients weren't live: what they say of it when they come back, counted by its name.

Our own client adds `reason=` to what it opens a document with, whichever the transport. Somebody who runs a server
learns so from `weft_not_live_total{reason="upgrade_blocked"}` that a proxy of theirs is in the way of people who never
complain.
"""

from typing import Any
from urllib.parse import parse_qs

from collab.metrics import COUNTERS, NOT_LIVE

REASONS = frozenset(NOT_LIVE)
"""Anything else isn't counted: anybody may say it, and a counter stays for as
long as the process lives."""


def count_reason(scope: Any) -> None:
    for reason in parse_qs(scope.get("query_string", b"").decode("latin-1")).get("reason", [])[:1]:
        if reason in REASONS:
            COUNTERS[f"not_live_{reason}"] += 1
