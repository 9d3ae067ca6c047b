"""The city's units, as the administration keeps them."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock, history, texts, workflow
from commitments.forms import AsOfForm, Filter, add_errors
from commitments.forms.people import DissolveForm, NewUnitForm, UnitForm
from commitments.models import (
    Assignment,
    Commitment,
    Engagement,
    MeasureUnit,
    OrganisationalUnit,
    UnitSuccession,
)
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.tracking import history_model
from commitments.views.lists import chip, page_of
from commitments.workflow import units as acts

COLUMNS = ("name_de", "name_en", "kind", "email", "parent", "valid_from")


@require_safe
def unit_list(request: UserRequest) -> HttpResponse:
    """All units with the people who answer for them."""
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    existing = Q(pk__in=OrganisationalUnit.objects.existing(clock.today()).values("pk"))
    rows = OrganisationalUnit.objects.filter(~existing if request.GET.get("state") == "over" else existing)
    filters = Filter(request.GET)
    typed = filters.chosen().get("q", "")
    if typed:
        rows = rows.filter(Q(name_de__icontains=typed) | Q(name_en__icontains=typed) | Q(key__icontains=typed))
    held = Assignment.objects.valid(clock.today()).select_related("user")
    rows = rows.prefetch_related(Prefetch("assignments", queryset=held, to_attr="held"))
    context = {
        "page": page_of(request, rows.order_by("name_de"), 50),
        "filters": filters,
        "summary": filters.summary(),
        "chips": [chip(request, "state", "", _("Exist today")), chip(request, "state", "over", _("Ended"))],
    }
    return render(request, "commitments/unit_list.html", context)


@require_http_methods(["GET", "POST"])
def unit_new(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    form = NewUnitForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        columns = {name: form.cleaned_data[name] for name in (*COLUMNS, "key")}
        try:
            entered = acts.add_unit(columns, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"])
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The unit is entered. Now give it a contact and a releasing person."))
            return redirect("commitments:unit-edit", entered.key)
    return render(request, "commitments/unit_new.html", {"form": form})


@require_http_methods(["GET", "POST"])
def unit_edit(request: UserRequest, key: str) -> HttpResponse:
    """Name, mailbox and place of a unit, with its history."""
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    shown = get_object_or_404(OrganisationalUnit.objects.select_related("parent"), key=key)
    known: dict[str, Any] = {name: getattr(shown, name) for name in COLUMNS}
    known |= {"parent": shown.parent.key if shown.parent else "", "seen": workflow.last_change(shown)}
    form = UnitForm(request.POST if request.method == "POST" else None, initial=known)
    if form.is_valid():
        edit = workflow.Edit(form.columns(), form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
        try:
            acts.edit_unit(shown, edit, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:unit-edit", key)
    successions = UnitSuccession.objects.filter(Q(unit=shown) | Q(successor=shown)).select_related("unit", "successor")
    context = {
        "form": form,
        "unit": shown,
        "successions": list(successions.order_by("on")),
        "people": list(shown.assignments.valid(clock.today()).select_related("user").order_by("role", "user__name")),
        "history": history.timeline(_strands(shown)),
        "as_of": AsOfForm(today=clock.today()),
    }
    return render(request, "commitments/unit_edit.html", context)


@require_safe
def unit_then(request: UserRequest, key: str) -> HttpResponse:
    """A unit and who answered for it, as they stood on a day (rule 13)."""
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    shown = get_object_or_404(OrganisationalUnit, key=key)
    form = AsOfForm(request.GET, today=clock.today())
    context = {"now": shown, "form": form}
    if form.is_valid():
        context |= {"on": form.cleaned_data["on"], **_stood(shown, form.cleaned_data["on"])}
    return render(request, "commitments/unit_then.html", context)


def _stood(shown: OrganisationalUnit, day: date) -> dict[str, Any]:
    held = history.as_of(Assignment, day).filter(unit_id=shown.pk, valid_from__lte=day)
    held = held.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day)).select_related("user")
    return {
        "unit": history.as_of(OrganisationalUnit, day).filter(id=shown.pk).select_related("parent").first(),
        "people": list(held.order_by("role", "user__name")),
    }


def _strands(shown: OrganisationalUnit) -> list[history.Strand]:
    """What happened to the unit, who took over whom, and who answered for it."""
    after = history_model(UnitSuccession).objects.filter(Q(unit_id=shown.pk) | Q(successor_id=shown.pk))
    roles = history_model(Assignment).objects.filter(unit_id=shown.pk).select_related("user")
    return [
        history.of(OrganisationalUnit, shown.pk, _("Unit entered"), _("Unit changed")),
        history.Strand(after.select_related("unit", "successor"), lambda step: _succession(step.row, shown)),
        history.Strand(roles, _role),
    ]


def _succession(row: Any, shown: OrganisationalUnit) -> str:
    if row.unit_id == shown.pk:
        return _("Successor: %(name)s") % {"name": texts.localized(row.successor, "name")}
    return _("Took over: %(name)s") % {"name": texts.localized(row.unit, "name")}


def _role(step: history.Step) -> str:
    said = {"role": step.row.get_role_display(), "name": step.row.user.name}
    return (_("Role given: %(role)s, %(name)s") if step.is_first else _("Role changed: %(role)s, %(name)s")) % said


@require_http_methods(["GET", "POST"])
def unit_dissolve(request: UserRequest, key: str) -> HttpResponse:
    """What a unit answers for, and who takes it over from when on."""
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    shown = get_object_or_404(OrganisationalUnit, key=key)
    form = DissolveForm(request.POST if request.method == "POST" else None, unit=shown, today=clock.today())
    if form.is_valid():
        said = form.cleaned_data
        try:
            acts.dissolve_unit(
                shown, list(said["successors"]), said["on"], actor=request.user, at=clock.now(), reason=said["reason"]
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The unit has its end, and its successors answer for it from that day on."))
            return redirect("commitments:unit-edit", key)
    return render(request, "commitments/unit_dissolve.html", {"form": form, "unit": shown, **_takes_along(shown)})


def _takes_along(unit: OrganisationalUnit) -> dict[str, int]:
    """How much the successors will answer for. Public and in-house entries only: the administration sees no others."""
    open_ = ("public", "council", "internal")
    parts = MeasureUnit.objects.filter(unit=unit, ended_on__isnull=True, measure__protection__in=open_)
    return {
        "measures": parts.count(),
        "commitments": Commitment.objects.in_force().filter(lead_unit=unit, protection__in=open_).count(),
        "engagements": Engagement.objects.filter(unit=unit, protection__in=open_).exclude(status="ended").count(),
        "roles": Assignment.objects.valid(clock.today()).filter(unit=unit).count(),
    }
