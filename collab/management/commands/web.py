from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from collab.launch import web
from collab.launch.alone import NotAlone, database_shared
from collab.launch.supervisor import CannotListen, listen


class Command(BaseCommand):
    help = "Runs one web process on HOST and PORT, for those who let another supervisor than `serve` watch it."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with database_shared():
                web.serve(listen(settings.HOST, settings.PORT))
        except (NotAlone, CannotListen) as refusal:
            raise CommandError(str(refusal)) from None
