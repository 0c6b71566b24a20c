import json
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from documents.content.yjs import NotInstalled, Yjs
from documents.management.progress import Progress
from documents.models import Document
from documents.verification import faults_of, replayable


class Command(BaseCommand):
    help = (
        "Follows every document's chain of checksums, replays its log, and checks snapshots, epochs and seqs, also "
        "beside a running server. Names those with faults; changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("documents", nargs="*", type=UUID, metavar="ID", help="only these (default: all)")
        parser.add_argument(
            "--document", action="append", type=UUID, default=[], dest="named", metavar="ID", help="the same"
        )
        parser.add_argument("--with-yjs", action="store_true", help="have real Yjs replay them too; it takes Node")
        parser.add_argument("--json", action="store_true", dest="as_json", help="the result as JSON")

    def handle(
        self, *, documents: list[UUID], named: list[UUID], with_yjs: bool, as_json: bool, **options: Any
    ) -> None:
        wanted = {*documents, *named}
        chosen = Document.objects.filter(pk__in=wanted) if wanted else Document.objects.all()
        verified = 0
        ill: list[dict[str, object]] = []
        with ExitStack() as stack:
            progress = stack.enter_context(Progress("documents verified", chosen.count()))
            try:
                yjs = stack.enter_context(Yjs()) if with_yjs else None
            except NotInstalled as refusal:
                raise CommandError(str(refusal)) from None
            for document_id, title in chosen.order_by("pk").values_list("pk", "title").iterator(chunk_size=500):
                faults = faults_of(document_id)
                if not faults and not Document.objects.filter(pk=document_id).exists():
                    continue
                if not faults and yjs is not None:
                    faults = _yjs_finds(yjs, document_id)
                verified += 1
                progress.at(verified)
                if faults:
                    ill.append({"id": str(document_id), "title": title, "faults": faults})
                if faults and not as_json:
                    progress.clear()
                    for fault in faults:
                        self.stderr.write(f"{document_id} “{title or 'Untitled'}”: {fault}")
        missing = len(wanted) - verified if wanted else 0
        if as_json:
            self.stdout.write(json.dumps({"verified": verified, "missing": missing, "faulty": ill}, ensure_ascii=False))
        if missing:
            raise CommandError(f"{missing} of these documents do not exist.")
        if ill:
            raise CommandError(f"{len(ill)} of {verified} documents have faults.")
        if not as_json:
            self.stdout.write(f"{verified} documents verified, all well.")


def _yjs_finds(yjs: Yjs, document_id: UUID) -> list[str]:
    found = replayable(document_id)
    difference = yjs.difference(*found) if found is not None else ""
    return [f"real Yjs finds that its state differs from its entries: {difference}"] if difference else []
