"""Every limit of a running Weft, in one table: what it bounds, its unit in its name, and its default.

Each is overridden by an environment variable of the same name: `LIMIT_` + the field in capitals. What happens when a
limit is reached belongs to the module that enforces it; docs/operating.md lists both for operators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Limits:
    # One client
    frame_bytes: int = 1_000_000
    updates_per_second: int = 60
    updates_burst: int = 240
    bytes_per_second: int = 262_144
    bytes_burst: int = 1_048_576
    messages_per_second: int = 100
    messages_burst: int = 400
    awareness_bytes: int = 4_096
    handshake_seconds: float = 10.0
    # What waits for a client that reads slowly. Pings don't find a peer whose send blocks, hence a deadline of our own.
    outbox_bytes: int = 1_000_000
    send_deadline_seconds: float = 10.0
    # One socket that carries many documents
    documents_per_socket: int = 50
    waiting_bytes: int = 1_000_000
    # One document
    sockets_per_user_document: int = 8
    sockets_per_document: int = 200
    document_warn_bytes: int = 50_000_000
    document_bytes: int = 100_000_000
    # How long an entry outlives the snapshot that covers it: the time there is to find and mend a bad compaction.
    entries_kept_seconds: int = 86_400
    # Edits kept in memory for a document while the database doesn't answer; past that it turns read-only.
    unsaved_bytes: int = 8_000_000
    # One HTTP request's body, uploads aside
    request_bytes: int = 5_000_000
    # One envelope of what other programs publish
    publish_bytes: int = 65_536
    # The API: one person, or one address as long as nobody is signed in
    requests_per_minute: int = 1_200
    exports_per_minute: int = 120  # each replays a document
    invitations_per_hour: int = 100  # each may send an e-mail
    bad_tokens_per_minute: int = 60
    # The sign-in page: one address; and one account, whoever tries, as often in five minutes
    sign_ins_per_minute: int = 30
    bad_passwords_per_minute: int = 10
    bad_passwords_per_account: int = 5
    sign_ups_per_minute: int = 20
    resets_per_minute: int = 20
    # How long the audit log remembers. It holds people's addresses on the network, so not for ever.
    audit_kept_days: int = 730
    # One background job. It runs in a process of its own, so that reaching either bound costs that job alone.
    job_seconds: int = 120
    job_memory_bytes: int = 2_000_000_000

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Limits:
        """The defaults, with every `LIMIT_…` in the environment put over them. An unknown one is an error: a misspelt
        limit that silently isn't one would be found out too late."""
        known = {variable_of(field.name): field for field in fields(cls)}
        changed: dict[str, int | float] = {}
        for variable, text in environment.items():
            if not variable.startswith("LIMIT_"):
                continue
            if variable not in known:
                raise ValueError(f"{variable} is not a limit of Weft; there are {', '.join(sorted(known))}")
            field = known[variable]
            number = float if field.name.endswith("_seconds") and isinstance(field.default, float) else int
            try:
                value = number(text.replace("_", ""))
            except ValueError:
                raise ValueError(f"{variable} must be a number, not {text!r}") from None
            if value <= 0:
                raise ValueError(f"{variable} must be above zero, not {text}")
            changed[field.name] = value
        return cls(**changed)  # type: ignore[arg-type]  # each value was made by its own field's type


def variable_of(field_name: str) -> str:
    return f"LIMIT_{field_name.upper()}"
