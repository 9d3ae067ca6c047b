"""One commitment: what was promised, what is done for it, what was found, and how it stood on any day (rule 13)."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from commitments import clock, evidence_history, texts
from commitments.forms import AsOfForm
from commitments.models import Commitment
from commitments.requests import UserRequest
from reporting.tables import commitment as table
from reporting.tables import commitment_notes, verdicts
from reviews.models import AssessmentState, CycleState

BOUND = ("lead_unit", "adoption__version__instrument")


@require_safe
def commitment(request: UserRequest, reference: str) -> HttpResponse:
    shown = get_object_or_404(Commitment.objects.visible_to(request.user).select_related(*BOUND), reference=reference)
    today = clock.today()
    form = AsOfForm(request.GET if "on" in request.GET else None, today=today)
    day: date | None = form.cleaned_data["on"] if form.is_valid() else None
    context = {
        "commitment": shown,
        "form": form,
        "on": day,
        "history_url": reverse("reporting:commitment-history", args=[reference]),
    }
    context |= _as_it_stood(shown, request, day) if day else _today(shown, request, today)
    return render(request, "reporting/commitment.html", context)


def _today(shown: Commitment, request: UserRequest, today: date) -> dict[str, Any]:
    user = request.user
    said = table.answers(shown, user, today)
    found = table.assessments(shown, user)
    helpers, recommendations = commitment_notes.around(shown)
    running = next((each for each in found if each.cycle.state in (CycleState.OPEN, CycleState.ASSESSING)), None)
    return {
        "shown": shown,
        "provisions": table.provisions(shown),
        "helpers": helpers,
        "obligations": table.obligations(shown),
        "deeds": table.with_answers(table.deeds(shown, user), said, today),
        "answer_year": said[0].cycle.year if said else None,
        "own_answers": [
            (texts.localized(each.unit, "name"), table.standing(each, today)) for each in said if each.commitment_id
        ],
        "follow_ups": table.follow_ups(shown, user, today),
        "running": running,
        "recommendations": recommendations,
    } | _verdicts(found, request)


def _as_it_stood(shown: Commitment, request: UserRequest, day: date) -> dict[str, Any]:
    row = table.stood(shown, day)
    if row is None:
        return {"shown": None}
    found = table.approved_by(table.assessments(shown, request.user), day)
    return {
        "shown": row,
        "provisions": table.provisions_then(shown, day),
        "helpers": table.helpers_then(shown, day),
        "obligations": table.obligations(row),
        "deeds": table.deeds_then(shown, request.user, day),
        **evidence_history.stood(shown, request.user, day),
    } | _verdicts(found, request)


def _verdicts(found: list[Any], request: UserRequest) -> dict[str, Any]:
    """The latest approved verdict with its finding, the one before it, and all of them as a line."""
    ladder = verdicts.ladder()
    approved = [each for each in found if each.state == AssessmentState.APPROVED]
    latest = approved[0] if approved else None
    return {
        "assessment": latest,
        "verdict": ladder.verdict(latest) if latest else None,
        "before": ladder.verdict(approved[1]) if len(approved) > 1 else None,
        "voices": table.voices(latest, request.user),
        "points": verdicts.points(approved, ladder),
        "grades": ladder.codes,
    }


@require_safe
def commitment_history(request: UserRequest, reference: str) -> HttpResponse:
    """The history alone: a part of the commitment's page, or a page where there is no script."""
    shown = get_object_or_404(Commitment.objects.visible_to(request.user), reference=reference)
    context = {
        "entries": table.story(shown, request.user, verdicts.ladder()),
        "of": shown,
        "back_url": reverse("reporting:commitment", args=[reference]),
    }
    template = "commitments/_history.html" if request.htmx else "commitments/history.html"
    return render(request, template, context)
