from typing import Any

from django.core.management.base import BaseCommand, CommandError

from collab.launch.alone import NotAlone, database_shared
from collab.launch.worker import work


class Command(BaseCommand):
    help = "Runs the background worker, for those who let another supervisor than `serve` watch it."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with database_shared():
                work()
        except NotAlone as refusal:
            raise CommandError(str(refusal)) from None
