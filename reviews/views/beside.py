"""What stands beside a unit's list and is fetched after it: what it proposed and promised, what bears an entry out."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from commitments import clock
from commitments.models import Evidence, OrganisationalUnit
from commitments.permissions import Verb, can
from commitments.requests import UserRequest
from reviews.models import Confirmation, ConfirmationResult, ConfirmationState, FollowUp, ReviewCycle
from reviews.views import proposals
from reviews.views.board import require_city_wide

PROMISES_SHOWN = 5


@require_GET
def beside(request: UserRequest, year: int, unit: str) -> HttpResponse:
    """The unit's proposals of this cycle and its open promises; a page of its own where there is no script."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    asked = get_object_or_404(OrganisationalUnit, key=unit)
    if asked.pk not in request.user.unit_ids:
        raise Http404
    rows = FollowUp.objects.visible_to(request.user).open().filter(unit__in=request.user.unit_ids)
    promises = list(rows.select_related("commitment").order_by("due_on", "pk")[:PROMISES_SHOWN])
    for row in promises:
        row.overdue_now = row.is_overdue(clock.today())  # type: ignore[attr-defined] # for the badge
    context = {"cycle": cycle, "unit": asked, "promises": promises}
    context["proposals"] = proposals.of_unit(request.user, asked, cycle)
    return render(request, f"reviews/{'_beside' if request.htmx else 'beside'}.html", context)


@require_GET
def to_decide(request: UserRequest, year: int) -> HttpResponse:
    """What units lay before the officer: entries that are not theirs, and measures they propose."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require_city_wide(request.user)
    rows = Confirmation.objects.visible_to(request.user).current().filter(cycle=cycle)
    rows = rows.filter(result=ConfirmationResult.NOT_OURS, state=ConfirmationState.RELEASED)
    rows = rows.select_related("unit", "measure", "commitment", "named_unit").order_by("unit__name_de", "pk")
    context = {"cycle": cycle, "not_theirs": list(rows), "proposed": proposals.waiting(request.user)}
    context["may_decide"] = can(request.user, Verb.ASK_AGAIN, on=clock.today())
    return render(request, f"reviews/{'_to_decide' if request.htmx else 'to_decide'}.html", context)


@require_GET
def carried_over(request: UserRequest, year: int) -> HttpResponse:
    """The promises of earlier rounds with which a round opens: those that are still owed, the most urgent first."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require_city_wide(request.user)
    rows = FollowUp.objects.visible_to(request.user).open().filter(cycle__year__lt=year)
    promises = list(rows.select_related("commitment", "unit", "cycle").order_by("due_on", "pk"))
    for row in promises:
        row.overdue_now = row.is_overdue(clock.today())  # type: ignore[attr-defined] # for the badge
    context = {"cycle": cycle, "promises": promises}
    return render(request, f"reviews/{'_carried_over' if request.htmx else 'carried_over'}.html", context)


@require_GET
def evidence(request: UserRequest, pk: int) -> HttpResponse:
    """What bears out the measure of an entry, the newest first; of what was added since it was asked, it is said."""
    row = get_object_or_404(Confirmation.objects.visible_to(request.user).select_related("measure"), pk=pk)
    pieces = Evidence.objects.visible_to(request.user).current().filter(measure=row.measure_id or 0).order_by("-pk")
    return render(request, "reviews/_evidence_list.html", {"pieces": list(pieces)})
