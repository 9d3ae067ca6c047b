"""What people do to the register: change measures and commitments, link them, explain gaps, enter people.

Each function is one act: it locks the row, asks for the right, checks the rules and writes through the ledger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import (
    Assignment,
    Commitment,
    GapCode,
    GapReason,
    LinkState,
    Measure,
    MeasureLink,
    MeasureProvision,
    MeasureStatus,
    OrganisationalUnit,
    Provision,
    Role,
    User,
)
from commitments.permissions import Verb, can, require
from commitments.tracking import TrackedModel

SPELLING = frozenset({"title_de", "title_en", "description_de", "description_en", "note_de", "note_en"})
"""The columns of a measure in which a mistake of spelling can be."""

REASONED = (MeasureStatus.SUSPENDED, MeasureStatus.DISCONTINUED, MeasureStatus.DECIDED_NOT_FUNDED)
"""States of a measure that ask for a reason."""

Link = MeasureLink | MeasureProvision
AnyLink = TypeVar("AnyLink", bound=MeasureLink | MeasureProvision)
Row = TypeVar("Row", bound=TrackedModel)

NEXT_STATES: dict[str, frozenset[str]] = {
    LinkState.PROPOSED: frozenset({LinkState.ACCEPTED, LinkState.ENDED}),
    LinkState.ACCEPTED: frozenset({LinkState.ENDED}),
    LinkState.ENDED: frozenset(),
}


def _locked(row: Row) -> Row:
    found: Row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)  # type: ignore[attr-defined]
    return found


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def last_change(row: TrackedModel) -> int:
    """Number of a row's newest history row: what an edit form remembers to notice that somebody was faster."""
    return int(row.history.values_list("history_id", flat=True)[0])


def _unchanged_since(row: TrackedModel, seen: int | None) -> None:
    if seen is not None and last_change(row) != seen:
        raise ValidationError(
            _(
                "Somebody has changed this entry while you were writing. What you wrote is still here: compare it with "
                "the entry as it stands now, then save again."
            ),
            code="changed",
        )


def _apply(row: TrackedModel, changes: Mapping[str, Any]) -> frozenset[str]:
    """Write the values into the row; the names of those that differ."""
    changed = {name for name, value in changes.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, changes[name])
    if not changed:
        raise ValidationError(_("Nothing was changed."), code="unchanged")
    return frozenset(changed)


@dataclass(frozen=True)
class Edit:
    """What someone changes and why. ``seen`` is ``last_change`` of the row that they saw."""

    changes: Mapping[str, Any]
    reason: str
    seen: int | None = None
    spelling_only: bool = False


# Measures and commitments


