"""Verdicts: written by the officer, approved by somebody else (rule 9), with what speaks against them beside them.

Nothing else writes ``Assessment``, except the opening of a cycle.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.ledger import save_all_as, save_as
from commitments.models import (
    Assignment,
    Commitment,
    Grade,
    Measure,
    MeasureStatus,
    OrganisationalUnit,
    Protection,
    User,
)
from commitments.permissions import Verb, grant, require
from commitments.tracking import history_model
from commitments.workflow.steps import last_change, unchanged_since
from reviews.models import (
    Assessment,
    AssessmentMeasure,
    AssessmentState,
    CycleState,
    Dissent,
    Outcome,
    ReviewCycle,
    ReviewEntry,
    Statement,
    Trend,
)
from reviews.workflow.scope import self_assessed
from reviews.workflow.steps import NextStates, day_of, locked_cycle, require_next, require_running

NEXT_STATES: NextStates = {
    AssessmentState.DRAFT: frozenset({AssessmentState.DRAFT, AssessmentState.SUBMITTED}),
    AssessmentState.SUBMITTED: frozenset({AssessmentState.APPROVED, AssessmentState.RETURNED}),
    AssessmentState.RETURNED: frozenset({AssessmentState.DRAFT, AssessmentState.SUBMITTED}),
    AssessmentState.APPROVED: frozenset({AssessmentState.RETURNED}),
}
"""An approved assessment is returned only while its cycle runs."""


@dataclass(frozen=True)
class Finding:
    """What the officer writes; without a trend, the one that follows from the last approved verdict is taken."""

    outcome: str = ""
    grade: Grade | None = None
    trend: str = ""
    finding_de: str = ""
    finding_en: str = ""
    self_assessed: bool = False
    measures: tuple[Measure, ...] | None = None
    """The measures that the finding rests on; ``None`` leaves those that were named."""


@dataclass(frozen=True)
class Contradiction:
    """Something that does not fit the verdict and is pointed out, not hidden (rule 14)."""

    code: str
    sentence: str


@transaction.atomic
def save_assessment(
    assessment: Assessment, finding: Finding, *, actor: User, at: datetime, seen: int | None = None
) -> Assessment:
    """Keep a draft of verdict and finding. A measure that is no longer named ends and stays (rule 11).

    ``seen`` is ``last_change`` of the draft that was on the screen: where somebody has saved since, nothing is written.
    """
    row, role = _taken(assessment, Verb.ASSESS, actor=actor, at=at)
    unchanged_since(row, seen)
    require_next(NEXT_STATES, row.state, AssessmentState.DRAFT, AssessmentState)
    if finding.grade is not None and finding.grade.scale_id != row.cycle.scale_id:
        raise ValidationError(_("Choose a grade of this cycle's scale."))
    row.state = AssessmentState.DRAFT
    row.outcome, row.grade = finding.outcome, finding.grade
    row.finding_de, row.finding_en = finding.finding_de, finding.finding_en
    row.trend = finding.trend or default_trend(row)
    row.self_assessed = finding.self_assessed or row.self_assessed or row.commitment_id in self_assessed()
    row.author, row.author_for = actor, role.acting_for
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Assessment written"), at=at)
    if finding.measures is not None:
        added, ended = _named(row, finding.measures, day_of(at))
        save_all_as(added, actor=actor, acting_for=role.acting_for, reason=_("Named in the finding"), at=at)
        save_all_as(ended, actor=actor, acting_for=role.acting_for, reason=_("No longer named in the finding"), at=at)
    return row


def _named(
    row: Assessment, measures: Iterable[Measure], on: date
) -> tuple[list[AssessmentMeasure], list[AssessmentMeasure]]:
    """The rows to save so that the finding names exactly these measures: those that begin, and those that end."""
    wanted = {measure.pk: measure for measure in measures}
    known = {named.measure_id: named for named in row.assessment_measures.all()}
    added = [
        AssessmentMeasure(cycle=row.cycle, assessment=row, measure=measure)
        for pk, measure in wanted.items()
        if pk not in known
    ]
    for pk, named in known.items():
        if pk in wanted and named.ended_on is not None:
            named.ended_on = None
            added.append(named)
    ended = [named for pk, named in known.items() if pk not in wanted and named.ended_on is None]
    for named in ended:
        named.ended_on = on
    return added, ended


@transaction.atomic
def submit(assessment: Assessment, *, actor: User, at: datetime) -> Assessment:
    """Lay the assessment before the second pair of eyes."""
    row, role = _taken(assessment, Verb.ASSESS, actor=actor, at=at)
    require_next(NEXT_STATES, row.state, AssessmentState.SUBMITTED, AssessmentState)
    row.state, row.submitted_at = AssessmentState.SUBMITTED, at
    row.author, row.author_for = actor, role.acting_for
    row.return_note = ""
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Submitted for approval"), at=at)
    return row


@transaction.atomic
def return_to_author(assessment: Assessment, *, actor: User, at: datetime, reason: str) -> Assessment:
    """The approver gives it back with what is to be put right."""
    row, role = _taken(assessment, Verb.DECIDE_ASSESSMENT, actor=actor, at=at)
    require_next(NEXT_STATES, row.state, AssessmentState.RETURNED, AssessmentState)
    row.state, row.return_note = AssessmentState.RETURNED, reason
    row.approver = row.approver_for = row.approved_at = None
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def approve(assessment: Assessment, *, actor: User, at: datetime, seen: int | None = None) -> Assessment:
    """Approve somebody else's assessment; whoever has ever written it may not, nor whom they stood in for.

    ``seen`` is ``last_change`` of what the approver read: where it was changed since, nothing is approved.
    """
    row, role = _taken(assessment, Verb.DECIDE_ASSESSMENT, actor=actor, at=at)
    if seen is not None and last_change(row) != seen:
        sentence = _("This was changed after you opened the page and is not approved. Please look at it once more.")
        raise ValidationError(sentence, code="changed")
    require_next(NEXT_STATES, row.state, AssessmentState.APPROVED, AssessmentState)
    if authors_of(row) & {actor.pk, role.acting_for_id}:
        raise ValidationError(_("The author of an assessment cannot approve it."))
    row.state, row.approved_at = AssessmentState.APPROVED, at
    row.approver, row.approver_for = actor, role.acting_for
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Approved"), at=at)
    return row


@transaction.atomic
def add_dissent(
    assessment: Assessment,
    unit: OrganisationalUnit,
    text_de: str,
    text_en: str = "",
    *,
    actor: User,
    at: datetime,
) -> Dissent:
    """A unit's objection, printed beside the verdict (rule 5): by its contact, or entered by the officer.

    After the freeze, too, until the report is released: an answer can no longer be withdrawn then.
    """
    cycle = locked_cycle(assessment.cycle_id)
    on = day_of(at)
    role = grant(actor, Verb.ASSESS, on=on) or require(actor, Verb.ANSWER, _OfUnit(unit), on=on)
    _require_unreleased(cycle)
    dissent = Dissent(
        cycle=cycle, assessment=assessment, unit=unit, text_de=text_de, text_en=text_en, stated_on=day_of(at)
    )
    save_as(dissent, actor=actor, acting_for=role.acting_for, reason=_("Objection entered"), at=at)
    return dissent


@transaction.atomic
def add_statement(statement: Statement, *, actor: User, at: datetime) -> Statement:
    """Civil society's view, entered by the officer and printed beside the finding."""
    cycle = locked_cycle(statement.cycle_id)
    role = require(actor, Verb.ASSESS, on=day_of(at))
    require_running(cycle)
    save_as(statement, actor=actor, acting_for=role.acting_for, reason=_("Statement entered"), at=at)
    return statement


