"""Dates that may be known to the year or month only, as imports, exports and forms write them."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

PATTERN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True)
class PartialDate:
    """A day, month or year; ``first`` is its first day and ``precision`` says how much of it is known."""

    first: date
    precision: str

    @classmethod
    def parse(cls, written: str) -> "PartialDate":
        """Read "2022", "2022-11" or "2022-11-28"; raises ValidationError with a sentence."""
        match = PATTERN.fullmatch(written.strip())
        if match is None:
            raise ValidationError(
                _("“%(value)s” is not a date. Write 2022, 2022-11 or 2022-11-28."), params={"value": written}
            )
        year, month, day = match.groups()
        precision = "day" if day else "month" if month else "year"
        try:
            return cls(date(int(year), int(month or 1), int(day or 1)), precision)
        except ValueError as error:
            raise ValidationError(_("There is no day “%(value)s”."), params={"value": written}) from error

    def __str__(self) -> str:
        length = {"year": 4, "month": 7, "day": 10}[self.precision]
        return self.first.isoformat()[:length]


def set_partial(obj: Any, field: str, written: str | None) -> None:
    """Write a partial date into a pair of columns, ``field`` and ``field_precision``."""
    known = PartialDate.parse(written) if written else None
    setattr(obj, field, known.first if known else None)
    setattr(obj, f"{field}_precision", known.precision if known else "day")


def get_partial(obj: Any, field: str) -> str | None:
    """The pair of columns as it is written: "2022", "2022-11", "2022-11-28" or None."""
    first = getattr(obj, field)
    return str(PartialDate(first, getattr(obj, f"{field}_precision"))) if first else None
