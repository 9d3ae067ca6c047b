"""A round's verdicts as a list: narrowed, and many of them moved on at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from commitments import clock
from commitments.models import User
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest, posted_number
from reviews.assessment_forms import AssessmentFilter
from reviews.models import Assessment, AssessmentState, ReviewCycle
from reviews.views.board import require_city_wide
from reviews.workflow import approving_together as approving
from reviews.workflow import assessments_together as workflow

ROWS_A_PAGE = 25
NAMED = 8
"""So many references are named in a message; the others are counted."""


class Together(Protocol):
    def __call__(self, rows: list[Assessment], *, actor: User, at: datetime) -> workflow.Together: ...


@require_GET
def assessment_list(request: UserRequest, year: int) -> HttpResponse:
    """A round's verdicts, narrowed by state, verdict, keyword, and by whether anything points to a change."""
    cycle, rows = _rows(request, year)
    today = clock.today()
    may_approve = not cycle.is_final and can(request.user, Verb.DECIDE_ASSESSMENT, on=today)
    seen = approving.newest_change(cycle) if may_approve else 0  # before the rows are read
    form = AssessmentFilter(request.GET, cycle=cycle)
    found = _narrowed(rows, form.chosen()).select_related("commitment__lead_unit", "grade", "cycle")
    counts = dict(rows.order_by().values_list("state").annotate(n=Count("pk")))
    page = Paginator(found.order_by("commitment__reference"), ROWS_A_PAGE).get_page(request.GET.get("page"))
    before = workflow.last_of(page)
    for row in page:
        row.before = before.get(row.pk)  # type: ignore[attr-defined] # for the template
    context = {
        "cycle": cycle,
        "page": page,
        "form": form,
        "summary": form.summary(),
        "chips": _chips(counts, request.GET.get("state", "")),
        "may_write": not cycle.is_final and can(request.user, Verb.ASSESS, on=today),
        "may_approve": may_approve,
        "seen": seen,
        "filters": [(name, value) for name, value in form.chosen().items() if value],
    }
    return render(request, "reviews/assessment_list.html", context)


@require_POST
def carry_over(request: UserRequest, year: int) -> HttpResponse:
    """Begin the chosen drafts with last year's verdict and text."""

    def told(n: int) -> str:
        return ngettext(
            "%(n)d assessment begins with the last verdict and text, as a draft.",
            "%(n)d assessments begin with the last verdict and text, as drafts.",
            n,
        )

    return _together(request, year, Verb.ASSESS, workflow.carry_over, told)


@require_POST
def submit_all(request: UserRequest, year: int) -> HttpResponse:
    """Lay the chosen drafts before the approver."""

    def told(n: int) -> str:
        return ngettext(
            "%(n)d assessment is submitted for approval.", "%(n)d assessments are submitted for approval.", n
        )

    return _together(request, year, Verb.ASSESS, workflow.submit_all, told)


@require_POST
def approve_all(request: UserRequest, year: int) -> HttpResponse:
    """Approve the chosen assessments that somebody else wrote and that stand as they did when the page was shown."""
    seen = posted_number(request, "seen") or 0

    def approve(rows: list[Assessment], *, actor: User, at: datetime) -> workflow.Together:
        return approving.approve_seen(rows, seen, actor=actor, at=at)

    def told(n: int) -> str:
        return ngettext("%(n)d assessment is approved.", "%(n)d assessments are approved.", n)

    return _together(request, year, Verb.DECIDE_ASSESSMENT, approve, told)


def _together(request: UserRequest, year: int, verb: Verb, act: Together, told: Callable[[int], str]) -> HttpResponse:
    cycle, rows = _rows(request, year)
    require(request.user, verb, on=clock.today())
    form = AssessmentFilter(request.POST, cycle=cycle)
    if "all" in request.POST:
        chosen = _narrowed(rows, form.chosen())
    else:
        chosen = rows.filter(pk__in=[value for value in request.POST.getlist("chosen") if value.isdigit()])
    try:
        outcome = act(list(chosen), actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if outcome.done:
            messages.success(request, told(outcome.done) % {"n": outcome.done})
        for reason, references in outcome.left.items():
            messages.warning(request, _left(references, reason))
    query = "&".join(f"{name}={form.chosen()[name]}" for name in ("state", "verdict") if form.chosen()[name])
    return redirect(f"{reverse('reviews:assessment-list', args=[year])}{'?' if query else ''}{query}")


def _left(references: list[str], reason: str) -> str:
    sentence = ngettext(
        "%(n)d was left as it was, because %(reason)s: %(references)s.",
        "%(n)d were left as they were, because %(reason)s: %(references)s.",
        len(references),
    )
    named = ", ".join(references[:NAMED])
    if len(references) > NAMED:
        named = _("%(names)s and %(n)s more") % {"names": named, "n": len(references) - NAMED}
    return sentence % {"n": len(references), "reason": reason, "references": named}


def _rows(request: UserRequest, year: int) -> tuple[ReviewCycle, QuerySet[Assessment]]:
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user).select_related("scale"), year=year)
    require_city_wide(request.user)
    return cycle, Assessment.objects.visible_to(request.user).filter(cycle=cycle)


def _narrowed(rows: QuerySet[Assessment], chosen: dict[str, str]) -> QuerySet[Assessment]:
    if chosen["state"]:
        rows = rows.filter(state=chosen["state"])
    if chosen["verdict"]:
        rows = rows.filter(Q(grade__code=chosen["verdict"]) | Q(outcome=chosen["verdict"]))
    if chosen["unchanged"]:
        rows = workflow.without_change(rows, clock.today())
    if chosen["q"]:
        words = Q()
        for field in ("commitment__reference", "commitment__title_de", "commitment__title_en", "finding_de"):
            words |= Q(**{f"{field}__icontains": chosen["q"]})
        rows = rows.filter(words)
    return rows


def _chips(counts: dict[str, int], state: str) -> list[dict[str, object]]:
    every = [("", _("All"), sum(counts.values()))]
    states = [(name, label, counts.get(name, 0)) for name, label in AssessmentState.choices]
    return [
        {"label": label, "url": f"?state={name}", "count": count, "is_active": name == state}
        for name, label, count in every + states
    ]
