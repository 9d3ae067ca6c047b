"""The officer's board: which unit is how far, what is missing, what a unit wants changed in the register."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from commitments import clock
from commitments.models import OrganisationalUnit, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from reviews.models import Confirmation, ConfirmationState, CycleState, ReviewCycle
from reviews.views import cycles, progress, shown
from reviews.views.checks import freezing
from reviews.views.sheets import answers_of
from reviews.workflow import confirmations as workflow
from reviews.workflow.changes import Change, pending_changes
from reviews.workflow.pending import pending_answers

UNITS_A_PAGE = 25


@require_GET
def board(request: UserRequest, year: int | None = None) -> HttpResponse:
    """All units of the running cycle, or of the given one."""
    require_city_wide(request.user)
    cycle = _cycle(request.user, year)
    if cycle is None:
        return redirect("reviews:cycle-list")
    today = clock.today()
    units = progress.by_unit(request.user, cycle, today, with_reminders=False)
    reminded = cycles.reminded(request.user, cycle, today)
    for unit in units:
        unit.reminders = sorted({on for key, on, _kind in reminded if key == unit.key})
    state = request.GET.get("state", "")
    found = [unit for unit in units if state in unit.states] if state in progress.FILTERS else units
    facts = progress.Facts.of(units)
    context: dict[str, Any] = {
        "cycle": cycle,
        "today": today,
        "facts": facts,
        "days_left": shown.days_left(cycle.days_left(today)),
        "chips": _chips(units, state),
        "page": Paginator(_rows(found, cycle), UNITS_A_PAGE).get_page(request.GET.get("page")),
        "reminders": cycles.reminders(reminded),
        "pending": len(pending_answers(request.user, cycle)),
    }
    context |= freezing(request.user, cycle, today, facts, context["pending"])
    context["picture"] = cycles.drawn(request.user, cycle, today, context["reminders"])
    return render(request, "reviews/board.html", context)


@require_GET
def unit(request: UserRequest, year: int, unit: str) -> HttpResponse:
    """One unit's answers, for those who see the work of all."""
    require_city_wide(request.user)
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    asked = get_object_or_404(OrganisationalUnit, key=unit)
    today = clock.today()
    rows = [
        Answered(row, shown.standing(row, today), shown.changes(row), _pending(row))
        for row in answers_of(request.user, cycle, [asked.pk])
    ]
    people = asked.assignments.valid(today).select_related("user", "acting_for")
    return render(request, "reviews/unit.html", {"cycle": cycle, "unit": asked, "rows": rows, "people": people})


@require_POST
def ask_again(request: UserRequest, pk: int) -> HttpResponse:
    """Ask a unit anew whose answer is void because its measure was changed."""
    row = get_object_or_404(Confirmation.objects.visible_to(request.user), pk=pk)
    require(request.user, Verb.ASK_AGAIN, row, on=clock.today())
    try:
        workflow.ask_again(row, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("%(unit)s is asked again.") % {"unit": row.unit.name_de})
    return redirect("reviews:unit", row.cycle.year, row.unit.key)


@require_POST
def apply_changes(request: UserRequest, pk: int) -> HttpResponse:
    """Enter what a unit reported into the register."""
    row = get_object_or_404(Confirmation.objects.visible_to(request.user), pk=pk)
    require(request.user, Verb.APPLY_CHANGES, row, on=clock.today())
    try:
        workflow.apply_changes(row, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The reported changes are in the register."))
    if "listed" in request.POST:
        return redirect("reviews:reported-changes", row.cycle.year)
    return redirect("reviews:unit", row.cycle.year, row.unit.key)


@dataclass(frozen=True)
class Answered:
    """An answer with what of it is not in the register yet."""

    confirmation: Confirmation
    standing: shown.Standing
    changes: list[shown.Change]
    pending: list[Change]


@dataclass(frozen=True)
class Row:
    """A unit on the board."""

    unit: progress.UnitProgress
    standing: shown.Standing
    url: str


def require_city_wide(user: User) -> None:
    """Only for those who see the work of all units."""
    if not user.is_city_wide:
        raise PermissionDenied(_("This page shows the work of all units. Your role sees that of your own unit."))


def _pending(row: Confirmation) -> list[Change]:
    return pending_changes(row) if row.state == ConfirmationState.RELEASED else []


def _cycle(user: User, year: int | None) -> ReviewCycle | None:
    """The given cycle, else the one that runs, else the last one that was opened."""
    seen = ReviewCycle.objects.visible_to(user).select_related("scale")
    if year is not None:
        return get_object_or_404(seen, year=year)
    return seen.running().first() or seen.exclude(state=CycleState.PLANNED).first()


def _rows(units: list[progress.UnitProgress], cycle: ReviewCycle) -> list[Row]:
    is_over = shown.is_silent(cycle, clock.today())
    return [
        Row(unit, unit.standing(is_over=is_over), reverse("reviews:unit", args=[cycle.year, unit.key]))
        for unit in units
    ]


def _chips(units: list[progress.UnitProgress], state: str) -> list[dict[str, object]]:
    counts = {name: sum(name in unit.states for unit in units) for name in progress.FILTERS}
    return [
        {"label": label, "url": f"?state={name}#units" if name else "?#units", "count": counts[name]}
        | {"is_active": name == state}
        for name, label in progress.FILTERS.items()
        if counts[name] or name in ("", state)
    ]
