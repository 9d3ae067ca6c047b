"""What is promised in the world: instruments and their provisions."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from commitments import articles, search
from commitments.forms import InstrumentFilter
from commitments.models import (
    UDHR,
    Adoption,
    Commitment,
    CommitmentProvision,
    Instrument,
    InstrumentVersion,
    LinkState,
    Measure,
    MeasureProvision,
    Provision,
    User,
)
from commitments.requests import UserRequest
from commitments.views.lists import count_of, page_of

SEARCHED = ("key", "title_de", "title_en", "short_de", "short_en", "body")


def _filtered(chosen: dict[str, Any]) -> "QuerySet[Instrument]":
    adopted = Adoption.objects.filter(version__instrument=OuterRef("pk"), ended_on__isnull=True)
    rows = search.matching(Instrument.objects.all(), SEARCHED, chosen.get("q", ""))
    if "kind" in chosen:
        rows = rows.filter(kind=chosen["kind"])
    if "binding" in chosen:
        rows = rows.filter(binding=chosen["binding"] == "yes")
    if "adopted" in chosen:
        rows = rows.filter(Exists(adopted) if chosen["adopted"] == "yes" else ~Exists(adopted))
    return rows


@require_safe
def instrument_list(request: UserRequest) -> HttpResponse:
    filters = InstrumentFilter(request.GET)
    adoptions = Adoption.objects.filter(ended_on__isnull=True).order_by("adopted_on")
    versions = InstrumentVersion.objects.annotate(n=Count("provisions")).prefetch_related(
        Prefetch("adoptions", queryset=adoptions)
    )
    rows = (
        _filtered(filters.chosen())
        .annotate(has_adoption=Exists(adoptions.filter(version__instrument=OuterRef("pk"))))
        .prefetch_related(Prefetch("versions", queryset=versions))
    )
    context = {"filters": filters, "summary": filters.summary(), "page": page_of(request, rows, per_page=50)}
    return render(request, "commitments/instrument_list.html", context)


def provisions_of(version: InstrumentVersion, user: User) -> list[Provision]:
    """The provisions of a version with ``articles``, ``commitment_count`` and ``measure_count``."""
    under = CommitmentProvision.objects.filter(
        ended_on__isnull=True, commitment__in=Commitment.objects.visible_to(user)
    )
    served = MeasureProvision.objects.filter(state=LinkState.ACCEPTED, measure__in=Measure.objects.visible_to(user))
    rows = list(
        version.provisions.select_related("version__instrument")
        .order_by("order")
        .annotate(commitment_count=count_of(under, "provision"), measure_count=count_of(served, "provision"))
    )
    leads_to = articles.of_provisions(rows)
    for row in rows:
        row.articles = leads_to[row.pk]  # type: ignore[attr-defined]
    return rows


def _asked_for(versions: Sequence[Any], number: str) -> InstrumentVersion | None:
    """The version that the address names, else the newest one whose provisions are known."""
    named = [each for each in versions if str(each.number) == number]
    known = [each for each in versions if each.provision_count]
    return next(iter([*named, *known, *versions]), None)


@require_safe
def instrument(request: UserRequest, key: str) -> HttpResponse:
    shown = get_object_or_404(Instrument.objects.prefetch_related("bases__basis"), key=key)
    versions = list(
        shown.versions.select_related("replaces")
        .annotate(provision_count=Count("provisions"))
        .prefetch_related("adoptions")
        .order_by("-number")
    )
    version = _asked_for(versions, request.GET.get("version", ""))
    context = {
        "instrument": shown,
        "versions": versions,
        "version": version,
        "provisions": provisions_of(version, request.user) if version else [],
        "adoptions": [adoption for each in versions for adoption in each.adoptions.all()],
        "is_udhr": shown.key == UDHR,
        "derived": Instrument.objects.filter(bases__basis=shown).order_by("order")[:60],
    }
    return render(request, "commitments/instrument.html", context)


def in_force() -> Q:
    """Provisions that bind the city or that it took on: of law, of declarations, and of what it adopted itself."""
    adopted = Adoption.objects.filter(version__instrument=OuterRef("version__instrument"), ended_on__isnull=True)
    return Q(version__instrument__binding=True) | Q(version__instrument__kind="declaration") | Q(Exists(adopted))
