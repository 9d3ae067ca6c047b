"""The audit ledger: one leaf for each history row, and seals over all of them (DESIGN.md section 5).

These tables are append-only by triggers, and are written by ``commitments.ledger`` alone.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from commitments.tracking import TrackedModel


class LedgerSchema(models.Model):
    """The list of fields that the digests of a table covered from some migration on."""

    append_only = True

    table = models.CharField(max_length=80)
    fields = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(name="ledger_schema_once", fields=("table", "fields")),)

    def __str__(self) -> str:
        return f"{self.table} #{self.pk}"


class LedgerLeaf(models.Model):
    """One history row's entry; ``index`` is the order of insertion (Protokolleintrag)."""

    append_only = True

    index = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=80)
    history_id = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("index",)
        constraints = (models.UniqueConstraint(name="ledger_leaf_once", fields=("table", "history_id")),)

    def __str__(self) -> str:
        return f"{self.index}: {self.table} {self.history_id}"


class LedgerNode(models.Model):
    """The root of a complete subtree over 2**level leaves; level 0 gives a sealed leaf its position."""

    append_only = True

    level = models.PositiveSmallIntegerField()
    position = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    leaf = models.OneToOneField(LedgerLeaf, on_delete=models.PROTECT, null=True, related_name="node")

    class Meta:
        constraints = (models.UniqueConstraint(name="ledger_node_once", fields=("level", "position")),)

    def __str__(self) -> str:
        return f"{self.level}/{self.position}"


class SealOccasion(models.TextChoices):
    NIGHTLY = "nightly", _("Nightly seal")
    FREEZE = "freeze", _("Freeze of a cycle")
    RELEASE = "release", _("Release of an edition")
    DEMAND = "demand", _("On demand")


class LedgerSeal(TrackedModel):
    """The sealed state of the first ``size`` leaves, with their Merkle root (RFC 9162).

    It has a history like any other row: so the next seal covers size, root, time and occasion of this one, and a
    seal that is removed or dated anew is found.
    """

    append_only = True

    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()
    occasion = models.CharField(max_length=8, choices=SealOccasion)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.size}: {self.root[:16]}"
