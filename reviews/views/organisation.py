"""Units are merged, renamed and dissolved by the administration; the officer hands over what they held.

Both see first what moves where, and then do it in one act. The administration sees no content (DESIGN.md, section 1):
to it the work of a unit is a number.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from commitments import clock, texts
from commitments.forms import add_errors
from commitments.models import (
    Commitment,
    Engagement,
    EngagementStatus,
    MeasureUnit,
    OrganisationalUnit,
    Part,
    UnitSuccession,
)
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.workflow import unit_changes
from reviews.models import FollowUp
from reviews.organisation_forms import HandOverForm, MergeForm, RenameForm, RolesForm
from reviews.workflow import succession
from reviews.workflow.succession import Held

LISTED = 100
"""So many successions are shown; who looks for older ones finds them on the page of the unit."""

FORMS: dict[str, type[MergeForm] | type[RenameForm]] = {"merge": MergeForm, "rename": RenameForm}


@require_GET
def organisation(request: UserRequest) -> HttpResponse:
    """Which units were succeeded by which, and which of them still hold work."""
    today = clock.today()
    may_change = can(request.user, Verb.MANAGE_PEOPLE, on=today)
    may_hand_over = can(request.user, Verb.EDIT_REGISTER, on=today)
    if not (may_change or may_hand_over):
        raise PermissionDenied(_("The administration changes units, and the officer hands over their work."))
    rows = UnitSuccession.objects.select_related("unit", "successor").order_by("-on", "unit__name_de")
    context = {
        "rows": list(rows[:LISTED]),
        "waiting": list(succession.still_holding(request.user, today)) if may_hand_over else [],
        "may_change": may_change,
        "today": today,
    }
    return render(request, "reviews/organisation.html", context)


@require_http_methods(["GET", "POST"])
def change_units(request: UserRequest, kind: str) -> HttpResponse:
    """Merge, dissolve or rename: the form, then what it brings about, then the act."""
    require(request.user, Verb.MANAGE_PEOPLE, on=clock.today())
    start = {"on": clock.today(), "units": request.GET.getlist("unit"), "unit": request.GET.get("unit")}
    form = FORMS[kind](request.POST or None, today=clock.today(), initial=start)
    if not form.is_valid():
        return render(request, "reviews/organisation_change.html", {"form": form, "kind": kind})
    change = form.change()
    people = list(unit_changes.roles_of(change.ending, change.on).exclude(user=request.user))
    roles = RolesForm(people, change, request.POST if "confirm" in request.POST else None)
    if "confirm" in request.POST and roles.is_valid():
        try:
            heirs = unit_changes.change_units(
                change, actor=request.user, at=clock.now(), reason=form.cleaned_data["reason"]
            )
        except ValidationError as error:
            add_errors(form, error)
            return render(request, "reviews/organisation_change.html", {"form": form, "kind": kind})
        named = ", ".join(texts.localized(unit, "name") for unit in heirs)
        messages.success(request, _("Done. From that day on these answer: %(units)s.") % {"units": named})
        return redirect("reviews:organisation")
    context = {
        "form": form,
        "roles": roles,
        "kind": kind,
        "change": change,
        "takes": [_counted(unit) for unit in change.ending],
        "heirs": [*change.successors, *([dict(change.new)] if change.new else [])],
        "sent": _sent(request, [*form.fields]),
    }
    return render(request, "reviews/organisation_preview.html", context)


@require_http_methods(["GET", "POST"])
def hand_over(request: UserRequest, key: str) -> HttpResponse:
    """What a unit that has ended still holds, which successor takes it, and then the act."""
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    unit = get_object_or_404(OrganisationalUnit, key=key)
    successors = succession.successors_of(unit, clock.today())
    held = succession.held_by([unit], request.user)
    keys = [Held.key(row) for row in held.chosen]
    form = HandOverForm(successors, keys, request.POST or None)
    is_preview = form.is_valid() and "back" not in request.POST
    if is_preview and "confirm" in request.POST and _handed_over(request, unit, form):
        return redirect("reviews:organisation")
    chosen = form.choice() | {"rest": form.taker()} if form.is_valid() else {}
    context = {
        "unit": unit,
        "form": form,
        "successors": successors,
        "groups": _groups(held, form, chosen),
        "requests": len(held.requests),
        "is_preview": is_preview and not form.errors,
        "sums": _sums(held, chosen) if is_preview else [],
        "sent": _sent(request, [*form.fields]),
    }
    return render(request, "reviews/organisation_hand_over.html", context)


def _handed_over(request: UserRequest, unit: OrganisationalUnit, form: HandOverForm) -> bool:
    reason = form.cleaned_data["reason"]
    try:
        moved = succession.hand_over(
            unit, form.choice(), form.taker(), actor=request.user, at=clock.now(), reason=reason
        )
    except ValidationError as error:
        add_errors(form, error)
        return False
    told = ngettext("%(n)d entry is handed over.", "%(n)d entries are handed over.", moved)
    messages.success(request, told % {"n": moved})
    return True


@dataclass(frozen=True)
class Row:
    """One entry that moves: what it is called, where it stands, and who takes it."""

    key: str
    name: str
    url: str
    field: Any
    to: str


@dataclass(frozen=True)
class Group:
    label: str
    rows: list[Row]


def _groups(held: Held, form: HandOverForm, chosen: dict[str, OrganisationalUnit]) -> list[Group]:
    """The entries by what they are."""
    leads = [row for row in held.measures if row.part == Part.LEAD]
    helps = [row for row in held.measures if row.part != Part.LEAD]
    lists: list[tuple[str, list[Any]]] = [
        (_("Measures that it leads"), leads),
        (_("Measures to which it contributes"), helps),
        (_("Commitments in its charge"), held.commitments),
        (_("Commitments to which it contributes"), held.contributions),
        (_("Partnerships, projects and memberships"), held.engagements),
        (_("Partnerships and projects in which it takes part"), held.parts),
        (_("Promises"), held.follow_ups),
    ]
    return [Group(label, [_row(row, form, chosen) for row in rows]) for label, rows in lists if rows]


def _row(row: Any, form: HandOverForm, chosen: dict[str, OrganisationalUnit]) -> Row:
    key = Held.key(row)
    taker = chosen.get(key) or chosen.get("rest")
    name, url = _named(row)
    return Row(key, name, url, form[key], texts.localized(taker, "name") if taker else "")


def _named(row: Any) -> tuple[str, str]:
    """What the entry is called, and its page."""
    if isinstance(row, FollowUp):
        name = f"{row.commitment.reference} {texts.localized(row, 'action')}"
        return name, reverse("reviews:follow-up", args=[row.pk])
    measure = getattr(row, "measure", None)
    if measure is not None:
        name = f"{measure.reference} {texts.localized(measure, 'title')}"
        return name, reverse("commitments:measure", args=[measure.reference])
    engagement = row if isinstance(row, Engagement) else getattr(row, "engagement", None)
    if engagement is not None:
        return texts.localized(engagement, "name"), reverse("commitments:engagement", args=[engagement.key])
    commitment = row if isinstance(row, Commitment) else row.commitment
    name = f"{commitment.reference} {texts.localized(commitment, 'title')}"
    return name, reverse("reporting:commitment", args=[commitment.reference])


def _sums(held: Held, chosen: dict[str, OrganisationalUnit]) -> list[tuple[str, int]]:
    """How many entries each successor takes."""
    counts: dict[str, int] = {}
    for row in held.chosen:
        taker = chosen.get(Held.key(row)) or chosen["rest"]
        name = texts.localized(taker, "name")
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts.items())


def _counted(unit: OrganisationalUnit) -> dict[str, Any]:
    """How much a unit holds, in numbers. Public and in-house entries only: the administration sees no others."""
    open_ = ("public", "council", "internal")
    parts = MeasureUnit.objects.filter(unit=unit, ended_on__isnull=True, measure__protection__in=open_)
    leads = parts.aggregate(leads=Count("pk", filter=Q(part=Part.LEAD)), helps=Count("pk", filter=~Q(part=Part.LEAD)))
    engagements = Engagement.objects.filter(unit=unit, protection__in=open_).exclude(status=EngagementStatus.ENDED)
    promises = FollowUp.objects.open().filter(unit=unit, commitment__protection__in=open_)
    return {
        "unit": unit,
        **leads,
        "commitments": Commitment.objects.in_force().filter(lead_unit=unit, protection__in=open_).count(),
        "engagements": engagements.count(),
        "promises": promises.count(),
    }


def _sent(request: UserRequest, names: list[str]) -> list[tuple[str, str]]:
    """What was filled in, to be sent again with the confirmation."""
    return [(name, value) for name in names for value in request.POST.getlist(name)]
