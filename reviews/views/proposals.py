"""Measures that units proposed while a cycle runs, for the unit's list and for the officer's board."""

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from commitments.models import Measure, MeasureUnit, OrganisationalUnit, User
from commitments.tracking import history_model
from reviews.models import ReviewCycle
from reviews.views.shown import Standing

MOST = 20


@dataclass(frozen=True)
class Proposal:
    """A proposed measure and what became of it."""

    measure: Measure
    standing: Standing


def of_unit(user: User, unit: OrganisationalUnit, cycle: ReviewCycle) -> list[Proposal]:
    """What a unit proposed since the cycle was opened, decided or not."""
    rows = _proposed(user).filter(measure_units__unit=unit, measure_units__ended_on__isnull=True)
    if cycle.opened_at is not None:
        rows = rows.filter(proposed_at__gte=cycle.opened_at)
    return [Proposal(measure, _standing(measure)) for measure in rows.order_by("-pk")[:MOST]]


def waiting(user: User) -> list[Measure]:
    """Proposals on which the officer has not decided, with their units."""
    parts = MeasureUnit.objects.filter(ended_on__isnull=True).select_related("unit")
    rows = Measure.objects.visible_to(user).waiting().prefetch_related(Prefetch("measure_units", parts))
    return list(rows.order_by("pk")[:MOST])


def _proposed(user: User) -> QuerySet[Any]:
    """Measures that came in as a proposal, with the moment of it: what the officer enters is accepted at once."""
    first = history_model(Measure).objects.filter(id=OuterRef("pk")).order_by("history_id")
    rows: QuerySet[Any] = Measure.objects.visible_to(user).annotate(
        proposed_at=Subquery(first.values("history_date")[:1]),
        accepted_first=Subquery(first.values("accepted_on")[:1]),
    )
    return rows.filter(accepted_first__isnull=True)


def _standing(measure: Measure) -> Standing:
    if measure.accepted_on:
        return Standing("released", pgettext("proposal", "Accepted"))
    if measure.declined_on:
        return Standing("dropped", pgettext("proposal", "Not accepted"))
    return Standing("submitted", _("Waits for the officer"))
