"""Seals: the Merkle root over all leaves so far, so that the past cannot be rewritten unnoticed.

The tree's nodes are rows of their own and never change; sealing reads the frontier and the new leaves only.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments.ledger import merkle
from commitments.ledger.writing import Act, record, save_as
from commitments.models.audit import LedgerLeaf, LedgerNode, LedgerSeal, SealOccasion
from commitments.tracking import history_model

BATCH = 2000

SEALED_AT = 2
"""The hour of the night from which on a seal is due."""

INSERT = "INSERT INTO commitments_ledgernode (level, position, hash, leaf_id) VALUES (%s, %s, %s, %s)"


class NodeStore:
    """Nodes of the tree: the frontier in memory, what a seal adds on its way to the database in batches."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], bytes] = {}
        self.fresh: list[tuple[int, int, str, int | None]] = []
        self.leaf: int | None = None

    def get(self, level: int, position: int) -> bytes:
        if (level, position) not in self.known:
            self.known[level, position] = bytes.fromhex(LedgerNode.objects.get(level=level, position=position).hash)
        return self.known[level, position]

    def put(self, level: int, position: int, node: bytes) -> None:
        """A node over two others makes them known no more: nothing but the frontier is ever asked for."""
        self.known[level, position] = node
        if level:
            self.known.pop((level - 1, 2 * position), None)
            self.known.pop((level - 1, 2 * position + 1), None)
        self.fresh.append((level, position, node.hex(), None if level else self.leaf))
        if len(self.fresh) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Written as they are: there is nothing in a node to be validated or converted."""
        with connection.cursor() as cursor:
            cursor.executemany(INSERT, self.fresh)
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
    for index, leaf in _unsealed(size):
        store.leaf = index
        size = merkle.append(store.get, store.put, size, bytes.fromhex(leaf))
    store.flush()
    root = merkle.root(store.get, size)
    sealed = LedgerSeal(size=size, root=root.hex(), sealed_at=at, occasion=occasion)
    save_as(sealed, actor=None, reason=_("Ledger sealed"), at=at)
    return sealed


@transaction.atomic
def seal_of_the_night(*, at: datetime) -> LedgerSeal:
    """Tonight's seal: the one that is there since two o'clock, or one made now, so a missed night is made good."""
    _lock()
    local = timezone.localtime(at)
    two = local.replace(hour=SEALED_AT, minute=0, second=0, microsecond=0)
    due = two if local >= two else two - timedelta(days=1)
    nightly = LedgerSeal.objects.filter(occasion=SealOccasion.NIGHTLY, sealed_at__gte=due)
    return nightly.order_by("-pk").first() or seal(SealOccasion.NIGHTLY, at=at)


@transaction.atomic
def enter_older_seals() -> int:
    """Give seals of a time in which seals had no history the entry that they lack; how many there were."""
    entered = history_model(LedgerSeal).objects.filter(id=OuterRef("pk"))
    older = list(LedgerSeal.objects.filter(~Exists(entered)).order_by("pk"))
    record(older, "+", Act(None, None, _("Seal of an earlier version entered"), timezone.now()))
    return len(older)


def _unsealed(size: int) -> Iterator[tuple[int, str]]:
    """Index and hash of the leaves without a place, read in batches so that a million of them fit into memory."""
    last = _all_sealed_up_to(size)
    waiting = LedgerLeaf.objects.filter(node__isnull=True).order_by("index").values_list("index", "hash")
    while batch := list(waiting.filter(index__gt=last)[:BATCH]):
        yield from batch
        last = batch[-1][0]


def _all_sealed_up_to(size: int) -> int:
    """An index up to which every leaf has its place; 0 where one below the last sealed leaf was written slowly."""
    last = LedgerNode.objects.filter(level=0, position=size - 1).values_list("leaf_id", flat=True).first() or 0
    return last if LedgerLeaf.objects.filter(index__lte=last).count() == size else 0


def _lock() -> None:
    """SQLite's immediate transactions are alone by themselves; PostgreSQL is asked to wait its turn."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE commitments_ledgernode IN EXCLUSIVE MODE")
