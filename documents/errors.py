"""Everything that can be refused. Raised where the rule lives; turned into HTTP or a close code at the edge.

Messages are shown to people as they are: they say what to do next.
"""

from collections.abc import Mapping
from typing import ClassVar


class WeftError(Exception):
    """`code` is stable and for programs, `message` is for people, `status` is the HTTP status."""

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code


class NotFound(WeftError):
    """Absent, or not for this person to know of: the two must look the same."""

    status = 404
    default_code = "not_found"


class Forbidden(WeftError):
    """Visible, but not theirs to do."""

    status = 403
    default_code = "forbidden"


class Invalid(WeftError):
    """`fields` maps names of inputs to what is wrong with them."""

    status = 422
    default_code = "invalid"

    def __init__(self, message: str, *, code: str | None = None, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message, code=code)
        self.fields = dict(fields or {})


class Conflict(WeftError):
    """Right in itself, but not in the present state of things."""

    status = 409
    default_code = "conflict"


class TooLarge(WeftError):
    status = 413
    default_code = "too_large"


class RateLimited(WeftError):
    status = 429
    default_code = "rate_limited"

    def __init__(self, message: str, *, code: str | None = None, retry_after: int | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after
        """Seconds after which trying again makes sense."""
