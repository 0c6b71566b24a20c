"""A dump of a PostgreSQL database in use, and putting one in its place, by PostgreSQL's own programs.

The dump is of one moment (pg_dump's snapshot, which the counts share). Replacing is one transaction: the schema with
the old tables gets another name, the new ones come into a new `public`; cut short anywhere, nothing has changed.
"""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import pq

from collab.backup import Refused

KEPT_SCHEMAS = "weft_replaced_"
# The worker looks at the database once a second, so whoever is at work shows within this time; and the server counts
# a session late, perhaps one that has ended already, so the first second tells nothing.
WATCH_SECONDS = 4.0
SETTLE_SECONDS = 1.0


class Server:
    """The database that Django's settings name."""

    def __init__(self, parameters: Mapping[str, object]) -> None:
        known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
        self._parameters = {name: str(value) for name, value in parameters.items() if name in known}

    def version(self) -> int:
        with closing(self._connected()) as connection:
            return connection.info.server_version

    def dump(self, target: Path, questions: dict[str, str], told: Callable[[int], None]) -> dict[str, int]:
        """Custom format; and one number for each statement, as of the same moment. `told` hears the size by now."""
        program = self._program("pg_dump")
        with closing(self._connected()) as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            answers = {name: _number(connection, question) for name, question in questions.items()}
            command = [program, "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={row[0]}"]
            # The archive compresses; twice would only take longer. And what earlier restores replaced stays here.
            command += ["--compress=0", f"--exclude-schema={KEPT_SCHEMAS}*", f"--file={target}"]
            process = subprocess.Popen(command, env=self._environment(), stderr=subprocess.PIPE)  # noqa: S603
            try:
                while True:
                    try:
                        process.wait(0.5)
                        break
                    except subprocess.TimeoutExpired:
                        told(target.stat().st_size if target.exists() else 0)
            finally:
                process.kill()
                _, said = process.communicate()
        if process.returncode:
            raise Refused(f"pg_dump failed: {said.decode(errors='replace').strip()}")
        return answers

    def check(self, dump: Path) -> None:
        """Can it be read to its end? Raises Refused."""
        command = [self._program("pg_restore"), "--file=/dev/null", str(dump)]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
        if done.returncode:
            raise Refused(f"pg_restore can't read the dump: {done.stderr.decode(errors='replace').strip()}")

    def ask(self, question: str) -> int:
        """One number."""
        with closing(self._connected()) as connection:
            return _number(connection, question)

    def tables(self) -> set[str]:
        """Of the schema where Weft's are."""
        with closing(self._connected()) as connection:
            return {row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    def must_be_left_alone(self) -> None:
        """Raises Refused when somebody else is connected, or comes within a few seconds."""
        others = (
            "SELECT pid, COALESCE(NULLIF(application_name, ''), usename::text, '?'),"
            " COALESCE(client_addr::text, 'this machine') FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        came = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
        with closing(self._connected()) as connection:
            connection.autocommit = True
            began, first = time.monotonic(), None
            while (watched := time.monotonic() - began) < WATCH_SECONDS:
                found = [f"process {pid} ({who}, from {where})" for pid, who, where in connection.execute(others)]
                row = connection.execute(came).fetchone()
                if first is None or watched < SETTLE_SECONDS:
                    first = row
                if (found and watched > SETTLE_SECONDS) or row != first:
                    who = ", ".join(found) or "somebody who comes and goes, as Weft's worker does"
                    raise Refused(f"The database is in use: {who}. Stop Weft on every machine, and close every shell.")
                time.sleep(0.1)

    def replace(self, dump: Path, statements: Sequence[str], kept: str | None) -> None:
        """The dump's tables become `public`'s, then the statements run, all or nothing; what was there is in the schema
        `kept` from now on."""
        convert, run = self._program("pg_restore"), self._program("psql")
        # Not psql's --single-transaction, which at the end of its input commits whatever came: half a restore, should
        # we be killed. Without our last word it goes away, and PostgreSQL takes everything back.
        begin = ["BEGIN"]
        if kept is not None:
            begin += [f"ALTER SCHEMA public RENAME TO {kept}", "CREATE SCHEMA public"]
        end = ["SET search_path = public", *statements, "COMMIT"]  # the dump leaves an empty search_path behind
        reading = subprocess.Popen(  # noqa: S603
            [convert, "--no-owner", "--no-privileges", "--file=-", str(dump)], stdout=subprocess.PIPE
        )
        command = [run, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--file=-"]
        with subprocess.Popen(  # noqa: S603
            command, env=self._environment(), stdin=subprocess.PIPE, stderr=subprocess.PIPE
        ) as psql:
            assert reading.stdout is not None
            assert psql.stdin is not None
            assert psql.stderr is not None
            whole = False
            with contextlib.suppress(BrokenPipeError):  # psql says why
                psql.stdin.write(_script(begin))
                shutil.copyfileobj(reading.stdout, psql.stdin, 1_048_576)
                whole = reading.wait() == 0
                if whole:
                    psql.stdin.write(_script(end))
                psql.stdin.close()
            reading.kill()
            reading.wait()
            reading.stdout.close()
            said = psql.stderr.read().decode(errors="replace").strip()
        if psql.returncode or not whole:
            raise Refused(f"PostgreSQL refused, and nothing has changed: {said or 'the dump ends too early'}")

    def _program(self, name: str) -> str:
        path = shutil.which(name)
        if path is None:
            raise Refused(
                f"{name} isn't here. It comes with PostgreSQL's client programs (on Debian and Ubuntu: apt-get install "
                f"postgresql-client), which must not be older than the server ({self.version() // 10_000})."
            )
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        newest = next((int(word.split(".")[0]) for word in said.split() if word[0].isdigit()), 0)
        if newest < self.version() // 10_000:
            raise Refused(
                f"{path} is of PostgreSQL {newest}, older than the server ({self.version() // 10_000}). Put the folder "
                "of newer client programs first in PATH."
            )
        return path

    def _environment(self) -> dict[str, str]:
        """By the environment, not by arguments, which `ps` shows to everybody."""
        names = {option.keyword.decode(): option.envvar for option in pq.Conninfo.get_defaults()}
        ours = {name.decode(): self._parameters[key] for key, name in names.items() if name and key in self._parameters}
        return {**os.environ, **ours}

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(**self._parameters)  # type: ignore[arg-type]


def _script(statements: Sequence[str]) -> bytes:
    return "".join(f"\n{statement};\n" for statement in statements).encode()


def _number(connection: psycopg.Connection, question: str) -> int:
    row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return int(row[0])
