"""A period of the ledger as JSON Lines that prove themselves: each entry with its way to the root of a seal.

The first line holds the seal (size, root, true time) and the proof that it continues the one before it; the last line
counts the entries, so that a file which was cut off shows it. docs/verify.md has the program that checks all of it.
What the reader may not see is there as the hash of its leaf alone (rule 10), and only where no tables were chosen.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Max, Min, Q

from commitments.ledger import canonical, merkle
from commitments.models import LedgerLeaf, LedgerNode, LedgerSchema, LedgerSeal, Protection
from reporting.audit import proofs
from reporting.audit.trail import Wanted, model_of, table_of
from reporting.audit.withheld import Model, Reader, tracked, withheld

FORMAT = "rechenschaft-ledger-1"
LEVELS = 10
BLOCK = 1 << LEVELS
"""Entries that are read at once: a complete subtree, so that they share the upper part of their way to the root."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Period:
    """Which entries are asked for: from a day to a day, both included, and of which kinds; empty means all."""

    first: date | None = None
    last: date | None = None
    kinds: tuple[str, ...] = ()

    @property
    def models(self) -> list[Model]:
        return [model for model in tracked() if not self.kinds or model._meta.model_name in self.kinds]

    def rows(self, model: Model) -> Any:
        """The rows of a history that hold from a day of the period on."""
        return Wanted(first=self.first, last=self.last).rows(model)


class Nobody:
    """Reads for the command line: everything but what needs a personal right."""

    def clearance(self) -> frozenset[str]:
        return frozenset(set(Protection.values) - {Protection.PROTECTED})


@dataclass
class Counts:
    """What went out so far."""

    entries: int = 0
    withheld: int = 0
    first: int | None = None
    last: int | None = None
    holds_protected: bool = False

    def take(self, position: int) -> None:
        self.entries += 1
        self.first = position if self.first is None else self.first
        self.last = position


class Paths:
    """Ways from the leaves of a block to the root over ``size`` leaves; the nodes of one block are in memory."""

    def __init__(self, size: int) -> None:
        self.size = size
        upper = LedgerNode.objects.filter(level__gte=LEVELS).values_list("level", "position", "hash")
        self.upper = {(level, position): bytes.fromhex(node) for level, position, node in upper}
        self.edge = proofs.nodes_for(lambda get: merkle.root(get, size))
        self.block: dict[tuple[int, int], bytes] = {}
        self.above: list[str] | None = None

    def enter(self, start: int) -> None:
        """Read the nodes of the block that begins at a position."""
        wanted = Q(pk__in=())
        for level in range(LEVELS):
            wanted |= Q(level=level, position__gte=start >> level, position__lt=(start + BLOCK) >> level)
        rows = LedgerNode.objects.filter(wanted).values_list("level", "position", "hash")
        self.block = {(level, position): bytes.fromhex(node) for level, position, node in rows}
        is_complete = start + BLOCK <= self.size
        path = merkle.inclusion(self._get, start, self.size) if is_complete else []
        self.above = [node.hex() for node in path[LEVELS:]] if is_complete else None

    def _get(self, level: int, position: int) -> bytes:
        known = self.block.get((level, position)) or self.upper.get((level, position))
        return known or self.edge(level, position)

    def of(self, position: int) -> list[str]:
        if self.above is None:
            return [node.hex() for node in merkle.inclusion(self._get, position, self.size)]
        own = [self._get(level, (position >> level) ^ 1).hex() for level in range(LEVELS)]
        return own + self.above


