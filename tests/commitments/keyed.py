"""Rows that people know by what they say, for the tests of import and export."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import (
    EngagementBudget,
    Evidence,
    EvidenceKind,
    GapCode,
    GapReason,
    IndicatorValue,
    Measure,
    MeasureBudget,
)
from tests.factories import (
    make_adoption,
    make_article,
    make_engagement,
    make_evidence,
    make_indicator,
    make_measure,
    make_officer,
    make_value,
    saved,
)

TODAY = timezone.localdate()


def outcomes(plan: Any) -> list[str]:
    return [str(row.outcome) for row in plan.rows]


def by_hand(row: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    save_as(row, actor=make_officer(), reason="Von Hand", at=timezone.now())


def budget(measure: Measure | None = None, **fields: Any) -> MeasureBudget:
    defaults: dict[str, Any] = {"year": 2026, "amount": Decimal("1500.50"), "source": "Haushalt"}
    return saved(MeasureBudget(measure=measure or make_measure(), **(defaults | fields)))


def yearly(**fields: Any) -> EngagementBudget:
    defaults: dict[str, Any] = {"year": 2026, "total": 100, "funded": 40, "source": "Bund"}
    return saved(EngagementBudget(**({"engagement": make_engagement()} | defaults | fields)))


def gap(**fields: Any) -> GapReason:
    defaults: dict[str, Any] = {
        "article": make_article(25),
        "field": "europe",
        "code": GapCode.NO_RESOURCES,
        "text_de": "Dafür fehlt Personal.",
        "stated_by": make_officer(),
        "stated_on": TODAY,
    }
    return saved(GapReason(**(defaults | fields)))


def value(**fields: Any) -> IndicatorValue:
    return make_value(make_indicator(), Decimal("12.5"), date(2025, 1, 1), on_precision="year", **fields)


def paper() -> Evidence:
    return make_evidence(kind=EvidenceKind.COUNCIL_PAPER, url="", reference="1234/2011")


MADE: dict[str, Callable[[], Any]] = {
    "budgets": budget,
    "engagement-budgets": yearly,
    "indicators": make_indicator,
    "indicator-values": value,
    "adoptions": lambda: make_adoption(adopted_on=date(2011, 5, 1), adopted_on_precision="month"),
    "gap-reasons": gap,
    "evidence": paper,
}
"""A row of each table."""

FIELD = {
    "budgets": ("Betrag", "amount", "99,5", Decimal("99.50"), Decimal(7)),
    "engagement-budgets": ("Quelle", "source", "Land", "Land", "Kreis"),
    "indicators": ("Maßeinheit", "unit_of_measure", "Prozent", "Prozent", "Personen"),
    "indicator-values": ("Istwert", "value", "13,25", Decimal("13.25"), Decimal(7)),
    "adoptions": ("Ratsvorlage", "council_reference", "1/2011", "1/2011", "2/2011"),
    "gap-reasons": ("Erläuterung", "text_de", "Aus der Datei.", "Aus der Datei.", "Von Hand."),
    "evidence": ("Titel", "title", "Aus der Datei", "Aus der Datei", "Von Hand"),
}
"""Of each table a heading, its column, what a file says, what that is, and what a person says."""
