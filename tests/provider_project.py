"""A project of somebody's own, which has installed `@weft/provider` and whatever else it names.

One copy of Yjs in it, whoever imports it: two copies in one program don't know each other's types.
"""

import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.running import ROOT

FRONTEND = ROOT / "frontend"
NODE = shutil.which("node") or str(ROOT / ".venv/bin/node")


@cache
def _built() -> Path:
    """The package as others get it, built once for this run of the tests."""
    subprocess.run([NODE, "provider/build.mjs"], cwd=FRONTEND, check=True, timeout=120)
    return FRONTEND / "provider"


def make_project(folder: Path, *packages: str) -> Path:
    package = folder / "node_modules" / "@weft" / "provider"
    shutil.copytree(_built() / "dist", package / "dist")
    shutil.copy(_built() / "package.json", package)
    for name in packages:
        link = folder / "node_modules" / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(FRONTEND / "node_modules" / name)
    (folder / "package.json").write_text('{"type": "module"}')
    return folder
