"""What is counted here and what it is called: every drop, refusal, heal and resync has a name in this catalogue.

To count costs a dictionary's lookup: `COUNTERS["entries"] += 1`. Where a metric has labels, the key goes on with their
values: `COUNTERS["refused_crowd"]` is `weft_refused_total{reason="crowd"}`. Each process has its own numbers; how those
of all processes come together is `collab.watching`'s.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

COUNTERS: Counter[str] = Counter()

Kind = Literal["counter", "gauge", "histogram"]
Process = Literal["web", "worker", "every"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""With 15 ms among them: past that, a hot document's p99 would call for another design."""
SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0)


@dataclass(frozen=True, slots=True)
class Metric:
    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """Label values known beforehand. They begin at zero: of a series that begins at one, no rate is ever seen."""
    process: Process = "web"
    bounds: tuple[float, ...] = SECONDS

    @property
    def full_name(self) -> str:
        return f"weft_{self.name}" + ("_total" if self.kind == "counter" else "")


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a metric. `suffix` is a histogram's `_bucket`, `_sum` or `_count`."""

    suffix: str
    labels: tuple[tuple[str, str], ...]
    value: float


class Histogram:
    """How often a value was in which range. To observe one costs 0.3 µs."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def samples(self, labels: tuple[tuple[str, str], ...]) -> Iterable[Sample]:
        below = 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            below += count
            yield Sample("_bucket", (*labels, ("le", "+Inf" if bound == float("inf") else f"{bound:g}")), below)
        yield Sample("_sum", labels, self.total)
        yield Sample("_count", labels, below)


# --- the catalogue: docs/operating.md lists the same, and a test compares ---

NOT_LIVE = (
    "upgrade_blocked",
    "frames_swallowed",
    "connection_cut",
    "stream_buffered",
    "signed_out",
    "no_right",
    "gone",
    "too_large",
    "out_of_date",
    "restarting",
    "overloaded",
    "server_error",
    "offline",
    "server_unreachable",
    "database_down",
)
"""Why a browser may not be live: the codes of frontend/src/sync/diagnosis.ts."""

CATALOGUE = (
    # What is open
    Metric("rooms", "gauge", "Documents open in the process"),
    Metric("rooms_large", "gauge", "Open documents past LIMIT_DOCUMENT_WARN_BYTES"),
    Metric("rooms_full", "gauge", "Open documents past LIMIT_DOCUMENT_BYTES, which take no more edits"),
    Metric(
        "sessions",
        "gauge",
        "Connections to documents, by transport",
        ("transport",),
        ("websocket", "sse", "poll", "hocuspocus"),
    ),
    Metric("listeners", "gauge", "Sign-ins that listen to their own events without a socket"),
    Metric(
        "joined",
        "counter",
        "Connections that got a session, by transport",
        ("transport",),
        ("websocket", "sse", "poll", "events_sse", "hocuspocus"),
    ),
    Metric("rooms_opened", "counter", "Documents loaded into the process"),
    Metric("queue_bytes", "gauge", "Bytes waiting in all outboxes for clients that read slowly"),
    Metric("queue_bytes_longest", "gauge", "Bytes waiting in the fullest outbox"),
    Metric("unsaved_bytes", "gauge", "Bytes of edits that wait for the database to come back"),
    # From an edit to its ack
    Metric("entries", "counter", "Entries committed to logs"),
    Metric("commits", "counter", "Transactions that committed edits"),
    Metric("ack_seconds", "histogram", "From taking an edit in to its acknowledgement, after the commit"),
    Metric("commit_seconds", "histogram", "One transaction of the writer, with the wait for its thread"),
    Metric("batch_updates", "histogram", "Edits in one transaction", bounds=SIZES),
    Metric("commit_failed", "counter", "Commits that the database did not take: kept, and tried again"),
    Metric("commit_refused", "counter", "Commits with something in them that can't be stored: taken apart"),
    Metric("log_lag_entries", "gauge", "Entries the database had and the room had not, at the last look; the worst"),
    Metric("look_failed", "counter", "Looks at the logs' heads that the database did not answer"),
    # What was turned away
    Metric(
        "refused",
        "counter",
        "Edits, frames, bodies and connections turned away, by reason: a word, or the close code of a refused join",
        ("reason",),
        (
            "read_only",
            "at_commit",
            "document_size",
            "unsaved",
            "update_size",
            "frame_size",
            "too_large",
            "slow_body",
            "crowd",
            "documents_per_socket",
            "waiting_bytes",
            "awareness",
            "1012",
            "1013",
            "4401",
            "4404",
            "4426",
        ),
    ),
    Metric("malformed", "counter", "Frames and bodies that the codec or the guard could not read"),
    Metric("throttled", "counter", "Times that a client past its rate had to wait"),
    Metric(
        "closed",
        "counter",
        "Sessions ended by the server, by close code",
        ("code",),
        ("1011", "1012", "1013", "4401", "4403", "4404", "4413", "4503", "4509"),
    ),
    Metric("rights_found_changed", "counter", "Changes of rights that were found in the log's row, not heard of"),
    # Readers that are slow
    Metric("outbox_overflows", "counter", "Outboxes that grew past their limit and were dropped"),
    Metric("caught_up_slow_reader", "counter", "Clients brought up to date by one update after that"),
    Metric("outbox_stuck", "counter", "Clients cut off because one message made no progress"),
    # Between processes
    Metric("relay_healthy", "gauge", "1 while the process hears the others by Redis"),
    Metric("relay_lag_seconds", "gauge", "A message's way through Redis and back to its sender, measured every 5 s"),
    Metric("relay_pending", "gauge", "Messages waiting to be sent to Redis"),
    Metric("relay_lost", "counter", "Tries to hear the others that failed or broke off"),
    Metric("relay_restored", "counter", "Times that hearing the others began again"),
    Metric("relay_dropped", "counter", "Messages to other processes that could not be sent"),
    Metric("relay_faults", "counter", "Messages of other processes that could not be taken"),
    Metric("relay_subscribe_failed", "counter", "Documents opened without Redis confirming the subscription"),
    Metric("gaps", "counter", "Entries that came out of order and whose predecessors did not come"),
    Metric("catch_ups", "counter", "Readings of the log for what was missing"),
    Metric("resyncs", "counter", "Documents loaded anew, below the log's floor or in another epoch"),
    Metric("stored_but_unreadable", "counter", "Entries of the log that the guard could not read"),
    Metric("room_faults", "counter", "Unexpected faults in a room's own tasks"),
    # Without a socket
    Metric("syncs", "counter", "Syncs by a single request"),
    Metric("pushes", "counter", "Edits taken by a single request"),
    Metric("pushes_joined", "counter", "Pushes sent again while the first was still under way"),
    Metric("polls_resumed", "counter", "Polls that found their session still here"),
    Metric("vouched", "counter", "Requests let in by a session of the same client"),
    Metric("http_failures", "counter", "Errors answered below /sync/ and /events, by their word", ("word",)),
    Metric(
        "not_live",
        "counter",
        "Why browsers were not live, or not by a WebSocket, as they say when they come back",
        ("reason",),
        NOT_LIVE,
    ),
    # HTTP
    Metric("http_requests", "counter", "HTTP requests answered, by kind and status", ("route", "status")),
    Metric("http_seconds", "histogram", "Time to answer, by kind; held polls and streams are left out", ("route",)),
    Metric(
        "outages_told", "counter", "Requests answered with 503, by what was away", ("missing",), ("database", "redis")
    ),
    # The process
    Metric("loop_delay_seconds", "histogram", "How much too late the event loop came to a task, asked twice a second"),
    Metric("process_cpu_seconds", "counter", "CPU time used", process="every"),
    Metric("process_resident_bytes", "gauge", "Memory in use", process="every"),
    Metric("process_open_fds", "gauge", "Open file descriptors", process="every"),
    Metric("process_started_seconds", "gauge", "When the process started, in Unix time", process="every"),
    Metric("database_pool_connections", "gauge", "PostgreSQL connections the process holds"),
    Metric("database_pool_free", "gauge", "Those of them that nobody uses"),
    Metric("database_pool_waiting", "gauge", "Threads that wait for a connection"),
    # The worker
    Metric(
        "jobs",
        "counter",
        "Background jobs that ended, by kind and outcome",
        ("job", "outcome"),
        tuple(f"{job}_{outcome}" for job in ("derive", "compact", "trim") for outcome in ("done", "failed")),
        process="worker",
    ),
    Metric("job_seconds", "histogram", "How long background jobs took, by kind", ("job",), process="worker"),
    Metric(
        "derive_lag_documents", "gauge", "Documents whose title and text are older than their log", process="worker"
    ),
    Metric("derive_lag_seconds", "gauge", "How long ago the longest waiting of them was edited last", process="worker"),
    Metric("compact_lag_entries", "gauge", "Entries of the longest tail that no snapshot covers", process="worker"),
    Metric("documents_needing_attention", "gauge", "Documents that a job could not read", process="worker"),
    Metric("redis_memory_bytes", "gauge", "Memory that Redis or Valkey uses", process="worker"),
    Metric("redis_clients", "gauge", "Connections to it", process="worker"),
    # What other programs publish
    Metric(
        "publish",
        "counter",
        "Envelopes of other programs, by what became of them; those refused as `refused_` and why",
        ("event",),
        (
            "accepted",
            "replayed",
            "redelivered",
            "dead",
            "waited",
            "failed",
            "claimed",
            "stream_lost",
            *(
                f"refused_{reason}"
                for reason in (
                    "malformed",
                    "bad_signature",
                    "too_old",
                    "too_large",
                    "unknown_kind",
                    "unknown_recipient",
                )
            ),
        ),
    ),
    # Hocuspocus providers
    Metric(
        "hocuspocus", "counter", "What happened on their sockets besides", ("event",), ("stateless_dropped", "idle")
    ),
)

_BY_NAME = {metric.name: metric for metric in CATALOGUE}
_HISTOGRAMS: dict[str, Histogram] = {}


def histogram(key: str) -> Histogram:
    """The one of that name; keep it where it is used often."""
    found = _HISTOGRAMS.get(key)
    if found is None:
        metric, _ = named(key)
        found = _HISTOGRAMS[key] = Histogram(metric.bounds)
    return found


def named(key: str) -> tuple[Metric, tuple[tuple[str, str], ...]]:
    """The metric that a key counts in, and its labels. Raises KeyError for one that isn't in the catalogue."""
    name = key
    while (metric := _BY_NAME.get(name)) is None or bool(metric.labels) != (name != key):
        name, cut, _ = name.rpartition("_")
        if not cut:
            raise KeyError(key)
    if name == key:
        return metric, ()
    values = key[len(name) + 1 :].rsplit("_", len(metric.labels) - 1)
    return metric, tuple(zip(metric.labels, values, strict=True))


