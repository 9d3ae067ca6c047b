"""The money of an engagement, year by year, as its page shows it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Year:
    """One year's amounts; the widths, for a bar, are per cent of the year with the most."""

    row: Any
    width: str
    funded_width: str


@dataclass(frozen=True)
class Rest:
    """What of the whole stands in no year yet, or by how much the years exceed it; one of the two is zero."""

    whole: Decimal
    open: Decimal
    over: Decimal

    @classmethod
    def of(cls, whole: Decimal | None, spread: Decimal) -> "Rest | None":
        if whole is None or whole == spread:
            return None
        return cls(whole, max(whole - spread, NOTHING), max(spread - whole, NOTHING))


@dataclass(frozen=True)
class Years:
    """All years with their sums, and how these compare with the whole project: None where they fit or nobody knows."""

    years: Sequence[Year]
    total: Decimal
    funded: Decimal
    total_rest: Rest | None
    funded_rest: Rest | None

    @classmethod
    def of(cls, rows: Iterable[Any], own: Any) -> "Years":
        """``rows`` are budgets, ``own`` the engagement: an EU project says how much it has in all."""
        known = list(rows)
        most = max((largest(row) for row in known), default=NOTHING) or Decimal(1)
        total = sum((row.total or NOTHING for row in known), NOTHING)
        funded = sum((row.funded or NOTHING for row in known), NOTHING)
        return cls(
            [Year(row, _share(largest(row), most), _share(row.funded or NOTHING, most)) for row in known],
            total,
            funded,
            Rest.of(getattr(own, "total_cost", None), total),
            Rest.of(getattr(own, "eu_contribution", None), funded),
        )


def largest(row: Any) -> Decimal:
    return max(row.total or NOTHING, row.funded or NOTHING)


def _share(amount: Decimal, most: Decimal) -> str:
    return f"{100 * amount / most:.1f}%"
