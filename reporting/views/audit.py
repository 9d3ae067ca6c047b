"""The audit ledger: what was changed by whom, and the seals over it."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from commitments import clock
from commitments.models import LedgerLeaf, LedgerSeal
from commitments.permissions import Verb, require
from commitments.requests import UserRequest
from reporting.forms import TrailFilter
from reporting.tables import trail as tables

PER_PAGE = 50


@require_safe
def trail(request: UserRequest) -> HttpResponse:
    require(request.user, Verb.READ_LEDGER, on=clock.today())
    filters = TrailFilter(request.GET)
    page = Paginator(tables.rows(**filters.chosen()), PER_PAGE).get_page(request.GET.get("page"))
    seals = Paginator(LedgerSeal.objects.order_by("-pk"), 10).get_page(request.GET.get("seals"))
    context = {
        "filters": filters,
        "summary": filters.summary(),
        "page": page,
        "events": tables.events(list(page)),
        "seals": seals,
        "leaves": LedgerLeaf.objects.count(),
        "latest": LedgerSeal.objects.order_by("-pk").first(),
    }
    return render(request, "reporting/audit.html", context)
