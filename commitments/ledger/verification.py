"""Recomputes the whole ledger and names what differs, trusting nothing that the application says of itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Count, Exists, Min, OuterRef, Subquery
from django.utils.translation import gettext as _

from commitments.ledger import canonical, guards, standing
from commitments.ledger.recomputing import CHUNK, Table
from commitments.ledger.tree import BrokenError, Rebuilt, miscounted
from commitments.models.audit import LedgerLeaf, LedgerSchema, LedgerSeal
from commitments.models.erasures import ErasedRow
from commitments.tracking import history_model, tracked_models

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Finding:
    """Something that differs: a code, where it is, and a sentence."""

    code: str
    table: str
    row: int | None
    sentence: str


def silent(done: int, total: int, message: str) -> None:
    """The progress of one who does not want to hear it."""


def findings(progress: Progress = silent, noted: Mapping[int, str] | None = None) -> Iterator[Finding]:
    """Everything that differs, the oldest evidence of tampering first; empty where the ledger is whole.

    ``noted`` are roots by their number of entries, as somebody outside the server wrote them down. What changes while
    this runs is no finding: a row and its leaf are read in one statement.
    """
    for name, sentence in guards.differing(connection):
        yield Finding("trigger", name, None, sentence)
    schemas = {schema.pk: list(schema.fields) for schema in LedgerSchema.objects.all()}
    total, done = LedgerLeaf.objects.count(), 0
    for model in tracked_models(apps.get_models()):
        history = history_model(model)
        told = str(model._meta.verbose_name_plural)
        for part, found in _history_rows(model, history, schemas):
            done += part
            progress(min(done, total), total, told)
            yield from found
        yield from _missing_rows(history)
        yield from _standing_rows(model, history)
    yield from _leaves_of_unknown_tables()
    yield from _removed_leaves()
    yield from _tree(progress, noted or {})
    progress(total, total, "")


Row = Mapping[str, Any]
Event = tuple[date, str]


def _history_rows(
    model: type[models.Model], history: type[models.Model], schemas: dict[int, list[str]]
) -> Iterator[tuple[int, list[Finding]]]:
    """How many rows were recomputed, and what was found in them; what comes out as it was written is looked at once."""
    table = Table(model, history, schemas)
    erased = _erasures(table.name)
    for rows in table.rows():
        doubtful = [row[0] for row in rows if row[0] in erased or not table.holds(row)]
        yield len(rows), list(_looked_at_again(model, history, doubtful, schemas, erased))


def _looked_at_again(
    model: type[models.Model],
    history: type[models.Model],
    numbers: list[int],
    schemas: dict[int, list[str]],
    erased: Mapping[int, Event],
) -> Iterator[Finding]:
    """Rows that did not come out as they were written: why, or None where they were erased as entered."""
    table = history._meta.db_table
    leaf = LedgerLeaf.objects.filter(table=table, history_id=OuterRef("history_id")).values("hash")[:1]
    for start in range(0, len(numbers), CHUNK):
        rows = history._default_manager.filter(history_id__in=numbers[start : start + CHUNK])
        for row in rows.order_by("history_id").annotate(its_leaf=Subquery(leaf)).values():
            pair = (row["history_id"], row.pop("its_leaf"))
            finding = _compare(table, model._meta.pk.attname, row, pair if pair[1] else None, schemas)
            finding = finding or _not_as_erased(table, row, erased, schemas)
            if finding:
                yield finding


def _missing_rows(history: type[models.Model]) -> Iterator[Finding]:
    """Leaves whose row is gone."""
    table = history._meta.db_table
    row: models.QuerySet[Any, Any] = models.QuerySet(history).filter(history_id=OuterRef("history_id"))
    lost = LedgerLeaf.objects.filter(~Exists(row), table=table).order_by("history_id")
    for number in lost.values_list("history_id", flat=True):
        yield _found("missing", table, number, _("A row of the history is missing."))


def _compare(
    table: str, key: str, row: Row | None, leaf: tuple[int, str] | None, schemas: dict[int, list[str]]
) -> Finding | None:
    if row is None:
        number = leaf[0] if leaf else None
        return _found("missing", table, number, _("A row of the history is missing."))
    number = row["history_id"]
    if leaf is None:
        return _found("added", table, number, _("This row of the history was added past the ledger."))
    fields = schemas.get(row["schema"])
    if fields is None or any(name not in row for name in fields):
        return _found("schema", table, number, _("The list of fields that this row's digest covers is unknown."))
    return _altered(table, key, row, fields, leaf[1])


def _altered(table: str, key: str, row: Row, fields: list[str], leaf: str) -> Finding | None:
    """What differs between a history row and its digest or leaf."""
    number = row["history_id"]
    if row["erased_on"] is None and _digest(table, fields, row) != row["digest"]:
        return _found("content", table, number, _("The content of this row was changed."))
    if canonical.leaf_hash(table, key, row) != leaf:
        return _found("metadata", table, number, _("Person, date or digest of this row was changed."))
    return None


def _digest(table: str, fields: list[str], row: Row) -> str:
    """The digest that follows from a row; none where its salt cannot even be read."""
    try:
        return canonical.content_digest(table, fields, row)
    except ValueError:
        return ""


def _erasures(table: str) -> dict[int, Event]:
    """The rows of a history that an erasure names: the day of the last one, and the digest of what it left."""
    rows = ErasedRow.objects.filter(table=table).order_by("pk").values_list("row", "emptied_on", "rest")
    return {row: (on, rest) for row, on, rest in rows}


def _not_as_erased(
    table: str, row: Row, erased: Mapping[int, Event], schemas: Mapping[int, list[str]]
) -> Finding | None:
    """Erased is what an entered erasure names, and nothing else; what was left in the row must still be that."""
    number, event = row["history_id"], erased.get(row["history_id"])
    if row["erased_on"] is None:
        if event is None:
            return None
        return _found("kept", table, number, _("An erasure names this row, but its content still stands there."))
    if event is None or event[0] != row["erased_on"]:
        return _found("erased", table, number, _("This row says that it was erased, but no erasure was entered."))
    if _digest(table, schemas[row["schema"]], row) != event[1]:
        return _found("content", table, number, _("The content of this row was changed."))
    return None


def erased_rows() -> list[tuple[date, int, int]]:
    """What a verification says of erasures: the day, the number of the erasure, and of how many rows of histories."""
    rows = ErasedRow.objects.exclude(rest="").order_by("emptied_on", "erasure_id")
    return list(rows.values_list("emptied_on", "erasure_id").annotate(number=Count("pk")))


def _standing_rows(model: type[models.Model], history: type[models.Model]) -> Iterator[Finding]:
    """Each row as it stands now beside the last one of its history."""
    table = model._meta.db_table
    if standing.kinds_of(model):  # an engagement has its history as the partnership, project or membership that it is
        alone = standing.without_kind(model)
        if alone is not None:
            yield _found("orphan", table, alone, _("A row has no history, or a history has lost its row."))
        return
    for number in (standing.without_history(model, history), standing.without_row(model, history)):
        if number is not None:
            yield _found("orphan", table, number, _("A row has no history, or a history has lost its row."))
    for number in standing.differing(model, history):
        sentence = _("This row does not stand as its history says: it was changed past the ledger.")
        yield _found("live", table, number, sentence)


def _leaves_of_unknown_tables() -> Iterator[Finding]:
    known = [history_model(model)._meta.db_table for model in tracked_models(apps.get_models())]
    for table, number in LedgerLeaf.objects.exclude(table__in=known).values_list("table", "history_id")[:1]:
        yield _found("table", table, number, _("A leaf speaks of a table that does not exist."))


def _removed_leaves() -> Iterator[Finding]:
    """On SQLite the numbers of leaves have no gaps, because a number that was given back is given anew."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:  # first, so that what is added meanwhile is no gap
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [LedgerLeaf._meta.db_table])
        (given,) = cursor.fetchone() or (0,)
    later = LedgerLeaf.objects.filter(index=OuterRef("index") + 1)
    ends = list(LedgerLeaf.objects.filter(~Exists(later)).order_by("index").values_list("index", flat=True)[:2])
    first = LedgerLeaf.objects.aggregate(first=Min("index"))["first"] or 1
    end = ends[0] if ends else 0
    if first > 1 or len(ends) > 1 or given > end:
        number = 1 if first > 1 else end + 1
        yield _found("gap", LedgerLeaf._meta.db_table, number, _("An entry of the ledger was removed with its row."))


