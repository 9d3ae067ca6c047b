"""An entry changes hands: to a colleague who works on it, or to the unit whose it is. Nobody loses access by it."""

from collections.abc import Iterable
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import (
    Assignment,
    CommitmentUnit,
    MeasureUnit,
    OrganisationalUnit,
    Protection,
    UnitSuccession,
    User,
)
from commitments.permissions import Verb, can, holders
from reviews.models import ANSWERED, Confirmation, ConfirmationResult, ConfirmationState
from reviews.workflow.confirmations import following, save_all, taken, taken_all
from reviews.workflow.mails import Letter, contacts_of, prepare_handover
from reviews.workflow.steps import day_of

IN_HOUSE = (Protection.COUNCIL, Protection.INTERNAL)
"""Classes that a unit sees only on what it has a part in."""


def colleagues(unit: OrganisationalUnit, today: date) -> list[User]:
    """The people who may answer for a unit today, deputies among them, by their names."""
    held = Assignment.objects.valid(today).filter(role__in=list(holders(Verb.ANSWER)), unit=unit)
    people = {row.user_id: row.user for row in held.filter(user__is_active=True).select_related("user")}
    return sorted(people.values(), key=lambda person: (person.name, person.pk))


@transaction.atomic
def hand_to_colleague(
    confirmations: Iterable[Confirmation], colleague: User, note: str = "", *, actor: User, at: datetime
) -> int:
    """Say who works on these entries from now on, and tell them by mail; the number that changed hands."""
    rows = taken_all(confirmations, Verb.ANSWER, actor=actor, at=at)
    if any(row.state in ANSWERED for row, _role in rows):
        raise ValidationError(_("An answer that is submitted waits for the releasing person. Withdraw it first."))
    if not all(can(colleague, Verb.ANSWER, row, on=day_of(at)) for row, _role in rows):
        raise ValidationError({"colleague": _("This person cannot answer for your unit. Choose somebody else.")})
    moved = [(row, role) for row, role in rows if row.handed_to_id != colleague.pk]
    if not moved:
        raise ValidationError({"colleague": _("These entries are in the hands of this person already.")})
    for row, _role in moved:
        row.handed_to = colleague
    reason = _("Handed over: %(note)s") % {"note": note.strip()} if note.strip() else _("Handed over to a colleague")
    save_all(moved, actor=actor, reason=reason, at=at)
    if colleague != actor:
        units = {row.unit_id: row.unit for row, _role in moved}
        letter = Letter(colleague.email, colleague, list(units.values()), len(moved))
        prepare_handover(moved[0][0].cycle, [letter], at=at, asked_by=actor)
    return len(moved)


@transaction.atomic
def pass_on(
    confirmation: Confirmation, unit: OrganisationalUnit, *, actor: User, at: datetime, reason: str
) -> Confirmation:
    """The officer asks the unit whose it is. The new request follows the answer that said so, which stays as it is."""
    row, role = taken(confirmation, Verb.ASK_AGAIN, actor=actor, at=at)
    _require_not_theirs(row)
    if unit.pk == row.unit_id:
        raise ValidationError({"unit": _("This is the unit that says it is not its own. Choose another one.")})
    if not OrganisationalUnit.objects.existing(day_of(at)).filter(pk=unit.pk).exists():
        raise ValidationError({"unit": _("This unit no longer exists. Choose the one that took over its duties.")})
    asked = Confirmation.objects.current().filter(cycle=row.cycle, unit=unit)
    if asked.filter(measure=row.measure_id, commitment=row.commitment_id).exists():
        raise ValidationError({"unit": _("This unit is asked about the same entry already.")})
    _require_seen_by(unit, row)
    new = following(row, unit, at=at)
    new.return_note_de = reason
    save_as(new, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    thing = row.measure or row.commitment
    is_protected = thing is not None and thing.protection == Protection.PROTECTED
    letters = contacts_of(unit, day_of(at), is_protected=is_protected)
    prepare_handover(row.cycle, letters, at=at, asked_by=actor)
    return new


@transaction.atomic
def ask_back(confirmation: Confirmation, *, actor: User, at: datetime, reason: str) -> Confirmation:
    """The officer holds that it is the unit's own, says why, and asks it again."""
    row, role = taken(confirmation, Verb.ASK_AGAIN, actor=actor, at=at)
    _require_not_theirs(row)
    new = following(row, row.unit, at=at)
    new.return_note_de = reason
    save_as(new, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return new


def _require_not_theirs(row: Confirmation) -> None:
    if row.result != ConfirmationResult.NOT_OURS or row.state != ConfirmationState.RELEASED:
        raise ValidationError(_("Only an entry of which its unit released that it is not its own is handed over."))


def _require_seen_by(unit: OrganisationalUnit, row: Confirmation) -> None:
    """What is internal is seen by the units that have a part in it; nobody is asked about what they cannot see."""
    thing = row.measure or row.commitment
    if thing is None or thing.protection not in IN_HOUSE:
        return
    units = UnitSuccession.with_predecessors({unit.pk})
    if row.measure is not None:
        has_part = MeasureUnit.objects.filter(measure=row.measure, unit__in=units, ended_on__isnull=True).exists()
    else:
        helped = CommitmentUnit.objects.filter(commitment=row.commitment, unit__in=units, ended_on__isnull=True)
        has_part = helped.exists() or (row.commitment is not None and row.commitment.lead_unit_id in units)
    if not has_part:
        sentence = _(
            "“%(unit)s” does not see this entry, because it is not public. Enter the unit into the register first."
        )
        raise ValidationError({"unit": sentence % {"unit": unit.name_de}})
