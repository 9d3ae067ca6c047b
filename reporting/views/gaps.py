"""The gaps: all of them in one list, and the reason for one."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock, workflow
from commitments.forms import GapForm, add_errors
from commitments.models import GapCode, GapReason, Provision, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.views.lists import chip
from commitments.workflow import Gap
from reporting.coverage import ARTICLES, FIELDS, coverage
from reporting.forms import GapFilter
from reporting.tables import gaps as tables
from reporting.views.parts import may_explain, require_part, state_of_today


@require_safe
def gap_list(request: UserRequest) -> HttpResponse:
    """Every article and field without a measure, with its reason or the lack of one."""
    require_part(request.user)
    filters = GapFilter(request.GET)
    chosen, today = filters.chosen(), clock.today()
    every = [gap for gap in all_gaps(request.user) if _is_asked_for(gap, chosen)]
    shown = [gap for gap in every if _is_in_state(gap, chosen.get("state", ""), today)]
    counts = {state: sum(_is_in_state(gap, state, today) for gap in every) for state in STATES}
    chips = [chip(request, "state", "", _("All gaps"), len(every))]
    chips += [chip(request, "state", state, str(label), counts[state]) for state, label in STATES.items()]
    context = {
        "gaps": sorted(shown, key=ORDERS[chosen.get("sort", "")]),
        "filters": filters,
        "summary": filters.summary(),
        "chips": chips,
        "today": today,
        "preline": state_of_today(),
        "may_explain": may_explain(request.user),
    }
    return render(request, "reporting/gap_list.html", context)


STATES = {
    state: label
    for state, label in GapFilter.base_fields["state"].choices  # type: ignore[attr-defined]
    if state
}
LATE = date.max
ORDERS: dict[str, Any] = {
    "": lambda gap: (gap.article, gap.field),
    "due": lambda gap: (gap.due_on or LATE, gap.article, gap.field),
    "stated": lambda gap: (gap.reason.stated_on if gap.reason else date.min, gap.article, gap.field),
}


def all_gaps(user: User) -> list[tables.Gap]:
    """The gaps of today as someone sees them, those in fields that are not relevant among them."""
    reach, reasons = coverage(user), tables.gap_reasons()
    return [gap for article in ARTICLES for gap in tables.gaps_of(article, reach.direct, reasons, also_irrelevant=True)]


def _is_asked_for(gap: tables.Gap, chosen: dict[str, Any]) -> bool:
    if "code" in chosen and (gap.reason is None or gap.reason.code != chosen["code"]):
        return False
    field = chosen.get("field", "")
    return not field or gap.field == field or (not gap.field and tables.is_bare(gap, field))


def _is_in_state(gap: tables.Gap, state: str, today: date) -> bool:
    if state == "missing":
        return gap.reason is None
    if state == "open":
        return gap.reason is not None and gap.due_on is None
    if state == "due":
        return gap.due_on is not None and gap.due_on >= today
    if state == "overdue":
        return gap.due_on is not None and gap.due_on < today
    return True


@require_http_methods(["GET", "POST"])
def gap(request: UserRequest, number: int, field: str = "") -> HttpResponse:
    """Say why an article has no measure in a field of action, or in any."""
    if field and field not in FIELDS:
        raise Http404
    require(request.user, Verb.GIVE_GAP_REASON, on=clock.today())
    provision = get_object_or_404(Provision.objects.articles().select_related("version__instrument"), order=number)
    known = GapReason.objects.filter(article=provision, field=field).first()
    form = GapForm(request.POST or None, initial=_initial(known))
    if form.is_valid():
        said = form.cleaned_data
        given = Gap(GapCode(said["code"]), said["text"], said["next_step"], said["due_on"], seen=said["seen"])
        try:
            workflow.give_gap_reason(provision, field, given, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The reason stands in the matrix."))
            return redirect("reporting:gap-list")
    context = {
        "form": form,
        "provision": provision,
        "name": _name(request.user, number, field),
        "cancel_url": tables.cell_url(number, field),
    }
    return render(request, "reporting/gap_reason.html", context)


def _name(user: User, number: int, field: str) -> str:
    """What the reason is about: a field, or all fields that have neither a measure nor a reason of their own."""
    if field:
        return tables.cell_name(number, field)
    gaps = tables.gaps_of(number, coverage(user).direct, tables.gap_reasons())
    return next((gap.name for gap in gaps if not gap.field), tables.cell_name(number, ""))


def _initial(known: GapReason | None) -> dict[str, object]:
    if known is None:
        return {"seen": 0}
    return {
        "code": known.code,
        "text": known.text_de,
        "next_step": known.next_step_de,
        "due_on": known.due_on,
        "seen": workflow.last_change(known),
    }
