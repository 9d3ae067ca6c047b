"""Promises with their due dates, overdue ones first."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from commitments import clock
from commitments.forms import add_errors
from commitments.models import Commitment, Evidence, MeasureLink, MeasureUnit
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.texts import short_date
from commitments.tracking import history_model
from commitments.workflow import evidence, last_change
from reviews.follow_up_forms import PutOffForm, ReportForm
from reviews.forms import FollowUpForm, ReasonForm, ResultForm
from reviews.models import FollowUp, FollowUpReport, FollowUpState, ReportKind, ReviewCycle
from reviews.workflow import follow_ups as workflow

ROWS_A_PAGE = 25
FILTERS = {
    "": gettext_lazy("All"),
    "overdue": gettext_lazy("Overdue"),
    "open": pgettext_lazy("promise", "Open"),
    "closed": pgettext_lazy("promise", "Closed"),
    "own": gettext_lazy("Of your unit"),
    "said": gettext_lazy("To be decided"),
}


def waits_for_officer() -> Q:
    """Promises that their unit declined, or says are done since the officer last decided on them."""
    said = history_model(FollowUpReport).objects.filter(id=OuterRef("pk")).values("history_date")[:1]
    decided = history_model(FollowUp).objects.filter(id=OuterRef("follow_up_id")).order_by("-history_id")
    done = FollowUpReport.objects.filter(follow_up=OuterRef("pk"), kind=ReportKind.DONE)
    done = done.annotate(said_at=Subquery(said), decided_at=Subquery(decided.values("history_date")[:1]))
    return Q(state=FollowUpState.DECLINED) | Q(
        Exists(done.filter(said_at__gt=F("decided_at"))), state=FollowUpState.OPEN
    )


@require_GET
def follow_up_list(request: UserRequest) -> HttpResponse:
    """Open ones by their due date, so that overdue ones come first; then those that ended."""
    today = clock.today()
    seen = FollowUp.objects.visible_to(request.user)
    of_state = {"": seen, "overdue": seen.overdue(today), "open": seen.open()}
    of_state["closed"] = seen.exclude(state=FollowUpState.OPEN)
    if request.user.unit_ids:
        of_state["own"] = seen.open().filter(unit__in=request.user.unit_ids)
    if can(request.user, Verb.KEEP_FOLLOW_UP, on=today):
        of_state["said"] = seen.filter(waits_for_officer())
    state = request.GET.get("state", "")
    is_over = Case(When(state=FollowUpState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = of_state.get(state, seen).select_related("commitment", "unit", "cycle").order_by(is_over, "due_on", "pk")
    chips = [
        {"label": label, "url": f"?state={name}", "count": of_state[name].count(), "is_active": name == state}
        for name, label in FILTERS.items()
        if name in of_state
    ]
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.overdue_now = row.is_overdue(today)  # type: ignore[attr-defined] # for the badge
    return render(request, "reviews/follow_up_list.html", {"page": page, "chips": chips, "today": today})


@require_http_methods(["GET", "POST"])
def follow_up(request: UserRequest, pk: int) -> HttpResponse:
    """One promise; the officer notes what came of it."""
    row = get_object_or_404(_seen(request), pk=pk)
    may_close = can(request.user, Verb.KEEP_FOLLOW_UP, row, on=clock.today())
    if request.method == "POST":
        require(request.user, Verb.KEEP_FOLLOW_UP, row, on=clock.today())
    is_own = request.user.is_city_wide or row.unit_id in request.user.unit_ids
    form = ResultForm(request.POST or None) if may_close and workflow.NEXT_STATES[row.state] else None
    if form is not None and form.is_valid():
        try:
            workflow.close(
                row,
                FollowUpState(form.cleaned_data["state"]),
                form.cleaned_data["result_de"],
                form.cleaned_data["result_en"],
                actor=request.user,
                at=clock.now(),
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("What came of the promise is noted."))
            return redirect("reviews:follow-up-list")
    context: dict[str, Any] = {"row": row, "form": form, "is_overdue": row.is_overdue(clock.today()), "is_own": is_own}
    context["may_put_off"] = may_close and row.state in (FollowUpState.OPEN, FollowUpState.DECLINED)
    if is_own:
        context["story"] = _story(request, row)
    return render(request, "reviews/follow_up.html", context)


@dataclass(frozen=True)
class Told:
    """One thing that happened to a promise: said by its unit, or decided by the officer."""

    on: date
    label: str
    text_de: str
    text_en: str = ""
    who: str = ""
    acting_for: str = ""
    evidence: Evidence | None = None


def _story(request: UserRequest, row: FollowUp) -> list[Told]:
    """What the unit reported and how the day was moved, in the order of time; three queries."""
    shown = Evidence.objects.visible_to(request.user).filter(pk__in=row.reports.values("evidence"))
    seen = {piece.pk: piece for piece in shown}
    told = [
        Told(
            on=said.reported_on,
            label=str(ReportKind(said.kind).label),
            text_de=said.text_de,
            text_en=said.text_en,
            who=said.author.name,
            acting_for=said.author_for.name if said.author_for else "",
            evidence=seen.get(said.evidence_id or 0),
        )
        for said in row.reports.select_related("author", "author_for")
    ]
    past = list(history_model(FollowUp).objects.filter(id=row.pk).order_by("history_id"))
    for before, after in pairwise(past):
        if after.due_on != before.due_on:
            label = _("New day: %(day)s") % {"day": short_date(after.due_on)}
            told.append(Told(timezone.localdate(after.history_date), label, after.history_change_reason or ""))
    return sorted(told, key=lambda each: each.on)


@require_http_methods(["GET", "POST"])
def report(request: UserRequest, pk: int) -> HttpResponse:
    """The unit says how far it is, or that it is done, with what shows it."""
    row = get_object_or_404(_seen(request), pk=pk)
    require(request.user, Verb.ANSWER, row, on=clock.today())
    classes = evidence.classes_for(row.commitment)
    known = list(_evidence_for(request, row))
    initial = {"protection": row.commitment.protection}
    form = ReportForm(request.POST or None, request.FILES or None, known=known, classes=classes, initial=initial)
    if form.is_valid():
        try:
            workflow.report(row, form.said(), actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Your report is entered. The human-rights officer reads it."))
            return redirect("reviews:follow-up", pk)
    is_open = row.state == FollowUpState.OPEN
    return render(request, "reviews/follow_up_report.html", {"row": row, "form": form, "is_open": is_open})


def _evidence_for(request: UserRequest, row: FollowUp) -> QuerySet[Evidence]:
    """What already bears out the commitment, or a measure of the reader's units that serves it."""
    served = MeasureLink.objects.accepted().filter(commitment=row.commitment).values("measure")
    own = MeasureUnit.objects.filter(unit__in=request.user.unit_ids, ended_on__isnull=True, measure__in=served)
    rows = Evidence.objects.visible_to(request.user).current()
    return rows.filter(Q(commitment=row.commitment) | Q(measure__in=own.values("measure"))).order_by("title")[:100]


