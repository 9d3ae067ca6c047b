"""A measure as it stood on a day (rule 13): its row, units, money and links, read from the history.

Whoever may not see the measure today does not see its past either (rule 10); nor what it was linked to.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from commitments import evidence_history, history
from commitments.models import (
    Commitment,
    Contribution,
    Engagement,
    LinkState,
    Measure,
    MeasureBudget,
    MeasureLink,
    MeasureProvision,
    MeasureStatus,
    MeasureUnit,
    User,
)

RUNNING = {"ended_on__isnull": True}


@dataclass(frozen=True)
class Link:
    """A link of that day: to what, how, and why; as the templates of today's links ask for it."""

    commitment: Any
    provision: Any
    get_contribution_display: str
    rationale_de: str
    rationale_en: str
    state: str = LinkState.ACCEPTED.value


def stood(measure: Measure, user: User, day: date) -> dict[str, Any]:
    """What the page shows of the measure on a day; ``shown`` is nothing where it was not in the register yet."""
    row = history.as_of(Measure, day).filter(id=measure.pk).first()
    if row is None:
        return {"shown": None}
    budgets = list(_of(MeasureBudget, measure, day).order_by("year", "source"))
    return {
        "shown": row,
        "shown_status": row.status,
        "shown_status_label": MeasureStatus(row.status).label,
        "units": _of(MeasureUnit, measure, day).select_related("unit").order_by("-part", "unit__name_de"),
        "budgets": budgets,
        "budget_total": sum(each.amount for each in budgets),
        "engagement": Engagement.objects.visible_to(user).filter(pk=row.engagement_id).first(),
        "parent": Measure.objects.visible_to(user).filter(pk=row.parent_id).first(),
        "links": _links(measure, user, day),
        "provision_links": _provision_links(measure, day),
        **evidence_history.stood(measure, user, day),
    }


def _of(model: type[Any], measure: Measure, day: date) -> Any:
    return history.as_of(model, day).filter(measure_id=measure.pk, **RUNNING)


def _links(measure: Measure, user: User, day: date) -> list[Link]:
    seen = Commitment.objects.visible_to(user).values("pk")
    rows = history.as_of(MeasureLink, day).filter(
        measure_id=measure.pk, state=LinkState.ACCEPTED, commitment_id__in=seen
    )
    found = rows.select_related("commitment").order_by("commitment__reference")
    return [Link(row.commitment, None, *_reasons(row)) for row in found]


def _provision_links(measure: Measure, day: date) -> list[Link]:
    rows = history.as_of(MeasureProvision, day).filter(measure_id=measure.pk, state=LinkState.ACCEPTED)
    found = rows.select_related("provision__version__instrument").order_by(
        "provision__version__instrument__order", "provision__order"
    )
    return [Link(None, row.provision, *_reasons(row)) for row in found]


def _reasons(row: Any) -> tuple[str, str, str]:
    return str(Contribution(row.contribution).label), row.rationale_de, row.rationale_en
