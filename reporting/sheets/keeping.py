"""Asks for a sheet, has it drawn, and keeps the file for a day for the one who asked.

Sheets are drawn from released editions alone, for the roles that take out data; a contact or releasing person has the
sheet of their own unit. The files lie below ``DATA_DIR``, readable by the application alone.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.jobs import Progress, enqueue
from commitments.models import Job, JobState, OrganisationalUnit, Transfer, User
from commitments.permissions import Verb, can, require
from commitments.workflow.exchange import FileFacts, Taken, note_export
from commitments.workflow.steps import day
from reporting import printing
from reporting.locking import holds_erased, is_locked
from reporting.models import EditionState, ReportEdition
from reporting.sheets import drawing
from reporting.sheets.drawing import Order

KIND = "render-sheet"
"""Kind of the job that draws one sheet."""

KEPT_FOR = timedelta(days=1)
SUBJECT = "sheets"
SHOWN = 10
RELEASED = (EditionState.RELEASED, EditionState.SUPERSEDED)
"""Editions whose content is stored and public."""


@dataclass(frozen=True)
class Concerned:
    """What a sheet is about, as permissions ask it: the unit of a unit's sheet, and no unit for all others."""

    units: frozenset[int] = frozenset()

    @property
    def responsible_unit_ids(self) -> frozenset[int]:
        return self.units


def concerned_by(order: Order) -> Concerned:
    if order.kind != "unit":
        return Concerned()
    return Concerned(frozenset(OrganisationalUnit.objects.filter(key=order.subject).values_list("pk", flat=True)))


def may_ask(user: User, order: Order, at: datetime) -> bool:
    return can(user, Verb.DRAW_SHEET, concerned_by(order), on=day(at))


@transaction.atomic
def ask_for_sheet(edition: ReportEdition, order: Order, *, actor: User, at: datetime) -> Job:
    """Have a sheet drawn. While the same one is being drawn for the same person, that job is the answer."""
    require(actor, Verb.DRAW_SHEET, concerned_by(order), on=day(at))
    if edition.state not in RELEASED:
        raise ValidationError(_("Sheets are drawn from released editions alone."))
    _refuse_locked(edition, actor)
    order.check(printing.content_of(edition))
    same = {f"arguments__{name}": value for name, value in order.arguments.items()}
    waiting = Job.objects.filter(kind=KIND, asked_by=actor, state__in=(JobState.QUEUED, JobState.RUNNING))
    found = waiting.filter(arguments__edition=edition.pk, **same).first()
    return found or enqueue(KIND, asked_by=actor, edition=edition.pk, **order.arguments)


def _refuse_locked(edition: ReportEdition, reader: User) -> None:
    """Rule 10 for the past: the stored content may hold what was erased or protected since."""
    if is_withheld(edition, reader):
        raise ValidationError(
            _("This edition is locked: it holds content that was erased or protected since. Ask for a redacted one.")
        )


def is_withheld(edition: ReportEdition, reader: User) -> bool:
    released = edition.released_at
    return holds_erased(edition) or (released is not None and is_locked(reader, released))


def make(job: Job, progress: Progress, *, at: datetime) -> Transfer:
    """Draw the sheet of a job and note who took what out; a second run finds it drawn."""
    order, edition, path = order_of(job.arguments), edition_of(job), path_of(job)
    assert job.asked_by is not None  # nobody but a person asks
    if path.exists():
        told = sha256(path.read_bytes()).hexdigest()
        return Transfer.objects.filter(subject=SUBJECT, by=job.asked_by, sha256=told).latest("pk")
    _refuse_locked(edition, job.asked_by)
    sheet, stamp = drawing.sheet_of(edition, order)
    drawn = drawing.draw(sheet, stamp, order, progress)
    facts = FileFacts(drawing.file_name(edition, order), len(drawn.data), sha256(drawn.data).hexdigest())
    draft = path.with_suffix(".part")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - with its mode
        file.write(drawn.data)
    with transaction.atomic():
        noted = note_export(SUBJECT, facts, Taken(1, "", holds_protected=False), actor=job.asked_by, at=at)
        draft.replace(path)
    return noted


def order_of(arguments: Mapping[str, Any]) -> Order:
    kind, *rest = (str(arguments[name]) for name in ("sheet", "subject", "language", "form"))
    return Order(kind, *rest)


def edition_of(job: Job) -> ReportEdition:
    rows = ReportEdition.objects.select_related("cycle__scale", "freeze_seal")
    return rows.get(pk=job.arguments["edition"])


def folder() -> Path:
    found = Path(settings.DATA_DIR) / "sheets"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def path_of(job: Job) -> Path:
    """Named by the job alone, whatever the subject is called."""
    return folder() / f"{job.pk}.file"


def files_of(user: User, edition: ReportEdition) -> list[Job]:
    """The sheets that somebody asked for, the latest first."""
    rows = Job.objects.filter(kind=KIND, asked_by=user, arguments__edition=edition.pk)
    return list(rows.order_by("-asked_at")[:SHOWN])


def is_there(job: Job) -> bool:
    return job.state == JobState.DONE and path_of(job).exists()


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
