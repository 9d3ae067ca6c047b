"""What the page of one engagement shows: today, on a day of the past, and what happened since."""

from datetime import date
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import history, money, renewals, sdgs, texts
from commitments.kinds import of_kind
from commitments.models import (
    Adoption,
    Engagement,
    EngagementBudget,
    EngagementKind,
    EngagementPart,
    EngagementStatus,
    FundingAdvice,
    Measure,
    MeasureStatus,
    NetworkMembership,
    ProjectAmendment,
    ProjectPartner,
)
from commitments.requests import UserRequest
from commitments.tracking import history_model
from commitments.views.lists import page_of
from commitments.views.measures import with_leads
from commitments.workflow.portfolio import NEXT_STATUSES

ACTS = {
    EngagementStatus.ACTIVE: ("resume", gettext_lazy("Take up again"), "autorenew"),
    EngagementStatus.PAUSED: ("pause", gettext_lazy("Pause"), "more-vert"),
    EngagementStatus.DORMANT: ("rest", gettext_lazy("Mark as dormant"), "visibility-off"),
    EngagementStatus.ENDED: ("end", gettext_lazy("End it"), "close"),
}
"""From the status that an act leads to: its word in the address, its label and its icon."""

RUNNING = (MeasureStatus.ONGOING, MeasureStatus.PLANNED, MeasureStatus.DECIDED_NOT_FUNDED)
LATEST_ADVICE = 20


def today(shown: Engagement, request: UserRequest, on: date) -> dict[str, Any]:
    own = of_kind(shown)
    measures = with_leads(Measure.objects.visible_to(request.user).filter(engagement=shown).with_shown_status())
    page = page_of(request, measures.order_by("reference"))
    for row in page:
        row.shown_status_label = MeasureStatus(row.shown_status).label  # type: ignore[attr-defined]
    advice = FundingAdvice.objects.visible_to(request.user).filter(engagement=shown, withdrawn_on__isnull=True)
    instrument = getattr(own, "instrument", None)
    return {
        **_facts(own),
        **_belongings(own, None),
        "page": page,
        "adoptions": Adoption.objects.filter(version__instrument=instrument) if instrument else [],
        "renewal": renewals.of(own, on) if isinstance(own, NetworkMembership) else None,
        "advice": list(advice.select_related("unit")[:LATEST_ADVICE]),
        "acts": [
            {"label": label, "icon": icon, "url": reverse("commitments:engagement-status", args=[shown.key, word])}
            for status, (word, label, icon) in ACTS.items()
            if status in NEXT_STATUSES[shown.status]
        ],
    }


def as_it_stood(shown: Engagement, request: UserRequest, day: date) -> dict[str, Any]:
    """The rows of that day; what is out of the reader's sight today stays out of it (rule 10)."""
    own = of_kind(shown)
    row = history.as_of(type(own), day).filter(engagement_ptr_id=own.pk).select_related("unit").first()
    if row is None:
        return {"own": None}
    return {**_facts(row), **_belongings(row, day), "measures_then": _measures_then(row, request, day)}


def _facts(own: Any) -> dict[str, Any]:
    return {
        "own": own,
        "country": texts.country(getattr(own, "country", "")),
        "instrument": getattr(own, "instrument", None),
        "goals": sdgs.labels(getattr(own, "sdgs", [])),
        "is_paused": own.status == EngagementStatus.PAUSED,
        "is_project": own.kind == EngagementKind.EU_PROJECT,
    }


def _belongings(own: Any, day: date | None) -> dict[str, Any]:
    """Units, money, partners and amendments; one query each, the last two of EU projects only."""
    pk = own.engagement_ptr_id

    def rows(model: type[Model], *order: str, **by: int) -> "QuerySet[Any]":
        known: QuerySet[Any] = QuerySet(model) if day is None else history.as_of(model, day)
        return known.filter(ended_on__isnull=True, **by).order_by(*order)

    found: dict[str, Any] = {
        "parts": list(rows(EngagementPart, "unit__name_de", engagement_id=pk).select_related("unit")),
        "money": money.Years.of(rows(EngagementBudget, "year", engagement_id=pk), own),
    }
    if own.kind == EngagementKind.EU_PROJECT:
        partners = list(rows(ProjectPartner, "role", "name", project_id=pk))
        for partner in partners:
            partner.country_name = texts.country(partner.country)
        found |= {"partners": partners, "amendments": list(rows(ProjectAmendment, "number", project_id=pk))}
    return found


def _measures_then(own: Any, request: UserRequest, day: date) -> list[dict[str, Any]]:
    seen = Measure.objects.visible_to(request.user).values("pk")
    rows = history.as_of(Measure, day).filter(engagement_id=own.engagement_ptr_id, id__in=seen).order_by("reference")
    found = []
    for row in rows:
        held_up = own.status == EngagementStatus.PAUSED and row.status in RUNNING
        status = MeasureStatus.SUSPENDED if held_up else MeasureStatus(row.status)
        found.append({"row": row, "status": status.value, "label": status.label})
    return found


def story(shown: Engagement) -> list[history.Entry]:
    """The history of the engagement, its units, money, partners and amendments."""
    own = of_kind(shown)
    strands = [
        history.of(type(own), own.pk, _("Entered"), _("Changed")),
        history.of_parts(_past(EngagementPart, engagement_id=own.pk).select_related("unit"), history.unit_name),
        history.of_parts(_past(EngagementBudget, engagement_id=own.pk), _budget_name),
    ]
    if shown.kind == EngagementKind.EU_PROJECT:
        strands.append(history.of_parts(_past(ProjectPartner, project_id=own.pk), lambda row: str(row.name)))
        strands.append(history.of_parts(_past(ProjectAmendment, project_id=own.pk), _amendment_name))
    return history.timeline(strands)


def _past(model: type[Model], **by: int) -> "QuerySet[Any]":
    rows: QuerySet[Any] = history_model(model).objects.filter(**by)
    return rows


def _budget_name(row: Any) -> str:
    return _("Money of %(year)s") % {"year": row.year}


def _amendment_name(row: Any) -> str:
    return _("Amendment %(number)s") % {"number": row.number}
