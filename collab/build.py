"""Which pages this server serves: a name that changes with every build of them.

A page that stays open for weeks compares it with its own, and tells its reader that there is a newer one.
"""

import hashlib
import time
from functools import lru_cache
from pathlib import Path

from django.conf import settings

HEADER = "Weft-Build"


def build() -> str:
    """Empty where the pages were never built. Vite's manifest names every file, and each name has a hash of its
    content in it."""
    return _build_at(int(time.monotonic()))


@lru_cache(maxsize=1)
def _build_at(second: int) -> str:
    # Everybody who joins is told: when all come back at once, the file is looked at once.
    path = settings.FRONTEND_DIST / ".vite" / "manifest.json"
    try:
        return _name_of(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return ""


@lru_cache(maxsize=1)
def _name_of(path: Path, changed_at: int) -> str:
    # changed_at is part of the key: pages built anew beside a running server count from the next second on.
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
