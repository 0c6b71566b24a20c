"""What this process counted since it started: every drop, refusal, heal and resync has a name here.

`/metrics` shows it in Prometheus' text format, to this machine only: behind a proxy of ours nobody outside can ask.
Each web process answers for itself and says which it is.
"""

import os
from collections import Counter
from typing import Any

COUNTERS: Counter[str] = Counter()

PATH = "/metrics"
LOCAL = frozenset({"127.0.0.1", "::1", None})


async def serve(scope: Any, send: Any, gauges: dict[str, int]) -> None:
    """Raw ASGI, in front of Django."""
    headers = dict(scope["headers"])
    client = (scope.get("client") or (None, 0))[0]
    local = client in LOCAL and b"x-forwarded-for" not in headers
    body = _exposition(gauges).encode() if local else b""
    await send(
        {
            "type": "http.response.start",
            "status": 200 if local else 404,
            "headers": [(b"content-type", b"text/plain; version=0.0.4"), (b"cache-control", b"no-store")],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _exposition(gauges: dict[str, int]) -> str:
    process = f'{{process="{os.getpid()}"}}'
    lines = []
    for kind, values in (("gauge", gauges), ("counter", COUNTERS)):
        for name, value in sorted(values.items()):
            full = f"weft_{name}" + ("_total" if kind == "counter" else "")
            lines += [f"# TYPE {full} {kind}", f"{full}{process} {value}"]
    return "\n".join(lines) + "\n"