@transaction.atomic
def log_entry(
    commitment: Commitment,
    text: str,
    reason: str,
    *,
    actor: User,
    at: datetime,
    measure: Measure | None = None,
) -> ReviewEntry:
    """The officer's dated note, which nobody edits; it belongs to the cycle that runs, if one does."""
    role = require(actor, Verb.LOG_REVIEW, on=day_of(at))
    entry = ReviewEntry(
        commitment=commitment,
        cycle=ReviewCycle.objects.running().order_by("-year").first(),
        measure=measure,
        noted_on=day_of(at),
        author=actor,
        text=text,
        reason=reason,
        protection=max((row.protection for row in (commitment, measure) if row), key=Protection.values.index),
    )
    save_as(entry, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return entry


def last_approved(assessment: Assessment) -> Assessment | None:
    """The commitment's last approved assessment of an earlier year."""
    earlier = Assessment.objects.approved().filter(
        commitment=assessment.commitment_id, cycle__year__lt=assessment.cycle.year
    )
    return earlier.select_related("grade", "cycle").order_by("-cycle__year").first()


def default_trend(assessment: Assessment) -> str:
    """The trend that follows from the last approved verdict; empty while there is no verdict."""
    if not assessment.outcome:
        return ""
    return trend_between(last_approved(assessment), assessment)


def trend_between(before: Assessment | None, now: Assessment) -> str:
    """Compare two verdicts of one scale; what cannot be compared begins anew."""
    if before is None or before.outcome != now.outcome:
        return Trend.FIRST
    if before.grade is None or now.grade is None:
        return Trend.FIRST if now.outcome == Outcome.TOO_EARLY else Trend.SAME
    if before.grade.scale_id != now.grade.scale_id:
        return Trend.FIRST
    if before.grade.order == now.grade.order:
        return Trend.SAME
    return Trend.WORSE if now.grade.order > before.grade.order else Trend.BETTER


def contradictions_among(
    assessment: Assessment, statuses: list[str], disputed: int, overdue: int
) -> Iterable[Contradiction]:
    """What does not fit the verdict, for who knows already how the measures stand and what is disputed and overdue."""
    if assessment.trend == Trend.WORSE and statuses and set(statuses) == {MeasureStatus.COMPLETED.value}:
        yield Contradiction("fell", _("The verdict fell although every linked measure is completed."))
    if disputed:
        sentence = ngettext(
            "A unit disputes a linked measure.", "%(count)s answers dispute a linked measure.", disputed
        )
        yield Contradiction("disputed", sentence % {"count": disputed})
    if overdue:
        sentence = ngettext("An agreed next step is overdue.", "%(count)s agreed next steps are overdue.", overdue)
        yield Contradiction("overdue", sentence % {"count": overdue})


def authors_of(assessment: Assessment) -> set[int]:
    """Everyone who wrote or submitted it, or in whose place that was done (rule 9)."""
    past = history_model(Assessment).objects.filter(id=assessment.pk).order_by()
    return {pk for pair in past.values_list("author_id", "author_for_id").distinct() for pk in pair if pk}


def _require_unreleased(cycle: ReviewCycle) -> None:
    if cycle.state == CycleState.FROZEN:
        return
    if cycle.state == CycleState.CLOSED:
        raise ValidationError(
            _("The report %(year)s is released. What your unit objects to now goes into the next cycle's answer."),
            params={"year": cycle.year},
        )
    require_running(cycle)


@dataclass(frozen=True)
class _OfUnit:
    unit: OrganisationalUnit

    @property
    def responsible_unit_ids(self) -> frozenset[int]:
        return frozenset({self.unit.pk})


def _taken(assessment: Assessment, verb: Verb, *, actor: User, at: datetime) -> tuple[Assessment, Assignment]:
    """The row, locked, with the role under which the actor may do this; the cycle runs."""
    cycle = locked_cycle(assessment.cycle_id)
    rows = Assessment.objects.select_for_update(of=("self",))
    row = rows.select_related("cycle", "commitment__lead_unit", "grade", "author", "author_for").get(pk=assessment.pk)
    role = require(actor, verb, row, on=day_of(at))
    require_running(cycle)
    return row, role
