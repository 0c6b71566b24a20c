import signal
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collab.backup import Refused
from collab.backup.saving import save, save_to
from documents.management.progress import Progress


class Command(BaseCommand):
    help = "Writes the database, the uploads and the keys into one file, consistent while people write."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path", help="a file that isn't there yet, a folder (it gets a dated name), or - for a pipe"
        )
        parser.add_argument("--without-keys", action="store_true", help="leave out secret_key and publish_key")

    def handle(self, *, path: str, without_keys: bool, **options: Any) -> None:
        # As Ctrl-C does: what isn't finished is cleared away.
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
        progress = Progress("", stream=sys.stderr)
        target = Path(path).expanduser()
        if target.is_dir():
            target /= f"weft-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"
        try:
            with progress:
                if path == "-":
                    manifest = save_to(sys.stdout.buffer, with_keys=not without_keys, report=progress.of)
                else:
                    manifest = save(target, with_keys=not without_keys, report=progress.of)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except OSError as fault:
            raise CommandError(f"The backup could not be written: {fault}") from None
        counts = ", ".join(f"{count:,} {name}" for name, count in manifest.counts.items())
        keys = "with its keys" if manifest.keys else "without keys"
        where = (
            "to standard output, unchecked" if path == "-" else f"to {target}, {target.stat().st_size:,} bytes, checked"
        )
        (self.stderr if path == "-" else self.stdout).write(f"Backed up {counts}, {keys}: {where}.")
