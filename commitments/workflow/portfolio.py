"""What people do to the portfolio: partnerships, EU projects, networks, development cooperation, training."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import texts
from commitments.dates import PartialDate
from commitments.kinds import MODELS
from commitments.ledger import save_as
from commitments.models import (
    Engagement,
    EngagementStatus,
    NetworkMembership,
    OrganisationalUnit,
    Precision,
    UnitSuccession,
    User,
)
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since

Own = TypeVar("Own", bound=Engagement)

NEXT_STATUSES: dict[str, frozenset[str]] = {
    EngagementStatus.ACTIVE: frozenset({EngagementStatus.PAUSED, EngagementStatus.DORMANT, EngagementStatus.ENDED}),
    EngagementStatus.PAUSED: frozenset({EngagementStatus.ACTIVE, EngagementStatus.DORMANT, EngagementStatus.ENDED}),
    EngagementStatus.DORMANT: frozenset({EngagementStatus.ACTIVE, EngagementStatus.PAUSED, EngagementStatus.ENDED}),
    EngagementStatus.ENDED: frozenset({EngagementStatus.ACTIVE}),
}

RESERVED = frozenset({"add", "advice", "map", "table", "export", "import"})
"""Words of addresses that no engagement may be called."""

GERMAN_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
LONGEST_KEY = 80
ENDS_FIRST = gettext_lazy("The end lies before the start. Please correct one of the two dates.")


@dataclass(frozen=True)
class Turn:
    """Since when an engagement is active, paused, dormant or ended, why, and the council paper that says so."""

    since: PartialDate
    reason_de: str
    reason_en: str = ""
    council_reference: str = ""
    council_url: str = ""


@transaction.atomic
def add(kind: str, values: Mapping[str, Any], *, actor: User, at: datetime) -> Engagement:
    """Enter an engagement of a kind; what is already over is entered as ended."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    own: Engagement = MODELS[kind](kind=kind, **values)
    own.key = free_key(own.name_de or kind)
    end = last_day(own.ends_on, own.ends_on_precision)
    if end is not None and end < day(at):
        own.status = EngagementStatus.ENDED
    _check_period(own)
    check_unit(own.unit, min(end or day(at), day(at)))
    save_as(own, actor=actor, acting_for=role.acting_for, reason=_("Entered"), at=at)
    return own


@transaction.atomic
def edit(own: Own, change: Edit, *, actor: User, at: datetime) -> Own:
    """Change what is known of an engagement. Its status has acts of its own."""
    own = locked(own)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    unchanged_since(own, change.seen)
    changed = apply(own, change.changes)
    _check_period(own)
    if "unit" in changed:
        end = last_day(own.ends_on, own.ends_on_precision)
        check_unit(own.unit, min(end or day(at), day(at)))
    save_as(own, actor=actor, acting_for=role.acting_for, reason=change.reason, at=at)
    return own


@transaction.atomic
def pause(own: Own, turn: Turn, *, actor: User, at: datetime) -> Own:
    """Its measures are shown as suspended with the reason; they have not failed (rule 18)."""
    return _turned(own, EngagementStatus.PAUSED, turn, actor=actor, at=at)


@transaction.atomic
def let_rest(own: Own, turn: Turn, *, actor: User, at: datetime) -> Own:
    """Nothing happens in it any more, though nobody has ended it."""
    return _turned(own, EngagementStatus.DORMANT, turn, actor=actor, at=at)


@transaction.atomic
def resume(own: Own, turn: Turn, *, actor: User, at: datetime) -> Own:
    """Go on with what was paused, dormant or ended; the unit that keeps it must exist."""
    check_unit(locked(own).unit, day(at))
    return _turned(own, EngagementStatus.ACTIVE, turn, actor=actor, at=at)


@transaction.atomic
def end(own: Own, turn: Turn, *, actor: User, at: datetime) -> Own:
    """End it; nothing is deleted, and it can be taken up again (rule 11)."""
    return _turned(own, EngagementStatus.ENDED, turn, actor=actor, at=at)


