from typing import Any

from django.core.management.base import BaseCommand

from collab.launch.children import follow_lifeline
from collab.launch.worker import work


class Command(BaseCommand):
    help = "Runs the background worker: titles, search text, sizes and compaction of documents that changed."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        follow_lifeline()
        work()
