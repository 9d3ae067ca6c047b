"""Agreed next steps: added by the officer, reported on or declined by the unit, then kept, dropped or put off.

Nothing else writes ``FollowUp`` and ``FollowUpReport``.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Assignment, Evidence, User
from commitments.permissions import Verb, require
from commitments.workflow import evidence
from commitments.workflow.evidence import Given
from commitments.workflow.steps import unchanged_since
from reviews.models import FollowUp, FollowUpReport, FollowUpState, ReportKind
from reviews.workflow.steps import NextStates, day_of, require_next

NEXT_STATES: NextStates = {
    FollowUpState.OPEN: frozenset({FollowUpState.DONE, FollowUpState.DROPPED, FollowUpState.DECLINED}),
    FollowUpState.DONE: frozenset(),
    FollowUpState.DROPPED: frozenset(),
    FollowUpState.DECLINED: frozenset({FollowUpState.DROPPED, FollowUpState.OPEN}),
}
"""What its unit declines is dropped by the officer, or stays open with a new day."""


@dataclass(frozen=True)
class Report:
    """What a unit says on its promise. What bears it out stands in the register, or is new."""

    kind: ReportKind
    text_de: str
    text_en: str = ""
    evidence: Evidence | None = None
    given: Given | None = None


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
def put_off(
    follow_up: FollowUp, due_on: date, reason: str, *, actor: User, at: datetime, seen: int | None = None
) -> FollowUp:
    """The officer keeps it with a new day: one that is open, or one that its unit declined."""
    row, role = _taken(follow_up, Verb.KEEP_FOLLOW_UP, actor=actor, at=at)
    unchanged_since(row, seen)
    if row.state not in (FollowUpState.OPEN, FollowUpState.DECLINED):
        require_next(NEXT_STATES, row.state, FollowUpState.OPEN, FollowUpState)
    if due_on < day_of(at):
        raise ValidationError({"due_on": _("The day lies in the past. Choose one on which the step can be done.")})
    if row.state == FollowUpState.OPEN and due_on == row.due_on:
        raise ValidationError({"due_on": _("This is the day it has now. Choose a later one.")})
    row.state, row.due_on, row.closed_at = FollowUpState.OPEN, due_on, None
    row.result_de = row.result_en = ""
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def report(follow_up: FollowUp, said: Report, *, actor: User, at: datetime) -> FollowUpReport:
    """The unit says how far it is, or that it is done, with what shows it. The officer decides what came of it."""
    row, role = _taken(follow_up, Verb.ANSWER, actor=actor, at=at)
    if row.state != FollowUpState.OPEN:
        sentence = _("This promise is settled: “%(state)s”. Nothing was changed.")
        raise ValidationError(sentence, params={"state": FollowUpState(row.state).label})
    shown = said.evidence
    if said.given is not None:
        shown = evidence.add(row.commitment, said.given, actor=actor, at=at, under=row)
    if said.kind == ReportKind.DONE and shown is None:
        raise ValidationError({"evidence": _("Show that it is done: choose evidence, or add a file or an address.")})
    return _reported(row, role, said, shown, actor=actor, at=at)


@transaction.atomic
def decline(follow_up: FollowUp, reason_de: str, reason_en: str = "", *, actor: User, at: datetime) -> FollowUp:
    """The unit says why it will not do it."""
    row, role = _taken(follow_up, Verb.ANSWER, actor=actor, at=at)
    row = _ended(row, FollowUpState.DECLINED, role, (reason_de, reason_en), actor=actor, at=at)
    _reported(row, role, Report(ReportKind.DECLINED, reason_de, reason_en), None, actor=actor, at=at)
    return row


def _taken(follow_up: FollowUp, verb: Verb, *, actor: User, at: datetime) -> tuple[FollowUp, Assignment]:
    rows = FollowUp.objects.select_for_update(of=("self",))
    row = rows.select_related("unit", "commitment").get(pk=follow_up.pk)
    return row, require(actor, verb, row, on=day_of(at))


def _reported(
    row: FollowUp, role: Assignment, said: Report, shown: Evidence | None, *, actor: User, at: datetime
) -> FollowUpReport:
    new = FollowUpReport(
        follow_up=row,
        kind=said.kind,
        text_de=said.text_de,
        text_en=said.text_en,
        evidence=shown,
        reported_on=day_of(at),
        author=actor,
        author_for=role.acting_for,
    )
    save_as(new, actor=actor, acting_for=role.acting_for, reason=str(said.kind.label), at=at)
    return new


def _ended(
    row: FollowUp, state: FollowUpState, role: Assignment, result: tuple[str, str], *, actor: User, at: datetime
) -> FollowUp:
    require_next(NEXT_STATES, row.state, state, FollowUpState)
    row.state, row.closed_at = state, at
    row.result_de, row.result_en = result
    save_as(row, actor=actor, acting_for=role.acting_for, reason=str(state.label), at=at)
    return row
