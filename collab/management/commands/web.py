import socket
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from collab.launch import web
from collab.launch.children import follow_lifeline
from collab.launch.supervisor import CannotListen, listen


class Command(BaseCommand):
    help = "Runs one web process. `serve` starts it with the socket it listens on; alone it takes HOST and PORT."
    requires_system_checks = ()  # `serve` has made them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fd", type=int, help="a listening socket inherited from the parent")

    def handle(self, *args: Any, fd: int | None = None, **options: Any) -> None:
        follow_lifeline()
        try:
            listening = listen(settings.HOST, settings.PORT) if fd is None else socket.socket(fileno=fd)
        except CannotListen as refusal:
            raise CommandError(str(refusal)) from None
        web.serve(listening)
