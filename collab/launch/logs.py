"""Log lines: for machines one JSON object a line, with whatever the caller passed as `extra`; for everybody without
what would let a reader of the log act as somebody else."""

import json
import logging
import re
from datetime import UTC, datetime

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


# A socket's address carries its token where a client can set no header, and uvicorn logs addresses; `websockets`, told
# to debug, logs headers.
_SECRETS = re.compile(
    r"""(\btoken=|\bsessionid=|\bcsrftoken=|\bauthorization:?\s+(?:bearer|basic)\s+|\bBearer\s+)[^\s&;"',\\]+|\bweft_[\w-]{20,}""",
    re.IGNORECASE,
)


def without_secrets(line: str) -> str:
    return _SECRETS.sub(lambda found: f"{found[1] or ''}…", line)


class Handler(logging.StreamHandler):  # type: ignore[type-arg]  # generic in its stubs only
    """To standard error. Looks through the finished line, in which are exceptions and `extra` besides the message."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))
