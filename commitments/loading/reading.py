"""From JSON to typed records. A record type is a dataclass: its annotations say what the file must hold.

``str`` without a default must be there and not be empty; with the default "" it may be missing or null. Nothing here
knows the register: what a key refers to is checked afterwards.
"""

import dataclasses
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from commitments import sdgs
from commitments.dates import PartialDate
from commitments.loading.problems import Place, Problems

Key = NewType("Key", str)
"""A short name by which records refer to one another: letters, digits, hyphens and underscores."""

Country = NewType("Country", str)
"""Two capital letters, as in ISO 3166."""

Goal = NewType("Goal", int)
"""The number of a goal for sustainable development, 1 to 17."""

KEY = re.compile(r"[A-Za-z0-9_-]+")
COUNTRY = re.compile(r"[A-Z]{2}")
DECIMAL = re.compile(r"-?\d{1,12}(?:\.\d{1,4})?")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
LARGEST = 32_767
"""The largest number that the smallest of our integer columns holds."""


UNREADABLE = object()
Record = TypeVar("Record")
"""A dataclass of records.py."""
Json = TypeVar("Json", list[Any], dict[str, Any])


class WrongValueError(Exception):
    """A value is not what its field takes; the message is the sentence for it."""


def read_json(path: Path, kind: type[Json], problems: Problems) -> Json:
    """The list or record that a file holds; an empty one with a problem where it cannot be read."""
    place = Place(path.name)
    content = _parsed(path, place, problems)
    if content is UNREADABLE:
        return kind()
    if not isinstance(content, kind):
        problems.add(place, _expected(kind))
        return kind()
    return content


def _expected(kind: type[Any]) -> str:
    return _("A list of records is expected here.") if kind is list else _("A record in braces is expected here.")


def _parsed(path: Path, place: Place, problems: Problems) -> Any:
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_no_number)
    except FileNotFoundError:
        problems.add(place, _("There is no such file in %(folder)s.") % {"folder": path.parent})
    except OSError as error:
        problems.add(place, _("The file cannot be read (%(why)s).") % {"why": error.strerror})
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.add(place, _("Line %(line)s is not UTF-8. Save the file as UTF-8.") % {"line": line})
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno, "why": error.msg}
        problems.add(place, _("Line %(line)s, column %(column)s is not valid JSON (%(why)s).") % where)
    except WrongValueError as error:
        problems.add(place, str(error))
    except RecursionError:
        problems.add(place, _("The lists and records in this file are nested too deeply."))
    return UNREADABLE


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise WrongValueError(
            _("A record (%(record)s) has the field “%(field)s” twice.") % {"record": _excerpt(record), "field": twice}
        )
    return record


def _no_number(written: str) -> Any:
    raise WrongValueError(_("“%(value)s” is not a number that JSON knows.") % {"value": written})


def keys_in(raw: Any) -> set[str]:
    """The keys of a list's records, those of wrong records too: what refers to them is not wrong as well."""
    entries = raw if isinstance(raw, list) else []
    keys = (entry.get("key") for entry in entries if isinstance(entry, dict))
    return {key for key in keys if isinstance(key, str)}


def records(raw: Any, kind: type[Record], place: Place, problems: Problems) -> list[Record]:
    """The records of a list; wrong ones are left out and have their problems."""
    if not isinstance(raw, list):
        problems.add(place, _expected(list))
        return []
    found = []
    for position, entry in enumerate(raw, 1):
        read = record(entry, kind, place.at(_name(entry, position)), problems)
        if read is not None:
            found.append(read)
    return found


def record(raw: Any, kind: type[Record], place: Place, problems: Problems) -> Record | None:
    """One record, or None where a field of its own is wrong; wrong records in its lists are left out."""
    if not isinstance(raw, dict):
        problems.add(place, _expected(dict))
        return None
    values: dict[str, Any] = {}
    known, limits = shape(kind), lengths(kind)  # type: ignore[arg-type]
    for name, spec in known.items():
        try:
            values[name] = spec.read(raw, limits.get(name), place.at(name), problems)
        except (WrongValueError, ValidationError) as error:
            sentence = error.messages[0] if isinstance(error, ValidationError) else str(error)
            problems.add(place.at(name), sentence)
    for name in sorted(raw.keys() - known.keys() - getattr(kind, "unread", frozenset())):
        problems.add(place.at(_excerpt(name)), _unknown_field(name, known.keys() - raw.keys()))
    return kind(**values) if values.keys() == known.keys() else None


