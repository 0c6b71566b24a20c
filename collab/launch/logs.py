"""Log lines: what each says it is about (`collab.tracing`), for people at the end of the line, for machines as one JSON
object with whatever the caller passed as `extra`; for everybody without what would let a reader of the log act as
somebody else."""

import json
import logging
import re
from datetime import UTC, datetime

from collab import tracing

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# Django attaches the whole request to lines about it; its words (the body, cookies) are nobody's business here.
_UNSAID = frozenset({"request"})


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        about = " ".join(f"{name.removesuffix('_id')}={value}" for name, value in _extra(record).items())
        return super().formatMessage(record) + (f"  [{about}]" if about else "")


class About(logging.Filter):
    """On the handler, so that lines of every package are marked."""

    def filter(self, record: logging.LogRecord) -> bool:
        return tracing.mark(record)


class Addresses(logging.Filter):
    """Of Django's own lines about requests: their paths may be somebody's way in, and an outage is one line, not a
    stack for each request."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                tracing.shown(said) if isinstance(said, str) and said.startswith("/") else said for said in record.args
            )
        if record.exc_info and record.exc_info[1] is not None:
            from collab.health import missing  # it needs the settings, which are being read when this module loads

            if (away := missing(record.exc_info[1])) is not None:
                record.exc_info = None
                vars(record)["missing"] = away
        return True


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


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: said for name, said in vars(record).items() if name not in _STANDARD and name not in _UNSAID}
