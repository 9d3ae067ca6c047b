"""Indicators: their own page and what is entered there; and their section, with evidence, on the pages of others."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock, evidence_history, history, texts
from commitments.forms import AsOfForm, add_errors
from commitments.forms.indicators import EndForm, IndicatorEdit, IndicatorFields, ValueEdit, ValueFields
from commitments.indicators import Standing, written
from commitments.models import Commitment, Indicator, IndicatorValue, Measure, User
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.views.evidence import column_of, evidence_of, owner_crumbs
from commitments.workflow import Edit, last_change
from commitments.workflow import indicators as workflow
from commitments.workflow.indicators import Owner, owner_of

Row = TypeVar("Row")

COUNTED = ("id", "on", "on_precision", "value", "note")
MOST = 1_000
"""So many values are read for the page of one measure or commitment."""


def indicators_of(owner: Owner, user: User) -> dict[str, Any]:
    """The section on a page: the indicators of a row that someone may see, with what was counted."""
    column = column_of(owner)
    today = clock.today()
    found = _standings(Indicator.objects.visible_to(user).filter(**{column: owner}))
    return {
        "indicators": [each for each in found if each.indicator.ended_on is None],
        "indicators_ended": [each for each in found if each.indicator.ended_on],
        "may_add_indicator": can(user, Verb.EDIT_REGISTER, owner, on=today),
        "may_enter_value": can(user, Verb.ENTER_VALUE, owner, on=today),
        "indicator_add_url": reverse(f"commitments:{column}-indicator-add", args=[owner.reference]),
    }


def _standings(rows: Any) -> list[Standing]:
    """Indicators with what was counted, in one query: a line for each value, or one where there is none."""
    counted = {f"value_{name}": F(f"values__{name}") for name in COUNTED}
    found: dict[int, Standing] = {}
    for row in rows.annotate(**counted).order_by("key", "values__on")[:MOST]:
        values = found.setdefault(row.pk, Standing(row, [])).values
        if row.value_id is not None:
            values.append(IndicatorValue(indicator=row, **{name: getattr(row, f"value_{name}") for name in COUNTED}))
    return list(found.values())


@require_safe
def measure_evidence(request: UserRequest, reference: str) -> HttpResponse:
    return _sections(request, get_object_or_404(Measure.objects.visible_to(request.user), reference=reference))


@require_safe
def commitment_evidence(request: UserRequest, reference: str) -> HttpResponse:
    return _sections(request, get_object_or_404(Commitment.objects.visible_to(request.user), reference=reference))


def _sections(request: UserRequest, owner: Owner) -> HttpResponse:
    """Evidence and indicators alone: a part of their owner's page, or a page where there is no script."""
    context = owner_crumbs(owner) | evidence_of(owner, request.user) | indicators_of(owner, request.user)
    name = "_evidence_and_indicators" if request.htmx else "evidence_and_indicators"
    return render(request, f"commitments/{name}.html", context)


@require_safe
def indicator(request: UserRequest, key: str) -> HttpResponse:
    """One indicator as it stands, or as it stood on a day (rule 13)."""
    shown = get_object_or_404(_seen(request.user), key=key)
    owner, today = owner_of(shown), clock.today()
    form = AsOfForm(request.GET if "on" in request.GET else None, today=today)
    day: date | None = form.cleaned_data["on"] if form.is_valid() else None
    may_change = day is None and shown.ended_on is None
    context = owner_crumbs(owner) | {
        "now": shown,
        "standing": _stood(shown, day) if day else Standing(shown, list(shown.values.all())),
        "form": form,
        "on": day,
        "may_edit": may_change and can(request.user, Verb.EDIT_REGISTER, owner, on=today),
        "may_enter": may_change and can(request.user, Verb.ENTER_VALUE, owner, on=today),
        "history_url": reverse("commitments:indicator-history", args=[key]),
    }
    return render(request, "commitments/indicator.html", context)


def _stood(shown: Indicator, day: date) -> Standing | None:
    """The indicator of that day with what was counted by then; nothing where it was not in the register yet."""
    row = history.as_of(Indicator, day).filter(id=shown.pk).first()
    if row is None:
        return None
    return Standing(row, list(history.as_of(IndicatorValue, day).filter(indicator_id=shown.pk).order_by("on", "id")))


@require_safe
def indicator_history(request: UserRequest, key: str) -> HttpResponse:
    """The history alone: a part of the indicator's page, or a page where there is no script."""
    shown = get_object_or_404(_seen(request.user), key=key)
    context = {
        "entries": evidence_history.story_of(shown),
        "name": texts.localized(shown, "name"),
        "back_url": reverse("commitments:indicator", args=[key]),
    }
    template = "commitments/_history.html" if request.htmx else "commitments/history_of.html"
    return render(request, template, context)


