import gc
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any, TextIO

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from setproctitle import setproctitle

from collab.accounts.first_admin import first_admin_url
from collab.launch import valkey, web, worker
from collab.launch.alone import NotAlone, alone
from collab.launch.children import Child
from collab.launch.supervisor import CannotListen, Supervisor, address, answers_ready, listen
from documents.models import User


class Command(BaseCommand):
    help = "Runs everything: Valkey (unless REDIS_URL names a server), the web processes and the worker."
    requires_system_checks = ()  # they take as long as the rest of a start; `./test` makes them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make a demo workspace with two people first")

    def handle(self, *args: Any, demo: bool = False, **options: Any) -> None:
        try:
            with alone() as notes:
                self.run(notes, demo)
        except (NotAlone, CannotListen, valkey.ValkeyDidNotStart) as refusal:
            raise CommandError(str(refusal)) from None

    def run(self, notes: Sequence[TextIO], demo: bool) -> None:
        supervisor = Supervisor(say=self.say)
        listening = listen(settings.HOST, settings.PORT)
        here = address(listening)
        for note in notes:
            print(f"{here} (process {os.getpid()})", file=note, flush=True)
        if not settings.PORT:
            settings.SITE_URL = here  # the kernel chose the port
        redis: list[Child] = []
        children: list[Child] = []
        try:
            if settings.EMBEDDED_VALKEY:
                valkey.prepare(settings.WEFT_HOME)
                redis.append(valkey.child(settings.WEFT_HOME))
                redis[0].start()
                valkey.wait_until_it_answers(settings.WEFT_HOME, redis[0])
            self.migrate()
            if demo:
                make_demo()
            welcome = None if User.objects.exists() else first_admin_url()
            leave_database()
            web.load()
            # What is imported by now is shared with every child for good: no collection need copy its pages.
            gc.collect()
            gc.freeze()
            private = [*(note.fileno() for note in notes), *supervisor.descriptors]
            for number in range(1, settings.WEB_WORKERS + 1):
                name = "The web process" if settings.WEB_WORKERS == 1 else f"Web process {number}"
                serve = partial(named, "weft web", partial(web.serve, listening))
                children.append(Child(name, serve, private, patience=6.0 + settings.DRAIN_SECONDS))
            private = [*private, listening.fileno()]
            children.append(Child("The worker", partial(named, "weft work", worker.work), private))

            def when_ready() -> None:
                self.say(f"Ready: {here}")
                if welcome:
                    self.say(f"No account yet. This link makes the first administrator, once:\n  {welcome}")

            well = supervisor.tend([*redis, *children], lambda: answers_ready(listening), when_ready)
        finally:
            supervisor.end(children, redis)
        if not well:
            raise CommandError("Weft could not start")

    def migrate(self) -> None:
        # Looking first is much faster than `migrate`, which also compares permissions and content types each time.
        executor = MigrationExecutor(connections["default"])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.say("Bringing the database up to date")
            call_command("migrate", verbosity=0, interactive=False)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def make_demo() -> None:
    """In a process of its own. Writing documents starts threads here, and the server that `sandbox` forks from: forked
    from us, the web processes would take that server for a child of theirs, and could export nothing."""
    subprocess.run([sys.executable, settings.BASE_DIR / "manage.py", "demo"], check=True)  # noqa: S603 - our own command


def leave_database() -> None:
    """Before the forks: a connection that two processes hold gives one the other's answers. Closing alone only puts it
    back into the pool, whose threads no child would have."""
    connections.close_all()
    close_pool = getattr(connections["default"], "close_pool", None)  # PostgreSQL's
    if close_pool is not None:
        close_pool()


def named(title: str, run: Any) -> None:
    setproctitle(title)
    run()
