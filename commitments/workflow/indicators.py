"""What people do to indicators: define, change and end them, and enter and correct what was counted."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Commitment, Indicator, IndicatorValue, Measure, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since

Owner = Measure | Commitment


def owner_of(indicator: Indicator) -> Owner:
    """The measure or commitment that an indicator belongs to."""
    owner = indicator.measure or indicator.commitment
    assert owner is not None  # a constraint of the table
    return owner


@transaction.atomic
def add(owner: Owner, columns: Mapping[str, Any], *, actor: User, at: datetime) -> Indicator:
    """Give a measure or commitment an indicator."""
    owner = locked(owner)
    role = require(actor, Verb.EDIT_REGISTER, owner, on=day(at))
    column = "measure" if isinstance(owner, Measure) else "commitment"
    indicator = Indicator(key=_free_key(owner), **{column: owner}, **columns)
    _refuse_contradictions(indicator, at)
    save_as(indicator, actor=actor, acting_for=role.acting_for, reason=_("Indicator added"), at=at)
    return indicator


@transaction.atomic
def change(indicator: Indicator, edit: Edit, *, actor: User, at: datetime) -> Indicator:
    indicator = locked(indicator)
    role = require(actor, Verb.EDIT_REGISTER, owner_of(indicator), on=day(at))
    _refuse_ended(indicator)
    unchanged_since(indicator, edit.seen)
    apply(indicator, edit.changes)
    _refuse_contradictions(indicator, at)
    save_as(indicator, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return indicator


@transaction.atomic
def end(indicator: Indicator, reason: str, *, actor: User, at: datetime) -> Indicator:
    """Counted no longer; what was counted stays."""
    indicator = locked(indicator)
    role = require(actor, Verb.EDIT_REGISTER, owner_of(indicator), on=day(at))
    _refuse_ended(indicator)
    if not reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why this indicator ends.")})
    indicator.ended_on = day(at)
    save_as(indicator, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return indicator


@transaction.atomic
def enter_value(indicator: Indicator, columns: Mapping[str, Any], *, actor: User, at: datetime) -> IndicatorValue:
    """Enter what was counted: the officer for all, a contact for what their unit answers for."""
    indicator = locked(indicator)
    role = require(actor, Verb.ENTER_VALUE, owner_of(indicator), on=day(at))
    _refuse_ended(indicator)
    value = IndicatorValue(indicator=indicator, **columns)
    _refuse_future(value.on, at)
    _refuse_second(value)
    save_as(value, actor=actor, acting_for=role.acting_for, reason=_("Value entered"), at=at)
    return value


@transaction.atomic
def correct_value(value: IndicatorValue, edit: Edit, *, actor: User, at: datetime) -> IndicatorValue:
    """Put right what was entered, with the reason; the number before stays in the history."""
    value = locked(value)
    role = require(actor, Verb.ENTER_VALUE, owner_of(value.indicator), on=day(at))
    _refuse_ended(value.indicator)
    unchanged_since(value, edit.seen)
    apply(value, edit.changes)
    _refuse_future(value.on, at)
    _refuse_second(value)
    save_as(value, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return value


def _free_key(owner: Owner) -> str:
    """ "m-012-i3": the key of what it belongs to, with the next number; the owner is locked."""
    stem = owner.key[:70]
    taken = set(Indicator.objects.filter(key__startswith=f"{stem}-i").values_list("key", flat=True))
    number = len(taken) + 1
    while f"{stem}-i{number}" in taken:
        number += 1
    return f"{stem}-i{number}"


def _refuse_ended(indicator: Indicator) -> None:
    if indicator.ended_on is not None:
        raise ValidationError(_("This indicator has ended. Give the measure or commitment a new one."))


def _refuse_contradictions(indicator: Indicator, at: datetime) -> None:
    errors = contradictions(indicator, day(at))
    if errors:
        raise ValidationError(errors)


def contradictions(indicator: Indicator, today: date) -> dict[str, str]:
    """What in baseline and target does not fit together: a sentence for each column."""
    first, last = indicator.baseline, indicator.target
    errors = {}
    if first is not None and indicator.baseline_on is None:
        errors["baseline_on"] = _("Say when the baseline was counted; the year alone will do.")
    if last is not None and indicator.target_on is None:
        errors["target_on"] = _("Say until when the target is to be reached; the year alone will do.")
    if first is not None and last is not None and _goes_backwards(first, last, more=indicator.more_is_better):
        errors["target"] = _("The target lies on the wrong side of the baseline. Correct it, or what counts as better.")
    if indicator.baseline_on and indicator.target_on and indicator.target_on < indicator.baseline_on:
        errors["target_on"] = _("The target lies before the baseline. Please correct one of the two dates.")
    if indicator.baseline_on and indicator.baseline_on > today:
        errors["baseline_on"] = _("This day lies in the future. A baseline is what has been counted.")
    return errors


def _goes_backwards(first: Decimal, last: Decimal, *, more: bool) -> bool:
    return last < first if more else last > first


def _refuse_future(on: date, at: datetime) -> None:
    if on > day(at):
        raise ValidationError({"on": _("This day lies in the future. Enter what has been counted by now.")})


def _refuse_second(value: IndicatorValue) -> None:
    same = IndicatorValue.objects.filter(indicator=value.indicator, on=value.on).exclude(pk=value.pk)
    if same.exists():
        raise ValidationError({"on": _("There is already a value for that day.")})
