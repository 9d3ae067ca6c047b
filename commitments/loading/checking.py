"""Small questions that both loaders ask of records, and the columns that a date becomes."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from commitments.dates import PartialDate
from commitments.loading.problems import Place, Problems
from commitments.models import Precision

Value = TypeVar("Value", bound=Hashable)


def twice(values: Iterable[Value]) -> list[Value]:
    """What occurs more than once."""
    return [value for value, times in Counter(values).items() if times > 1]


def check_known(names: Iterable[Any], known: Collection[Any], place: Place, problems: Problems) -> None:
    """What a record refers to must exist."""
    for name in names:
        if name not in known:
            problems.add(place, _("“%(name)s” is not known.") % {"name": name})


def check_order(start: PartialDate | None, end: PartialDate | None, place: Place, problems: Problems) -> None:
    if start and end and end.first < start.first:
        problems.add(place, _("The end (%(end)s) lies before the start (%(start)s).") % {"end": end, "start": start})


def partial(name: str, known: PartialDate | None) -> dict[str, Any]:
    """The pair of columns for a date that may be known to the month or year only."""
    return {name: known and known.first, f"{name}_precision": known.precision if known else str(Precision.DAY)}
