"""Why a session ends: the close codes, one documented table.

The range decides what clients do: y-websocket 3 treats 4400–4499 as final and stops; everything else it tries again.
So what a new handshake could mend (rights lowered, a restart) must not close with a 44xx code.
"""

from dataclasses import dataclass

FINAL = range(4400, 4500)


@dataclass(frozen=True, slots=True)
class Closing:
    code: int
    reason: str
    """For people and logs: at most 123 bytes of UTF-8 fit into a close frame."""


SIGNED_OUT = Closing(4401, "signed out")
FORBIDDEN = Closing(4403, "no longer allowed")
GONE = Closing(4404, "not found")
MALFORMED = Closing(4413, "malformed message")
TOO_LARGE = Closing(4413, "too large")
IDLE = Closing(4408, "no document was asked for")
RIGHTS_CHANGED = Closing(4503, "rights changed, reconnect")
RESTARTING = Closing(1012, "restarting")
OVERLOADED = Closing(1013, "overloaded, try later")
TOO_SLOW = Closing(1013, "reading too slowly")
INTERNAL = Closing(1011, "the document could not be read")
UNAVAILABLE = Closing(1013, "storage unavailable, try later")


def malformed(reason: str) -> Closing:
    return Closing(MALFORMED.code, reason[:120])
