"""Machines that don't agree about the time: the wall clock of each process of a Weft can be shifted while it runs, by
`inside/skew.c`. Monotonic clocks stay as they are."""

import array
import mmap
import shutil
import subprocess
from pathlib import Path

import psutil

SHIM = Path(__file__).parent / "inside" / "skew.c"
COMPILER = shutil.which("cc") or shutil.which("gcc")
PLACES = 65_536


class Clocks:
    def __init__(self, folder: Path) -> None:
        assert COMPILER is not None
        folder.mkdir()
        self._library, self._file = folder / "skew.so", folder / "shifts"
        subprocess.run(
            [COMPILER, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SHIM)], check=True, timeout=60
        )
        self._file.write_bytes(bytes(PLACES * 4))
        with self._file.open("r+b") as file:
            self._shifts = mmap.mmap(file.fileno(), PLACES * 4)

    @property
    def settings(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self._library), "WEFT_CLOCKS": str(self._file)}

    def shift(self, process: psutil.Process, seconds: int) -> None:
        """Its clock jumps, now."""
        at = process.pid % PLACES * 4
        self._shifts[at : at + 4] = array.array("i", [seconds]).tobytes()

    def close(self) -> None:
        self._shifts.close()
