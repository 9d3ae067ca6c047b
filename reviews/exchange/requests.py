"""What is asked of a unit, as its answer file holds it and as it stood when the file was made.

The key of a row names cycle, unit and request, and the newest history rows of the answer and of its measure. With them
the upload is a three-way comparison: the file, what stands now, and what stood when the file was made.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Max, Prefetch, QuerySet

from commitments.exchange.tables import plain
from commitments.models import Measure, MeasureUnit, OrganisationalUnit, Protection, User
from commitments.tracking import history_model
from reviews.exchange.columns import NOTHING, REPORTED
from reviews.models import ANSWERED, Confirmation, ReviewCycle

KEY = re.compile(r"(\d{4})\.([-\w]{1,60})\.(\d{1,18})\.(\d{1,18})\.(\d{1,18})", re.ASCII)
IN_ONE_QUERY = 5_000

Filled = dict[str, Any]
"""What the cells to be filled in say, by code of the column."""


@dataclass(frozen=True)
class Key:
    """The request that a row is about; ``answer`` and ``measure`` are numbers of history rows, 0 for none."""

    year: int
    unit: str
    request: int
    answer: int
    measure: int

    def __str__(self) -> str:
        return f"{self.year}.{self.unit}.{self.request}.{self.answer}.{self.measure}"

    @classmethod
    def read(cls, text: str) -> "Key | None":
        match = KEY.fullmatch(text.strip())
        if match is None:
            return None
        year, unit, *numbers = match.groups()
        return cls(int(year), unit, *map(int, numbers))


def requests_of(user: User, cycle: ReviewCycle, units: Collection[int]) -> QuerySet[Confirmation]:
    """The current requests of units that somebody sees, with what a file says of them."""
    parts = MeasureUnit.objects.filter(ended_on=None).select_related("unit")
    rows = Confirmation.objects.visible_to(user).filter(cycle=cycle, unit__in=units).current().with_void()
    rows = rows.select_related("cycle", "unit", "measure", "commitment", "named_unit", "handed_to")
    return rows.prefetch_related(Prefetch("measure__measure_units", parts))


def is_protected(row: Confirmation) -> bool:
    about = row.measure or row.commitment
    return about is not None and about.protection == Protection.PROTECTED


def keys_of(rows: Collection[Confirmation], unit: OrganisationalUnit | None) -> dict[int, Key]:
    """The key of each row in a unit's file, or, without one, in the file of the row's own unit; two queries."""
    answers = _newest(Confirmation, [row.pk for row in rows])
    measures = _newest(Measure, [row.measure_id for row in rows if row.measure_id])
    found = {}
    for row in rows:
        of = (unit or row.unit).key
        found[row.pk] = Key(row.cycle.year, of, row.pk, answers.get(row.pk, 0), measures.get(row.measure_id or 0, 0))
    return found


def answers_before(
    user: User, cycle: ReviewCycle, units: Collection[int]
) -> dict[tuple[int, int | None, int | None], Confirmation]:
    """What units answered a year earlier, by unit, measure and commitment."""
    seen = Confirmation.objects.visible_to(user).current().filter(cycle__year=cycle.year - 1, state__in=ANSWERED)
    rows = seen.filter(unit__in=units).order_by("pk")
    return {(row.unit_id, row.measure_id, row.commitment_id): row for row in rows}


def filled_of(row: Any) -> Filled:
    """What an answer, or a row of its history, says in the words of the columns."""
    said: Filled = {"result": row.result, "statement": plain(row.statement_de), "named_unit": row.named_unit_id}
    changes = row.changes or {}
    for code in REPORTED:
        said[code] = (changes[code][1] or NOTHING) if code in changes else None
    return said


@dataclass(frozen=True)
class Before:
    """An answer and its measure as they stood when a file was made; None where that is not known."""

    answer: Any
    measure: Any


def before(keys: Iterable[Key], rows: dict[int, Confirmation]) -> dict[int, Before]:
    """How each request stood; a number that is not of its own history counts as unknown. Two queries."""
    wanted = [key for key in keys if key.request in rows]
    answers = _entries(Confirmation, [key.answer for key in wanted])
    measures = _entries(Measure, [key.measure for key in wanted])
    found = {}
    for key in wanted:
        answer, measure = answers.get(key.answer), measures.get(key.measure)
        own = answer is not None and answer.id == key.request
        of_measure = measure is not None and measure.id == rows[key.request].measure_id
        found[key.request] = Before(answer if own else None, measure if of_measure else None)
    return found


def _newest(model: type[models.Model], pks: list[int]) -> dict[int, int]:
    """Numbers of the newest history rows."""
    found: dict[int, int] = {}
    for start in range(0, len(pks), IN_ONE_QUERY):
        rows = history_model(model)._default_manager.filter(id__in=pks[start : start + IN_ONE_QUERY])
        found |= dict(rows.order_by().values_list("id").annotate(newest=Max("history_id")))
    return found


def _entries(model: type[models.Model], numbers: list[int]) -> dict[int, Any]:
    rows = history_model(model)._default_manager.filter(history_id__in=numbers)
    return {row.history_id: row for row in rows}
