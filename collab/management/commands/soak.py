import os
import subprocess
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

PREPARE = "collab/launch/prepare.py"


class Command(BaseCommand):
    help = (
        "Soaks a Weft of its own, on a home under /tmp: people come and go in 60 rooms while processes are killed. The "
        "exit code says whether all was kept and nothing grew. Needs a checkout with its tests."
    )
    requires_system_checks = ()  # nothing here touches this installation

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=30.0)
        parser.add_argument("--rooms", type=int, default=60)
        parser.add_argument("--seed", type=int, default=0, help="another order of events")
        parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")

    def handle(self, *, minutes: float, rooms: int, seed: int, database: str, **options: Any) -> None:
        root = settings.BASE_DIR
        if not (root / "tests" / "faults" / "soak.py").exists():
            raise CommandError(
                "The tests aren't here, and the soak is one of them. A clone of the repository has both."
            )
        python, environment = sys.executable, {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        subprocess.run([python, PREPARE, "python-dev", "pages", "static"], cwd=root, check=True)  # noqa: S603
        node = subprocess.run([python, PREPARE, "which-node"], cwd=root, check=True, stdout=subprocess.PIPE)  # noqa: S603
        environment["PATH"] = f"{os.path.dirname(os.fsdecode(node.stdout.strip()))}{os.pathsep}{environment['PATH']}"
        chosen = ["--minutes", str(minutes), "--rooms", str(rooms), "--seed", str(seed), "--database", database]
        done = subprocess.run([python, "-m", "tests.faults.soak", *chosen], cwd=root, env=environment, check=False)  # noqa: S603
        sys.exit(done.returncode)
