from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import F
from django.template.defaultfilters import filesizeformat

from documents import actions
from documents.errors import WeftError
from documents.models import Document


class Command(BaseCommand):
    help = (
        "Stores documents in as few bytes as their content takes, also beside a running server: what was deleted goes, "
        "and one that was full takes edits again if that made room. The worker does it by itself when it is worth it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("documents", nargs="+", type=UUID, metavar="ID")

    def handle(self, *, documents: list[UUID], **options: Any) -> None:
        chosen = Document.objects.filter(pk__in=documents).annotate(stored_bytes=F("log__size_bytes"))
        failed = len(set(documents)) - chosen.count()
        for document in chosen.order_by("pk"):
            try:
                size = actions.compact_document(by=None, document=document)
            except WeftError as refusal:
                failed += 1
                self.stderr.write(f"{document.pk} “{document}”: {refusal.message}")
            else:
                before, after = filesizeformat(document.stored_bytes), filesizeformat(size)
                self.stdout.write(f"{document.pk} “{document}”: {before} before, {after} now")
        if failed:
            raise CommandError(f"{failed} of these documents do not exist, or can't be read.")
