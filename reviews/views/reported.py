"""What units reported to be otherwise and the register does not hold yet: answer by answer, with its button."""

from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from commitments.models import MeasureUnit
from commitments.requests import UserRequest
from reviews.models import Confirmation, ReviewCycle
from reviews.views.board import Answered, require_city_wide
from reviews.views.shown import Standing, changes
from reviews.workflow.changes import pending_changes
from reviews.workflow.figures import fetched
from reviews.workflow.pending import pending_answers

ANSWERS_A_PAGE = 20


@require_GET
def reported_changes(request: UserRequest, year: int) -> HttpResponse:
    """The answers of one cycle whose reported changes are not in the register."""
    require_city_wide(request.user)
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    page = Paginator(pending_answers(request.user, cycle), ANSWERS_A_PAGE).get_page(request.GET.get("page"))
    parts = Prefetch("measure__measure_units", MeasureUnit.objects.select_related("unit"))
    rows = Confirmation.objects.filter(pk__in=list(page)).order_by("released_at", "pk")
    rows = rows.select_related("cycle", "unit", "measure").prefetch_related(parts)
    answered = [Answered(row, Standing("changed", ""), changes(row), pending_changes(row)) for row in fetched(rows)]
    return render(request, "reviews/reported_changes.html", {"cycle": cycle, "page": page, "answered": answered})
