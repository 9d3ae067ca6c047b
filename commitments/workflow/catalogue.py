"""Instruments, their versions and provisions: entered and changed, never deleted (rules 2 and 11)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from commitments import texts
from commitments.ledger import save_all_as, save_as
from commitments.models import Instrument, InstrumentVersion, Precision, Provision, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since

LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
LONGEST_KEY, LONGEST_NUMBER = 60, 40
RESERVED = {"new"}
"""Keys that would hide a page."""

Row = TypeVar("Row", bound=Instrument | InstrumentVersion | Provision)


@dataclass(frozen=True)
class Line:
    """One provision of a list that is entered at once."""

    number: str
    title_de: str = ""
    title_en: str = ""


def labels_by_date(adopted_on: date | None, precision: str = Precision.DAY) -> dict[str, str]:
    """How a version is called that has no name of its own: by the date of its text."""
    if adopted_on is None:
        return {"label_de": "", "label_en": ""}
    written = texts.partial_date(adopted_on, precision, "de")
    german = f"Fassung vom {written}" if precision == Precision.DAY else f"Fassung von {written}"
    return {"label_de": german, "label_en": f"Version of {texts.partial_date(adopted_on, precision, 'en')}"}


def _named(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a version, with a name."""
    dated = labels_by_date(columns.get("adopted_on"), columns.get("adopted_on_precision", Precision.DAY))
    return dict(columns) if columns.get("label_de") else {**columns, **dated}


@transaction.atomic
def add_instrument(
    columns: Mapping[str, Any], text: Mapping[str, Any], *, actor: User, at: datetime, reason: str = ""
) -> Instrument:
    """Enter an instrument with its first version, whose columns are ``text``; the key comes of the short name."""
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    last = Instrument.objects.aggregate(last=Max("order"))["last"] or 0
    instrument = Instrument(key=_free_key(columns["short_de"]), order=last + 1, **columns)
    why = reason or _("Instrument entered")
    save_as(instrument, actor=actor, acting_for=role.acting_for, reason=why, at=at)
    version = InstrumentVersion(instrument=instrument, number=1, **_named(text))
    save_as(version, actor=actor, acting_for=role.acting_for, reason=why, at=at)
    return instrument


def _free_key(name: str) -> str:
    """A key that no instrument has yet: "eu-charta", else "eu-charta-2" and so on."""
    wanted = slugify(name.translate(LETTERS))[: LONGEST_KEY - 6].strip("-") or "instrument"
    taken = RESERVED | set(Instrument.objects.filter(key__startswith=wanted).values_list("key", flat=True))
    number, key = 1, wanted
    while key in taken:
        number += 1
        key = f"{wanted}-{number}"
    return key


@transaction.atomic
def edit_instrument(instrument: Instrument, edit: Edit, *, actor: User, at: datetime) -> Instrument:
    return _edited(instrument, edit, actor, at)


def _edited(row: Row, edit: Edit, actor: User, at: datetime) -> Row:
    row = locked(row)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    unchanged_since(row, edit.seen)
    apply(row, edit.changes)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return row


@transaction.atomic
def add_version(
    instrument: Instrument,
    columns: Mapping[str, Any],
    lines: Sequence[Line] = (),
    *,
    actor: User,
    at: datetime,
    were_read: bool = False,
) -> InstrumentVersion:
    """Enter an amended text. It replaces the newest one; the city's adoption of that one stays (rule 2)."""
    instrument = locked(instrument)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    newest = instrument.versions.order_by("-number").first()
    _follows(columns.get("adopted_on"), newest, None)
    number = newest.number + 1 if newest else 1
    version = InstrumentVersion(instrument=instrument, number=number, replaces=newest, **_named(columns))
    save_as(version, actor=actor, acting_for=role.acting_for, reason=_("Version entered"), at=at)
    if lines:
        add_provisions(version, lines, actor=actor, at=at, were_read=were_read)
    return version


@transaction.atomic
def edit_version(version: InstrumentVersion, edit: Edit, *, actor: User, at: datetime) -> InstrumentVersion:
    later = InstrumentVersion.objects.filter(replaces=version).first()
    _follows(edit.changes.get("adopted_on"), version.replaces, later)
    return _edited(version, edit, actor, at)


