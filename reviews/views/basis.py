"""What a verdict rests on, as far as the reader may see it: answers, objections, evidence, promises, notes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from commitments import clock
from commitments.models import Contribution, Evidence, LinkState, Measure, MeasureLink, MeasureStatus
from commitments.requests import UserRequest
from commitments.views.evidence import Piece
from reviews.models import (
    ANSWERED,
    Assessment,
    AssessmentMeasure,
    Confirmation,
    ConfirmationResult,
    FollowUp,
    ReviewEntry,
    Statement,
)
from reviews.views import shown
from reviews.workflow import assessments as workflow
from reviews.workflow.figures import fetched


@dataclass(frozen=True)
class Answered:
    """A unit's answer in short."""

    row: Confirmation
    standing: shown.Standing
    changes: list[shown.Change]

    @property
    def is_disputed(self) -> bool:
        return self.row.result == ConfirmationResult.DISPUTED and self.row.state in ANSWERED


@dataclass(frozen=True)
class Basis:
    """A measure that serves the commitment, with what its units answered."""

    measure: Measure
    contribution: str
    status: str
    answers: list[Answered]
    is_named: bool = False


def basis(request: UserRequest, row: Assessment) -> dict[str, Any]:
    """Everything that a verdict on a commitment rests on, as far as the reader may see it."""
    user, today = request.user, clock.today()
    commitment, classes = row.commitment, user.clearance()
    answers = _answers(request, row)
    measures = list(_basis(request, row, answers))
    promises = list(FollowUp.objects.visible_to(user).filter(commitment=commitment).select_related("unit", "cycle"))
    entries = ReviewEntry.objects.filter(commitment=commitment, protection__in=classes)
    contradictions = workflow.contradictions_among(
        row,
        statuses=[entry.measure.status for entry in measures],
        disputed=sum(found.is_disputed for entry in measures for found in entry.answers),
        overdue=sum(promise.is_overdue(today) for promise in promises),
    )
    return {
        "row": row,
        "commitment": commitment,
        "cycle": row.cycle,
        "before": workflow.last_approved(row),
        "contradictions": list(contradictions),
        "basis": measures,
        "nil_answers": answers.get(None, []),
        "follow_ups": promises,
        "entries": entries.select_related("author"),
        "statements": Statement.objects.filter(commitment=commitment, cycle=row.cycle, protection__in=classes),
        "dissents": row.dissents.select_related("unit"),
        "named": {entry.measure.pk for entry in measures if entry.is_named},
        "today": today,
    }


def _answers(request: UserRequest, row: Assessment) -> dict[int | None, list[Answered]]:
    """This year's answers by measure; those on the commitment itself under None."""
    rows = Confirmation.objects.visible_to(request.user).filter(cycle=row.cycle).current().with_void()
    linked = MeasureLink.objects.accepted().filter(commitment=row.commitment).values("measure")
    found: dict[int | None, list[Answered]] = {}
    rows = rows.filter(Q(measure__in=linked) | Q(commitment=row.commitment))
    for answer in fetched(rows.select_related("cycle", "unit", "measure").prefetch_related("reminders")):
        entry = Answered(answer, shown.standing(answer, clock.today()), shown.changes(answer))
        found.setdefault(answer.measure_id, []).append(entry)
    return found


def _basis(request: UserRequest, row: Assessment, answers: dict[int | None, list[Answered]]) -> Iterator[Basis]:
    measures = Measure.objects.visible_to(request.user).with_shown_status()
    measures = measures.filter(links__commitment=row.commitment, links__state=LinkState.ACCEPTED)
    named = AssessmentMeasure.objects.filter(assessment=row, ended_on__isnull=True, measure=OuterRef("pk"))
    for measure in measures.annotate(contribution=F("links__contribution"), is_named=Exists(named)):
        contribution = Contribution(measure.contribution)  # type: ignore[attr-defined] # annotated
        status = MeasureStatus(measure.shown_status)  # type: ignore[attr-defined] # annotated
        is_named: bool = measure.is_named  # type: ignore[attr-defined] # annotated
        found = answers.get(measure.pk, [])
        yield Basis(measure, str(contribution.label), str(status.label), found, is_named=is_named)


def evidence(request: UserRequest, row: Assessment) -> Iterator[Piece]:
    """What bears out the commitment and the measures that serve it, in its current version; one query."""
    linked = MeasureLink.objects.accepted().filter(commitment=row.commitment).values("measure")
    rows = Evidence.objects.visible_to(request.user).current()
    rows = rows.filter(Q(commitment=row.commitment) | Q(measure__in=linked)).select_related("measure", "commitment")
    for piece in rows.order_by("measure__reference", "title", "pk"):
        yield Piece(piece, is_expired=piece.expires_on is not None and piece.expires_on < clock.today())
