"""Erasures as people read them: what of which entry, how much of its past, on which ground, and who signed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from commitments.ledger.erasable import HASHED, REASON
from commitments.ledger.erasing import Plan, Subject, planned, strings
from commitments.models import Erasure, ErasureKind, User
from commitments.tracking import history_model
from commitments.workflow import erasure as acts
from reporting.audit import words
from reporting.audit.names import Name, Names, columns_about, named_as, reference_of
from reporting.audit.withheld import Model, tracked, withheld_rows

EXCERPT = 90
LONG_WORD = re.compile(r"(\S{20})(?=\S)")
"""Addresses may be broken there, so that they fit on a phone."""


@dataclass(frozen=True)
class Shown:
    """One erasure in a list."""

    row: Erasure
    what: str
    url: str = ""


@dataclass(frozen=True)
class Part:
    """One entry within an erasure: its kind and name, the columns in words, and how many earlier states."""

    kind: str
    name: str
    columns: str
    past: int


def model_named(name: str) -> Model | None:
    """The model of an address, where its rows can be erased."""
    found = next((model for model in tracked() if model._meta.model_name == name), None)
    return found if found is not None and acts.can_be_erased(found) else None


def visible_row(model: Model, pk: int, user: User) -> Any:
    """The row, if someone may see it; whoever erases must know what."""
    rows: QuerySet[Any] = QuerySet(model).filter(pk=pk)
    hidden = withheld_rows(model, user)
    return (rows if hidden is None else rows.exclude(pk__in=hidden.values("pk"))).first()


def is_visible(erasure: Erasure, user: User) -> bool:
    """Whether someone may see every entry that an erasure concerns; two queries an entry, and there is one."""
    if erasure.kind == ErasureKind.PERSON:
        return True
    return all(visible_row(each.model, each.pk, user) is not None for each in acts.subjects_of(erasure))


def name_of(model: Model, pk: int, user: User) -> str:
    """What an entry is called, or what it belongs to."""
    subject = Subject(model, pk, frozenset())
    return _named(subject, Names(_mentioned([subject]), user)).full


def columns_held(model: Model, pk: int) -> list[tuple[str, str]]:
    """The columns of a row that hold something, now or in the past, with the beginning of what stands there."""
    plan = planned(Subject(model, pk, frozenset({*acts.columns_of(model), REASON})))
    now = QuerySet(model).filter(pk=pk).values().first() or {}
    held = plan.live | {name for names in plan.past.values() for name in names}
    found = [(name, _labelled(model, name, now.get(name))) for name in acts.columns_of(model) if name in held]
    if acts.FILE in acts.columns_of(model) and now.get("sha256"):
        found.append((acts.FILE, _("The stored file itself")))
    if REASON in held:
        found.append((REASON, _("The reasons given in its history")))
    return found


def _labelled(model: Model, name: str, value: Any) -> str:
    said = LONG_WORD.sub("\\1\u200b", Truncator(" · ".join(strings(value or ""))).chars(EXCERPT))
    return f"{column_word(model, name)}: {said}" if said else column_word(model, name)


def column_word(model: Model, name: str) -> str:
    if name == acts.FILE:
        return _("Stored file")
    if name == REASON:
        return _("Reasons of changes")
    return words.column(model._meta.model_name or "", name)


def listed(rows: Sequence[Erasure], user: User) -> list[Shown]:
    """A page of erasures; names only of entries that the reader may see. One query."""
    wanted: dict[Model, set[int]] = {}
    for row in rows:
        for subject in acts.subjects_of(row)[:1]:
            wanted.setdefault(named_as(subject.model) or subject.model, set()).add(subject.pk)
    names = Names(wanted, user)
    return [Shown(row, _what(row, names)) for row in rows]


def _what(row: Erasure, names: Names) -> str:
    if row.kind == ErasureKind.PERSON:
        return row.person.name if row.person else ""
    subject = acts.subjects_of(row)[0]
    name = names.get(named_as(subject.model), subject.pk)
    return f"{words.kind(subject.model._meta.model_name or '')} {name.full if name else ''}".strip()


def parts(erasure: Erasure, user: User) -> list[Part]:
    """What an erasure empties, or has emptied."""
    if erasure.kind == ErasureKind.PERSON:
        return []
    subjects = acts.subjects_of(erasure)
    names = Names(_mentioned(subjects), user)
    return [_part(planned(subject), names) for subject in subjects]


def _part(plan: Plan, names: Names) -> Part:
    model = plan.subject.model
    order = [*acts.columns_of(model), REASON]
    chosen = sorted(plan.subject.columns - HASHED, key=order.index)
    columns = ", ".join(column_word(model, name) for name in chosen)
    return Part(words.kind(model._meta.model_name or ""), _named(plan.subject, names).full, columns, len(plan.past))


def _named(subject: Subject, names: Names) -> Name:
    """The entry's own name, or that of what it belongs to."""
    own = names.get(named_as(subject.model), subject.pk)
    if own:
        return own
    row = QuerySet(subject.model).filter(pk=subject.pk).values(*columns_about(subject.model)).first() or {}
    found = [names.get(reference_of(subject.model, column), value) for column, value in row.items()]
    return Name("", " · ".join(name.short for name in found if name), "")


def _mentioned(subjects: Iterable[Subject]) -> dict[Model, set[int]]:
    found: dict[Model, set[int]] = {}
    for subject in subjects:
        found.setdefault(named_as(subject.model) or subject.model, set()).add(subject.pk)
        row = QuerySet(subject.model).filter(pk=subject.pk).values(*columns_about(subject.model)).first() or {}
        for column, value in row.items():
            target = reference_of(subject.model, column)
            if target is not None and value is not None:
                found.setdefault(named_as(target) or target, set()).add(value)
    return found


def states_of(person: User) -> int:
    """How many earlier states of a person's entry hold their name."""
    return int(history_model(User).objects.filter(id=person.pk).count())
