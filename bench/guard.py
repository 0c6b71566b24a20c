"""What reading a client's frame costs: `python bench/guard.py`. Microseconds for the updates people make most."""

import json
import sys
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from collab.protocol import messages, state_vector  # noqa: E402
from collab.protocol.guard import scan, scan_awareness  # noqa: E402
from collab.protocol.lib0 import varbytes, varuint  # noqa: E402

CLIENT = varuint(3_912_345_678)
OWN = CLIENT + varuint(1233)
HEAD = b"\x01\x01" + CLIENT + varuint(1234)
KEYSTROKE = HEAD + b"\x84" + OWN + b"\x01x\x00"
AWARENESS = b"\x01" + CLIENT + b"\x09" + varbytes(b'{"user":{"id":7,"name":"Ann","color":"#30bced"},"cursor":null}')
CASES: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "decode an update frame": (messages.decode, messages.encode_update(KEYSTROKE)),
    "scan a character typed at the end": (scan, KEYSTROKE),
    "… within a text": (scan, HEAD + b"\xc4" + OWN + CLIENT + b"\x07\x01x\x00"),
    "… not of ASCII": (scan, HEAD + b"\x84" + OWN + b"\x02" + "ж".encode() + b"\x00"),
    "… replacing another (the long way)": (scan, KEYSTROKE[:-1] + b"\x01" + CLIENT + b"\x01\x05\x01"),
    "scan a deletion": (scan, b"\x00\x01" + CLIENT + b"\x01\x05\x01"),
    "scan an awareness message": (scan_awareness, AWARENESS),
    "decode a state vector of 20 clients": (
        state_vector.decode_state_vector,
        state_vector.encode_state_vector({n * 100_003: n for n in range(20)}),
    ),
}


def microseconds(call: Callable[[], Any], number: int) -> float:
    return min(timeit.repeat(call, number=number, repeat=7)) / number * 1e6


for name, (read, raw) in CASES.items():
    print(f"{name:40}{len(raw):7} B {microseconds(partial(read, raw), 20_000):10.2f} µs")

updates = [bytes.fromhex(v["hex"]) for v in json.loads((ROOT / "tests/vectors/updates.json").read_text())]
average = microseconds(lambda: [scan(update) for update in updates], 5) / len(updates)
size = sum(map(len, updates)) // len(updates)
print(f"{'scan of the golden vectors, on average':40}{size:7} B {average:10.2f} µs")
