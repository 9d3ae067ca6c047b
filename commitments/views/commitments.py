"""What the city promised: the list, and changing one. Its page, with verdicts, is ``reporting``'s."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commitments import clock, search, workflow
from commitments.forms import CommitmentFilter, CommitmentForm, add_errors
from commitments.models import UDHR, Commitment, CommitmentProvision, CommitmentUnit, User
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from commitments.views.lists import chip, count_of, page_of, seen_links

SORTS = {
    "": ("reference",),
    "title": ("title_de", "reference"),
    "unit": ("lead_unit__name_de", "reference"),
    "fewest": ("measure_count", "reference"),
    "most": ("-measure_count", "reference"),
}


def commitments_for(user: User, chosen: dict[str, Any]) -> "QuerySet[Commitment]":
    """The commitments in force that someone may see and that a filter leaves."""
    rows = search.matching(Commitment.objects.visible_to(user).in_force(), chosen.get("q", ""))
    under = CommitmentProvision.objects.filter(commitment=OuterRef("pk"), ended_on__isnull=True)
    if "instrument" in chosen:
        rows = rows.filter(Exists(under.filter(provision__version__instrument=chosen["instrument"])))
    if "article" in chosen:
        article = under.filter(provision__version__instrument__key=UDHR, provision__order=int(chosen["article"]))
        rows = rows.filter(Exists(article))
    if "competence" in chosen:
        rows = rows.filter(competence=chosen["competence"])
    if "unit" in chosen:
        helping = CommitmentUnit.objects.filter(commitment=OuterRef("pk"), unit=chosen["unit"], ended_on__isnull=True)
        rows = rows.filter(Q(lead_unit=chosen["unit"]) | Exists(helping))
    return rows.annotate(measure_count=count_of(seen_links(user), "commitment"))


@require_safe
def commitment_list(request: UserRequest) -> HttpResponse:
    filters = CommitmentFilter(request.GET)
    chosen = filters.chosen()
    bases = CommitmentProvision.objects.filter(is_basis=True, ended_on__isnull=True).select_related(
        "provision__version__instrument"
    )
    rows = (
        commitments_for(request.user, chosen)
        .order_by(*SORTS[chosen.get("sort", "")])
        .select_related("lead_unit")
        .prefetch_related(Prefetch("commitment_provisions", queryset=bases, to_attr="bases"))
    )
    context = {
        "filters": filters,
        "summary": filters.summary(),
        "page": page_of(request, rows),
        "chips": [
            chip(request, "competence", "", _("All commitments")),
            chip(request, "competence", "own", _("What the city decides itself")),
            chip(request, "competence", "none", _("Out of the city's hands")),
        ],
    }
    return render(request, "commitments/commitment_list.html", context)


@require_http_methods(["GET", "POST"])
def commitment_edit(request: UserRequest, reference: str) -> HttpResponse:
    commitment = get_object_or_404(Commitment.objects.visible_to(request.user), reference=reference)
    require(request.user, Verb.EDIT_REGISTER, commitment, on=clock.today())
    seen = workflow.last_change(commitment)
    form = CommitmentForm(request.POST or None, initial=CommitmentForm.initial_of(commitment, seen))
    if form.is_valid():
        data = form.cleaned_data
        edit = workflow.Edit(form.columns(), reason=data["reason"], seen=data["seen"])
        try:
            workflow.edit_commitment(commitment, edit, actor=request.user, at=clock.now())
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect("reporting:commitment", reference=reference)
    return render(request, "commitments/commitment_edit.html", {"commitment": commitment, "form": form})
