"""Entering a commitment: into the register, and into the review cycle that is running (rule 8)."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commitments import clock
from commitments.forms import add_errors
from commitments.forms.commitments import CommitmentEntryForm
from commitments.models import Commitment
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.views.commitment_forms import picking, picks, to_commitment
from commitments.workflow import commitments as workflow
from reviews.models import ReviewCycle
from reviews.workflow import cycles


@require_http_methods(["GET", "POST"])
def commitment_new(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.EDIT_REGISTER, on=clock.today())
    initial = {"provisions": [each for each in request.GET.getlist("provision") if each.isdigit()]}
    form = CommitmentEntryForm(request.POST or None, initial=initial, user=request.user, today=clock.today())
    running = ReviewCycle.objects.running().order_by("-year").first()
    if request.POST and not picks(request, form) and form.is_valid():
        try:
            entered = _enter(request, form, running)
        except ValidationError as error:
            add_errors(form, error)
        else:
            _tell(request, entered, running)
            return to_commitment(request.user, entered)
    return render(request, "commitments/commitment_new.html", {"running": running, **picking(request, form)})


@transaction.atomic
def _enter(request: UserRequest, form: CommitmentEntryForm, running: ReviewCycle | None) -> Commitment:
    """One act: in the register, and in the running cycle as too early to assess."""
    entry = workflow.Entry(form.columns(), workflow.Grounds(*form.grounds()), form.helpers())
    entered = workflow.enter_commitment(entry, actor=request.user, at=clock.now())
    if running is not None:
        cycles.add_newly_adopted(entered, actor=request.user, at=clock.now())
    return entered


def _tell(request: UserRequest, entered: Commitment, running: ReviewCycle | None) -> None:
    messages.success(request, _("%(number)s is in the register.") % {"number": entered.reference})
    if running is not None:
        said = _("The review cycle %(year)s is running: it lists the commitment as newly adopted, too early to assess.")
        messages.info(request, said % {"year": running.year})
