"""Files with a unit's answers: brought in, taken over as drafts, or discarded. Each leaves a Transfer."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Direction, OrganisationalUnit, Transfer, TransferState, User
from commitments.permissions import OfUnits, Verb, require
from commitments.workflow.exchange import FileFacts
from commitments.workflow.steps import locked
from reviews.models import ReviewCycle
from reviews.workflow.steps import day_of, locked_cycle, require_running

SUBJECT = "answers"
WAITING = (TransferState.CHECKED, TransferState.REFUSED)


def list_of(cycle: ReviewCycle, unit: OrganisationalUnit) -> str:
    """Which list a file is about, as a Transfer notes it."""
    return urlencode({"year": cycle.year, "unit": unit.key})


@transaction.atomic
def bring_in(
    cycle: ReviewCycle, unit: OrganisationalUnit, of_units: OfUnits, file: FileFacts, *, actor: User, at: datetime
) -> Transfer:
    """A file has come in and waits to be looked at. The caller stores it within the same transaction."""
    role = require(actor, Verb.ANSWER, of_units, on=day_of(at))
    require_running(locked_cycle(cycle.pk))
    transfer = Transfer(
        direction=Direction.IMPORT,
        subject=SUBJECT,
        file_name=file.name[:200],
        size=file.size,
        sha256=file.sha256,
        state=TransferState.CHECKED,
        query=list_of(cycle, unit),
        by=actor,
        at=at,
    )
    save_as(transfer, actor=actor, acting_for=role.acting_for, reason=_("File brought in"), at=at)
    return transfer


def note_taken_over(transfer: Transfer, counts: dict[str, Any], *, actor: User, at: datetime) -> None:
    """Said within the transaction that writes the drafts; raises ValidationError where the file waits no longer."""
    row = _own(transfer, actor)
    row.state, row.counts = TransferState.APPLIED, counts
    save_as(row, actor=actor, reason=_("Answers taken over as drafts"), at=at)


@transaction.atomic
def discard(transfer: Transfer, *, actor: User, at: datetime) -> None:
    row = _own(transfer, actor)
    row.state = TransferState.DISCARDED
    save_as(row, actor=actor, reason=_("File discarded"), at=at)


def _own(transfer: Transfer, actor: User) -> Transfer:
    row = locked(transfer)
    if row.by_id != actor.pk:
        raise PermissionDenied(_("Only the person who brought the file in can do this."))
    if row.state not in WAITING:
        raise ValidationError(_("This file is no longer waiting. Bring it in again."))
    return row
