"""`@weft/provider` alone: built as others get it, in a folder with nothing but Yjs, against a real server."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.installation import Installation
from tests.provider_project import FRONTEND, NODE, make_project

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = make_project(tmp_path_factory.mktemp("elsewhere"), "yjs", "y-protocols", "lib0", "ws")
    for name in ("provider_package.mjs", "provider_package.ts"):
        shutil.copy(HERE / name, project)
    return project


async def run(project: Path, *arguments: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *[NODE, "provider_package.mjs", *arguments], cwd=project, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    answer: dict[str, Any] = json.loads(said)
    return answer


async def test_two_programs_write_together_with_sockets_and_without(weft: Installation, elsewhere: Path) -> None:
    document = weft.document()
    where = (weft.weft.url, document)
    ann, ben = await asyncio.gather(
        run(elsewhere, *where, weft.people["ann"]["token"], "Ann was here. ", "Ben was here", "sockets"),
        run(elsewhere, *where, weft.people["ben"]["token"], "Ben was here. ", "Ann was here"),
    )
    assert (ann["transport"], ben["transport"]) == ("websocket", "sse")
    assert (ann["user"], ben["user"]) == ("Ann", "Ben")
    assert not ann["readOnly"]
    assert ann["text"] == ben["text"] == weft.stored(document).text


def test_its_types_are_whole(elsewhere: Path) -> None:
    compiler = FRONTEND / "node_modules" / "typescript" / "bin" / "tsc"
    options = ["--strict", "--noEmit", "--target", "es2022", "--module", "node20", "--types", ""]
    done = subprocess.run(
        [NODE, str(compiler), *options, "provider_package.ts"],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
