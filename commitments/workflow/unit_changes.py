"""Units are merged, renamed from a day on, or dissolved: several end in one act, and others answer for them (rule 7).

A unit that is renamed from a day on is followed by one with the new name, so that the past keeps the old one. What the
units answer for stays entered with them and reaches the successors; the officer hands it over from that day on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as, save_as
from commitments.models import Assignment, OrganisationalUnit, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import day
from commitments.workflow.units import add_unit, dissolve_unit

NEW = "new"
"""In place of a key: the unit that begins with the change."""


@dataclass(frozen=True)
class UnitChange:
    """Which units end, who answers for them from a day on, and which of their people go where.

    ``new`` holds the columns of a unit that begins on that day; ``roles`` names for a role the key of the unit in which
    it goes on, or ``NEW``. A role that is not named there ends with its unit.
    """

    units: Sequence[OrganisationalUnit]
    on: date
    successors: Sequence[OrganisationalUnit] = ()
    new: Mapping[str, Any] | None = None
    roles: Mapping[int, str] = field(default_factory=dict)

    @property
    def ending(self) -> list[OrganisationalUnit]:
        """Who is merged into one of the units themselves does not end."""
        return [unit for unit in self.units if unit not in self.successors]


@transaction.atomic
def change_units(change: UnitChange, *, actor: User, at: datetime, reason: str) -> list[OrganisationalUnit]:
    """Do it in one act, each row with its history; the units that answer from that day on."""
    role = require(actor, Verb.MANAGE_PEOPLE, on=day(at))
    if not change.ending:
        raise ValidationError({"units": _("Choose the units that end. A unit cannot succeed itself alone.")})
    heirs = list(change.successors)
    if change.new is not None:
        own = any(unit.is_officers_own for unit in change.ending)
        columns = {**change.new, "valid_from": change.on, "is_officers_own": own}
        heirs.append(add_unit(columns, actor=actor, at=at, reason=reason))
    for unit in change.ending:
        dissolve_unit(unit, heirs, change.on, actor=actor, at=at, reason=reason)
    below = list(OrganisationalUnit.objects.filter(parent__in=change.ending).exclude(pk__in=[u.pk for u in heirs]))
    for unit in below:
        unit.parent = heirs[0]
    save_all_as(below, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    by_key = {unit.key: unit for unit in heirs}
    if change.new is not None:
        by_key[NEW] = heirs[-1]
    for held in roles_of(change.ending, change.on).exclude(user=actor):
        _move(held, by_key.get(change.roles.get(held.pk, "")), change.on, actor=actor, at=at, reason=reason)
    return heirs


def roles_of(units: Sequence[OrganisationalUnit], on: date) -> QuerySet[Assignment]:
    """The roles in these units that would still run on a day."""
    running = Assignment.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on), unit__in=list(units))
    return running.select_related("user", "unit", "acting_for").order_by("unit__name_de", "role", "user__name")


def _move(
    held: Assignment, unit: OrganisationalUnit | None, on: date, *, actor: User, at: datetime, reason: str
) -> None:
    """The role goes on in another unit, or ends the day before."""
    role = require(actor, Verb.MANAGE_PEOPLE, on=day(at))
    until, begins = held.valid_to, max(held.valid_from, on)
    if unit is not None:
        same = Assignment.objects.filter(user=held.user, role=held.role, unit=unit, acting_for=held.acting_for)
        if not same.valid(begins).exists():
            moved = Assignment(
                user=held.user, role=held.role, unit=unit, acting_for=held.acting_for, valid_from=begins, valid_to=until
            )
            save_as(moved, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    held.valid_to = max(on - timedelta(days=1), held.valid_from)
    save_as(held, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
