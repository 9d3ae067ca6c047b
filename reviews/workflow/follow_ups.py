"""Agreed next steps: added by the officer, kept, dropped, or declined by the unit. Nothing else writes ``FollowUp``."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Assignment, User
from commitments.permissions import Verb, require
from reviews.models import FollowUp, FollowUpState
from reviews.workflow.steps import NextStates, day_of, require_next

NEXT_STATES: NextStates = {
    FollowUpState.OPEN: frozenset({FollowUpState.DONE, FollowUpState.DROPPED, FollowUpState.DECLINED}),
    FollowUpState.DONE: frozenset(),
    FollowUpState.DROPPED: frozenset(),
    FollowUpState.DECLINED: frozenset({FollowUpState.DROPPED}),
}


@transaction.atomic
def add(follow_up: FollowUp, *, actor: User, at: datetime) -> FollowUp:
    """Agree a next step with a unit, from an assessment of a cycle."""
    role = require(actor, Verb.KEEP_FOLLOW_UP, on=day_of(at))
    if follow_up.due_on < day_of(at):
        raise ValidationError({"due_on": _("The day lies in the past. Choose one on which the step can be done.")})
    save_as(follow_up, actor=actor, acting_for=role.acting_for, reason=_("Next step agreed"), at=at)
    return follow_up


@transaction.atomic
def close(
    follow_up: FollowUp, state: FollowUpState, result_de: str, result_en: str = "", *, actor: User, at: datetime
) -> FollowUp:
    """The officer notes what came of it: kept or dropped."""
    row, role = _taken(follow_up, Verb.KEEP_FOLLOW_UP, actor=actor, at=at)
    if state not in (FollowUpState.DONE, FollowUpState.DROPPED):
        raise ValidationError(_("A next step is kept or dropped; only its unit can decline it."))
    return _ended(row, state, role, (result_de, result_en), actor=actor, at=at)


@transaction.atomic
def decline(follow_up: FollowUp, reason_de: str, reason_en: str = "", *, actor: User, at: datetime) -> FollowUp:
    """The unit says why it will not do it."""
    row, role = _taken(follow_up, Verb.ANSWER, actor=actor, at=at)
    return _ended(row, FollowUpState.DECLINED, role, (reason_de, reason_en), actor=actor, at=at)


def _taken(follow_up: FollowUp, verb: Verb, *, actor: User, at: datetime) -> tuple[FollowUp, Assignment]:
    rows = FollowUp.objects.select_for_update(of=("self",))
    row = rows.select_related("unit", "commitment").get(pk=follow_up.pk)
    return row, require(actor, verb, row, on=day_of(at))


def _ended(
    row: FollowUp, state: FollowUpState, role: Assignment, result: tuple[str, str], *, actor: User, at: datetime
) -> FollowUp:
    require_next(NEXT_STATES, row.state, state, FollowUpState)
    row.state, row.closed_at = state, at
    row.result_de, row.result_en = result
    save_as(row, actor=actor, acting_for=role.acting_for, reason=str(state.label), at=at)
    return row
