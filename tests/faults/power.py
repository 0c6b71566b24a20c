"""A machine that loses its power: what SQLite wrote and didn't sync is gone, or half there.

`inside/durable.c`, loaded into Weft's processes, keeps what was synced. A cut kills them all, and gives SQLite's files
back as a disk might have them: each sector either as it was synced last, or as it was written since.
"""

import random
import shutil
import subprocess
from pathlib import Path

import psutil

from tests.acceptance.installation import Installation

SHIM = Path(__file__).parent / "inside" / "durable.c"
COMPILER = shutil.which("cc") or shutil.which("gcc")
SECTOR = 512
FILES = ("weft.sqlite3", "weft.sqlite3-wal")
SLOW = 0.008
"""Seconds that a sync takes longer: most of the time then something is written and not synced."""


class Power:
    def __init__(self, folder: Path) -> None:
        assert COMPILER is not None
        self._folder = folder
        folder.mkdir()
        self._library = folder / "durable.so"
        subprocess.run(
            [COMPILER, "-shared", "-fPIC", "-O1", "-o", str(self._library), str(SHIM)], check=True, timeout=60
        )

    @property
    def settings(self) -> dict[str, str]:
        slow = str(int(SLOW * 1e6))
        return {"LD_PRELOAD": str(self._library), "WEFT_DURABLE": str(self._folder), "WEFT_DURABLE_SLOW": slow}

    def cut(self, installation: Installation, chance: random.Random) -> int:
        """How many sectors were not as they had been written."""
        weft = installation.weft
        children = weft.processes()
        weft.process.kill()
        weft.process.wait()
        for child in children:
            if child.is_running():
                child.kill()
        psutil.wait_procs(children, timeout=10)
        return self.lose(weft.home, chance)

    def lose(self, home: Path, chance: random.Random) -> int:
        """What nobody has open any more, as a disk might give it back."""
        (home / "weft.sqlite3-shm").unlink(missing_ok=True)
        return sum(self._lose(home / name, self._folder / name, chance) for name in FILES)

    def on_again(self, installation: Installation) -> None:
        weft = installation.weft
        for name in FILES:  # whoever looked at the database meanwhile has recovered it, and synced that unseen
            (self._folder / name).unlink(missing_ok=True)
            if (weft.home / name).exists():
                shutil.copy(weft.home / name, self._folder / name)
        weft.environment["PORT"] = weft.url.rpartition(":")[2]
        weft.start()

    @staticmethod
    def _lose(file: Path, synced: Path, chance: random.Random) -> int:
        if not file.exists():
            return 0
        written, durable, lost = file.read_bytes(), synced.read_bytes() if synced.exists() else b"", 0
        found = bytearray(durable)
        for at in range(0, max(len(written), len(durable)), SECTOR):
            now, then = written[at : at + SECTOR], durable[at : at + SECTOR]
            if now == then or not now:
                continue
            if chance.random() < 0.5:
                found[len(found) :] = bytes(max(0, at - len(found)))  # a hole reads as zeros
                found[at : at + SECTOR] = now
            else:
                lost += 1
        file.write_bytes(found)
        return lost