@transaction.atomic
def edit_measure(measure: Measure, edit: Edit, *, actor: User, at: datetime) -> Measure:
    """Change a measure. A change of its substance makes its confirmations void (rule 4); one of spelling does not."""
    measure = _locked(measure)
    role = require(actor, Verb.EDIT_REGISTER, measure, on=_day(at))
    _unchanged_since(measure, edit.seen)
    units = [(row.unit.key, row.part) for row in measure.measure_units.select_related("unit") if row.ended_on is None]
    before = measure.substance(units)
    changed = _apply(measure, edit.changes)
    if edit.spelling_only and not changed <= SPELLING:
        raise ValidationError(
            _("Only title, description and note can be corrected as spelling. Leave the box empty for other changes.")
        )
    if measure.status in REASONED and not measure.status_reason_de.strip():
        raise ValidationError({"status_reason_de": _("Say in one sentence why the measure has this status.")})
    after = measure.substance(units)
    if after != before and not edit.spelling_only:
        measure.fingerprint = after
    reason = _("Spelling only: %(reason)s") % {"reason": edit.reason} if edit.spelling_only else edit.reason
    save_as(measure, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return measure


@transaction.atomic
def edit_commitment(commitment: Commitment, edit: Edit, *, actor: User, at: datetime) -> Commitment:
    commitment = _locked(commitment)
    role = require(actor, Verb.EDIT_REGISTER, commitment, on=_day(at))
    _unchanged_since(commitment, edit.seen)
    _apply(commitment, edit.changes)
    save_as(commitment, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return commitment


# Links between measures and what they serve


@dataclass(frozen=True)
class Reasons:
    """How a measure contributes, and why that can be said."""

    contribution: str
    rationale_de: str
    rationale_en: str = ""

    def as_columns(self) -> dict[str, str]:
        return {
            "contribution": self.contribution,
            "rationale_de": self.rationale_de,
            "rationale_en": self.rationale_en,
        }


@transaction.atomic
def propose_link(
    measure: Measure, target: Commitment | Provision, reasons: Reasons, *, actor: User, at: datetime
) -> Link:
    """Propose that a measure serves a commitment or provision: the officer for any, a contact for their unit's."""
    measure = _locked(measure)
    role = require(actor, Verb.PROPOSE_LINK, measure, on=_day(at))
    link: Link
    if isinstance(target, Commitment):
        link = MeasureLink(measure=measure, commitment=target, **reasons.as_columns())
    else:
        link = MeasureProvision(measure=measure, provision=target, **reasons.as_columns())
    save_as(link, actor=actor, acting_for=role.acting_for, reason=_("Link proposed"), at=at)
    return link


@transaction.atomic
def accept_link(link: AnyLink, *, actor: User, at: datetime) -> AnyLink:
    link = _locked(link)
    role = require(actor, Verb.ACCEPT_LINK, link.measure, on=_day(at))
    _move(link, LinkState.ACCEPTED)
    save_as(link, actor=actor, acting_for=role.acting_for, reason=_("Link accepted"), at=at)
    return link


@transaction.atomic
def add_link(measure: Measure, target: Commitment | Provision, reasons: Reasons, *, actor: User, at: datetime) -> Link:
    """Propose a link, and accept it at once where the same person may."""
    link = propose_link(measure, target, reasons, actor=actor, at=at)
    if can(actor, Verb.ACCEPT_LINK, measure, on=_day(at)):
        return accept_link(link, actor=actor, at=at)
    return link


def may_change_link(user: User, link: Link, *, on: date) -> bool:
    """The officer may change every link, a contact those that their unit's measure has proposed only."""
    if link.state == LinkState.ENDED:
        return False
    if can(user, Verb.ACCEPT_LINK, link.measure, on=on):
        return True
    return link.state == LinkState.PROPOSED and can(user, Verb.PROPOSE_LINK, link.measure, on=on)


@transaction.atomic
def change_link(link: AnyLink, reasons: Reasons, *, actor: User, at: datetime, reason: str) -> AnyLink:
    link = _locked(link)
    acting_for = _require_change(link, actor, at)
    if link.state == LinkState.ENDED:
        raise ValidationError(_("This link has ended and can no longer be changed."))
    _apply(link, reasons.as_columns())
    save_as(link, actor=actor, acting_for=acting_for, reason=reason, at=at)
    return link


@transaction.atomic
def end_link(link: AnyLink, *, actor: User, at: datetime, reason: str) -> AnyLink:
    """A link is never deleted: it ends, with a reason (rule 11)."""
    link = _locked(link)
    acting_for = _require_change(link, actor, at)
    _move(link, LinkState.ENDED)
    save_as(link, actor=actor, acting_for=acting_for, reason=reason, at=at)
    return link


def _require_change(link: Link, actor: User, at: datetime) -> User | None:
    """Whom the actor acts for; raises PermissionDenied where they may not change the link."""
    own = link.state == LinkState.PROPOSED and not can(actor, Verb.ACCEPT_LINK, link.measure, on=_day(at))
    return require(actor, Verb.PROPOSE_LINK if own else Verb.ACCEPT_LINK, link.measure, on=_day(at)).acting_for


def _move(link: Link, to: LinkState) -> None:
    if to not in NEXT_STATES[link.state]:
        raise ValidationError(
            _("A link that is %(state)s cannot become %(next)s.")
            % {"state": link.get_state_display().lower(), "next": to.label.lower()}
        )
    link.state = to


# Gaps


@dataclass(frozen=True)
class Gap:
    """Why an article has no measure in a field (no field: in all of them), and what comes next."""

    code: GapCode
    text: str
    next_step: str = ""
    due_on: date | None = None


@transaction.atomic
def give_gap_reason(article: Provision, field: str, gap: Gap, *, actor: User, at: datetime) -> GapReason:
    """Say why an article has no measure in a field; a later reason takes the place of an earlier one."""
    role = require(actor, Verb.GIVE_GAP_REASON, on=_day(at))
    known = GapReason.objects.select_for_update().filter(article=article, field=field).first()
    reason = known or GapReason(article=article, field=field)
    if (reason.text_de, reason.next_step_de) != (gap.text, gap.next_step):
        reason.text_en = reason.next_step_en = ""
    reason.code, reason.text_de, reason.next_step_de, reason.due_on = gap.code, gap.text, gap.next_step, gap.due_on
    reason.stated_by, reason.stated_on = actor, _day(at)
    save_as(reason, actor=actor, acting_for=role.acting_for, reason=_("Reason for the gap given"), at=at)
    return reason


# People


@transaction.atomic
def enter_person(*, email: str, name: str, actor: User | None, at: datetime, reason: str, language: str = "de") -> User:
    """A new person who may sign in, without a password: they get in by code, passkey or the city's sign-on."""
    if actor is not None:
        require(actor, Verb.MANAGE_PEOPLE, on=_day(at))
    person = User(email=email.strip().lower(), name=name.strip(), language=language)
    person.lock_password()
    save_as(person, actor=actor, reason=reason, at=at)
    return person


@dataclass(frozen=True)
class Post:
    """A role, in a unit or city-wide, from a day on; a deputy's names the person acted for."""

    role: Role
    valid_from: date
    unit: OrganisationalUnit | None = None
    acting_for: User | None = None
    valid_to: date | None = None


@transaction.atomic
def assign_role(person: User, post: Post, *, actor: User | None, at: datetime, reason: str) -> Assignment:
    """Give someone a role. Nobody gives a role to themselves."""
    if actor is not None:
        require(actor, Verb.MANAGE_PEOPLE, on=_day(at))
        if actor == person:
            raise PermissionDenied(_("Nobody can give a role to themselves."))
    columns = {"unit": post.unit, "acting_for": post.acting_for, "valid_to": post.valid_to}
    held = Assignment(user=person, role=post.role, valid_from=post.valid_from, **columns)
    save_as(held, actor=actor, reason=reason, at=at)
    return held