@require_http_methods(["GET", "POST"])
def put_off(request: UserRequest, pk: int) -> HttpResponse:
    """The officer keeps a promise open, with a new day and the reason."""
    row = get_object_or_404(_seen(request), pk=pk)
    require(request.user, Verb.KEEP_FOLLOW_UP, row, on=clock.today())
    form = PutOffForm(request.POST or None, initial={"due_on": row.due_on, "seen": last_change(row)})
    if form.is_valid():
        data = form.cleaned_data
        try:
            workflow.put_off(row, data["due_on"], data["reason"], actor=request.user, at=clock.now(), seen=data["seen"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The promise stays open, with its new day."))
            return redirect("reviews:follow-up", pk)
    return render(request, "reviews/follow_up_put_off.html", {"row": row, "form": form})


@require_http_methods(["GET", "POST"])
def decline(request: UserRequest, pk: int) -> HttpResponse:
    """The unit says why it will not do it."""
    row = get_object_or_404(_seen(request), pk=pk)
    require(request.user, Verb.ANSWER, row, on=clock.today())
    form = ReasonForm(request.POST or None, hint=_("The report prints your reason."))
    if form.is_valid():
        try:
            workflow.decline(row, form.cleaned_data["reason"], actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The promise is declined, with your reason."))
            return redirect("reviews:follow-up-list")
    return render(request, "reviews/follow_up_decline.html", {"row": row, "form": form})


@require_http_methods(["GET", "POST"])
def add(request: UserRequest, year: int, reference: str) -> HttpResponse:
    """Agree a next step with a unit."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    commitment = get_object_or_404(Commitment.objects.visible_to(request.user), reference=reference)
    require(request.user, Verb.KEEP_FOLLOW_UP, on=clock.today())
    promise = FollowUp(cycle=cycle, commitment=commitment, unit=commitment.lead_unit)
    form = FollowUpForm(request.POST or None, instance=promise, on=clock.today())
    if form.is_valid():
        try:
            workflow.add(form.instance, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The next step is agreed."))
            return redirect("reviews:assess", year, reference)
    return render(request, "reviews/follow_up_add.html", {"form": form, "cycle": cycle, "commitment": commitment})


def _seen(request: UserRequest) -> QuerySet[FollowUp]:
    return FollowUp.objects.visible_to(request.user).select_related("commitment", "unit", "cycle")
