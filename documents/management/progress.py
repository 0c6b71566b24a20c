"""How far a long command is, for who watches it: one line that is written over, and only on a terminal."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO


class Progress:
    """`with Progress("documents", 4000) as progress: … progress.at(17)`. Costs nothing where nobody looks."""

    def __init__(self, what: str, of: int = 0, stream: TextIO | None = None) -> None:
        self._what, self._of = what, of
        self._stream = sys.stderr if stream is None else stream
        self._shown = self._stream.isatty()
        self._told_at = 0.0

    def of(self, what: str, done: int, of: int) -> None:
        """For what has several stages."""
        self._what, self._of = what, of
        self.at(done)

    def at(self, done: int) -> None:
        now = time.monotonic()
        if not self._shown or (now - self._told_at < 0.1 and done != self._of):
            return
        self._told_at = now
        share = f" of {self._of:,} ({done / self._of:.0%})" if self._of else ""
        self._write(f"{done:,}{share} {self._what}")

    def clear(self) -> None:
        """Before something else is said."""
        if self._shown:
            self._write("")

    def _write(self, text: str) -> None:
        self._stream.write(f"\r\033[K{text}")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.clear()
