"""Money of engagements: amounts as decimal text, years that were entered, and sums of what is known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from commitments.models import EngagementBudget
from reporting.content.register import grouped
from reporting.sheets.facts import Amount
from reporting.sheets.source import Source

NOTHING = Decimal(0)


def written(amount: Decimal | None) -> str:
    """An amount as decimal text; empty where it is not known."""
    return "" if amount is None else f"{amount:.2f}"


def read(amount: str) -> Decimal | None:
    return Decimal(amount) if amount else None


def summed(amounts: Iterable[str]) -> str:
    """The sum of the amounts that are known; empty where none is."""
    known = [Decimal(amount) for amount in amounts if amount]
    return written(sum(known, NOTHING)) if known else ""


def budgets(source: Source) -> Mapping[int, list[Any]]:
    """The years that were entered and not taken back, by engagement."""
    rows = source.tables.register.rows(EngagementBudget, "year").values()
    return grouped((row for row in rows if row.ended_on is None), "engagement_id")


def amount(row: Any) -> Amount:
    return Amount(row.year, written(row.total), written(row.funded), row.source)


def by_year(amounts: Iterable[Amount]) -> tuple[Amount, ...]:
    """What several engagements have in the same year, added up."""
    years: dict[int, list[Amount]] = defaultdict(list)
    for row in amounts:
        years[row.year].append(row)
    return tuple(
        Amount(year, summed(row.total for row in rows), summed(row.funded for row in rows))
        for year, rows in sorted(years.items())
    )
