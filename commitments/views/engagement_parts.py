"""Units, money, partners and amendments of an engagement: entered, changed, ended on small forms."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from commitments import clock, texts
from commitments.forms import add_errors
from commitments.forms.portfolio_parts import AmendmentForm, BudgetForm, EndForm, PartForm, PartnerForm, UnitPartForm
from commitments.kinds import of_kind
from commitments.models import (
    Engagement,
    EngagementBudget,
    EngagementKind,
    EngagementPart,
    ProjectAmendment,
    ProjectPartner,
)
from commitments.requests import UserRequest
from commitments.views.engagement_forms import shown_engagement
from commitments.workflow import Edit, last_change, portfolio_parts


@dataclass(frozen=True)
class Sort:
    """A sort of parts: where it is kept, by which column it belongs to the engagement, and how it is typed."""

    model: type[Any]
    owner: str
    form: type[PartForm]
    add: Any
    of_projects: bool = False


SORTS = {
    "units": Sort(EngagementPart, "engagement", UnitPartForm, gettext_lazy("Add a unit that takes part")),
    "money": Sort(EngagementBudget, "engagement", BudgetForm, gettext_lazy("Enter the money of a year")),
    "partners": Sort(ProjectPartner, "project", PartnerForm, gettext_lazy("Add a partner"), of_projects=True),
    "amendments": Sort(
        ProjectAmendment, "project", AmendmentForm, gettext_lazy("Enter an amendment"), of_projects=True
    ),
}
"""By their word in the address."""


def _sort(shown: Engagement, name: str) -> Sort:
    if name not in SORTS or (SORTS[name].of_projects and shown.kind != EngagementKind.EU_PROJECT):
        raise Http404
    return SORTS[name]


def _owner(shown: Engagement, sort: Sort) -> Any:
    return of_kind(shown) if sort.of_projects else shown


def _part(shown: Engagement, sort: Sort, pk: int) -> Any:
    rows = sort.model.objects.filter(**{sort.owner: shown.pk}, ended_on__isnull=True)
    return get_object_or_404(rows.select_related(sort.owner), pk=pk)


def named(part: Any) -> str:
    """The part in a few words."""
    match part:
        case EngagementPart():
            return texts.localized(part.unit, "name")
        case EngagementBudget():
            return str(part.year)
        case ProjectPartner():
            return str(part.name)
        case _:
            return _("Amendment %(number)s") % {"number": part.number}


@require_http_methods(["GET", "POST"])
def part_add(request: UserRequest, key: str, parts: str) -> HttpResponse:
    shown = shown_engagement(request, key)
    sort = _sort(shown, parts)
    form = sort.form(request.POST or None, adding=True)
    if form.is_valid():
        part = sort.model(**{sort.owner: _owner(shown, sort)}, **form.columns())
        try:
            portfolio_parts.enter(part, reason=_("Entered"), actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("It is entered."))
            return redirect("commitments:engagement", key)
    context = {"engagement": shown, "form": form, "heading": sort.add, "label": _("Enter")}
    return render(request, "commitments/engagement_form.html", context)


@require_http_methods(["GET", "POST"])
def part_edit(request: UserRequest, key: str, parts: str, pk: int) -> HttpResponse:
    shown = shown_engagement(request, key)
    sort = _sort(shown, parts)
    part = _part(shown, sort, pk)
    if sort.model is EngagementPart:  # there is nothing in it but the unit: another one is another part
        raise Http404
    form = sort.form(request.POST or None, initial=sort.form.initial_of(part, last_change(part)))
    if form.is_valid():
        edit = Edit(form.columns(), form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
        try:
            portfolio_parts.change(part, edit, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:engagement", key)
    heading = _("Change: %(name)s") % {"name": named(part)}
    context = {"engagement": shown, "form": form, "heading": heading, "label": _("Save the change")}
    return render(request, "commitments/engagement_form.html", context)


@require_http_methods(["GET", "POST"])
def part_end(request: UserRequest, key: str, parts: str, pk: int) -> HttpResponse:
    shown = shown_engagement(request, key)
    part = _part(shown, _sort(shown, parts), pk)
    form = EndForm(request.POST or None)
    if form.is_valid():
        try:
            portfolio_parts.end(part, reason=form.cleaned_data["reason"], actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("It is taken out; it stays in the history."))
            return redirect("commitments:engagement", key)
    heading = _("Take out: %(name)s") % {"name": named(part)}
    context = {"engagement": shown, "form": form, "heading": heading, "label": _("Take out")}
    return render(request, "commitments/engagement_form.html", context)
