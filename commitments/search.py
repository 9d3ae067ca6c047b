"""Finding rows by the words that people type, in German or English, without a search engine.

Each row that says by what it is found (``SEARCHED``) has an entry with its words folded (``commitments.folding``). The
ledger writes the entry with the row. An entry is only ever a way to rows that someone may see: whoever asks hands in
the rows, and gets fewer of them.
"""

import json
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, TypeVar

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When

from commitments import folding
from commitments.models import SearchEntry
from commitments.tracking import Searched

Row = TypeVar("Row", bound=Model)

LONGEST = 120
"""More than this nobody types; what follows is ignored."""

BATCH = 200
"""Entries a statement, within what SQLite takes as parameters."""


def matching(rows: QuerySet[Row], typed: str) -> QuerySet[Row]:
    """Rows that have each typed word somewhere. All rows where nothing was typed; none where it was only signs."""
    if not typed.strip():
        return rows
    words = folding.words(typed[:LONGEST])
    return rows.filter(_with(rows.model, words, "text")) if words else rows.none()


def ranked(rows: QuerySet[Any, Any], typed: str) -> QuerySet[Any, Any]:
    """The matching rows with ``rank``, to order by: 0 begins with what was typed, 1 is called so, 2 says so."""
    found: QuerySet[Any, Any] = matching(rows, typed)
    words, searched = folding.words(typed[:LONGEST]), _searched(rows.model)
    if not words or (searched and not searched.name):
        return found.annotate(rank=Value(2))  # type: ignore[no-any-return] # of whatever model
    begins = _entries(rows.model).filter(name__startswith=folding.phrase(typed[:LONGEST]))
    rank = Case(
        When(pk__in=begins.values("object_id"), then=Value(0)),
        When(_with(rows.model, words, "name"), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return found.annotate(rank=rank)  # type: ignore[no-any-return] # of whatever model


def containing(rows: QuerySet[Row], columns: Sequence[str], typed: str) -> QuerySet[Row]:
    """For rows that have no entries, such as those of a history: each typed word occurs in one of the columns as it is.

    SQLite folds the case of ASCII letters only, so an umlaut is asked for in each case.
    """
    for word in typed[:LONGEST].split():
        variants = {word, word.lower(), word.capitalize(), word.upper()}
        rows = rows.filter(reduce(or_, (Q(**{f"{c}__icontains": v}) for c in columns for v in variants)))
    return rows


def index(rows: Iterable[Model], using: str = DEFAULT_DB_ALIAS) -> None:
    """Write the entries of rows of one model that were just saved; no statement where nobody looks for such rows."""
    rows = list(rows)
    searched = _searched(type(rows[0])) if rows else None
    if searched is None:
        return
    table = _table(type(rows[0]))
    SearchEntry.objects.using(using).bulk_create(
        [SearchEntry(table=table, object_id=row.pk, **_texts(row, searched)) for row in rows],
        batch_size=BATCH,
        update_conflicts=True,
        update_fields=["name", "text"],
        unique_fields=["table", "object_id"],
    )


def fill(using: str = DEFAULT_DB_ALIAS) -> None:
    """Write the entries that rows lack: from before there were entries, or of a kind that is searched from now on."""
    searched = [model for model in apps.get_models() if _searched(model) is not None]
    parents = {parent for model in searched for parent in model._meta.all_parents}
    for model in searched:
        if model not in parents:
            known = _entries(model).using(using).values("object_id")
            missing: QuerySet[Model] = QuerySet(model, using=using).exclude(pk__in=known).order_by("pk")
            while rows := list(missing[: 5 * BATCH]):
                index(rows, using)


def _searched(model: type[Model]) -> Searched | None:
    return getattr(model, "SEARCHED", None)


def _table(model: type[Model]) -> str:
    """A partnership or project is found as the engagement that it is."""
    return str([model, *model._meta.all_parents][-1]._meta.model_name)


def _texts(row: Model, searched: Searched) -> dict[str, str]:
    name = folding.fold(_words(row, searched.name))
    name += "".join(f"{number} " for number in _short_numbers(name))
    return {"name": name, "text": name + folding.fold(_words(row, searched.text)).lstrip()}


def _words(row: Model, columns: Sequence[str]) -> str:
    return " ".join(_written(getattr(row, column)) for column in columns)


def _written(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return str(value or "")


def _short_numbers(name: str) -> list[str]:
    """K-017 is found as 17, too."""
    return [part.lstrip("0") for part in name.split()[:2] if part.isdigit() and part.startswith("0")]


def _entries(model: type[Model]) -> QuerySet[SearchEntry]:
    return SearchEntry.objects.filter(table=_table(model))


def _with(model: type[Model], words: Sequence[folding.Word], column: str) -> Q:
    """Each of the words stands in the column of a row's entry, or in the name of what the row stands within."""
    searched = _searched(model)
    if searched is None or not searched.within:
        return Q(
            pk__in=_entries(model).filter(reduce(and_, (_has(word, column) for word in words))).values("object_id")
        )
    around: Any = model._meta.get_field(searched.within.split("__")[0])
    for step in searched.within.split("__")[1:]:
        around = around.related_model._meta.get_field(step)
    return reduce(
        and_,
        (
            Q(pk__in=_entries(model).filter(_has(word, column)).values("object_id"))
            | Q(
                **{
                    f"{searched.within}__in": _entries(around.related_model)
                    .filter(_has(word, "name"))
                    .values("object_id")
                }
            )
            for word in words
        ),
    )


def _has(word: folding.Word, column: str) -> Q:
    return reduce(or_, (Q(**{f"{column}__contains": part}) for part in word.parts))


def holds(column: str, value: str) -> Q:
    """Rows whose list in ``column`` has the value; the one database stores letters as they are, the other as codes."""
    return Q(**{f"{column}__icontains": json.dumps(value)}) | Q(
        **{f"{column}__icontains": json.dumps(value, ensure_ascii=False)}
    )
