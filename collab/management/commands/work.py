from typing import Any

from django.core.management.base import BaseCommand

from collab.launch.worker import work


class Command(BaseCommand):
    help = "Runs the background worker, for those who let another supervisor than `serve` watch it."

    def handle(self, *args: Any, **options: Any) -> None:
        work()
