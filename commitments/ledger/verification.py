"""Recomputes the whole ledger and names what differs, trusting nothing that the application says of itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import Max
from django.utils.translation import gettext as _

from commitments.ledger import canonical, merkle, triggers
from commitments.models.audit import LedgerLeaf, LedgerNode, LedgerSchema, LedgerSeal
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
        for row, leaf in _paired(history, table):
            done += 1
            if done % CHUNK == 0:
                progress(done, total, str(model._meta.verbose_name_plural))
            finding = _compare(table, model._meta.pk.attname, row, leaf, schemas)
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
    if row["erased_on"] is None and canonical.content_digest(table, fields, row) != row["digest"]:
        return _found("content", table, number, _("The content of this row was changed."))
    if canonical.leaf_hash(table, key, row) != leaf[1]:
        return _found("metadata", table, number, _("Person, date or digest of this row was changed."))
    return None


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
    """Every sealed leaf in its place, and every seal's root as it follows from the leaves before it."""
    seals = list(LedgerSeal.objects.order_by("id"))
    due = {seal.size: [same for same in seals if same.size == seal.size] for seal in seals}
    peaks: dict[tuple[int, int], bytes] = {}
    nodes = LedgerNode.objects.filter(level=0).order_by("position")
    rows = nodes.values_list("position", "hash", "leaf__hash", "leaf__index").iterator(chunk_size=CHUNK)
    yield from _wrong_roots(due.pop(0, []), merkle.EMPTY_ROOT)
    for place, (position, node, leaf, index) in enumerate(rows):
        if position != place or leaf is None or node != leaf:
            yield _found("leaf", "commitments_ledgerleaf", index, _("A sealed leaf is not where it was sealed."))
            return
        _append(peaks, place, bytes.fromhex(node))
        if place + 1 in due:
            yield from _wrong_roots(due.pop(place + 1), merkle.root(lambda a, b: peaks[a, b], place + 1))
    for seals_left in due.values():
        yield _found("seal", "commitments_ledgerseal", seals_left[0].pk, _("Leaves that this seal covers are missing."))
    sizes = [seal.size for seal in seals]
    if sizes != sorted(sizes):
        yield _found("seal", "commitments_ledgerseal", None, _("A later seal covers less than an earlier one."))


def _append(peaks: dict[tuple[int, int], bytes], size: int, leaf: bytes) -> None:
    """Keep only the peaks of the tree: a node's two children are no longer needed once it is complete."""
    peaks[0, size] = leaf
    level, position = 0, size
    while position & 1:
        node = merkle.node_hash(peaks.pop((level, position - 1)), peaks.pop((level, position)))
        level, position = level + 1, position >> 1
        peaks[level, position] = node


def _wrong_roots(seals: list[LedgerSeal], root: bytes) -> Iterator[Finding]:
    for seal in seals:
        if seal.root != root.hex():
            sentence = _("The root of this seal does not follow from the leaves before it.")
            yield _found("seal", "commitments_ledgerseal", seal.pk, sentence)


def _found(code: str, table: str, row: int | None, sentence: str) -> Finding:
    return Finding(code, table, row, sentence)
