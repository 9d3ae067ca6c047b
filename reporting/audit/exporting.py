"""Asks for an export of the ledger, makes its file, and keeps it for a day for the one who asked.

The files lie below ``DATA_DIR``, readable by the application alone.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.exchange import storage
from commitments.jobs import enqueue
from commitments.models import Job, JobState, LedgerSeal, Transfer, User
from commitments.permissions import Verb, require
from commitments.workflow.exchange import FileFacts, Taken, note_export
from commitments.workflow.steps import day
from reporting.audit.export import Export, Nobody, Period, Progress
from reporting.audit.withheld import Reader

KIND = "export-ledger"
"""Kind of the job that makes the file of a period."""

KEPT_FOR = timedelta(days=1)
SUBJECT = "ledger"


@dataclass(frozen=True)
class Made:
    """A file that was written: its facts and what stands in it."""

    size: int
    sha256: str
    entries: int
    withheld: int
    holds_protected: bool


def folder() -> Path:
    found = Path(settings.DATA_DIR) / "ledger-exports"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def path_of(job: Job) -> Path:
    return folder() / f"{job.pk}.jsonl"


def file_name(period: Period) -> str:
    parts = [each.isoformat() for each in (period.first, period.last) if each]
    return "-".join(["rechenschaft-ledger", *parts]) + ".jsonl"


@transaction.atomic
def ask_for_export(period: Period, *, actor: User, at: datetime) -> Job:
    """Have the file of a period made. Raises ValidationError where nothing is sealed yet."""
    require(actor, Verb.READ_LEDGER, on=day(at))
    require(actor, Verb.EXPORT, on=day(at))
    _last_seal()
    return enqueue(KIND, asked_by=actor, **arguments_of(period))


def arguments_of(period: Period) -> dict[str, Any]:
    first, last = (each.isoformat() if each else "" for each in (period.first, period.last))
    return {"first": first, "last": last, "kinds": list(period.kinds)}


def period_of(arguments: Mapping[str, Any]) -> Period:
    first, last = (date.fromisoformat(arguments[name]) if arguments[name] else None for name in ("first", "last"))
    return Period(first, last, tuple(arguments["kinds"]))


def make(job: Job, progress: Progress, *, at: datetime) -> Transfer:
    """Write the file of a job and note who took what out; a second run finds it written."""
    path = path_of(job)
    if path.exists():
        told = storage.digest_of(storage.file_chunks(path))
        return Transfer.objects.filter(subject=SUBJECT, by=job.asked_by, sha256=told).latest("pk")
    assert job.asked_by is not None  # nobody but a person asks
    period = period_of(job.arguments)
    draft = path.with_suffix(".part")
    made = write(draft, period, job.asked_by, progress)
    query = urlencode({"from": job.arguments["first"], "to": job.arguments["last"], "kind": ",".join(period.kinds)})
    facts = FileFacts(file_name(period), made.size, made.sha256)
    with transaction.atomic():
        taken = Taken(made.entries, query, made.holds_protected)
        noted = note_export(SUBJECT, facts, taken, actor=job.asked_by, at=at)
        draft.replace(path)
    return noted


def write(path: Path, period: Period, reader: Reader | None, progress: Progress) -> Made:
    """Write an export line by line, whatever its size; whoever is nobody in particular sees nothing protected."""
    export = Export(period, reader or Nobody(), _last_seal())
    told, size = sha256(), 0
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - with its mode
        for line in export.lines(progress):
            file.write(line)
            told.update(line)
            size += len(line)
    counts = export.counts
    return Made(size, told.hexdigest(), counts.entries, counts.withheld, counts.holds_protected)


def _last_seal() -> LedgerSeal:
    seal = LedgerSeal.objects.order_by("-pk").first()
    if seal is None or not seal.size:
        raise ValidationError(
            _("Nothing has been sealed yet, so nothing could be proved. The next seal is set tonight.")
        )
    return seal


def files_of(user: User) -> list[Job]:
    """The exports that somebody asked for and that have not expired, the latest first."""
    return list(Job.objects.filter(kind=KIND, asked_by=user).order_by("-asked_at")[:5])


def is_there(job: Job) -> bool:
    return job.state == JobState.DONE and path_of(job).exists()


def holds_protected(job: Job) -> bool:
    """Whether a finished file holds what only some may see."""
    return bool(job.result.get("holds_protected"))


def expire(now: datetime) -> int:
    """Remove files that are older than a day; the number removed."""
    before = (now - KEPT_FOR).timestamp()
    return _remove([path for path in folder().iterdir() if path.stat().st_mtime < before])


def remove_all() -> int:
    """Remove every file, finished or not: after an erasure it would still say what was erased."""
    return _remove(list(folder().iterdir()))


def _remove(paths: list[Path]) -> int:
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)
