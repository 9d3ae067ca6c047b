"""What people do to commitments: enter, change, end. Nothing is deleted (rule 11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments import texts
from commitments.ledger import save_as
from commitments.models import Commitment, CommitmentProvision, CommitmentUnit, OrganisationalUnit, Provision, User
from commitments.permissions import Verb, require
from commitments.tracking import TrackedModel
from commitments.workflow import lifetimes
from commitments.workflow.naming import save_named
from commitments.workflow.parts import Act, Parts, written
from commitments.workflow.steps import Edit, day, locked, unchanged_since


@dataclass(frozen=True)
class Grounds:
    """The provisions under which a commitment stands, in order, and the one that is its basis."""

    provisions: tuple[Provision, ...]
    basis: Provision

    def __post_init__(self) -> None:
        if self.basis not in self.provisions:
            raise ValidationError({"provisions": _("The basis is one of the provisions. Choose which one.")})

    def wanted(self) -> dict[Provision, dict[str, Any]]:
        return {each: {"order": order, "is_basis": each == self.basis} for order, each in enumerate(self.provisions)}


@dataclass(frozen=True)
class CommitmentEdit(Edit):
    """A change that may concern provisions and contributing units, too; ``None`` leaves them as they are."""

    grounds: Grounds | None = None
    contributing: tuple[OrganisationalUnit, ...] | None = None


@dataclass(frozen=True)
class Entry:
    """A new commitment as the officer wrote it down."""

    columns: Mapping[str, Any]
    grounds: Grounds
    contributing: tuple[OrganisationalUnit, ...] = ()


@transaction.atomic
def enter_commitment(entry: Entry, *, actor: User, at: datetime) -> Commitment:
    """The officer takes a commitment into the register. The cycles planned from now on ask about it."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    commitment = Commitment(**entry.columns, registered_on=day(at))
    _check(commitment, entry.contributing, at, units_changed=True)
    act = Act(actor, role.acting_for, _("Commitment entered"), at)
    save_named(commitment, "K", commitment.title_de, lambda: act.save(commitment))
    for row in [*_grounds(commitment, entry.grounds, at), *_helpers(commitment, entry.contributing, at)]:
        act.save(row)
    return commitment


@transaction.atomic
def edit_commitment(commitment: Commitment, edit: Edit, *, actor: User, at: datetime) -> Commitment:
    commitment = locked(commitment)
    role = require(actor, Verb.EDIT_REGISTER, commitment, on=day(at))
    unchanged_since(commitment, edit.seen)
    changed = written(commitment, edit.changes)
    whole = edit if isinstance(edit, CommitmentEdit) else CommitmentEdit(edit.changes, edit.reason)
    grounds = _grounds(commitment, whole.grounds, at) if whole.grounds else []
    helpers = _helpers(commitment, whole.contributing, at) if whole.contributing is not None else []
    if not changed and not grounds and not helpers:
        raise ValidationError(_("Nothing was changed."), code="unchanged")
    moved = bool(helpers or changed & {"lead_unit", "lead_unit_id"})
    _check(commitment, whole.contributing or (), at, units_changed=moved)
    act = Act(actor, role.acting_for, edit.reason, at)
    for row in [commitment, *grounds, *helpers]:
        act.save(row)
    return commitment


@transaction.atomic
def end_commitment(
    commitment: Commitment, *, actor: User, at: datetime, reason: str, reason_en: str = ""
) -> Commitment:
    """From today on the city is no longer held to it: no list and no later cycle has it; its history stays."""
    commitment = locked(commitment)
    role = require(actor, Verb.EDIT_REGISTER, commitment, on=day(at))
    if commitment.ended_on:
        raise ValidationError(_("This commitment has ended already."))
    if not reason.strip():
        raise ValidationError({"end_reason_de": _("Say in one sentence why the commitment ends.")})
    commitment.ended_on, commitment.end_reason_de, commitment.end_reason_en = day(at), reason, reason_en
    save_as(commitment, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return commitment


def _check(
    commitment: Commitment, contributing: tuple[OrganisationalUnit, ...], at: datetime, *, units_changed: bool
) -> None:
    """What must hold beyond the row itself; raises ValidationError with a sentence for the field."""
    if commitment.lead_unit in contributing:
        sentence = _("“%(unit)s” is in charge already and need not be named a second time. Take it out here.")
        raise ValidationError({"contributing": sentence % {"unit": texts.localized(commitment.lead_unit, "name")}})
    if units_changed and commitment.ended_on is None:
        today = lifetimes.Span(day(at), day(at))
        lifetimes.require_existing("lead_unit", (commitment.lead_unit,), today)
        lifetimes.require_existing("contributing", contributing, today)


def _grounds(commitment: Commitment, grounds: Grounds, at: datetime) -> list[CommitmentProvision]:
    """The rows to save; the basis comes last, when no other row is it any more."""
    rows = {row.provision: row for row in _held(commitment, CommitmentProvision, "provision")}
    known = Parts(CommitmentProvision, {"commitment": commitment}, rows, ("provision",))
    changed = known.changed(grounds.wanted(), day(at))
    return sorted(changed, key=lambda row: (row.ended_on is None, row.is_basis))


def _helpers(commitment: Commitment, units: tuple[OrganisationalUnit, ...], at: datetime) -> list[CommitmentUnit]:
    rows = {row.unit: row for row in _held(commitment, CommitmentUnit, "unit")}
    known = Parts(CommitmentUnit, {"commitment": commitment}, rows, ("unit",))
    return known.changed({unit: {} for unit in units}, day(at))


def _held(commitment: Commitment, model: type[TrackedModel], what: str) -> list[Any]:
    """The rows that the commitment has already, ended ones among them."""
    return list(model.objects.filter(commitment=commitment).select_related(what)) if commitment.pk else []  # type: ignore[attr-defined]
