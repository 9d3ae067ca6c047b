"""Money in and out: of measures by year and source, of engagements by year."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.exchange.comparing import STAND, Candidate, Work
from commitments.exchange.engagements import EUROS
from commitments.exchange.keyed import ENDED, KeyedSubject
from commitments.exchange.kinds import Amount, Line, One, Year
from commitments.exchange.links import MEASURE
from commitments.exchange.lookups import seen
from commitments.exchange.subjects import Column
from commitments.models import Engagement, EngagementBudget, Measure, MeasureBudget, User

YEAR = Column(
    "year",
    gettext_lazy("Year"),
    Year(),
    gettext_lazy("From 1950 to 2100."),
    required=True,
    example="2026",
    width=8,
)


class MeasureBudgets(KeyedSubject):
    """A row for each measure, year and source."""

    key, label = "budgets", gettext_lazy("Budgets of measures")
    model = MeasureBudget
    owners = ("measure_id",)
    identity = ("measure_id", "year", "source")
    columns = (
        MEASURE,
        YEAR,
        Column(
            "source",
            gettext_lazy("Source"),
            Line(200),
            gettext_lazy("Where the money comes from, for instance the city's budget. A source has one row a year."),
            width=36,
        ),
        Column("amount", gettext_lazy("Amount"), Amount(), EUROS, required=True, width=14),
        ENDED,
        STAND,
    )

    def visible(self, user: User | None) -> "QuerySet[Any]":
        return self.all_rows(user).filter(ended_on__isnull=True)

    def all_rows(self, user: User | None) -> "QuerySet[Any]":
        rows = MeasureBudget.objects.filter(measure__in=seen(Measure.objects.all(), user))
        return rows.order_by("measure__reference", "year", "source", "pk")

    def name(self, candidate: Candidate, work: Work) -> str:
        return self.name_of(candidate, work, "measure_id", "year", "source")


class EngagementBudgets(KeyedSubject):
    """A row for each year of a partnership, project, network or course."""

    key, label = "engagement-budgets", gettext_lazy("Yearly money of partnerships and projects")
    model = EngagementBudget
    owners = ("engagement_id",)
    identity = ("engagement_id", "year")
    columns = (
        Column(
            "engagement_id",
            gettext_lazy("Partnership or project"),
            One("engagement"),
            gettext_lazy("Partnership, EU project, network, development project or training, by name or key."),
            required=True,
            width=40,
        ),
        YEAR,
        Column("total", gettext_lazy("In all"), Amount(), EUROS, width=14),
        Column(
            "funded",
            gettext_lazy("From the funder"),
            Amount(),
            gettext_lazy("What of it comes from the funder; for EU projects, from the EU. Euros."),
            width=14,
        ),
        Column("source", gettext_lazy("Source"), Line(200), gettext_lazy("Where the money comes from."), width=36),
        ENDED,
        STAND,
    )

    def visible(self, user: User | None) -> "QuerySet[Any]":
        return self.all_rows(user).filter(ended_on__isnull=True)

    def all_rows(self, user: User | None) -> "QuerySet[Any]":
        rows = EngagementBudget.objects.filter(engagement__in=seen(Engagement.objects.all(), user))
        return rows.order_by("engagement__name_de", "engagement_id", "year")

    def name(self, candidate: Candidate, work: Work) -> str:
        return self.name_of(candidate, work, "engagement_id", "year")

    def check(self, candidate: Candidate, work: Work) -> None:
        super().check(candidate, work)
        row = candidate.row
        if row.total is None and row.funded is None:
            candidate.error(self.heading("total"), _("Give at least one of the two amounts."))
        elif row.total is not None and row.funded is not None and row.funded > row.total:
            candidate.error(self.heading("funded"), _("More cannot come from the funder than there is in all."))
