"""`./run manage dead_letters`: what other programs published and Weft did not do, with the reason. Newest first."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from collab import publishing


class Command(BaseCommand):
    help = "Lists what was published and refused (the stream weft:publish:dead), newest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--most", type=int, default=50, help="how many to show (50)")
        parser.add_argument("--json", action="store_true", help="one JSON object a line, with the whole payload")
        parser.add_argument("--clear", action="store_true", help="forget all of them")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["clear"]:
            self.stdout.write(f"Forgot {publishing.clear_dead_letters()}.")
            return
        for letter in publishing.dead_letters(options["most"]):
            if options["json"]:
                fields = {name: getattr(letter, name) for name in letter.__slots__}
                self.stdout.write(json.dumps({**fields, "at": letter.at.isoformat()}, ensure_ascii=False))
            else:
                self.stdout.write(f"{letter.at:%Y-%m-%d %H:%M:%S}  {letter.reason:<18} {letter.message}")
                # A payload is a stranger's: nothing of it may move the terminal's cursor.
                self.stdout.write(f"                     {letter.payload[:200]!a}")
