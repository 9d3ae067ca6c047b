"""Kinds of columns: how a cell becomes a value of the register, and how that is written into a cell again."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _

from commitments import texts
from commitments.dates import PartialDate
from commitments.exchange.lookups import Known
from commitments.exchange.tables import Cell, folded, plain
from commitments.models import Precision

LONGEST_TEXT = 20_000
FIRST_YEAR, LAST_YEAR = 1950, 2100
"""The years that a budget may be of."""

EPOCH = date(1899, 12, 30)
"""Day 0 of the serial numbers that spreadsheets keep dates as."""
GERMAN_DATE = re.compile(r"(?:(\d{1,2})\.\s*)?(\d{1,2})\.\s*(\d{4})")
LANGUAGES = ("de", "en")
MEANINGS = dict.fromkeys(("ja", "yes", "x", "1", "wahr", "true"), True) | dict.fromkeys(
    ("nein", "no", "0", "falsch", "false", "-"), False
)


class Kind:
    """How cells of a column are read and written. ``empty`` is the value of an empty cell."""

    empty: Any = ""

    def read(self, cell: Cell, known: Known) -> Any:
        """The value of a cell that is not empty; raises ValidationError with a sentence."""
        raise NotImplementedError

    def write(self, value: Any, known: Known) -> Cell:
        """The cell from which ``read`` gives the value back."""
        raise NotImplementedError

    def same(self, one: Any, other: Any) -> bool:
        return bool(one == other)

    def words(self, value: Any, known: Known) -> str:
        """The value as a preview shows it."""
        written = self.write(value, known)
        return "" if written is None else str(written)

    def options(self) -> Sequence[str]:
        """What can be written, in the reader's language, where it is one of a few."""
        return ()


def written(cell: Cell) -> str:
    """A cell as text: 2022 and 2022.0 are the same to people."""
    if isinstance(cell, bool):
        return _("yes") if cell else _("no")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        cell = cell.date()
    return plain(str(cell))


class Text(Kind):
    """A text of one line or more."""

    def __init__(self, most: int = LONGEST_TEXT, *, lines: bool = True) -> None:
        self.most, self.lines = most, lines

    def read(self, cell: Cell, known: Known) -> str:
        text = written(cell)
        if not self.lines:
            text = " ".join(text.split("\n"))
        if len(text) > self.most:
            lengths = {"length": len(text), "limit": self.most}
            raise ValidationError(_("The text has %(length)s characters; %(limit)s fit.") % lengths)
        return text

    def write(self, value: Any, known: Known) -> str:
        return plain(value or "")

    def same(self, one: Any, other: Any) -> bool:
        if self.lines:
            return plain(one or "") == plain(other or "")
        return " ".join(plain(one or "").split("\n")) == " ".join(plain(other or "").split("\n"))


def Line(most: int = 300) -> Text:  # noqa: N802 - reads as a kind
    return Text(most, lines=False)


class Choice(Kind):
    """One of a few codes, written as its word in the reader's language; code and both languages are read."""

    def __init__(self, choices: type[models.TextChoices], *, blank: bool = False) -> None:
        self.choices, self.blank = choices, blank
        self._codes: dict[str, str] = {}

    def codes(self) -> dict[str, str]:
        if not self._codes:
            for value, label in self.choices.choices:
                self._codes[folded(value)] = value
                for language in LANGUAGES:
                    with translation.override(language):
                        self._codes.setdefault(folded(str(label)), value)
        return self._codes

    def read(self, cell: Cell, known: Known) -> str:
        word = written(cell)
        if folded(word) in self.codes():
            return self.codes()[folded(word)]
        sentence = _("“%(value)s” is not known here. Write one of: %(known)s.")
        raise ValidationError(sentence % {"value": word[:60], "known": ", ".join(self.options())})

    def write(self, value: Any, known: Known) -> str:
        return str(self.choices(value).label) if value else ""

    def options(self) -> list[str]:
        return [str(label) for label in self.choices.labels]


