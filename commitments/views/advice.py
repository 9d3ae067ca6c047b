"""Advice on funding (Förderberatung): the list, one piece of it, and entering, changing and withdrawing it."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock, history, search
from commitments.forms import AsOfForm, add_errors
from commitments.forms.portfolio_parts import AdviceFilter, AdviceForm, EndForm
from commitments.kinds import PLURALS
from commitments.models import Engagement, FundingAdvice, User
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.tracking import history_model
from commitments.views.lists import page_of
from commitments.workflow import Edit, advice, last_change


def advice_for(user: User, chosen: dict[str, Any]) -> "QuerySet[FundingAdvice]":
    """The advice that someone may see and that a filter leaves; what was withdrawn only where it is asked for."""
    known = FundingAdvice.objects.visible_to(user).filter(withdrawn_on__isnull="withdrawn" not in chosen)
    rows = search.matching(known, chosen.get("q", ""))
    if "unit" in chosen:
        rows = rows.filter(unit=chosen["unit"])
    return rows.filter(given_on__year=chosen["year"]) if "year" in chosen else rows


def _standing(user: User) -> "QuerySet[FundingAdvice]":
    return FundingAdvice.objects.visible_to(user).filter(withdrawn_on__isnull=True)


@require_safe
def advice_list(request: UserRequest) -> HttpResponse:
    user = request.user
    years = [day.year for day in _standing(user).order_by().dates("given_on", "year", order="DESC")]
    filters = AdviceFilter(request.GET, years=years)
    chosen = filters.chosen()
    seen = Engagement.objects.visible_to(user)
    rows = advice_for(user, chosen).select_related("unit", "engagement")
    rows = rows.annotate(shows_engagement=Exists(seen.filter(pk=OuterRef("engagement"))))
    page = page_of(request, rows.order_by("-given_on", "-pk"))
    counts = dict(seen.order_by().values_list("kind").annotate(n=Count("pk")))
    context = {
        "filters": filters,
        "summary": filters.summary(),
        "page": page,
        "chips": _chips(counts, page.paginator.count),
        "may_edit": _may_edit(request),
        "may_change": "withdrawn" not in chosen and _may_edit(request),
    }
    return render(request, "commitments/advice_list.html", context)


def _chips(counts: dict[str, int], advice: int) -> list[dict[str, Any]]:
    """The way back to the engagements by kind."""
    address = reverse("commitments:engagement-list")
    chips = [{"label": _("All"), "url": address, "count": sum(counts.values()), "is_active": False}]
    chips += [
        {"label": str(label), "url": f"{address}?kind={kind}", "count": counts.get(kind, 0), "is_active": False}
        for kind, label in PLURALS.items()
    ]
    here = reverse("commitments:advice-list")
    return [*chips, {"label": _("Advice on funding"), "url": here, "count": advice, "is_active": True}]


@require_safe
def advice_page(request: UserRequest, pk: int) -> HttpResponse:
    """One piece of advice as it stands, or as it stood on a day (rule 13); what was withdrawn keeps its page."""
    rows = FundingAdvice.objects.visible_to(request.user).select_related("unit", "engagement")
    shown = get_object_or_404(rows, pk=pk)
    form = AsOfForm(request.GET if "on" in request.GET else None, today=clock.today())
    day: date | None = form.cleaned_data["on"] if form.is_valid() else None
    row = _stood(shown, day) if day else shown
    seen = Engagement.objects.visible_to(request.user)
    context = {
        "now": shown,
        "advice": row,
        "engagement": seen.filter(pk=row.engagement_id).first() if row and row.engagement_id else None,
        "form": form,
        "on": day,
        "may_edit": day is None and shown.withdrawn_on is None and _may_edit(request),
        "entries": history.timeline([_strand(shown)]),
    }
    return render(request, "commitments/advice.html", context)


def _stood(shown: FundingAdvice, day: date) -> Any:
    return history.as_of(FundingAdvice, day).filter(id=shown.pk).select_related("unit").first()


def _strand(shown: FundingAdvice) -> history.Strand:
    rows = history_model(FundingAdvice).objects.filter(id=shown.pk)

    def naming(step: history.Step) -> str:
        if step.is_first:
            return _("Advice entered")
        return _("Advice withdrawn") if step.row.withdrawn_on else _("Advice changed")

    return history.Strand(rows, naming, is_main=True)


def _may_edit(request: UserRequest) -> bool:
    return can(request.user, Verb.EDIT_REGISTER, on=clock.today())


@require_http_methods(["GET", "POST"])
def advice_add(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    initial = {"engagement": request.GET.get("engagement", "")}
    form = AdviceForm(request.POST or None, adding=True, engagements=_engagements(request), initial=initial)
    if form.is_valid():
        try:
            advice.add(form.columns(), actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The advice is entered."))
            return redirect("commitments:advice-list")
    context = {"form": form, "heading": _("Enter advice on funding"), "label": _("Enter")}
    return render(request, "commitments/advice_form.html", context)


@require_http_methods(["GET", "POST"])
def advice_edit(request: UserRequest, pk: int) -> HttpResponse:
    shown = _shown(request, pk)
    initial = AdviceForm.initial_of(shown, last_change(shown))
    form = AdviceForm(request.POST or None, engagements=_engagements(request), initial=initial)
    if shown.engagement and not _engagements(request).filter(pk=shown.engagement.pk).exists():
        del form.fields["engagement"]  # it is out of sight, and stays what it is
    if form.is_valid():
        edit = Edit(form.columns(), form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
        try:
            advice.edit(shown, edit, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:advice-list")
    context = {"form": form, "advice": shown, "heading": _("Change the advice"), "label": _("Save the change")}
    return render(request, "commitments/advice_form.html", context)


@require_http_methods(["GET", "POST"])
def advice_withdraw(request: UserRequest, pk: int) -> HttpResponse:
    shown = _shown(request, pk)
    form = EndForm(request.POST or None)
    if form.is_valid():
        try:
            advice.withdraw(shown, reason=form.cleaned_data["reason"], actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The advice is withdrawn; it stays in the history."))
            return redirect("commitments:advice-list")
    context = {"form": form, "advice": shown, "heading": _("Withdraw the advice"), "label": _("Withdraw")}
    return render(request, "commitments/advice_form.html", context)


def _shown(request: UserRequest, pk: int) -> FundingAdvice:
    rows = _standing(request.user).select_related("unit", "engagement")
    shown = get_object_or_404(rows, pk=pk)
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    return shown


def _engagements(request: UserRequest) -> "QuerySet[Engagement]":
    return Engagement.objects.visible_to(request.user).order_by("name_de")
