"""How the city takes a version on, renews it and gives it up (rules 2, 11 and 17)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Adoption, InstrumentVersion, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since


@transaction.atomic
def adopt(version: InstrumentVersion, columns: Mapping[str, Any], *, actor: User, at: datetime) -> Adoption:
    """Enter that the city took a version on. What it adopted before stays until somebody ends it."""
    version = locked(version)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    if version.adoptions.filter(ended_on__isnull=True).exists():
        raise ValidationError(
            _("An adoption of this version is running already. Change it, or end it before you enter another one.")
        )
    adoption = Adoption(version=version, **columns)
    _check_dates(adoption, day(at))
    save_as(adoption, actor=actor, acting_for=role.acting_for, reason=_("Adoption entered"), at=at)
    return adoption


@transaction.atomic
def edit_adoption(adoption: Adoption, edit: Edit, *, actor: User, at: datetime) -> Adoption:
    adoption = locked(adoption)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    unchanged_since(adoption, edit.seen)
    apply(adoption, edit.changes)
    _check_dates(adoption, day(at))
    save_as(adoption, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return adoption


@transaction.atomic
def end_adoption(adoption: Adoption, ended_on: date, *, actor: User, at: datetime, reason: str) -> Adoption:
    """The city no longer stands by it. Commitments that rest on it stay and are ended one by one."""
    adoption = _running(adoption)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    if ended_on > day(at):
        raise ValidationError({"ended_on": _("This day lies in the future. Choose today or an earlier day.")})
    adoption.ended_on, adoption.end_reason = ended_on, reason
    _check_dates(adoption, day(at))
    save_as(adoption, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return adoption


@transaction.atomic
def renew_adoption(adoption: Adoption, due_on: date, *, actor: User, at: datetime, reason: str) -> Adoption:
    """The city renewed what it took on: the next renewal falls due on ``due_on`` (rule 17)."""
    adoption = _running(adoption)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    if due_on <= max(day(at), adoption.renewal_due_on or date.min):
        sentence = _("The next renewal must fall due after today and after the date that stands here now.")
        raise ValidationError({"renewal_due_on": sentence})
    adoption.renewal_due_on = due_on
    save_as(adoption, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return adoption


def _running(adoption: Adoption) -> Adoption:
    adoption = locked(adoption)
    if adoption.ended_on is not None:
        raise ValidationError(_("This adoption has ended and can no longer be renewed or ended."))
    return adoption


def _check_dates(adoption: Adoption, today: date) -> None:
    errors = contradictions(adoption, today)
    if errors:
        raise ValidationError(errors)


def contradictions(adoption: Adoption, today: date) -> dict[str, str]:
    """An adoption has happened; its end and its renewal lie after it. A sentence for each column where it is not so."""
    if adoption.adopted_on is None:
        return {}
    errors = {}
    if adoption.adopted_on > today:
        errors["adopted_on"] = _("This day lies in the future. Choose today or an earlier day.")
    if adoption.ended_on and adoption.ended_on < adoption.adopted_on:
        errors["ended_on"] = _("The end lies before the adoption. Please correct the date.")
    if adoption.renewal_due_on and adoption.renewal_due_on < adoption.adopted_on:
        errors["renewal_due_on"] = _(
            "The renewal would fall due before the adoption. Please correct one of the two dates."
        )
    return errors