def _unknown_field(name: str, candidates: Iterable[str]) -> str:
    near = get_close_matches(name, list(candidates), n=1)
    if near:
        return _("There is no such field here. Is “%(name)s” meant?") % {"name": near[0]}
    return _("There is no such field here.")


def _name(entry: Any, position: int) -> str:
    """How a record is called in a problem: by its key where it has one."""
    if isinstance(entry, dict):
        for name in ("key", "reference", "measure", "term_de"):
            if isinstance(entry.get(name), str) and entry[name]:
                return " → ".join(map(_excerpt, [entry[name], *_second(entry)]))
        if isinstance(entry.get("instrument"), str):
            return _excerpt(" ".join([entry["instrument"], *filter(None, [str(entry.get("number") or "")])]))
        if isinstance(entry.get("code"), str | int):
            return _excerpt(entry["code"])
    return _("record %(position)s") % {"position": position}


def _second(entry: dict[str, Any]) -> list[str]:
    return [entry["commitment"]] if isinstance(entry.get("commitment"), str) else []


@dataclass(frozen=True)
class FieldSpec:
    hint: Any
    optional: bool
    default: Callable[[], Any] | None

    def read(self, raw: dict[str, Any], limit: int | None, place: Place, problems: Problems) -> Any:
        name = place.path[-1]
        value = raw.get(name)
        empty = value is None or (isinstance(value, str) and not value.strip())
        if not empty:
            return convert(self.hint, value, limit, place, problems)
        if self.default is not None:
            return self.default()
        if self.optional and name in raw:
            return None
        raise WrongValueError(_("This field is missing or empty."))


@cache
def shape(kind: type[Any]) -> dict[str, FieldSpec]:
    """The fields of a record type, by name."""
    hints = get_type_hints(kind)
    specs = {}
    for spec in dataclasses.fields(kind):
        hint, optional = hints[spec.name], False
        if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
            rest = tuple(arm for arm in get_args(hint) if arm is not NoneType)
            hint, optional = (rest[0] if len(rest) == 1 else Union[rest]), True  # noqa: UP007 - made at run time
        specs[spec.name] = FieldSpec(hint, optional, _default(spec))
    return specs


@cache
def lengths(kind: type[Any]) -> dict[str, int]:
    """How long the texts of a record may be, where its type says what model it becomes."""
    columns = getattr(kind, "columns", None)
    return columns.limits() if columns else {}


def _default(spec: "dataclasses.Field[Any]") -> Callable[[], Any] | None:
    if spec.default_factory is not MISSING:
        return spec.default_factory
    if spec.default is not MISSING:
        return lambda: spec.default
    return None


def convert(hint: Any, value: Any, limit: int | None, place: Place, problems: Problems) -> Any:
    """A JSON value as the annotation wants it; raises WrongValueError or ValidationError with a sentence."""
    if get_origin(hint) is tuple:
        return _items(get_args(hint)[0], value, place, problems)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and hint is not PartialDate:
        return record(value, hint, place, problems)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _choice(hint, value)
    return CONVERTERS[hint](value, limit)


def _items(hint: Any, value: Any, place: Place, problems: Problems) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise WrongValueError(_("A list is expected here."))
    found = []
    for position, entry in enumerate(value, 1):
        here = place.at(_name(entry, position) if isinstance(entry, dict) else str(position))
        try:
            read = convert(hint, entry, None, here, problems)
            found += [] if read is None else [read]
        except (WrongValueError, ValidationError) as error:
            sentence = error.messages[0] if isinstance(error, ValidationError) else str(error)
            problems.add(here, sentence)
    return tuple(found)


