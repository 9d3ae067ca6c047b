"""The city's units: entered, changed, and dissolved into successors on a day (rule 7)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments import texts
from commitments.ledger import save_as
from commitments.models import OrganisationalUnit, UnitSuccession, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since


@transaction.atomic
def add_unit(columns: Mapping[str, Any], *, actor: User, at: datetime, reason: str) -> OrganisationalUnit:
    """Enter a unit; ``columns`` holds its key, kind, names, mailbox and validity."""
    role = require(actor, Verb.MANAGE_PEOPLE, on=day(at))
    unit = OrganisationalUnit(**columns)
    save_as(unit, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return unit


@transaction.atomic
def edit_unit(unit: OrganisationalUnit, edit: Edit, *, actor: User, at: datetime) -> OrganisationalUnit:
    """Change a unit; a new name is the same unit, what it once confirmed is shown under the new name."""
    unit = locked(unit)
    role = require(actor, Verb.MANAGE_PEOPLE, on=day(at))
    unchanged_since(unit, edit.seen)
    apply(unit, edit.changes)
    save_as(unit, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return unit


@transaction.atomic
def dissolve_unit(
    unit: OrganisationalUnit,
    successors: Sequence[OrganisationalUnit],
    on: date,
    *,
    actor: User,
    at: datetime,
    reason: str,
) -> OrganisationalUnit:
    """The unit ends the day before ``on``; from then on its successors answer for it (rule 7).

    What it confirmed keeps its name. Its measures and commitments stay entered with it, and reach the successors' lists
    through the succession. Raises ValidationError where it has ended already, or a successor does not exist then.
    """
    unit = locked(unit)
    role = require(actor, Verb.MANAGE_PEOPLE, on=day(at))
    if unit.valid_to is not None:
        raise ValidationError(_("This unit has an end already: %(day)s.") % {"day": texts.long_date(unit.valid_to)})
    if not successors:
        raise ValidationError({"successors": _("Choose at least one unit that takes over. Somebody must answer.")})
    for successor in successors:
        _require_existing(successor, unit, on)
    unit.valid_to = on - timedelta(days=1)
    save_as(unit, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    for successor in successors:
        succession = UnitSuccession(unit=unit, successor=successor, on=on)
        save_as(succession, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return unit


def _require_existing(successor: OrganisationalUnit, unit: OrganisationalUnit, on: date) -> None:
    name = texts.localized(successor, "name")
    if successor == unit:
        raise ValidationError({"successors": _("A unit cannot succeed itself.")})
    if not OrganisationalUnit.objects.existing(on).filter(pk=successor.pk).exists():
        sentence = _("%(unit)s does not exist on that day. Choose another unit or another day.")
        raise ValidationError({"successors": sentence % {"unit": name}})
    if unit.pk in UnitSuccession.objects.filter(unit=successor).values_list("successor_id", flat=True):  # in a circle
        raise ValidationError({"successors": _("%(unit)s has been succeeded by this unit itself.") % {"unit": name}})
