"""Promises with their due dates, overdue ones first."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from commitments import clock
from commitments.forms import add_errors
from commitments.models import Commitment
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from reviews.forms import FollowUpForm, ReasonForm, ResultForm
from reviews.models import FollowUp, FollowUpState, ReviewCycle
from reviews.workflow import follow_ups as workflow

ROWS_A_PAGE = 25
FILTERS = {
    "": gettext_lazy("All"),
    "overdue": gettext_lazy("Overdue"),
    "open": pgettext_lazy("promise", "Open"),
    "closed": pgettext_lazy("promise", "Closed"),
}


@require_GET
def follow_up_list(request: UserRequest) -> HttpResponse:
    """Open ones by their due date, so that overdue ones come first; then those that ended."""
    today = clock.today()
    seen = FollowUp.objects.visible_to(request.user)
    of_state = {"": seen, "overdue": seen.overdue(today), "open": seen.open()}
    of_state["closed"] = seen.exclude(state=FollowUpState.OPEN)
    state = request.GET.get("state", "")
    is_over = Case(When(state=FollowUpState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = of_state.get(state, seen).select_related("commitment", "unit", "cycle").order_by(is_over, "due_on", "pk")
    chips = [
        {"label": label, "url": f"?state={name}", "count": of_state[name].count(), "is_active": name == state}
        for name, label in FILTERS.items()
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
    return render(
        request, "reviews/follow_up.html", {"row": row, "form": form, "is_overdue": row.is_overdue(clock.today())}
    )


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