@transaction.atomic
def renew(membership: NetworkMembership, due_on: date, *, reason: str, actor: User, at: datetime) -> NetworkMembership:
    """A membership is renewed until a later day (rule 17)."""
    membership = locked(membership)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    if membership.status == EngagementStatus.ENDED:
        raise ValidationError(_("This membership has ended. Take it up again before you renew it."))
    before = membership.renewal_due_on
    if due_on <= day(at) or (before is not None and due_on <= before):
        raise ValidationError({"due_on": _("The next renewal lies in the future, and after the one that was due.")})
    membership.renewal_due_on = due_on
    save_as(membership, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return membership


def _turned(own: Own, to: EngagementStatus, turn: Turn, *, actor: User, at: datetime) -> Own:
    own = locked(own)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    if to not in NEXT_STATUSES[own.status]:
        raise ValidationError(
            _("What is %(status)s cannot become %(next)s.")
            % {"status": own.get_status_display().lower(), "next": to.label.lower()}
        )
    if turn.since.first > day(at):
        raise ValidationError({"since": _("This day lies in the future. Choose today or an earlier day.")})
    known_end = last_day(turn.since.first, turn.since.precision)
    if own.starts_on is not None and known_end is not None and known_end < own.starts_on:
        raise ValidationError({"since": _("This lies before the start. Please correct the date.")})
    own.status, own.status_since, own.status_since_precision = to, turn.since.first, turn.since.precision
    own.status_reason_de, own.status_reason_en = turn.reason_de, turn.reason_en
    own.council_reference, own.council_url = turn.council_reference, turn.council_url
    if to == EngagementStatus.ENDED:
        own.ends_on, own.ends_on_precision = turn.since.first, turn.since.precision
    elif own.has_ended(day(at)):
        own.ends_on, own.ends_on_precision = None, Precision.DAY
    _check_period(own, beside="since")
    save_as(own, actor=actor, acting_for=role.acting_for, reason=turn.reason_de, at=at)
    return own


# Rules


def _check_period(own: Engagement, beside: str = "ends_on") -> None:
    """An end does not come before its start; dates are compared as they are stored, by their first day."""
    if own.starts_on is None or own.ends_on is None or own.starts_on <= own.ends_on:
        return
    end = last_day(own.ends_on, own.ends_on_precision)
    if end is not None and end >= own.starts_on:
        raise ValidationError({beside: _("Give this date as exactly as the start, with month or day.")})
    raise ValidationError({beside: ENDS_FIRST})


def check_unit(unit: OrganisationalUnit, on: date) -> None:
    """A unit that does not exist on a day keeps nothing; raises ValidationError naming its successor."""
    name = texts.localized(unit, "name")
    if unit.valid_from is not None and on < unit.valid_from:
        sentence = _("“%(unit)s” exists only since %(day)s. Choose the unit of that time.")
        raise ValidationError({"unit": sentence % {"unit": name, "day": texts.long_date(unit.valid_from)}})
    if unit.valid_to is None or on <= unit.valid_to:
        return
    told = {"unit": name, "day": texts.long_date(unit.valid_to)}
    followed = UnitSuccession.objects.filter(unit=unit).select_related("successor").order_by("-on").first()
    if followed is None:
        raise ValidationError({"unit": _("“%(unit)s” existed only until %(day)s. Choose another unit.") % told})
    told["successor"] = texts.localized(followed.successor, "name")
    sentence = _("“%(unit)s” existed only until %(day)s. Its successor is “%(successor)s”; choose that one.")
    raise ValidationError({"unit": sentence % told})


def last_day(first: date | None, precision: str) -> date | None:
    """The last day that a partly known date can mean."""
    if first is None or precision == Precision.DAY:
        return first
    if precision == Precision.YEAR:
        return first.replace(month=12, day=31)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def free_key(name: str) -> str:
    """A key made from a name, with a number behind it where that one is taken."""
    stem = slugify(name.translate(GERMAN_LETTERS))[: LONGEST_KEY - 5].strip("-") or "engagement"
    taken = set(Engagement.objects.filter(key__startswith=stem).values_list("key", flat=True)) | RESERVED
    if stem not in taken:
        return stem
    return next(key for number in range(2, len(taken) + 3) if (key := f"{stem}-{number}") not in taken)
