"""`create_token EMAIL`: let a program act as somebody. Prints the token alone, for a script to take as it is."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import actions
from documents.errors import WeftError
from documents.models import AccessToken, User


class Command(BaseCommand):
    help = "Make a personal access token for an account and print it, alone, on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        scopes = AccessToken.Scope
        parser.add_argument("email", help="of the account that the token acts as")
        parser.add_argument(
            "--scope",
            choices=scopes.values,
            default=scopes.WRITE.value,
            help="read: look only · write (the default): all that is done with documents · admin: also workspaces, "
            "their members, and tokens",
        )
        parser.add_argument("--name", default="Made on the command line", help="shown in the list of tokens")

    def handle(self, *, email: str, scope: str, name: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"No account has the e-mail address {email}.")
        try:
            _, token = actions.create_token(by=None, user=user, name=name, scope=AccessToken.Scope(scope))
        except WeftError as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(token)
