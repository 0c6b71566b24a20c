from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from documents.models import Document
from documents.verification import faults_of


class Command(BaseCommand):
    help = (
        "Replays every document's log and checks snapshots, epochs and seqs. Names those with faults; changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("documents", nargs="*", type=UUID, metavar="ID", help="only these (default: all)")

    def handle(self, *args: Any, documents: list[UUID], **options: Any) -> None:
        chosen = Document.objects.filter(pk__in=documents) if documents else Document.objects.all()
        verified = faulty = 0
        for document_id, title in chosen.order_by("pk").values_list("pk", "title").iterator(chunk_size=500):
            verified += 1
            faults = faults_of(document_id)
            faulty += bool(faults)
            for fault in faults:
                self.stderr.write(f"{document_id} “{title or 'Untitled'}”: {fault}")
        if missing := len(set(documents)) - verified if documents else 0:
            raise CommandError(f"{missing} of these documents do not exist.")
        if faulty:
            raise CommandError(f"{faulty} of {verified} documents have faults.")
        self.stdout.write(f"{verified} documents verified, all well.")
