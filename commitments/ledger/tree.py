"""Rebuilds the Merkle tree from the sealed leaves, a block at a time, and says where the stored one differs.

A block is a complete subtree: its nodes fit into memory, and of what stands before it only the roots of blocks are
kept. So the roots of all seals are computed on the way, however many there are.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import Count, Max, Q, Subquery, Value
from django.db.models.functions import Coalesce

from commitments.ledger import merkle
from commitments.ledger.merkle import EMPTY_ROOT, node_hash
from commitments.models.audit import LedgerNode, LedgerSeal

LEVELS = 12
BLOCK = 1 << LEVELS

Sealed = tuple[int, str, str, int]
"""Position, hash of the node, hash of its leaf, index of the leaf."""


class BrokenError(Exception):
    """Where the tree differs: a code, the table, and the row."""

    def __init__(self, code: str, table: str, row: int | None) -> None:
        super().__init__(code)
        self.code, self.table, self.row = code, table, row


class Rebuilt:
    """The tree over the first ``size`` leaves; ``blocks`` yields after each block, so that progress can be told."""

    def __init__(self, seals: Sequence[LedgerSeal], noted: Iterable[int] = ()) -> None:
        """The roots are wanted of all seals, and of the sizes that somebody noted."""
        self.size = max((seal.size for seal in seals), default=0)
        self.beginnings = frozenset([0, *(seal.size for seal in seals)])
        self.sizes = sorted({*self.beginnings, *noted})
        self.roots: dict[int, bytes] = {0: EMPTY_ROOT}
        self.upper: dict[tuple[int, int], bytes] = {}
        self._last_index = 0

    def blocks(self) -> Iterator[int]:
        """How many leaves have been taken in; raises BrokenError at the first place that differs."""
        for start in range(0, self.size, BLOCK):
            end = min(start + BLOCK, self.size)
            levels = [self._leaves(start, end)]
            while len(levels[-1]) > 1:
                below = levels[-1]
                levels.append([node_hash(below[n], below[n + 1]) for n in range(0, len(below) - 1, 2)])
            self._compare(start, levels)
            if end - start == BLOCK:
                self._take_up(start >> LEVELS, levels[LEVELS][0])
            self._note_roots(start, end, levels)
            yield end
        self._compare_upper()

    def _leaves(self, start: int, end: int) -> list[bytes]:
        """The sealed leaves, each where it was sealed, and within a seal in the order of their insertion.

        A leaf that was written slowly may be older than its neighbours, but then it is the first under the next seal.
        """
        rows = LedgerNode.objects.filter(level=0, position__gte=start, position__lt=end).order_by("position")
        found: list[Sealed] = list(rows.values_list("position", "hash", "leaf__hash", "leaf__index"))
        for place, (position, node, leaf, index) in enumerate(found, start):
            is_moved = position not in self.beginnings and (index or 0) <= self._last_index
            if position != place or node != leaf or is_moved:
                raise BrokenError("leaf", "commitments_ledgerleaf", index)
            self._last_index = index
        if len(found) != end - start:
            raise BrokenError("node", "commitments_ledgernode", None)
        return [bytes.fromhex(leaf) for _position, _node, leaf, _index in found]

    def _compare(self, start: int, levels: list[list[bytes]]) -> None:
        """The stored nodes over a block beside the computed ones."""
        wanted = Q(pk__in=())
        for level, nodes in enumerate(levels[1:], 1):
            first = start >> level
            wanted |= Q(level=level, position__gte=first, position__lt=first + len(nodes))
        _equal(wanted, ((level, start >> level, nodes) for level, nodes in enumerate(levels[1:], 1)))

    def _take_up(self, position: int, node: bytes) -> None:
        """A complete block into the levels above it."""
        level = LEVELS
        self.upper[level, position] = node
        while position & 1:
            node = node_hash(self.upper[level, position - 1], node)
            level, position = level + 1, position >> 1
            self.upper[level, position] = node

    def _compare_upper(self) -> None:
        above = sorted((level, position, [node]) for (level, position), node in self.upper.items() if level > LEVELS)
        _equal(Q(level__gt=LEVELS), above)

    def _note_roots(self, start: int, end: int, levels: list[list[bytes]]) -> None:
        def get(level: int, position: int) -> bytes:
            if level > LEVELS or (level, position) in self.upper:
                return self.upper[level, position]
            return levels[level][position - (start >> level)]

        for size in self.sizes[bisect_right(self.sizes, start) : bisect_right(self.sizes, end)]:
            self.roots[size] = merkle.root(get, size)


def _equal(wanted: Q, computed: Iterable[tuple[int, int, list[bytes]]]) -> None:
    """Stored nodes beside computed ones; what a seal adds at this moment does not count."""
    rows = LedgerNode.objects.filter(wanted).values_list("level", "position", "hash", "pk")
    stored = {(level, position): (node, row) for level, position, node, row in rows}
    for level, first, nodes in computed:
        for position, node in enumerate(nodes, first):
            there, row = stored.get((level, position), ("", None))
            if there != node.hex():
                raise BrokenError("node", "commitments_ledgernode", row)


def miscounted() -> int | None:
    """The level of the tree that has more or fewer nodes than the last seal asks for; one statement, one moment."""
    last = LedgerSeal.objects.order_by().values(everything=Value(1)).annotate(last=Max("size")).values("last")
    levels = LedgerNode.objects.order_by("level").values("level")
    counted = levels.annotate(nodes=Count("pk"), end=Max("position"), sealed=Coalesce(Subquery(last), 0))
    found = {row["level"]: row for row in counted.values("level", "nodes", "end", "sealed")}
    size = next((row["sealed"] for row in found.values()), 0) or (LedgerSeal.objects.aggregate(n=Max("size"))["n"] or 0)
    for level in range(max(size.bit_length(), max(found, default=-1) + 1)):
        row = found.get(level, {"nodes": 0, "end": -1})
        if (row["nodes"], row["end"]) != (size >> level, (size >> level) - 1):
            return level
    return None
