"""What real Yjs wrote and read, and updates written by hand, to say what Yjs would never say."""

import json
from pathlib import Path
from typing import Any

from collab.protocol.lib0 import varstring, varuint

VECTORS = Path(__file__).parents[2] / "vectors"
NO_DELETES = b"\x00"


def vectors(name: str) -> Any:
    """Made by tests/vectors/make.mjs."""
    return json.loads((VECTORS / f"{name}.json").read_text())


def update(*structs: bytes, client: int = 1, clock: int = 0, deletes: bytes = NO_DELETES) -> bytes:
    return b"\x01" + varuint(len(structs)) + varuint(client) + varuint(clock) + b"".join(structs) + deletes


def in_root(kind: int, content: bytes, name: str = "t") -> bytes:
    """An item that is the first in a root type."""
    return bytes((kind,)) + b"\x01" + varstring(name) + content


def text(value: str) -> bytes:
    return in_root(4, varstring(value))


def delete(client: int, *ranges: tuple[int, int]) -> bytes:
    body = b"".join(varuint(clock) + varuint(length) for clock, length in ranges)
    return b"\x01" + varuint(client) + varuint(len(ranges)) + body
