"""Proofs that need no trust in this application: that a row stands under a seal, and that a seal continues another.

They are plain JSON; docs/verify.md shows how to check them with the standard library of Python alone.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from commitments import texts
from commitments.ledger import canonical, merkle
from commitments.ledger.merkle import Get
from commitments.models import LedgerLeaf, LedgerNode, LedgerSchema, LedgerSeal
from commitments.tracking import history_model
from reporting.audit.trail import model_of

INCLUSION = "rechenschaft-inclusion-1"
CONSISTENCY = "rechenschaft-consistency-1"


@dataclass(frozen=True)
class CheckedSeal:
    """A seal with the one before it, and whether that one is its beginning."""

    seal: LedgerSeal
    before: LedgerSeal | None
    continues: bool

    @property
    def short_root(self) -> str:
        """The first sixteen digits, in groups that can be compared with paper."""
        return " ".join(self.seal.root[start : start + 4] for start in range(0, 16, 4))

    @property
    def proof_label(self) -> str:
        return _("Proof that the seal over %(size)s entries continues the one before it") % {
            "size": texts.number(self.seal.size)
        }


def nodes_for(*walks: Callable[[Get], object]) -> Get:
    """The nodes of the tree that some computations ask for, in one query: each is made in vain first."""
    asked: dict[int, set[int]] = {}

    def note(level: int, position: int) -> bytes:
        asked.setdefault(level, set()).add(position)
        return merkle.EMPTY_ROOT

    for walk in walks:
        walk(note)
    wanted = Q(pk__in=())
    for level, positions in asked.items():
        wanted |= Q(level=level, position__in=positions)
    rows = LedgerNode.objects.filter(wanted).values_list("level", "position", "hash")
    known = {(level, position): bytes.fromhex(node) for level, position, node in rows}
    return lambda level, position: known.get((level, position), merkle.EMPTY_ROOT)


# A seal and the one before it


def checked(seals: Sequence[LedgerSeal], before: LedgerSeal | None) -> list[CheckedSeal]:
    """Seals, newest first, each proved to continue its neighbour; ``before`` is the one before the last of them."""
    pairs = list(zip(seals, [*seals[1:], before], strict=False))
    get = nodes_for(*(_walk(seal, older) for seal, older in pairs))
    return [CheckedSeal(seal, older, _continues(get, seal, older)) for seal, older in pairs]


def _walk(seal: LedgerSeal, older: LedgerSeal | None) -> Callable[[Get], object]:
    return lambda get: (merkle.root(get, seal.size), consistency_path(get, seal, older))


def consistency_path(get: Get, seal: LedgerSeal, older: LedgerSeal | None) -> list[bytes]:
    """Empty where there is nothing to prove: no seal before, or one over nothing."""
    if older is None or older.size == 0 or older.size > seal.size:
        return []
    return merkle.consistency(get, older.size, seal.size)


def _continues(get: Get, seal: LedgerSeal, older: LedgerSeal | None) -> bool:
    """Whether a seal's root follows from the tree and its path leads there from the older root."""
    if merkle.root(get, seal.size).hex() != seal.root:
        return False
    if older is None or older.size == 0:
        return True
    path = consistency_path(get, seal, older)
    return merkle.verify_consistency(older.size, seal.size, path, bytes.fromhex(older.root), bytes.fromhex(seal.root))


def consistency_proof(seal: LedgerSeal, older: LedgerSeal) -> dict[str, Any]:
    """That the tree under ``older`` is the beginning of the tree under ``seal`` (RFC 9162, 2.1.4)."""
    get = nodes_for(_walk(seal, older))
    path = consistency_path(get, seal, older)
    return {
        "format": CONSISTENCY,
        "old": sealed(older),
        "new": sealed(seal),
        "path": [node.hex() for node in path],
    }


def sealed(seal: LedgerSeal) -> dict[str, Any]:
    """Size, root and true time of a seal."""
    return {
        "size": seal.size,
        "root": seal.root,
        "sealed_at": canonical.plain(seal.sealed_at),
        "occasion": seal.occasion,
    }


# A row under a seal


def inclusion_proof(leaf: LedgerLeaf, position: int, seal: LedgerSeal) -> dict[str, Any]:
    """That a row stands at its position under a seal (RFC 9162, 2.1.3); with the digest of its content, not with it."""
    get = nodes_for(lambda get: merkle.inclusion(get, position, seal.size))
    return {
        "format": INCLUSION,
        "leaf": _leaf(leaf),
        "leaf_hash": leaf.hash,
        "position": position,
        "path": [node.hex() for node in merkle.inclusion(get, position, seal.size)],
        "seal": sealed(seal),
    }


def with_content(proof: dict[str, Any], leaf: LedgerLeaf) -> dict[str, Any]:
    """The proof with salt and content, from which its digest can be computed; an erased row has neither any more."""
    row = _row(leaf)
    if row["erased_on"] is not None:
        return proof | {"erased_on": row["erased_on"].isoformat()}
    fields = LedgerSchema.objects.get(pk=row["schema"]).fields
    content = {
        "table": leaf.table,
        "fields": fields,
        "values": {name: row[name] for name in fields},
        "reason": row["history_change_reason"],
    }
    return proof | {"salt": row["salt"], "content": json.loads(canonical.canonical_json(content))}


def _leaf(leaf: LedgerLeaf) -> dict[str, Any]:
    """What the leaf is the hash of, as JSON."""
    model = model_of(leaf.table)
    key = model._meta.pk.attname if model and model._meta.pk else "id"
    found: dict[str, Any] = json.loads(canonical.leaf_bytes(leaf.table, key, _row(leaf)))
    return found


def _row(leaf: LedgerLeaf) -> dict[str, Any]:
    model = model_of(leaf.table)
    if model is None:
        raise LookupError(leaf.table)
    found: dict[str, Any] = history_model(model)._default_manager.values().get(history_id=leaf.history_id)
    return found


def file_name(*parts: object) -> str:
    return "-".join(["rechenschaft", *(str(part) for part in parts)]) + ".json"
