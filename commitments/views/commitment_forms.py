"""Changing and ending a commitment, and finding the provisions it rests on. Entering one, which a running cycle
learns of, is ``reporting``'s."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock, search
from commitments.forms import CommitmentForm, add_errors
from commitments.forms.commitments import CommitmentFields, EndForm
from commitments.forms.measures import difference
from commitments.models import Commitment, CommitmentProvision, CommitmentUnit, Provision, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.workflow import commitments as workflow
from commitments.workflow import last_change

HITS = 12
"""So many provisions are shown; whoever needs another one types another word."""


def provisions_found(typed: str) -> list[Provision]:
    """Provisions in use (rule 2) that fit what was typed: a number, a word, the short name of an instrument."""
    if not typed.strip():
        return []
    rows = search.matching(Provision.objects.in_use().select_related("version__instrument"), typed)
    return list(rows.order_by("version__instrument__order", "-version__number", "order")[:HITS])


def picks(request: UserRequest, form: CommitmentFields) -> bool:
    """Whether the page was sent to find, add or take away a provision only; then nothing is judged or saved.

    Enter in the search field presses no button by name, and searches.
    """
    pressed = set(request.POST)
    searches = bool(request.POST.get("q", "").strip()) and "save" not in pressed
    if not searches and not {"find", "add", "remove"} & pressed:
        return False
    form.with_provisions(request.POST.get("add", ""), request.POST.get("remove", ""))
    return True


def picking(request: UserRequest, form: CommitmentFields) -> dict[str, Any]:
    """What the part of the page shows in which provisions are chosen."""
    typed = request.POST.get("q", "")[: search.LONGEST] if "add" not in request.POST else ""
    return {"form": form, "q": typed, "hits": provisions_found(typed), "searched": bool(typed.strip())}


@require_safe
def provision_search(request: UserRequest) -> HttpResponse:
    """Provisions while they are typed, each to be added to the commitment in the form."""
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    typed = request.GET.get("q", "")
    context = {"hits": provisions_found(typed), "searched": bool(typed.strip())}
    return render(request, "commitments/_commitment_hits.html", context)


@require_http_methods(["GET", "POST"])
def commitment_edit(request: UserRequest, reference: str) -> HttpResponse:
    commitment = _commitment(request.user, reference)
    require(request.user, Verb.EDIT_REGISTER, commitment, on=clock.today())
    now = CommitmentForm.initial_of(commitment, last_change(commitment))
    form = CommitmentForm(request.POST or None, initial=now, user=request.user, today=clock.today())
    differing: list[dict[str, str]] = []
    if request.POST and not picks(request, form) and form.is_valid():
        data = form.cleaned_data
        try:
            grounds = workflow.Grounds(*form.grounds())
            edit = workflow.CommitmentEdit(
                form.columns(), data["reason"], seen=data["seen"], grounds=grounds, contributing=form.helpers()
            )
            workflow.edit_commitment(commitment, edit, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return to_commitment(request.user, commitment)
        if form.has_error("__all__", "changed"):
            differing = difference(form, now)
            form.see(now["seen"])
    context = {"commitment": commitment, "differing": differing, **picking(request, form)}
    return render(request, "commitments/commitment_edit.html", context)


@require_http_methods(["GET", "POST"])
def commitment_end(request: UserRequest, reference: str) -> HttpResponse:
    commitment = get_object_or_404(Commitment.objects.visible_to(request.user), reference=reference)
    require(request.user, Verb.EDIT_REGISTER, commitment, on=clock.today())
    form = EndForm(request.POST or None)
    if form.is_valid():
        reasons = {"reason": form.cleaned_data["end_reason_de"], "reason_en": form.cleaned_data["end_reason_en"]}
        try:
            workflow.end_commitment(commitment, actor=request.user, at=clock.now(), **reasons)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(number)s has ended. Its page and history stay.") % {"number": reference})
            return redirect("reporting:commitment", reference=reference)
    return render(request, "commitments/commitment_end.html", {"commitment": commitment, "form": form})


def to_commitment(user: User, commitment: Commitment) -> HttpResponse:
    """Its page; the list where one may no longer see it, having made it protected."""
    if Commitment.objects.visible_to(user).filter(pk=commitment.pk).exists():
        return redirect("reporting:commitment", reference=commitment.reference)
    return redirect("commitments:commitment-list")


def _commitment(user: User, reference: str) -> Commitment:
    rows = Commitment.objects.visible_to(user).select_related("lead_unit")
    provisions = Prefetch("commitment_provisions", queryset=CommitmentProvision.objects.order_by("order"))
    units = Prefetch("commitment_units", queryset=CommitmentUnit.objects.select_related("unit"))
    return get_object_or_404(rows.prefetch_related(provisions, units), reference=reference)
