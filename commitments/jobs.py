"""Runs background work so that a worker killed at any point loses nothing, on any broker (DESIGN.md section 8).

The row is written in the transaction of the act that asks for it; the message goes out on commit. A worker takes
the job by a lease, which it renews while it reports progress. ``resume`` sends again what was never started, and
what was started by a worker that no longer renews its lease. So handlers may run twice and must be idempotent.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, IntegerField, Value, When
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from commitments.models.jobs import Job, JobState
from commitments.models.people import User

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
"""How long a silent worker is taken to be alive."""

NEVER_STARTED = timedelta(seconds=30)
"""How long a message may lie with the broker before it is sent again."""

ATTEMPTS = 5
"""How often a job whose worker died is taken up again."""


WORKERS = 20
"""So many may reach for a job at once; whoever comes too late for all of them leaves the rest to the next message."""


class Progress:
    """What a handler tells of its work, and its sign of life. Kept in the cache, so no transaction stays open."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._renewed = timezone.now()

    def __call__(self, done: int, total: int, message: str = "") -> None:
        """Report ``done`` of ``total``; raises LostError once the job is no longer this worker's."""
        cache.set(_key(self.job.pk), {"done": done, "total": total, "message": message}, timeout=3600)
        if timezone.now() - self._renewed > LEASE / 6:
            self._renew()

    def _renew(self) -> None:
        self._renewed = timezone.now()
        held = Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING, lease=self.job.lease)
        if not held.update(leased_until=self._renewed + LEASE):
            raise LostError


class LostError(Exception):
    """The job was cancelled or given to another worker; whoever notices stops without a trace."""


Handler = Callable[[dict[str, Any], Progress], dict[str, Any]]
HANDLERS: dict[str, Handler] = {}
LONG: set[str] = set()
"""Kinds of jobs that let others go first, so that nobody waits for a mail or a preview while volumes are drawn."""


def register(kind: str, handler: Handler, *, is_long: bool = False) -> None:
    """Name the handler of a kind of job; apps do so in ``AppConfig.ready()``."""
    HANDLERS[kind] = handler
    if is_long:
        LONG.add(kind)


def enqueue(kind: str, *, asked_by: User | None, **arguments: Any) -> Job:
    """Ask for a job within the transaction of the act that needs it; its message is sent on commit."""
    if kind not in HANDLERS:
        raise LookupError(f"No handler is registered for jobs of the kind “{kind}”.")
    now = timezone.now()
    job = Job.objects.create(kind=kind, arguments=arguments, asked_by=asked_by, asked_at=now, sent_at=now)
    transaction.on_commit(lambda: send(job))
    return job


def send(job: Job) -> None:
    """Hand the message to the broker. Where the broker is away, ``resume`` sends it later."""
    try:
        run.delay(str(job.pk))
    except (OSError, OperationalError) as error:
        log.warning("Job %s could not be sent and will be sent again: %s", job.pk, type(error).__name__)


def cancel(job: Job) -> bool:
    """Stop a job that is not over; True where it was stopped."""
    waiting = Job.objects.filter(pk=job.pk, state__in=(JobState.QUEUED, JobState.RUNNING))
    return bool(waiting.update(state=JobState.CANCELLED, finished_at=timezone.now(), lease=None, leased_until=None))


def with_progress(job: Job) -> Job:
    """The job with what its worker last reported."""
    if job.state == JobState.RUNNING:
        for name, value in (cache.get(_key(job.pk)) or {}).items():
            setattr(job, name, value)
    return job


@shared_task(name="commitments.jobs.run", ignore_result=True)
def run(job_id: str) -> None:
    """The one Celery task: takes a job, calls the handler of its kind, and stores how it ended."""
    job = _take(uuid.UUID(job_id))
    if job is None:
        return
    progress = Progress(job)
    try:
        with translation.override(job.asked_by.language if job.asked_by else "de"):
            result = HANDLERS[job.kind](job.arguments, progress)
    except LostError:
        return
    except ValidationError as error:
        _finish(job, JobState.FAILED, error=" ".join(error.messages))
    except Exception:
        _finish(
            job, JobState.FAILED, error=_("Something unexpected went wrong; nothing was changed. Please try again.")
        )
        raise
    else:
        _finish(job, JobState.DONE, result=result)


@shared_task(name="commitments.jobs.ask", ignore_result=True)
def ask(kind: str) -> None:
    """Ask for a recurring job; the schedule stands in the settings."""
    enqueue(kind, asked_by=None)


@shared_task(name="commitments.jobs.resume", ignore_result=True)
def resume() -> int:
    """Send again what was never started or whose worker is gone; the number of jobs sent."""
    now, sent = timezone.now(), 0
    abandoned = Job.objects.abandoned(now, now - NEVER_STARTED)
    for job in list(abandoned):
        still = abandoned.filter(pk=job.pk)  # it may have ended since, or somebody else may have taken it up
        if job.attempts >= ATTEMPTS:
            sentence = _("The worker stopped %(count)s times while it did this. Please tell the administration.")
            still.update(state=JobState.FAILED, finished_at=now, error=sentence % {"count": job.attempts}, lease=None)
        elif still.update(state=JobState.QUEUED, sent_at=now, lease=None, leased_until=None):
            send(job)
            sent += 1
    return sent


def _take(named: uuid.UUID) -> Job | None:
    """Take the job that the message names, or one that must not wait behind it: messages only ring the bell.

    One UPDATE decides who has a job, on every database.
    """
    waiting = Job.objects.filter(state=JobState.QUEUED)
    # PostgreSQL takes a bare number for the place of a column, and that is what a choice among no kinds becomes
    is_long = Case(When(kind__in=LONG or {""}, then=Value(1)), default=Value(0), output_field=IntegerField())
    is_named = Case(When(pk=named, then=Value(0)), default=Value(1), output_field=IntegerField())
    for pk in waiting.order_by(is_long, is_named, "asked_at").values_list("pk", flat=True)[:WORKERS]:
        now, lease = timezone.now(), uuid.uuid4()
        held = {"state": JobState.RUNNING, "lease": lease, "leased_until": now + LEASE}
        if waiting.filter(pk=pk).update(**held, attempts=F("attempts") + 1):
            return Job.objects.select_related("asked_by").filter(pk=pk, lease=lease).first()
    return None


def _finish(job: Job, state: JobState, *, result: dict[str, Any] | None = None, error: str = "") -> None:
    reported = cache.get(_key(job.pk)) or {}
    Job.objects.filter(pk=job.pk, lease=job.lease).update(
        state=state, finished_at=timezone.now(), result=result or {}, error=error, leased_until=None, **reported
    )
    cache.delete(_key(job.pk))


def _key(pk: uuid.UUID) -> str:
    return f"job-{pk}"
