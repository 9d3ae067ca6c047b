"""What people do to recommendations: enter them, answer them for the city, and link them to what they concern."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import (
    Commitment,
    Provision,
    Recommendation,
    RecommendationCommitment,
    RecommendationProvision,
    RecommendationResponse,
    User,
)
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since

Link = RecommendationProvision | RecommendationCommitment
AnyLink = TypeVar("AnyLink", bound=RecommendationProvision | RecommendationCommitment)

PREFIX = "E-"
"""How the keys of recommendations begin that were entered by hand; imported ones keep their annotation id."""

REASONED = frozenset(
    {RecommendationResponse.IN_PART, RecommendationResponse.NOTED, RecommendationResponse.NOT_APPLICABLE}
)
"""Responses that ask for a reason. Whoever supports a recommendation as it stands need not say why."""


@dataclass(frozen=True)
class Response:
    """What the city answers, why, and since when. ``seen`` is ``last_change`` of the row that was answered."""

    code: str
    note_de: str = ""
    note_en: str = ""
    on: date | None = None
    seen: int | None = None


@transaction.atomic
def enter(columns: Mapping[str, Any], *, actor: User, at: datetime) -> Recommendation:
    """A recommendation entered by hand, for instance one of the council; it gets the next free key."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    row = Recommendation(key=_next_key(), **columns)
    _in_time(row.made_on, "made_on", at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Recommendation entered"), at=at)
    return row


@transaction.atomic
def edit(recommendation: Recommendation, change: Edit, *, actor: User, at: datetime) -> Recommendation:
    """Change what was recommended. An import keeps from then on what was changed here (rule 20)."""
    row = locked(recommendation)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    unchanged_since(row, change.seen)
    apply(row, change.changes)
    _in_time(row.made_on, "made_on", at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=change.reason, at=at)
    return row


@transaction.atomic
def respond(recommendation: Recommendation, response: Response, *, actor: User, at: datetime) -> Recommendation:
    """What the city says to a recommendation; anything but support as it stands asks for a reason."""
    row = locked(recommendation)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    unchanged_since(row, response.seen)
    if response.code not in RecommendationResponse.values:
        raise ValidationError({"response": _("Choose what the city answers.")})
    if response.code in REASONED and not response.note_de.strip():
        raise ValidationError({"response_note_de": _("Say in one or two sentences why the city answers like this.")})
    on = response.on or day(at)
    _in_time(on, "responded_on", at)
    if row.made_on and on < row.made_on:
        raise ValidationError({"responded_on": _("The city cannot have answered before the recommendation was made.")})
    answer = {"response": response.code, "response_note_de": response.note_de, "response_note_en": response.note_en}
    apply(row, answer | {"responded_on": on})
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Response of the city entered"), at=at)
    return row


@transaction.atomic
def link(recommendation: Recommendation, target: Commitment | Provision, *, actor: User, at: datetime) -> Link:
    """Link a recommendation to a provision it rests on, or to a commitment that answers it."""
    row = locked(recommendation)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    made: Link
    if isinstance(target, Commitment):
        if target.ended_on is not None:
            raise ValidationError(_("This commitment has ended. Choose one that is in force."))
        made = RecommendationCommitment(recommendation=row, commitment=target)
    else:
        made = RecommendationProvision(recommendation=row, provision=target)
    save_as(made, actor=actor, acting_for=role.acting_for, reason=_("Recommendation linked"), at=at)
    return made


@transaction.atomic
def unlink(made: AnyLink, *, reason: str, actor: User, at: datetime) -> AnyLink:
    """A link is never deleted: it ends on a day, with a reason (rule 11)."""
    row = locked(made)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    if row.ended_on is not None:
        raise ValidationError(_("This link has already ended."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why this link ends.")})
    row.ended_on = day(at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


def _next_key() -> str:
    """E-001, E-002 …; two people at once are kept apart by the unique key."""
    taken = Recommendation.objects.filter(key__startswith=PREFIX).values_list("key", flat=True)
    numbers = [int(key.removeprefix(PREFIX)) for key in taken if key.removeprefix(PREFIX).isdecimal()]
    return f"{PREFIX}{max(numbers, default=0) + 1:03}"


def _in_time(on: date | None, field: str, at: datetime) -> None:
    if on is not None and on > day(at):
        raise ValidationError({field: _("This day lies in the future. Choose today or an earlier day.")})
