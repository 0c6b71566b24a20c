"""How often one person may call: a counter for each person and window, in the default cache.

Not ninja's `SimpleRateThrottle`: that one keeps the time of every request in a list and writes the list back each time,
unlocked, so it is slow at generous rates and blind to what runs in parallel.
"""

import logging
import math
import time
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.errors import Throttled
from ninja.throttling import BaseThrottle

logger = logging.getLogger(__name__)

PERIODS = {"minute": 60, "hour": 3600}


@dataclass(frozen=True)
class RateLimit(BaseThrottle):
    """`settings.LIMITS.<counted>_per_<period>` requests of one person, or of one address when nobody is signed in.

    Windows are fixed, so that the wait follows from the clock alone and this object, which all threads share, needs
    no state.
    """

    counted: str
    period: Literal["minute", "hour"]

    def allow_request(self, request: HttpRequest) -> bool:
        user = request.user
        return self.count(f"user:{user.pk}" if user.is_authenticated else f"address:{_address(request)}")

    def count(self, who: str) -> bool:
        """Count one more request of `who`; False when that is one too many."""
        limit: int = getattr(settings.LIMITS, f"{self.counted}_per_{self.period}")
        window = int(time.time() // PERIODS[self.period])
        key = f"rate:{self.counted}:{who}:{window}"
        try:
            cache.add(key, 0, timeout=PERIODS[self.period] + 1)
            return cache.incr(key) <= limit
        except ValueError:
            return True  # the window ended between the two calls
        except Exception:
            # Redis makes things fast, never true: without it people go on working, uncounted.
            logger.warning("Rate limits are off: the cache does not answer", exc_info=True)
            return True

    def wait(self) -> float:
        period = PERIODS[self.period]
        return period - time.time() % period


def refuse_guesses(request: HttpRequest) -> None:
    """Count a credential that did not fit against the caller's address; raise when there have been too many."""
    if not BAD_TOKENS.count(f"address:{_address(request)}"):
        raise Throttled(wait=math.ceil(BAD_TOKENS.wait()))


def _address(request: HttpRequest) -> str:
    """As the server knows it. X-Forwarded-For is not read here: uvicorn does, for the proxies it was told to trust."""
    return str(request.META.get("REMOTE_ADDR") or "unknown")


REQUESTS = RateLimit("requests", "minute")
EXPORTS = RateLimit("exports", "minute")
INVITATIONS = RateLimit("invitations", "hour")
BAD_TOKENS = RateLimit("bad_tokens", "minute")
