"""What the city promised: the list. The page of one, with its verdicts, is ``reporting``'s."""

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commitments import clock, search
from commitments.forms import CommitmentFilter
from commitments.models import UDHR, Commitment, CommitmentProvision, CommitmentUnit, User
from commitments.permissions import Verb, can
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
    """The commitments that someone may see and that a filter leaves: those in force, or those that have ended."""
    has_ended = chosen.get("ended") == "yes"
    seen = Commitment.objects.visible_to(user).filter(ended_on__isnull=not has_ended)
    rows = search.matching(seen, chosen.get("q", ""))
    under = CommitmentProvision.objects.filter(commitment=OuterRef("pk"), ended_on__isnull=True)
    if "instrument" in chosen:
        rows = rows.filter(Exists(under.filter(provision__version__instrument=chosen["instrument"])))
    if "article" in chosen:
        article = under.filter(provision__version__instrument__key=UDHR, provision__order=int(chosen["article"]))
        rows = rows.filter(Exists(article))
    plain = {name: chosen[name] for name in ("competence", "protection") if name in chosen}
    rows = rows.filter(**plain, **({chosen["obligation"]: True} if "obligation" in chosen else {}))
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
        "enters": can(request.user, Verb.EDIT_REGISTER, on=clock.today()),
        "chips": [
            chip(request, "competence", "", _("All commitments")),
            chip(request, "competence", "own", _("What the city decides itself")),
            chip(request, "competence", "none", _("Out of the city's hands")),
        ],
    }
    return render(request, "commitments/commitment_list.html", context)
