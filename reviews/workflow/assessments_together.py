"""Many verdicts at once: last year's taken over as drafts, laid before the approver, approved.

Each row gets its own history. What an act does not fit is left as it was and named with the reason, so that a long list
need not be sorted by hand first; the number of queries does not grow with it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.ledger import save_all_as
from commitments.models import Assignment, LinkState, Measure, MeasureLink, MeasureStatus, User
from commitments.permissions import Verb, require
from commitments.tracking import history_model
from reviews.models import (
    ANSWERED,
    Assessment,
    AssessmentMeasure,
    AssessmentQuerySet,
    AssessmentState,
    Confirmation,
    ConfirmationResult,
    Dissent,
    FollowUp,
    Outcome,
    ReviewCycle,
    Trend,
)
from reviews.workflow.assessments import trend_between
from reviews.workflow.steps import day_of, locked_cycle, require_running

WRITTEN = gettext_lazy("something is written there already")
NONE_BEFORE = gettext_lazy("there is no earlier verdict on this scale to take over")
INCOMPLETE = gettext_lazy("verdict or finding is missing")
NOT_WAITING = gettext_lazy("it does not wait for approval")
NOT_A_DRAFT = gettext_lazy("it is submitted or approved already")
OWN = gettext_lazy("you wrote it, or act for the one who did")
OBJECTED = gettext_lazy("a unit objects to the verdict")
DISPUTED = gettext_lazy("a unit disputes an entry that serves the commitment")
OVERDUE = gettext_lazy("an agreed next step is overdue")
FELL = gettext_lazy("the verdict fell although every linked measure is completed")


@dataclass
class Together:
    """What was done, and what was left as it was: references by the reason."""

    done: int = 0
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@transaction.atomic
def carry_over(rows: Iterable[Assessment], *, actor: User, at: datetime) -> Together:
    """Begin untouched drafts with the last approved verdict and text, and the measures that it named.

    What points to another verdict is left to be looked at by itself (rule 14).
    """
    work = _Work.begun(rows, Verb.ASSESS, actor, at)
    before, doubts = last_of(work.rows), _doubts(work)

    def why_not(row: Assessment) -> str:
        if row.state != AssessmentState.DRAFT or row.outcome or row.finding_de:
            return str(WRITTEN)
        if row.pk in doubts:
            return doubts[row.pk]
        last = before.get(row.pk)
        return "" if last is not None and _can_be_taken_over(last, row) else str(NONE_BEFORE)

    chosen = work.fitting(why_not)
    for row in chosen:
        last = before[row.pk]
        row.outcome, row.grade = last.outcome, last.grade
        row.finding_de, row.finding_en = last.finding_de, last.finding_en
        row.trend = trend_between(last, row)
        row.author, row.author_for = actor, work.role.acting_for
    work.save(chosen, _("Taken over from the last assessment"))
    named = _named_before({row.pk: before[row.pk] for row in chosen}, {row.pk: row for row in chosen})
    reason = _("Named in the finding")
    save_all_as(named, actor=actor, acting_for=work.role.acting_for, reason=reason, at=at)
    return work.told


@transaction.atomic
def submit_all(rows: Iterable[Assessment], *, actor: User, at: datetime) -> Together:
    """Lay all that are complete before the second pair of eyes."""
    work = _Work.begun(rows, Verb.ASSESS, actor, at)

    def why_not(row: Assessment) -> str:
        if row.state not in (AssessmentState.DRAFT, AssessmentState.RETURNED):
            return str(NOT_A_DRAFT)
        return "" if row.outcome and row.trend and row.finding_de else str(INCOMPLETE)

    chosen = work.fitting(why_not)
    for row in chosen:
        row.state, row.submitted_at, row.return_note = AssessmentState.SUBMITTED, at, ""
        row.author, row.author_for = actor, work.role.acting_for
    work.save(chosen, _("Submitted for approval together with others"))
    return work.told


@transaction.atomic
def approve_all(rows: Iterable[Assessment], *, actor: User, at: datetime) -> Together:
    """Approve what others wrote; one's own, and that of the person one acts for, is left (rule 9).

    So is what does not fit its verdict, or meets with an objection: that is decided on its own page (rule 14).
    """
    work = _Work.begun(rows, Verb.DECIDE_ASSESSMENT, actor, at)
    authors, doubts = _authors(work.rows), _doubts(work)
    own = {actor.pk, work.role.acting_for_id}

    def why_not(row: Assessment) -> str:
        if row.state != AssessmentState.SUBMITTED:
            return str(NOT_WAITING)
        return str(OWN) if authors[row.pk] & own else doubts.get(row.pk, "")

    chosen = work.fitting(why_not)
    for row in chosen:
        row.state, row.approved_at = AssessmentState.APPROVED, at
        row.approver, row.approver_for = actor, work.role.acting_for
    work.save(chosen, _("Approved together with others"))
    return work.told


def last_of(rows: Iterable[Assessment]) -> dict[int, Assessment]:
    """The last approved assessment of an earlier year for each of these, by the id of the later one; one query."""
    wanted = {row.commitment_id: row for row in rows}
    if not wanted:
        return {}
    year = min(row.cycle.year for row in wanted.values())
    approved = Assessment.objects.approved().filter(cycle__year__lt=year)
    latest = approved.filter(commitment=OuterRef("commitment")).order_by("-cycle__year").values("pk")[:1]
    found = approved.filter(commitment__in=list(wanted), pk=Subquery(latest)).select_related("grade", "cycle")
    return {wanted[row.commitment_id].pk: row for row in found}


def without_change(rows: QuerySet[Assessment], today: date) -> QuerySet[Assessment]:
    """Those that units answered entirely as unchanged, with nothing overdue: nothing points to another verdict."""
    answers = Confirmation.objects.current().with_void().filter(cycle=OuterRef("cycle"))
    serving = Q(measure__links__commitment=OuterRef("commitment"), measure__links__state=LinkState.ACCEPTED)
    answers = answers.filter(serving | Q(commitment=OuterRef("commitment")))
    quiet = Q(state__in=ANSWERED, result__in=(ConfirmationResult.CONFIRMED, ConfirmationResult.NIL), is_void=False)
    overdue = FollowUp.objects.overdue(today).filter(commitment=OuterRef("commitment"))
    return rows.filter(Exists(answers), ~Exists(answers.exclude(quiet)), ~Exists(overdue))


def _can_be_taken_over(last: Assessment, row: Assessment) -> bool:
    if last.cycle.imported or last.outcome == Outcome.TOO_EARLY or not last.finding_de:
        return False
    return last.grade is None or last.grade.scale_id == row.cycle.scale_id


def _named_before(before: dict[int, Assessment], rows: dict[int, Assessment]) -> list[AssessmentMeasure]:
    """The measures that the last findings named and that still serve the commitment."""
    earlier = {last.pk: rows[pk] for pk, last in before.items()}
    still = MeasureLink.objects.accepted().filter(commitment__in=[row.commitment_id for row in rows.values()])
    serving = set(still.values_list("commitment_id", "measure_id"))
    known = set(AssessmentMeasure.objects.filter(assessment__in=list(rows)).values_list("assessment_id", "measure_id"))
    named = AssessmentMeasure.objects.filter(assessment__in=list(earlier), ended_on__isnull=True)
    return [
        AssessmentMeasure(cycle_id=row.cycle_id, assessment=row, measure_id=entry.measure_id)
        for entry in named
        for row in [earlier[entry.assessment_id]]
        if (row.commitment_id, entry.measure_id) in serving and (row.pk, entry.measure_id) not in known
    ]


def _authors(rows: Iterable[Assessment]) -> dict[int, set[int]]:
    """Everyone who wrote or submitted each, or in whose place that was done; one query."""
    found: dict[int, set[int]] = defaultdict(set)
    past = history_model(Assessment).objects.filter(id__in=[row.pk for row in rows]).order_by()
    for pk, author, author_for in past.values_list("id", "author_id", "author_for_id").distinct():
        found[pk] |= {each for each in (author, author_for) if each}
    return found


def _doubts(work: "_Work") -> dict[int, str]:
    """Why a row is not moved with others, as far as the actor may see it; one query. As ``contradictions_among``."""
    answers = Confirmation.objects.visible_to(work.actor).current().filter(cycle=OuterRef("cycle"))
    serving = Q(measure__links__commitment=OuterRef("commitment"), measure__links__state=LinkState.ACCEPTED)
    answers = answers.filter(serving | Q(commitment=OuterRef("commitment")))
    measures = Measure.objects.visible_to(work.actor)
    measures = measures.filter(links__commitment=OuterRef("commitment"), links__state=LinkState.ACCEPTED)
    late = FollowUp.objects.visible_to(work.actor).overdue(day_of(work.at))
    unfinished = Exists(measures.exclude(status=MeasureStatus.COMPLETED))
    reasons = {
        OBJECTED: Exists(Dissent.objects.filter(assessment=OuterRef("pk"))),
        DISPUTED: Exists(answers.filter(result=ConfirmationResult.DISPUTED, state__in=ANSWERED)),
        OVERDUE: Exists(late.filter(commitment=OuterRef("commitment"))),
        FELL: Q(Exists(measures), ~unfinished, trend=Trend.WORSE),
    }
    which = Case(*(When(found, then=Value(number)) for number, found in enumerate(reasons.values())))
    rows = Assessment.objects.filter(pk__in=[row.pk for row in work.rows]).order_by()
    sentences = [str(reason) for reason in reasons]
    found = rows.annotate(doubt=which).exclude(doubt=None).values_list("pk", "doubt")
    return {pk: sentences[number] for pk, number in found}


@dataclass
class _Work:
    """The rows of one act, locked with their cycle, and the role under which it is done."""

    rows: list[Assessment]
    role: Assignment
    actor: User
    at: datetime
    told: Together

    @classmethod
    def begun(cls, rows: Iterable[Assessment], verb: Verb, actor: User, at: datetime) -> "_Work":
        wanted = list(rows)
        if not wanted:
            raise ValidationError(_("Choose at least one assessment."))
        if len({row.cycle_id for row in wanted}) > 1:
            raise ValidationError(_("Choose assessments of one review cycle."))
        cycle: ReviewCycle = locked_cycle(wanted[0].cycle_id)
        role = require(actor, verb, on=day_of(at))
        require_running(cycle)
        locked: AssessmentQuerySet = Assessment.objects.select_for_update(of=("self",))
        locked = locked.filter(pk__in=[row.pk for row in wanted])
        found = list(locked.select_related("cycle", "commitment", "grade", "author", "author_for").order_by("pk"))
        return cls(found, role, actor, at, Together())

    def fitting(self, why_not: Callable[[Assessment], str]) -> list[Assessment]:
        """The rows that the act fits; of the others it is kept why not."""
        chosen = []
        for row in self.rows:
            if reason := why_not(row):
                self.told.left[reason].append(row.commitment.reference)
            else:
                chosen.append(row)
        return chosen

    def save(self, rows: list[Assessment], reason: str) -> None:
        self.told.done = len(rows)
        save_all_as(rows, actor=self.actor, acting_for=self.role.acting_for, reason=reason, at=self.at)