def samples(process: Process, numbers: Mapping[str, float]) -> dict[str, list[Sample]]:
    """All numbers of this process by metric: what it counted and observed, and `numbers`, its gauges, by key. What
    nobody gave a place in the catalogue is left out, which a test notices."""
    known = dict.fromkeys(
        key
        for metric in CATALOGUE
        if metric.kind == "counter" and metric.process == process
        for key in ([f"{metric.name}_{value}" for value in metric.values] if metric.labels else [metric.name])
    )
    found: dict[str, list[Sample]] = {}
    for key, value in {**dict.fromkeys(known, 0), **COUNTERS, **numbers}.items():
        try:
            metric, labels = named(key)
        except KeyError:
            continue
        found.setdefault(metric.name, []).append(Sample("", labels, value))
    for metric in CATALOGUE:
        if metric.kind == "histogram" and metric.process == process and not metric.labels:
            histogram(metric.name)
    for key, counted in list(_HISTOGRAMS.items()):
        metric, labels = named(key)
        if metric.process != process:
            continue  # made by an import, in a process that never observes it
        found.setdefault(metric.name, []).extend(counted.samples(labels))
    return found


def exposition(processes: Iterable[tuple[str, int, Mapping[str, Sequence[Sample]]]]) -> str:
    """Prometheus' text format of the numbers of several processes: (kind, process id, samples)."""
    lines: dict[str, list[str]] = {}
    for process, pid, found in processes:
        for name, numbers in found.items():
            if name not in _BY_NAME:
                continue  # of a process of another version, during an update
            full_name = _BY_NAME[name].full_name
            for sample in numbers:
                labels = ",".join(
                    f'{label}="{_escaped(value)}"'
                    for label, value in (("process", process), ("pid", str(pid)), *sample.labels)
                )
                lines.setdefault(name, []).append(f"{full_name}{sample.suffix}{{{labels}}} {sample.value:.15g}")
    out = []
    for metric in CATALOGUE:
        if metric.name in lines:
            out += [f"# HELP {metric.full_name} {metric.help}", f"# TYPE {metric.full_name} {metric.kind}"]
            out += lines[metric.name]
    return "\n".join(out) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
