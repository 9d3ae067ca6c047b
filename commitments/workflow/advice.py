"""Advice on funding that the office gives to departments (Förderberatung)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import FundingAdvice, User
from commitments.permissions import Verb, require
from commitments.workflow.portfolio import check_unit
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since


@transaction.atomic
def add(values: Mapping[str, Any], *, actor: User, at: datetime) -> FundingAdvice:
    """Enter advice that was given; the unit existed on that day, and the day is not to come."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    advice = FundingAdvice(**values)
    _check(advice, at)
    save_as(advice, actor=actor, acting_for=role.acting_for, reason=_("Entered"), at=at)
    return advice


@transaction.atomic
def edit(advice: FundingAdvice, change: Edit, *, actor: User, at: datetime) -> FundingAdvice:
    advice = locked(advice)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    _require_standing(advice)
    unchanged_since(advice, change.seen)
    apply(advice, change.changes)
    _check(advice, at)
    save_as(advice, actor=actor, acting_for=role.acting_for, reason=change.reason, at=at)
    return advice


@transaction.atomic
def withdraw(advice: FundingAdvice, *, reason: str, actor: User, at: datetime) -> FundingAdvice:
    """Take back an entry made by mistake; it stays in the history (rule 11)."""
    advice = locked(advice)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    _require_standing(advice)
    advice.withdrawn_on = day(at)
    save_as(advice, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return advice


def _check(advice: FundingAdvice, at: datetime) -> None:
    if advice.given_on is None:
        raise ValidationError({"given_on": _("Say when the advice was given.")})
    if advice.given_on > day(at):
        raise ValidationError({"given_on": _("This day lies in the future. Choose today or an earlier day.")})
    check_unit(advice.unit, advice.given_on)


def _require_standing(advice: FundingAdvice) -> None:
    if advice.withdrawn_on is not None:
        raise ValidationError(_("This entry has been withdrawn."))
