"""Entering and changing an engagement, its status and its renewal."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from commitments import clock
from commitments.dates import PartialDate
from commitments.forms import add_errors
from commitments.forms.portfolio import FORMS, RenewalForm, TurnForm
from commitments.kinds import CHILDREN, of_kind
from commitments.models import Engagement, EngagementKind, OrganisationalUnit
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.workflow import Edit, last_change, portfolio

HEADINGS = {
    EngagementKind.PARTNERSHIP: gettext_lazy("Enter a partnership"),
    EngagementKind.EU_PROJECT: gettext_lazy("Enter an EU project"),
    EngagementKind.NETWORK: gettext_lazy("Enter a network"),
    EngagementKind.DEVELOPMENT: gettext_lazy("Enter a development project"),
    EngagementKind.TRAINING: gettext_lazy("Enter a training course"),
}

TURNS: dict[str, tuple[Any, Any, Any]] = {
    "pause": (
        portfolio.pause,
        gettext_lazy("Pause"),
        gettext_lazy("Its measures are shown as suspended, with your reason. They have not failed."),
    ),
    "rest": (
        portfolio.let_rest,
        gettext_lazy("Mark as dormant"),
        gettext_lazy("Nothing happens in it at present, though nobody has ended it."),
    ),
    "end": (
        portfolio.end,
        gettext_lazy("End it"),
        gettext_lazy("Nothing is deleted: it stays on record with its measures and can be taken up again."),
    ),
    "resume": (
        portfolio.resume,
        gettext_lazy("Take up again"),
        gettext_lazy("It counts as active from then on; its measures have their own status again."),
    ),
}
"""The acts on a status by their word in the address: what is done, its name, and what follows from it."""


def shown_engagement(request: UserRequest, key: str) -> Engagement:
    """The engagement, for somebody who may change it: 404 where it is not seen, 403 where it is only seen."""
    rows = Engagement.objects.visible_to(request.user).select_related("unit", *CHILDREN.values())
    shown = get_object_or_404(rows, key=key)
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    return shown


@require_http_methods(["GET", "POST"])
def engagement_add(request: UserRequest, kind: str) -> HttpResponse:
    if kind not in FORMS:
        raise Http404
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    own_unit = OrganisationalUnit.objects.existing(clock.today()).filter(is_officers_own=True).first()
    form = FORMS[kind](request.POST or None, adding=True, initial=FORMS[kind].initial_for(own_unit))
    if form.is_valid():
        try:
            added = portfolio.add(kind, form.columns(), actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("It is entered and stands in the portfolio."))
            return redirect("commitments:engagement", added.key)
    context = {"form": form, "heading": HEADINGS[EngagementKind(kind)], "label": _("Enter")}
    return render(request, "commitments/engagement_form.html", context)


@require_http_methods(["GET", "POST"])
def engagement_edit(request: UserRequest, key: str) -> HttpResponse:
    shown = shown_engagement(request, key)
    own = of_kind(shown)
    kind = FORMS[shown.kind]
    form = kind(request.POST or None, initial=kind.initial_of(own, last_change(own)))
    if form.is_valid():
        edit = Edit(form.columns(), form.cleaned_data["reason"], seen=form.cleaned_data["seen"])
        try:
            portfolio.edit(own, edit, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:engagement", key)
    context = {"engagement": shown, "form": form, "heading": _("Change"), "label": _("Save the change")}
    return render(request, "commitments/engagement_form.html", context)


@require_http_methods(["GET", "POST"])
def engagement_status(request: UserRequest, key: str, turn: str) -> HttpResponse:
    if turn not in TURNS:
        raise Http404
    shown = shown_engagement(request, key)
    act, heading, lead = TURNS[turn]
    form = TurnForm(request.POST or None, today=clock.today())
    if form.is_valid():
        written = form.cleaned_data | {"since": PartialDate.parse(form.cleaned_data["since"])}
        try:
            act(of_kind(shown), portfolio.Turn(**written), actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("commitments:engagement", key)
    context = {"engagement": shown, "form": form, "heading": heading, "label": heading, "lead": lead}
    return render(request, "commitments/engagement_form.html", context)


@require_http_methods(["GET", "POST"])
def engagement_renew(request: UserRequest, key: str) -> HttpResponse:
    shown = shown_engagement(request, key)
    if shown.kind != EngagementKind.NETWORK:
        raise Http404
    form = RenewalForm(request.POST or None)
    if form.is_valid():
        due_on, reason = form.cleaned_data["due_on"], form.cleaned_data["reason"]
        try:
            portfolio.renew(of_kind(shown), due_on, reason=reason, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The renewal is entered."))
            return redirect("commitments:engagement", key)
    context = {"engagement": shown, "form": form, "heading": _("Renew"), "label": _("Enter the renewal")}
    return render(request, "commitments/engagement_form.html", context)
