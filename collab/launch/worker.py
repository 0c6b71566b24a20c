"""The background worker: finds what is due in the database, and does it one job at a time in a process of its own.

What is due is always asked of the database, never remembered in Redis: a flushed queue, a killed worker and a crashed
job all mend by themselves at the next look. A job that fails is left alone for RETRY_SECONDS, so that a document that
can't be processed doesn't keep the worker from the others.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import time
from functools import partial
from types import FrameType
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import DuplicateJobError, NoSuchJobError, StopRequested
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer
from setproctitle import setproctitle

from collab import tracing
from collab.launch.children import end_with_parent
from collab.metrics import COUNTERS, histogram
from collab.watching import Watch
from documents.jobs import backlog, due_jobs

QUEUE = "weft"
LOOK_SECONDS = 1
RETRY_SECONDS = 60
JOB_NICENESS = 5
"""People who write go first. Not more: a job holds SQLite's write lock for a moment, and they would wait for it."""
BACKLOG_SECONDS = 15
"""Between two looks at how far behind everything is: they read a row of every document."""
logger = logging.getLogger(__name__)


class WeftWorker(Worker):
    """RQ's forking worker, made single-threaded: a fork beside another thread may copy a lock that is held for ever."""

    max_connection_wait_time = 2
    """RQ waits longer and longer for Redis to come back, up to a minute."""
    watch: Watch
    _horse_status: int | None = None

    def subscribe(self) -> None:
        """RQ listens for remote commands on a thread here. We send none."""

    def unsubscribe(self) -> None:
        pass

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> tuple[Job, Queue] | None:
        while True:
            enqueue_due_jobs(self.queues[0])
            self.watch.keep_sometimes()
            found = super().dequeue_job_and_maintain_ttl(LOOK_SECONDS, max_idle_time=LOOK_SECONDS)
            if found is not None:
                return found

    def procline(self, message: str) -> None:
        """RQ would write each state into the process's title; ours says what it is, for `ps` and for good."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Every job can be done again from the log, so a job under way is dropped rather than waited for."""
        if self.horse_pid:
            self.kill_horse()
        self._stop_requested = True
        raise StopRequested

    def execute_job(self, job: Job, queue: Queue) -> None:
        with tracing.about(job.id, job.args[0] if job.args else None):
            self._execute_traced(job, queue)

    def _execute_traced(self, job: Job, queue: Queue) -> None:
        started = time.monotonic()
        super().execute_job(job, queue)
        seconds = time.monotonic() - started
        kind = str(job.func_name).rpartition(".")[2]
        outcome = "done" if self._horse_status == 0 else "failed"
        COUNTERS[f"jobs_{kind}_{outcome}"] += 1
        histogram(f"job_seconds_{kind}").observe(seconds)
        level = logging.DEBUG if outcome == "done" else logging.WARNING
        logger.log(level, "%s %s", kind, outcome, extra={"job": kind, "outcome": outcome, "seconds": round(seconds, 3)})

    def perform_job(self, *details: Any) -> bool:
        """In the job's process: RQ ends it as if all were well, whatever became of the job."""
        if not super().perform_job(*details):
            os._exit(1)
        return True

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        pid, self._horse_status, usage = super().wait_for_horse()
        return pid, self._horse_status, usage

    def maintain_heartbeats(self, *details: Any) -> None:
        self.watch.keep_sometimes()
        super().maintain_heartbeats(*details)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        setproctitle(f"weft job {job.id}")
        end_with_parent(os.getppid(), signal.SIGKILL)
        os.nice(JOB_NICENESS)
        ceiling = settings.LIMITS.job_memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
        super().main_work_horse(job, queue)


def work() -> None:
    """Works until SIGTERM or SIGINT, through every outage of Redis and of the database."""
    # The pool's threads would be copied into every job's process, and each job makes its own connection anyway.
    connections["default"].settings_dict.get("OPTIONS", {}).pop("pool", None)
    redis = settings.REDIS.plain.client(socket_connect_timeout=2)
    watch = Watch("worker", _Backlog(), partial(_of_redis, redis))
    stop = _Stop()
    complained = False
    while not stop.requested:
        watch.keep_sometimes()
        try:
            redis.ping()
            complained = False
            queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
            _forget_abandoned_jobs(queue)
            worker = WeftWorker(
                [queue],
                connection=redis,
                name=f"{_this_machine()}{os.getpid()}-{time.monotonic_ns()}",
                serializer=JSONSerializer,
                job_monitoring_interval=5,
                maintenance_interval=30,
                log_job_description=False,
            )
            worker.watch = watch
            worker.work(logging_level="WARNING")
            stop.requested = stop.requested or worker._stop_requested
        except RedisError as fault:
            if not complained:
                logger.warning("Redis doesn't answer (%s); background work waits", fault)
            complained = True
            time.sleep(0.5)
        finally:
            stop.listen()
    watch.forget()


def enqueue_due_jobs(queue: Queue) -> None:
    """Puts what is due into the queue, unless it is there already, is being done, or failed a moment ago."""
    try:
        due = list(due_jobs())
    except DatabaseError as fault:
        logger.warning("The database doesn't answer (%s); background work waits", fault)
        return
    finally:
        # Before the next fork: a connection used by two processes is broken for both.
        connections.close_all()
    for name, document_id in due:
        try:
            queue.enqueue_call(
                f"documents.jobs.{name}",
                args=(str(document_id),),
                job_id=f"{name}-{document_id}",
                unique=True,
                timeout=settings.LIMITS.job_seconds,
                result_ttl=0,
                failure_ttl=RETRY_SECONDS,
            )
        except DuplicateJobError:
            continue


class _Backlog:
    """`documents.jobs.backlog`, not asked more often than it is worth; nothing while the database is away."""

    def __init__(self) -> None:
        self._asked_at = float("-inf")
        self._found: dict[str, float] = {}

    def __call__(self) -> dict[str, float]:
        if time.monotonic() - self._asked_at >= BACKLOG_SECONDS:
            self._asked_at = time.monotonic()
            try:
                self._found = backlog()
            except DatabaseError:
                self._found = {}
            finally:
                connections.close_all()  # as in enqueue_due_jobs
        return self._found


def _of_redis(redis: Redis) -> dict[str, float]:
    try:
        memory, clients = redis.info("memory"), redis.info("clients")
        return {"redis_memory_bytes": memory["used_memory"], "redis_clients": clients["connected_clients"]}
    except (RedisError, KeyError):  # away, or a provider that keeps it to itself
        return {}


def _forget_abandoned_jobs(queue: Queue) -> None:
    """Frees the names of jobs whose worker on this machine was killed; RQ by itself waits for minutes."""
    for job_id in StartedJobRegistry(queue=queue).get_job_ids(cleanup=False):
        try:
            job = Job.fetch(job_id, connection=queue.connection, serializer=JSONSerializer)
        except NoSuchJobError:
            continue
        machine, _, worker = (job.worker_name or "").rpartition(".")
        if f"{machine}." == _this_machine() and not _lives(int(worker.split("-")[0])):
            job.delete()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _this_machine() -> str:
    return f"{socket.gethostname()}."


class _Stop:
    """The wish to end, also while no RQ worker is there to hear it (it takes the signals over while it works)."""

    def __init__(self) -> None:
        self.requested = False
        self.listen()

    def listen(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._request)

    def _request(self, *details: Any) -> None:
        self.requested = True
