import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from collab.backup import Refused
from collab.backup.archive import Manifest
from collab.backup.restoring import acceptable, is_in_use, restore
from collab.launch.alone import NotAlone, alone
from documents.actions.audit import record
from documents.management.progress import Progress


class Command(BaseCommand):
    help = "Puts a backup in the place of the database, with its uploads and keys, then verifies every document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="a file that `backup` made")
        parser.add_argument(
            "--replace", action="store_true", help="also where there is work already; it is kept beside"
        )
        parser.add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *, path: Path, replace: bool, yes: bool, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        try:
            with alone():
                self._restore(path.expanduser(), replace, yes)
        except (Refused, NotAlone) as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as fault:
            raise CommandError(f"The backup could not be restored: {fault}") from None

    def _restore(self, path: Path, replace: bool, yes: bool) -> None:
        manifest = acceptable(path)
        counts = ", ".join(f"{count:,} {name}" for name, count in manifest.counts.items())
        self.stdout.write(f"The backup of {manifest.made_at}: {counts}.")
        if is_in_use():
            if not replace:
                raise Refused("There are accounts or documents already. With --replace they are replaced, and kept.")
            self._ask(yes)
        with Progress("") as progress:
            told = restore(path, manifest, progress.of)
        self.stdout.write("Restored.")
        for line in told:
            self.stdout.write(line)
        call_command("migrate", verbosity=0, interactive=False)
        self._record(manifest)
        try:
            call_command("verify_documents", stdout=self.stdout, stderr=self.stderr)
        except CommandError as fault:
            raise CommandError(f"{fault} The backup is restored as it was, faults included.") from None

    def _ask(self, yes: bool) -> None:
        if yes:
            return
        if not sys.stdin.isatty():
            raise Refused("What is there would be replaced. Say --yes where nobody can be asked.")
        if input("Replace what is there with this backup? It is kept beside. Type yes: ").strip().lower() != "yes":
            raise Refused("Nothing has changed.")

    def _record(self, manifest: Manifest) -> None:
        record("backup.restored", by=None, made_at=manifest.made_at)
        connections.close_all()
