"""What people do to measures: enter, propose, accept, decline, change. Nothing is deleted (rule 11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import (
    Assignment,
    Measure,
    MeasureBudget,
    MeasureStatus,
    MeasureUnit,
    OrganisationalUnit,
    Part,
    User,
)
from commitments.permissions import Verb, can, require
from commitments.workflow import lifetimes
from commitments.workflow.naming import save_named
from commitments.workflow.parts import Act, Parts, by, written
from commitments.workflow.steps import Edit, day, locked, unchanged_since

SPELLING = frozenset({"title_de", "title_en", "description_de", "description_en", "note_de", "note_en"})
"""The columns of a measure in which a mistake of spelling can be."""

REASONED = (MeasureStatus.SUSPENDED, MeasureStatus.DISCONTINUED, MeasureStatus.DECIDED_NOT_FUNDED)
"""States of a measure that ask for a reason."""

MOST_STEPS = 50
"""Longer than this no chain of measures and their parts is."""

Budgets = Mapping[tuple[int, str], Decimal]
"""Euros by year and source."""


@dataclass(frozen=True)
class Doers:
    """The unit that leads and those that contribute."""

    lead: OrganisationalUnit
    contributing: tuple[OrganisationalUnit, ...] = ()

    def __post_init__(self) -> None:
        if self.lead in self.contributing:
            sentence = _("“%(unit)s” is in charge already and need not be named a second time. Take it out here.")
            raise ValidationError({"contributing": sentence % {"unit": self.lead.name_de}})

    @property
    def parts(self) -> dict[OrganisationalUnit, str]:
        return dict.fromkeys(self.contributing, Part.CONTRIBUTING.value) | {self.lead: Part.LEAD.value}

    @property
    def responsible_unit_ids(self) -> frozenset[int]:
        return frozenset(unit.pk for unit in self.parts)


@dataclass(frozen=True)
class MeasureEdit(Edit):
    """A change that may concern the units and the money, too; ``None`` leaves them as they are."""

    doers: Doers | None = None
    budgets: Budgets | None = None


@dataclass(frozen=True)
class Entry:
    """A new measure as somebody wrote it down."""

    columns: Mapping[str, Any]
    doers: Doers
    budgets: Budgets


@transaction.atomic
def enter_measure(entry: Entry, *, actor: User, at: datetime) -> Measure:
    """The officer takes a measure into the register at once."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    measure = Measure(**entry.columns, accepted_on=day(at))
    return _enter(measure, entry, Act(actor, role.acting_for, _("Measure entered"), at))


@transaction.atomic
def propose_measure(entry: Entry, *, actor: User, at: datetime) -> Measure:
    """A unit proposes what it does; it counts nowhere until the officer accepts it."""
    lead = Doers(entry.doers.lead)
    role = require(actor, Verb.PROPOSE_MEASURE, lead, on=day(at))
    return _enter(Measure(**entry.columns), entry, Act(actor, role.acting_for, _("Measure proposed"), at))


@transaction.atomic
def accept_measure(measure: Measure, *, actor: User, at: datetime) -> Measure:
    """From now on the proposal is a measure like any other."""
    measure = locked(measure)
    role = require(actor, Verb.EDIT_REGISTER, measure, on=day(at))
    _require_waiting(measure)
    measure.accepted_on = day(at)
    save_as(measure, actor=actor, acting_for=role.acting_for, reason=_("Proposal accepted"), at=at)
    return measure