@dataclass
class Export:
    """One export under a seal. ``lines`` may be taken once; ``counts`` are those of the lines taken so far."""

    period: Period
    reader: Reader
    seal: LedgerSeal
    counts: Counts = field(default_factory=Counts)

    def lines(self, progress: Progress) -> Iterator[bytes]:
        yield _line(self._head())
        yield from self._entries(progress)
        counts = self.counts
        yield _line(
            {
                "entries": counts.entries,
                "withheld": counts.withheld,
                "positions": [counts.first, counts.last],
                "seal": proofs.sealed(self.seal),
            }
        )

    def _head(self) -> dict[str, Any]:
        older = LedgerSeal.objects.filter(pk__lt=self.seal.pk, size__gt=0).order_by("-pk").first()
        return {
            "format": FORMAT,
            "from": self.period.first,
            "to": self.period.last,
            "kinds": list(self.period.kinds),
            "seal": proofs.sealed(self.seal),
            "continues": proofs.consistency_proof(self.seal, older) if older else None,
        }

    def _entries(self, progress: Progress) -> Iterator[bytes]:
        bounds = self._bounds()
        if bounds is None:
            return
        first, last = bounds
        paths, hidden = Paths(self.seal.size), withheld(self.reader)
        secret = withheld(Nobody()) if Protection.PROTECTED in self.reader.clearance() else {}
        schemas = {row.pk: list(row.fields) for row in LedgerSchema.objects.all()}
        for start in range(first - first % BLOCK, last + 1, BLOCK):
            progress(max(0, start - first), last + 1 - first)
            nodes = LedgerNode.objects.filter(level=0, position__gte=max(start, first), position__lt=start + BLOCK)
            sealed = nodes.filter(position__lte=last).order_by("position").select_related("leaf")
            found = [(node.position, node.leaf) for node in sealed if node.leaf]
            leaves = [leaf for _position, leaf in found]
            rows = _read(self.period, leaves)
            kept_back = _among(leaves, hidden)
            self.counts.holds_protected |= bool(secret and _among(leaves, secret) & rows.keys())
            wanted = [(position, leaf) for position, leaf in found if leaf.pk in rows]
            if wanted:
                paths.enter(start)
            for position, leaf in wanted:
                row = None if leaf.pk in kept_back else rows[leaf.pk]
                if row is None and self.period.kinds:
                    continue
                self.counts.take(position)
                self.counts.withheld += row is None
                content = _content(leaf, row, schemas) if row else {"withheld": True}
                proof = {"position": position, "leaf_hash": leaf.hash, "path": paths.of(position)}
                yield _line({"index": leaf.index} | proof | content)

    def _bounds(self) -> tuple[int, int] | None:
        """The first and the last place in the tree at which an entry of the period stands."""
        found: list[int] = []
        for model in self.period.models:
            rows = self.period.rows(model)
            ends = rows.aggregate(first=Min("history_id"), last=Max("history_id"))
            if ends["first"] is None:
                continue
            nodes = LedgerNode.objects.filter(
                level=0,
                position__lt=self.seal.size,
                leaf__table=table_of(model),
                leaf__history_id__range=(ends["first"], ends["last"]),
            ).aggregate(first=Min("position"), last=Max("position"))
            found += [place for place in nodes.values() if place is not None]
        return (min(found), max(found)) if found else None


def _by_table(leaves: Sequence[LedgerLeaf]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for leaf in leaves:
        found.setdefault(leaf.table, {})[leaf.history_id] = leaf.index
    return found


def _read(period: Period, leaves: Sequence[LedgerLeaf]) -> dict[int, Mapping[str, Any]]:
    """The rows of the period among some leaves, by the number of the leaf."""
    rows: dict[int, Mapping[str, Any]] = {}
    for table, numbers in _by_table(leaves).items():
        model = model_of(table)
        if model is not None and model in period.models:
            found = period.rows(model).filter(history_id__in=list(numbers))
            rows |= {numbers[row["history_id"]]: row for row in found.values()}
    return rows


def _among(leaves: Sequence[LedgerLeaf], hidden: Mapping[Model, Any]) -> set[int]:
    """Those of some leaves that belong to hidden rows."""
    found: set[int] = set()
    for table, numbers in _by_table(leaves).items():
        model = model_of(table)
        if model is not None and model in hidden:
            rows = hidden[model].filter(history_id__in=list(numbers))
            found |= {numbers[number] for number in rows.values_list("history_id", flat=True)}
    return found


def _content(leaf: LedgerLeaf, row: Mapping[str, Any], schemas: Mapping[int, list[str]]) -> dict[str, Any]:
    """What the leaf is the hash of, and what its digest is made of; an erased row has the latter no more."""
    model = model_of(leaf.table)
    assert model is not None  # the row was read from its table
    assert model._meta.pk is not None
    told = {name: row[name] for name in canonical.METADATA}
    found: dict[str, Any] = {"leaf": told | {"table": leaf.table, "object": str(row[model._meta.pk.attname])}}
    if row["erased_on"] is not None:
        return found | {"erased_on": row["erased_on"]}
    fields = schemas.get(row["schema"], [])
    content = {
        "table": leaf.table,
        "fields": fields,
        "values": {name: row[name] for name in fields},
        "reason": row["history_change_reason"],
    }
    return found | {"salt": row["salt"], "content": content}


def _line(content: Mapping[str, Any]) -> bytes:
    return canonical.canonical_json(content) + b"\n"