class Partial(Kind):
    """A day, month or year; held as "2022", "2022-11" or "2022-11-28", in a pair of columns."""

    empty = None
    is_pair = True

    def read(self, cell: Cell, known: Known) -> str:
        if isinstance(cell, datetime):
            cell = cell.date()
        if isinstance(cell, date):
            return cell.isoformat()
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return self._of_number(cell)
        text = written(cell)
        if match := GERMAN_DATE.fullmatch(text):
            day, month, year = match.groups()
            text = "-".join(filter(None, (year, month.zfill(2), day and day.zfill(2))))
        elif re.fullmatch(r"\d{5}", text):
            return self._of_number(int(text))
        elif match := re.fullmatch(r"(\d{4}-\d{2}-\d{2})[ T]00:00(:00)?", text):
            text = match[1]
        try:
            return str(PartialDate.parse(text))
        except ValidationError as error:
            sentence = _("There is no date “%(value)s”. Write it like 28.11.2022, 11.2022 or 2022.")
            raise ValidationError(sentence % {"value": text[:60]}) from error

    @staticmethod
    def _of_number(number: float) -> str:
        """A year, or a serial number, which counts days."""
        if 1000 <= number <= 2999 and number == int(number):
            return f"{int(number):04}"
        if 10_000 <= number <= 200_000:
            return (EPOCH + timedelta(days=int(number))).isoformat()
        sentence = _("There is no date “%(value)s”. Write it like 28.11.2022, 11.2022 or 2022.")
        raise ValidationError(sentence % {"value": number})

    def write(self, value: Any, known: Known) -> Cell:
        if not value:
            return None
        parsed = PartialDate.parse(value)
        return parsed.first if parsed.precision == Precision.DAY else value

    def words(self, value: Any, known: Known) -> str:
        return ".".join(reversed(value.split("-"))) if value else ""


class Day(Partial):
    """A day that is known as such; held as a date."""

    is_pair = False

    def read(self, cell: Cell, known: Known) -> Any:
        parsed = PartialDate.parse(super().read(cell, known))
        if parsed.precision != Precision.DAY:
            raise ValidationError(_("Give the whole day, for instance 28.11.2022."))
        return parsed.first

    def write(self, value: Any, known: Known) -> Cell:
        return value  # type: ignore[no-any-return]

    def words(self, value: Any, known: Known) -> str:
        return value.strftime("%d.%m.%Y") if value else ""


class YesNo(Kind):
    """Yes or no; an empty cell is no."""

    empty = False

    def read(self, cell: Cell, known: Known) -> bool:
        if isinstance(cell, bool):
            return cell
        word = folded(written(cell))
        if word not in MEANINGS:
            raise ValidationError(_("Write yes or no here, not “%(value)s”.") % {"value": word[:60]})
        return MEANINGS[word]

    def write(self, value: Any, known: Known) -> str:
        return _("yes") if value else _("no")

    def options(self) -> list[str]:
        return [_("yes"), _("no")]


class Number(Kind):
    """A whole number, zero or more."""

    empty = None

    def __init__(self, most: int = 2_147_483_647) -> None:
        self.most = most

    def read(self, cell: Cell, known: Known) -> int:
        text = written(cell)
        if not re.fullmatch(r"\d{1,12}", text) or int(text) > self.most:
            sentence = _("“%(value)s” is not a whole number from 0 to %(most)s.")
            raise ValidationError(sentence % {"value": text[:60], "most": self.most})
        return int(text)

    def write(self, value: Any, known: Known) -> Cell:
        return value  # type: ignore[no-any-return]


