"""What belongs to an engagement: units that take part, money, partners, amendments. Entered, changed, ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import (
    City,
    EngagementBudget,
    EngagementPart,
    EngagementStatus,
    ProjectAmendment,
    ProjectPartner,
    User,
)
from commitments.permissions import Verb, require
from commitments.workflow.portfolio import check_unit
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since

Part = TypeVar("Part", EngagementPart, EngagementBudget, ProjectPartner, ProjectAmendment)
AnyPart = EngagementPart | EngagementBudget | ProjectPartner | ProjectAmendment

KNOWN_AGAIN: dict[type[AnyPart], tuple[str, ...]] = {
    EngagementPart: ("engagement", "unit"),
    EngagementBudget: ("engagement", "year"),
    ProjectPartner: (),
    ProjectAmendment: ("project", "number"),
}
"""The columns by which a part that has ended is known again: entering it once more sets it back to running."""

BESIDE: dict[type[AnyPart], str] = {
    EngagementPart: "unit",
    EngagementBudget: "year",
    ProjectPartner: "pic",
    ProjectAmendment: "number",
}
"""The field that a refusal as a double is shown beside."""


@transaction.atomic
def enter(part: Part, *, reason: str, actor: User, at: datetime) -> Part:
    """Enter a part of an engagement; one that had ended goes on with what is entered now."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    row = _ended_before(part) or part
    _check(row, at)
    with _beside(row):
        save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def change(part: Part, edit: Edit, *, actor: User, at: datetime) -> Part:
    row = locked(part)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    _require_running(row)
    unchanged_since(row, edit.seen)
    apply(row, edit.changes)
    _check(row, at)
    with _beside(row):
        save_as(row, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return row


@transaction.atomic
def end(part: Part, *, reason: str, actor: User, at: datetime) -> Part:
    """A part is never deleted: it ends, with a reason (rule 11)."""
    row = locked(part)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    _require_running(row)
    row.ended_on = day(at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


def _ended_before(part: Part) -> Part | None:
    """The row of an ended part like this one, with the new values in it."""
    names = KNOWN_AGAIN[type(part)]
    if not names:
        return None
    same = {name: getattr(part, name) for name in names}
    row: Part | None = type(part).objects.select_for_update().filter(**same, ended_on__isnull=False).first()
    if row is None:
        return None
    for column in part._meta.concrete_fields:
        if not column.primary_key:
            setattr(row, column.attname, getattr(part, column.attname))
    return row


def _check(row: AnyPart, at: datetime) -> None:
    if isinstance(row, EngagementPart):
        if row.unit_id == row.engagement.unit_id:
            raise ValidationError({"unit": _("This unit keeps the engagement already. Choose another one.")})
        if row.engagement.status != EngagementStatus.ENDED:
            check_unit(row.unit, day(at))
    if isinstance(row, ProjectPartner) and row.pic and not row.is_city:
        row.is_city = row.pic in _own_codes()


def _own_codes() -> set[str]:
    city = City.objects.first()
    return {str(code) for code in city.pics} if city else set()


def _require_running(row: AnyPart) -> None:
    if row.ended_on is not None:
        raise ValidationError(_("This entry has ended. Enter it again if it goes on."))


@contextmanager
def _beside(row: AnyPart) -> Iterator[None]:
    """A refusal as a double is told beside the field to mend it in."""
    try:
        yield
    except ValidationError as error:
        rules = [each for each in row._meta.constraints if isinstance(each, models.UniqueConstraint)]
        doubles = {str(rule.get_violation_error_message()) for rule in rules}
        told = [sentence for sentence in error.messages if sentence in doubles]
        if not told:
            raise
        raise ValidationError({BESIDE[type(row)]: told}) from error