def _follows(adopted_on: date | None, before: InstrumentVersion | None, after: InstrumentVersion | None) -> None:
    """Versions follow one another in time, as far as their dates are known."""
    if adopted_on and before and before.adopted_on and adopted_on < before.adopted_on:
        sentence = _("This text would be older than the one that it replaces. Please correct the date.")
        raise ValidationError({"adopted_on": sentence})
    if adopted_on and after and after.adopted_on and adopted_on > after.adopted_on:
        sentence = _("This text would be newer than the one that replaced it. Please correct the date.")
        raise ValidationError({"adopted_on": sentence})


@transaction.atomic
def add_provisions(
    version: InstrumentVersion, lines: Sequence[Line], *, actor: User, at: datetime, were_read: bool = False
) -> list[Provision]:
    """Enter several provisions in their order. ``were_read``: number and heading stand so in the text itself."""
    version = locked(version)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    if problems := wrong_lines(lines, version.provisions.values_list("number", flat=True)):
        raise ValidationError({"lines": problems})
    last = version.provisions.aggregate(last=Max("order"))["last"] or 0
    rows = [
        Provision(
            version=version,
            number=line.number,
            order=order,
            title_de=line.title_de,
            title_en=line.title_en,
            verified=were_read and bool(line.title_de),
        )
        for order, line in enumerate(lines, last + 1)
    ]
    save_all_as(rows, actor=actor, acting_for=role.acting_for, reason=_("Provisions entered"), at=at)
    return rows


def wrong_lines(lines: Sequence[Line], taken: Iterable[str]) -> list[str]:
    """What is wrong with a list of provisions, each sentence with the number of its line."""
    known, seen, found = set(taken), dict[str, int](), []
    for position, line in enumerate(lines, 1):
        where = {"line": position, "number": line.number}
        if line.number in seen:
            values = where | {"other": seen[line.number]}
            found.append(_("Line %(line)s: the number “%(number)s” stands in line %(other)s already.") % values)
        elif line.number in known:
            found.append(_("Line %(line)s: this version already has a provision “%(number)s”.") % where)
        elif sentence := wrong_number(line.number):
            found.append(_("Line %(line)s: %(sentence)s") % {"line": position, "sentence": sentence})
        seen.setdefault(line.number, position)
    return found


def wrong_number(number: str) -> str:
    """Why something is no number of a provision; empty where it is one. It stands in addresses."""
    if not number.strip():
        return _("The number is missing.")
    if len(number) > LONGEST_NUMBER:
        return _("The number is longer than 40 characters.")
    if "/" in number or "_" in number or "\\" in number:
        return _("A number has no slash and no underscore.")
    return ""


@transaction.atomic
def add_provision(
    version: InstrumentVersion, columns: Mapping[str, Any], *, actor: User, at: datetime, reason: str = ""
) -> Provision:
    version = locked(version)
    role = require(actor, Verb.EDIT_REGISTER, on=day(at))
    _check_provision(columns, version, None)
    provision = Provision(version=version, **columns)
    why = reason or _("Provision entered")
    save_as(provision, actor=actor, acting_for=role.acting_for, reason=why, at=at)
    return provision


@transaction.atomic
def edit_provision(provision: Provision, edit: Edit, *, actor: User, at: datetime) -> Provision:
    _check_provision(edit.changes, provision.version, provision)
    return _edited(provision, edit, actor, at)


def _check_provision(columns: Mapping[str, Any], version: InstrumentVersion, itself: Provision | None) -> None:
    number = columns.get("number", itself.number if itself else "")
    if sentence := wrong_number(number):
        raise ValidationError({"number": sentence})
    others = version.provisions.exclude(pk=itself.pk) if itself else version.provisions.all()
    if others.filter(number=number).exists():
        raise ValidationError({"number": _("This version already has a provision with that number.")})
    if columns.get("verified") and not columns.get("title_de"):
        sentence = _("Enter the heading as it stands in the text, or say that it was not read there.")
        raise ValidationError({"title_de": sentence})