@transaction.atomic
def decline_measure(measure: Measure, *, actor: User, at: datetime, reason: str) -> Measure:
    """The proposal stays where it is, marked as declined, with the reason for the unit."""
    measure = locked(measure)
    role = require(actor, Verb.EDIT_REGISTER, measure, on=day(at))
    _require_waiting(measure)
    if not reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why the measure is not taken into the register.")})
    measure.declined_on, measure.decline_reason = day(at), reason
    save_as(measure, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return measure


def may_edit_measure(user: User, measure: Measure, *, on: date) -> bool:
    """The officer may change every measure, a contact what their unit has proposed as long as it waits."""
    return can(user, Verb.EDIT_REGISTER, measure, on=on) or may_withdraw_measure(user, measure, on=on)


def may_withdraw_measure(user: User, measure: Measure, *, on: date) -> bool:
    """A proposal is its unit's: that of the one in charge, until the officer has decided. The officer declines."""
    is_own = can(user, Verb.PROPOSE_MEASURE, _leading(measure), on=on)
    return measure.is_waiting and is_own and not can(user, Verb.EDIT_REGISTER, measure, on=on)


@transaction.atomic
def withdraw_measure(measure: Measure, *, actor: User, at: datetime, reason: str) -> Measure:
    """A unit takes its own proposal back; it stays where it is, with the reason (rule 11)."""
    measure = locked(measure)
    role = require(actor, Verb.PROPOSE_MEASURE, _leading(measure), on=day(at))
    _require_waiting(measure)
    if not reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why the proposal is withdrawn.")})
    measure.declined_on = day(at)
    measure.decline_reason = _("Withdrawn by the unit: %(reason)s") % {"reason": reason}
    save_as(measure, actor=actor, acting_for=role.acting_for, reason=measure.decline_reason, at=at)
    return measure


@dataclass(frozen=True)
class _Leading:
    """The unit in charge alone: a proposal is its, and nobody's who only contributes."""

    responsible_unit_ids: frozenset[int]


def _leading(measure: Measure) -> _Leading:
    rows = measure.measure_units.all()
    return _Leading(frozenset(row.unit_id for row in rows if row.part == Part.LEAD and row.ended_on is None))


def _require_edit(measure: Measure, doers: Doers | None, actor: User, at: datetime) -> Assignment:
    """The role under which somebody may change a measure; what a contact changes stays their unit's."""
    if not measure.is_waiting or can(actor, Verb.EDIT_REGISTER, measure, on=day(at)):
        return require(actor, Verb.EDIT_REGISTER, measure, on=day(at))
    if doers is not None:
        require(actor, Verb.PROPOSE_MEASURE, Doers(doers.lead), on=day(at))
    return require(actor, Verb.PROPOSE_MEASURE, _leading(measure), on=day(at))


@transaction.atomic
def edit_measure(measure: Measure, edit: Edit, *, actor: User, at: datetime) -> Measure:
    """Change a measure. A change of its substance makes its confirmations void (rule 4); one of spelling does not."""
    measure = locked(measure)
    doers = edit.doers if isinstance(edit, MeasureEdit) else None
    role = _require_edit(measure, doers, actor, at)
    unchanged_since(measure, edit.seen)
    rows = {row.unit: row for row in measure.measure_units.select_related("unit")}
    running = {unit: row.part for unit, row in rows.items() if row.ended_on is None}
    before = _substance(measure, running)
    changed = written(measure, edit.changes)
    units = _units(measure, rows, doers.parts, at) if doers else []
    money = _money(measure, edit.budgets, at) if isinstance(edit, MeasureEdit) and edit.budgets is not None else []
    if not changed and not units and not money:
        raise ValidationError(_("Nothing was changed."), code="unchanged")
    if edit.spelling_only and (units or money or not changed <= SPELLING):
        raise ValidationError(
            _("Only title, description and note can be corrected as spelling. Leave the box empty for other changes.")
        )
    _check(measure, changed, doers if units or changed & lifetimes.DATES else None, at)
    after = _substance(measure, doers.parts if doers else running)
    if after != before and not edit.spelling_only:
        measure.fingerprint = after
    reason = _("Spelling only: %(reason)s") % {"reason": edit.reason} if edit.spelling_only else edit.reason
    act = Act(actor, role.acting_for, reason, at)
    for row in [measure, *units, *money]:
        act.save(row)
    return measure


def _enter(measure: Measure, entry: Entry, act: Act) -> Measure:
    parts = entry.doers.parts
    _check(measure, {"parent"}, entry.doers, act.at)
    measure.fingerprint = _substance(measure, parts)
    save_named(measure, "M", measure.title_de, lambda: act.save(measure))
    for row in [*_units(measure, {}, parts, act.at), *_money(measure, entry.budgets, act.at)]:
        act.save(row)
    return measure


def _require_waiting(measure: Measure) -> None:
    if measure.accepted_on or measure.declined_on:
        raise ValidationError(_("This proposal has been decided already. Look at it again before you go on."))


def _check(measure: Measure, changed: frozenset[str] | set[str], doers: Doers | None, at: datetime) -> None:
    """What must hold beyond the row itself; raises ValidationError with a sentence for the field."""
    if measure.status in REASONED and not measure.status_reason_de.strip():
        raise ValidationError({"status_reason_de": _("Say in one sentence why the measure has this status.")})
    if measure.starts_on and measure.ends_on and measure.ends_on < measure.starts_on:
        raise ValidationError({"ends_on": _("The end lies before the start. Please correct one of the two dates.")})
    if "parent" in changed or "parent_id" in changed:
        _require_no_loop(measure)
    if doers:
        span = lifetimes.span_of(measure, day(at))
        lifetimes.require_existing("lead", (doers.lead,), span)
        lifetimes.require_existing("contributing", doers.contributing, span)


def _require_no_loop(measure: Measure) -> None:
    above = measure.parent
    for _step in range(MOST_STEPS):
        if above is None:
            return
        if above.pk == measure.pk:
            break
        above = above.parent
    sentence = _("“%(parent)s” is itself a part of this measure. Choose another one, or none.")
    raise ValidationError({"parent": sentence % {"parent": measure.parent}})


def _substance(measure: Measure, parts: Mapping[OrganisationalUnit, str]) -> str:
    return measure.substance((unit.key, part) for unit, part in parts.items())


def _units(
    measure: Measure,
    rows: Mapping[OrganisationalUnit, MeasureUnit],
    wanted: Mapping[OrganisationalUnit, str],
    at: datetime,
) -> list[MeasureUnit]:
    """The rows to save; who hands the lead over comes before the one that takes it."""
    known = Parts(MeasureUnit, {"measure": measure}, rows, ("unit",))
    changed = known.changed({unit: {"part": part} for unit, part in wanted.items()}, day(at))
    return sorted(changed, key=lambda row: (row.ended_on is None, row.part == Part.LEAD))


def _money(measure: Measure, budgets: Budgets, at: datetime) -> list[MeasureBudget]:
    rows = by(measure.budgets.all(), "year", "source") if measure.pk else {}
    known = Parts(MeasureBudget, {"measure": measure}, rows, ("year", "source"))
    return known.changed({key: {"amount": amount} for key, amount in budgets.items()}, day(at))
