"""Recomputes the whole ledger and names what differs, trusting nothing that the application says of itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from commitments.ledger import canonical, merkle, triggers
from commitments.ledger.sealing import NodeStore, sealed_size
from commitments.models.audit import LedgerLeaf, LedgerNode, LedgerSchema, LedgerSeal
from commitments.models.erasures import ErasedRow
from commitments.tracking import history_model, tracked_models

CHUNK = 2000

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


def findings(progress: Progress = silent) -> Iterator[Finding]:
    """Everything that differs, the oldest evidence of tampering first; empty where the ledger is whole."""
    yield from _missing_triggers()
    schemas = {schema.pk: list(schema.fields) for schema in LedgerSchema.objects.all()}
    total, done = LedgerLeaf.objects.count(), 0
    for model in tracked_models(apps.get_models()):
        history = history_model(model)
        table = history._meta.db_table
        erased = _erasures(table)
        for row, leaf in _paired(history, table):
            done += 1
            if done % CHUNK == 0:
                progress(done, total, str(model._meta.verbose_name_plural))
            finding = _compare(table, model._meta.pk.attname, row, leaf, schemas)
            finding = finding or (_not_as_erased(table, row, erased, schemas) if row else None)
            if finding:
                yield finding
        if not _is_written_as_a_kind(model):
            yield from _live_rows(model, history)
    yield from _leaves_of_unknown_tables()
    yield from _tree()
    progress(total, total, "")


def _missing_triggers() -> Iterator[Finding]:
    for name in triggers.missing(connection):
        yield Finding("trigger", name, None, _("The trigger %(name)s is missing.") % {"name": name})


Row = Mapping[str, Any]


def _paired(history: type[models.Model], table: str) -> Iterator[tuple[Row | None, tuple[int, str] | None]]:
    """History rows beside their leaves, both in the order of the history's id; None where one has no partner."""
    rows = history._default_manager.order_by("history_id").values().iterator(chunk_size=CHUNK)
    leaves = (
        LedgerLeaf.objects.filter(table=table)
        .order_by("history_id")
        .values_list("history_id", "hash")
        .iterator(chunk_size=CHUNK)
    )
    row, leaf = next(rows, None), next(leaves, None)
    while row is not None or leaf is not None:
        if leaf is None or (row is not None and row["history_id"] < leaf[0]):
            yield row, None
            row = next(rows, None)
        elif row is None or row["history_id"] > leaf[0]:
            yield None, leaf
            leaf = next(leaves, None)
        else:
            yield row, leaf
            row, leaf = next(rows, None), next(leaves, None)


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
    if row["erased_on"] is None and canonical.content_digest(table, fields, row) != row["digest"]:
        return _found("content", table, number, _("The content of this row was changed."))
    if canonical.leaf_hash(table, key, row) != leaf:
        return _found("metadata", table, number, _("Person, date or digest of this row was changed."))
    return None


Event = tuple[date, str]


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
    if canonical.content_digest(table, schemas[row["schema"]], row) != event[1]:
        return _found("content", table, number, _("The content of this row was changed."))
    return None


def erased_rows() -> list[tuple[date, int, int]]:
    """What a verification says of erasures: the day, the number of the erasure, and of how many rows of histories."""
    rows = ErasedRow.objects.exclude(rest="").order_by("emptied_on", "erasure_id")
    return list(rows.values_list("emptied_on", "erasure_id").annotate(number=Count("pk")))


def _is_written_as_a_kind(model: type[models.Model]) -> bool:
    """An engagement has its history as the partnership, project or membership that it is."""
    return any(model in other._meta.parents for other in apps.get_models())


def _live_rows(model: type[models.Model], history: type[models.Model]) -> Iterator[Finding]:
    """Each row as it stands now beside the last one of its history."""
    key = model._meta.pk.attname
    fields = canonical.content_fields(history)
    latest = history._default_manager.values(key).annotate(last=Max("history_id")).values("last")
    past = history._default_manager.filter(history_id__in=latest).order_by(key).values("history_id", *fields)
    now: models.QuerySet[Any, Any] = models.QuerySet(model).order_by(key).values(*fields)
    pairs = zip_longest(now.iterator(chunk_size=CHUNK), past.iterator(chunk_size=CHUNK))
    for live, last in pairs:
        if live is None or last is None or live[key] != last[key]:
            sentence = _("A row has no history, or a history has lost its row.")
            yield _found("orphan", model._meta.db_table, (live or last or {}).get(key), sentence)
            return
        if any(live[name] != last[name] for name in fields):
            sentence = _("This row does not stand as its history says: it was changed past the ledger.")
            yield _found("live", model._meta.db_table, live[key], sentence)


def _leaves_of_unknown_tables() -> Iterator[Finding]:
    known = [history_model(model)._meta.db_table for model in tracked_models(apps.get_models())]
    for table, number in LedgerLeaf.objects.exclude(table__in=known).values_list("table", "history_id")[:1]:
        yield _found("table", table, number, _("A leaf speaks of a table that does not exist."))


def _tree() -> Iterator[Finding]:
    """Every sealed leaf in its place, every node over its two, and every seal's root over the leaves before it."""
    broken = _misplaced_leaf() or _wrong_node()
    if broken:
        yield broken
        return
    size, nodes = sealed_size(), NodeStore()
    previous = 0
    for seal in LedgerSeal.objects.order_by("id"):
        if seal.size > size:
            yield _found("seal", "commitments_ledgerseal", seal.pk, _("Leaves that this seal covers are missing."))
        elif seal.size < previous:
            yield _found("seal", "commitments_ledgerseal", seal.pk, _("This seal covers less than an earlier one."))
        elif merkle.root(nodes.get, seal.size).hex() != seal.root:
            sentence = _("The root of this seal does not follow from the leaves before it.")
            yield _found("seal", "commitments_ledgerseal", seal.pk, sentence)
        previous = seal.size


def _misplaced_leaf() -> Finding | None:
    """The first sealed leaf that is not where it was sealed."""
    nodes = LedgerNode.objects.filter(level=0).order_by("position")
    rows = nodes.values_list("position", "hash", "leaf__hash", "leaf__index").iterator(chunk_size=CHUNK)
    for place, (position, node, leaf, index) in enumerate(rows):
        if position != place or node != leaf:
            return _found("leaf", "commitments_ledgerleaf", index, _("A sealed leaf is not where it was sealed."))
    return None


def _wrong_node() -> Finding | None:
    """The first node that is not the hash of the two below it; each level is read beside the one below."""
    top = LedgerNode.objects.aggregate(top=Max("level"))["top"] or 0
    for level in range(1, top + 1):
        below = _level(level - 1)
        expected = (merkle.node_hash(left, right).hex() for left, right in zip(below, below, strict=False))
        stored = LedgerNode.objects.filter(level=level).order_by("position").values_list("pk", "hash")
        for row, right in zip_longest(stored.iterator(chunk_size=CHUNK), expected):
            number, node = row or (None, None)
            if node != right:
                sentence = _("A node of the tree does not follow from the two below it.")
                return _found("node", "commitments_ledgernode", number, sentence)
    return None


def _level(level: int) -> Iterator[bytes]:
    nodes = LedgerNode.objects.filter(level=level).order_by("position").values_list("hash", flat=True)
    return (bytes.fromhex(node) for node in nodes.iterator(chunk_size=CHUNK))


def _found(code: str, table: str, row: int | None, sentence: str) -> Finding:
    return Finding(code, table, row, sentence)