class Amount(Kind):
    """An amount of euros, or any number with decimal places: 1234.56, 1.234,56 and 1,234.56 are read."""

    empty = None

    def __init__(self, *, places: int = 2, negative: bool = False, digits: int = 14) -> None:
        self.places, self.negative, self.digits = places, negative, digits

    def read(self, cell: Cell, known: Known) -> Decimal:
        number = self._of_cell(cell)
        if number is None or not number.is_finite():
            sentence = _("“%(value)s” is not a number. Write it like 1.234,56.")
            raise ValidationError(sentence % {"value": written(cell)[:60]})
        if number < 0 and not self.negative:
            raise ValidationError(_("An amount of money is zero or more."))
        if isinstance(cell, float):
            number = round(number, self.places)
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.places:
            raise ValidationError(_("Give at most %(places)s decimal places.") % {"places": self.places})
        if abs(number) >= Decimal(10) ** (self.digits - self.places):
            raise ValidationError(_("The number is too large."))
        return number.quantize(Decimal(1).scaleb(-self.places))

    def _of_cell(self, cell: Cell) -> Decimal | None:
        """A number that a spreadsheet holds as one is taken as it is; a text may group its thousands."""
        if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
            return Decimal(str(cell))
        return self._number(re.sub(r"[\s\u00a0\u202f€']|EUR", "", written(cell)))

    def _number(self, text: str) -> Decimal | None:
        """The last of comma and dot is the decimal sign, unless it can only part the thousands.

        One sign before three digits parts them where so many decimal places do not fit. Where they do, "1.234" is read
        as the reader's language reads it: a thousand in German, one and a bit in English.
        """
        one = re.fullmatch(r"[+-]?[1-9]\d{0,2}([.,])\d{3}", text)
        if "," in text and "." in text:
            thousands = "." if text.rfind(",") > text.rfind(".") else ","
            text = text.replace(thousands, "")
        elif text.count(".") > 1 or text.count(",") > 1:
            text = text.replace(".", "").replace(",", "")
        elif one and (self.places < 3 or one[1] == (".", ",")[texts.reader_language() == "en"]):
            text = text.replace(one[1], "")
        if not re.fullmatch(r"[+-]?\d*[.,]?\d+[.,]?", text):
            return None
        try:
            return Decimal(text.replace(",", "."))
        except InvalidOperation:
            return None

    def write(self, value: Any, known: Known) -> Cell:
        return value  # type: ignore[no-any-return]

    def words(self, value: Any, known: Known) -> str:
        if value is None:
            return ""
        plainly = f"{value:f}"
        if self.places > 2 and "." in plainly:
            plainly = plainly.rstrip("0").rstrip(".")
        return plainly if texts.reader_language() == "en" else plainly.replace(".", ",")

    def same(self, one: Any, other: Any) -> bool:
        return (one is None) == (other is None) and (one is None or Decimal(one) == Decimal(other))


class Year(Number):
    """A year for which there is a budget."""

    def __init__(self) -> None:
        super().__init__(LAST_YEAR)

    def read(self, cell: Cell, known: Known) -> int:
        text = written(cell)
        if not re.fullmatch(r"\d{4}", text) or not FIRST_YEAR <= int(text) <= LAST_YEAR:
            raise ValidationError(_("Give a year from 1950 to 2100."))
        return int(text)


class Words(Kind):
    """A list of words, parted by semicolons or line breaks."""

    def __init__(self) -> None:
        self.empty: list[str] = []

    def read(self, cell: Cell, known: Known) -> list[str]:
        return parts_of(written(cell))

    def write(self, value: Any, known: Known) -> str:
        return "; ".join(str(word) for word in value or [])

    def same(self, one: Any, other: Any) -> bool:
        return parts_of(self.write(one, Known(None))) == parts_of(self.write(other, Known(None)))


class Numbers(Words):
    """A list of whole numbers, for instance of sustainable development goals."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def read(self, cell: Cell, known: Known) -> Any:
        one = Number(self.most)
        return sorted({one.read(word, known) for word in re.split(r"[;,\s]+", written(cell)) if word})


def parts_of(text: str) -> list[str]:
    """The parts of a list in a cell, each once."""
    return list(dict.fromkeys(part for part in (each.strip() for each in re.split(r"[;\n]", text)) if part))


class One(Kind):
    """Another row of the register, by its number, key or name; held as its id."""

    empty = None

    def __init__(self, table: str) -> None:
        self.table = table

    def read(self, cell: Cell, known: Known) -> int:
        return known[self.table].find(written(cell))

    def write(self, value: Any, known: Known) -> str:
        return known[self.table].name(value)


class Many(Kind):
    """Several other rows, parted by semicolons; held as ids in their order."""

    empty: Any = ()

    def __init__(self, table: str, *, ordered: bool = False) -> None:
        self.table, self.ordered = table, ordered

    def read(self, cell: Cell, known: Known) -> tuple[int, ...]:
        return tuple(dict.fromkeys(known[self.table].find(part) for part in parts_of(written(cell))))

    def write(self, value: Any, known: Known) -> str:
        return "; ".join(self._names(value, known))

    def _names(self, value: Iterable[int], known: Known) -> list[str]:
        names = [known[self.table].name(pk) for pk in value]
        return names if self.ordered else sorted(names)

    def same(self, one: Any, other: Any) -> bool:
        return tuple(one) == tuple(other) if self.ordered else set(one) == set(other)
