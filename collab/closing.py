"""Why a session ends: the close codes and what they are over HTTP, one documented table.

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
    status: int = 503
    """The same as the status of an HTTP answer,"""
    word: str = "unavailable"
    """and as the code in its body."""


SIGNED_OUT = Closing(4401, "signed out", 401, "signed_out")
FORBIDDEN = Closing(4403, "no longer allowed", 403, "forbidden")
GONE = Closing(4404, "not found", 404, "not_found")
MALFORMED = Closing(4413, "malformed message", 400, "malformed")
TOO_LARGE = Closing(4413, "too large", 413, "too_large")
OUT_OF_DATE = Closing(4426, "this page is too old, reload it", 426, "out_of_date")
IDLE = Closing(4408, "no document was asked for", 408, "idle")
RIGHTS_CHANGED = Closing(4503, "rights changed, reconnect", 503, "rights_changed")
RESYNC = Closing(4509, "the history was replaced, sync anew", 409, "resync")
RESTARTING = Closing(1012, "restarting", 503, "restarting")
OVERLOADED = Closing(1013, "overloaded, try later", 503, "overloaded")
TOO_SLOW = Closing(1013, "reading too slowly", 503, "overloaded")
INTERNAL = Closing(1011, "the document could not be read", 500, "internal")
UNAVAILABLE = Closing(1013, "storage unavailable, try later", 503, "unavailable")


def malformed(reason: str) -> Closing:
    return Closing(MALFORMED.code, reason[:120], MALFORMED.status, MALFORMED.word)
