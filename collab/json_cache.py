"""How values lie in Redis: plain JSON, so that a program in any language can read who is signed in, and so that nobody
who reaches Redis can make us run code (a pickle would)."""

import json
from typing import Any


class JSONSerializer:
    def dumps(self, value: Any) -> int | bytes:
        # A bare integer stays one: Redis counts it up and down by itself.
        return value if type(value) is int else json.dumps(value, separators=(",", ":")).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)
