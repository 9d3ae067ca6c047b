"""Seals: the Merkle root over all leaves so far, so that the past cannot be rewritten unnoticed.

The tree's nodes are rows of their own and never change; sealing reads the frontier and the new leaves only.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from commitments.ledger import merkle
from commitments.ledger.writing import save_as
from commitments.models.audit import LedgerLeaf, LedgerNode, LedgerSeal, SealOccasion

BATCH = 2000


class NodeStore:
    """Nodes of the tree: those written by this seal in memory, the frontier from the database."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], bytes] = {}
        self.fresh: list[LedgerNode] = []
        self.leaf: LedgerLeaf | None = None

    def get(self, level: int, position: int) -> bytes:
        if (level, position) not in self.known:
            self.known[level, position] = bytes.fromhex(LedgerNode.objects.get(level=level, position=position).hash)
        return self.known[level, position]

    def put(self, level: int, position: int, node: bytes) -> None:
        self.known[level, position] = node
        leaf = self.leaf if level == 0 else None
        self.fresh.append(LedgerNode(level=level, position=position, hash=node.hex(), leaf=leaf))

    def flush(self) -> None:
        LedgerNode.objects.bulk_create(self.fresh, batch_size=BATCH)
        self.fresh.clear()


def sealed_size() -> int:
    """How many leaves have their place in the tree."""
    last: int | None = LedgerNode.objects.filter(level=0).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


@transaction.atomic
def seal(occasion: SealOccasion, *, at: datetime) -> LedgerSeal:
    """Take the leaves without a place into the tree, in their order, and store size, root and true time.

    One seal is made at a time. A leaf whose transaction ends later than the seal begins comes into the next one, and
    so does the seal's own entry.
    """
    _lock()
    store = NodeStore()
    size = sealed_size()
    for leaf in _unsealed():
        store.leaf = leaf
        size = merkle.append(store.get, store.put, size, bytes.fromhex(leaf.hash))
        if len(store.fresh) >= BATCH:
            store.flush()
    store.flush()
    root = merkle.root(store.get, size)
    sealed = LedgerSeal(size=size, root=root.hex(), sealed_at=at, occasion=occasion)
    save_as(sealed, actor=None, reason=_("Ledger sealed"), at=at)
    return sealed


def _unsealed() -> Iterator[LedgerLeaf]:
    """The leaves without a place, read in batches so that a million of them fit into memory."""
    last = 0
    while batch := list(LedgerLeaf.objects.filter(node__isnull=True, index__gt=last).order_by("index")[:BATCH]):
        yield from batch
        last = batch[-1].index


def _lock() -> None:
    """SQLite's immediate transactions are alone by themselves; PostgreSQL is asked to wait its turn."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE commitments_ledgernode IN EXCLUSIVE MODE")