def _choice(kind: type[Enum], value: Any) -> Any:
    """A code; the catalogue writes some with spaces ("network pledge")."""
    code = value.strip().replace(" ", "_").replace("-", "_") if isinstance(value, str) else value
    for member in kind:
        if member.value == code:
            return member
    known = ", ".join(str(member.value) for member in kind)
    raise WrongValueError(
        _("“%(value)s” is not known here. Write one of: %(known)s.") % {"value": _excerpt(value), "known": known}
    )


def _text(value: Any, limit: int | None) -> str:
    if not isinstance(value, str):
        raise WrongValueError(_("“%(value)s” is not a text in quotation marks.") % {"value": _excerpt(value)})
    if UNPRINTABLE.search(value):
        raise WrongValueError(_("The text holds a character that cannot be printed."))
    if limit is not None and len(value.strip()) > limit:
        lengths = {"length": len(value.strip()), "limit": limit}
        raise WrongValueError(_("The text has %(length)s characters; %(limit)s fit.") % lengths)
    return value.strip()


def _key(value: Any, limit: int | None) -> str:
    text = _text(value, limit)
    if not KEY.fullmatch(text):
        raise WrongValueError(
            _("“%(value)s” is not a key: use letters, digits, hyphens and underscores.") % {"value": _excerpt(text)}
        )
    return text


def _country(value: Any, limit: int | None) -> str:
    text = _text(value, None)
    if not COUNTRY.fullmatch(text):
        raise WrongValueError(
            _("“%(value)s” is not a country. Write two capital letters: DE, FR, PL.") % {"value": _excerpt(text)}
        )
    return text


def _yes_or_no(value: Any, limit: int | None) -> bool:
    if not isinstance(value, bool):
        raise WrongValueError(_("“%(value)s” is neither true nor false.") % {"value": _excerpt(value)})
    return value


def _number(value: Any, limit: int | None) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValueError(_("“%(value)s” is not a whole number.") % {"value": _excerpt(value)})
    if not 0 <= value <= LARGEST:
        raise WrongValueError(_("%(value)s is not between 0 and %(most)s.") % {"value": value, "most": LARGEST})
    return value


def _goal(value: Any, limit: int | None) -> int:
    number = _number(value, limit)
    if number not in sdgs.NAMES:
        raise WrongValueError(_("There is no goal %(number)s; write one from 1 to 17.") % {"number": number})
    return number


def _decimal(value: Any, limit: int | None) -> Decimal:
    """A decimal as text, with a point: "50.94"; what stands as a number is not exact."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    written = value.strip() if isinstance(value, str) else ""
    if not DECIMAL.fullmatch(written):
        raise WrongValueError(
            _('“%(value)s” is not a decimal in quotation marks. Write it like "50.94".') % {"value": _excerpt(value)}
        )
    return Decimal(written)


def _partial(value: Any, limit: int | None) -> PartialDate:
    """A year may stand as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value:04}"
    if not isinstance(value, str):
        raise ValidationError(
            _("“%(value)s” is not a date. Write 2022, 2022-11 or 2022-11-28."), params={"value": _excerpt(value)}
        )
    return PartialDate.parse(value)


def _day(value: Any, limit: int | None) -> date:
    known = _partial(value, limit)
    if known.precision != "day":
        raise WrongValueError(_("“%(value)s” is not a day. Write it like 2022-11-28.") % {"value": _excerpt(value)})
    return known.first


def _code(value: Any, limit: int | None) -> str:
    """A code of a scale, which may be a number."""
    return str(_number(value, limit)) if isinstance(value, int) else _text(value, limit)


CONVERTERS: dict[Any, Callable[[Any, int | None], Any]] = {
    str: _text,
    Key: _key,
    Country: _country,
    bool: _yes_or_no,
    int: _number,
    Decimal: _decimal,
    Goal: _goal,
    PartialDate: _partial,
    date: _day,
    str | int: _code,
    Union[str, int]: _code,  # noqa: UP007 - the form that ``shape`` makes
}


def _excerpt(value: Any) -> str:
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    written = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", written)
    return written if len(written) <= 60 else written[:59] + "…"