# What is entered


@require_http_methods(["GET", "POST"])
def measure_indicator_add(request: UserRequest, reference: str) -> HttpResponse:
    return _add(request, get_object_or_404(Measure.objects.visible_to(request.user), reference=reference))


@require_http_methods(["GET", "POST"])
def commitment_indicator_add(request: UserRequest, reference: str) -> HttpResponse:
    return _add(request, get_object_or_404(Commitment.objects.visible_to(request.user), reference=reference))


def _add(request: UserRequest, owner: Owner) -> HttpResponse:
    require(request.user, Verb.EDIT_REGISTER, owner, on=clock.today())
    form = IndicatorFields(request.POST or None)
    if form.is_valid():
        added = _tried(form, lambda: workflow.add(owner, form.columns(), actor=request.user, at=clock.now()))
        if added is not None:
            messages.success(request, _("The indicator is added. Now enter what has been counted."))
            return redirect("commitments:indicator", key=added.key)
    return _page(request, owner, form, heading=_("Add an indicator"), label=_("Add"))


@require_http_methods(["GET", "POST"])
def indicator_edit(request: UserRequest, key: str) -> HttpResponse:
    shown, owner = _to_change(request, key, Verb.EDIT_REGISTER)
    form = IndicatorEdit(request.POST or None, initial=IndicatorEdit.initial_of(shown, last_change(shown)))
    if form.is_valid():
        edit = Edit(form.columns(), form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
        if _tried(form, lambda: workflow.change(shown, edit, actor=request.user, at=clock.now())) is not None:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:indicator", key=key)
    return _page(request, owner, form, indicator=shown, heading=_("Change the indicator"), label=_("Save the change"))


@require_http_methods(["GET", "POST"])
def indicator_end(request: UserRequest, key: str) -> HttpResponse:
    shown, owner = _to_change(request, key, Verb.EDIT_REGISTER)
    form = EndForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if _tried(form, lambda: workflow.end(shown, reason, actor=request.user, at=clock.now())) is not None:
            messages.success(request, _("The indicator has ended. Its numbers stay."))
            return redirect("commitments:indicator", key=key)
    return _page(request, owner, form, indicator=shown, heading=_("End the indicator"), label=_("End the indicator"))


@require_http_methods(["GET", "POST"])
def indicator_value_add(request: UserRequest, key: str) -> HttpResponse:
    shown, owner = _to_change(request, key, Verb.ENTER_VALUE)
    form = ValueFields(request.POST or None)
    if form.is_valid():
        columns = form.columns()
        value = _tried(form, lambda: workflow.enter_value(shown, columns, actor=request.user, at=clock.now()))
        if value is not None:
            messages.success(request, _("Entered: %(number)s.") % {"number": _with_unit(value, shown)})
            return redirect("commitments:indicator", key=key)
    return _page(request, owner, form, indicator=shown, heading=_("Enter a value"), label=_("Enter the value"))


@require_http_methods(["GET", "POST"])
def indicator_value_correct(request: UserRequest, key: str, pk: int) -> HttpResponse:
    shown, owner = _to_change(request, key, Verb.ENTER_VALUE)
    value = get_object_or_404(shown.values.all(), pk=pk)
    form = ValueEdit(request.POST or None, initial=ValueEdit.initial_of(value, last_change(value)))
    if form.is_valid():
        edit = Edit(form.columns(), form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
        corrected = _tried(form, lambda: workflow.correct_value(value, edit, actor=request.user, at=clock.now()))
        if corrected is not None:
            messages.success(request, _("Corrected: %(number)s.") % {"number": _with_unit(corrected, shown)})
            return redirect("commitments:indicator", key=key)
    return _page(request, owner, form, indicator=shown, heading=_("Correct a value"), label=_("Correct the value"))


def _seen(user: User) -> "QuerySet[Indicator]":
    rows: QuerySet[Indicator] = Indicator.objects.visible_to(user).select_related("measure", "commitment")
    return rows


def _to_change(request: UserRequest, key: str, verb: Verb) -> tuple[Indicator, Owner]:
    shown = get_object_or_404(_seen(request.user), key=key)
    owner = owner_of(shown)
    require(request.user, verb, owner, on=clock.today())
    return shown, owner


def _with_unit(value: IndicatorValue, of: Indicator) -> str:
    return f"{written(value.value)} {of.unit_of_measure}"


def _tried(form: Any, act: Callable[[], Row]) -> Row | None:
    """What the act gave; where it was refused, the reason stands in the form."""
    try:
        return act()
    except ValidationError as error:
        add_errors(form, error)
        return None


def _page(request: UserRequest, owner: Owner, form: Any, **context: Any) -> HttpResponse:
    return render(request, "commitments/indicator_form.html", context | owner_crumbs(owner) | {"form": form})