def _tree(progress: Progress, noted: Mapping[int, str]) -> Iterator[Finding]:
    """Every sealed leaf in its place, every node over its two, and every root over the leaves before it."""
    seals = list(LedgerSeal.objects.order_by("id"))
    tree = Rebuilt(seals, noted)
    try:
        for size in tree.blocks():
            progress(size, tree.size, _("Tree of the seals"))
    except BrokenError as broken:
        sentences = {
            "leaf": _("A sealed leaf is not where it was sealed."),
            "node": _("A node of the tree does not follow from the two below it."),
        }
        yield _found(broken.code, broken.table, broken.row, sentences[broken.code])
        return
    level = miscounted()
    if level is not None:
        sentence = _("The tree has more or fewer nodes than its last seal covers.")
        yield _found("count", "commitments_ledgernode", level, sentence)
    previous = 0
    for seal in seals:
        if seal.size < previous:
            yield _found("seal", "commitments_ledgerseal", seal.pk, _("This seal covers less than an earlier one."))
        elif tree.roots[seal.size].hex() != seal.root:
            sentence = _("The root of this seal does not follow from the leaves before it.")
            yield _found("seal", "commitments_ledgerseal", seal.pk, sentence)
        previous = seal.size
    yield from _unlike_noted(tree, noted)


def _unlike_noted(tree: Rebuilt, noted: Mapping[int, str]) -> Iterator[Finding]:
    """Roots that somebody outside has written down beside those that come out now."""
    for size, root in sorted(noted.items()):
        if size > tree.size:
            yield _found("noted", "commitments_ledgerseal", size, _("The ledger had more entries when this was noted."))
        elif tree.roots[size].hex() != root.lower():
            sentence = _("Over so many entries another root was noted: the past was rewritten.")
            yield _found("noted", "commitments_ledgerseal", size, sentence)


def _found(code: str, table: str, row: int | None, sentence: str) -> Finding:
    return Finding(code, table, row, sentence)
