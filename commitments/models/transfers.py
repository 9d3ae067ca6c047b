"""What went in and out as a file, and who did it; and the views of lists that people keep for themselves."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from commitments.models.people import User
from commitments.models.terms import known
from commitments.tracking import TrackedModel, TrackedQuerySet


class Direction(models.TextChoices):
    IMPORT = "import", _("Import")
    EXPORT = "export", _("Export")


class TransferState(models.TextChoices):
    CHECKING = "checking", _("being checked")
    CHECKED = "checked", _("checked, nothing written")
    REFUSED = "refused", _("refused, nothing written")
    APPLIED = "applied", _("taken over")
    DISCARDED = "discarded", _("discarded")
    MAKING = "making", _("being made")
    READY = "ready", _("ready to be downloaded")
    MADE = "made", _("downloaded")


class TransferQuerySet(TrackedQuerySet["Transfer"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and all of them for those who see the whole city."""
        return self if user.is_city_wide else self.filter(by=user)


class Transfer(TrackedModel):
    """One file that was imported or exported: what, how much of it, by whom, and what became of it."""

    direction = models.CharField(max_length=6, choices=Direction)
    subject = models.CharField(max_length=40, help_text=_("What the rows are, for instance measures."))
    file_name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text=_("Bytes"))
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=9, choices=TransferState)
    counts = models.JSONField(default=dict, blank=True)
    query = models.CharField(max_length=1000, blank=True, help_text=_("The filter of an exported list."))
    holds_protected = models.BooleanField(default=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="transfers")
    at = models.DateTimeField()
    job = models.UUIDField(null=True, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (known("transfer", "direction", Direction), known("transfer", "state", TransferState))

    def __str__(self) -> str:
        return f"{self.get_direction_display()}: {self.file_name}"


class SavedView(models.Model):
    """A list with its filters, kept by one person under a name. Theirs alone, so it has no history."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=60, help_text=_("Name of the list's address."))
    name = models.CharField(_("name"), max_length=80)
    query = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                name="saved_view_once",
                fields=("user", "page", "name"),
                violation_error_message=_("You already have a view with this name. Choose another name."),
            ),
        )

    def __str__(self) -> str:
        return self.name


class SearchEntry(models.Model):
    """The words of one row, folded for searching; written with the row, never read by people."""

    table = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    name = models.TextField()
    text = models.TextField()

    class Meta:
        constraints = (models.UniqueConstraint(name="search_entry_once", fields=("table", "object_id")),)

    def __str__(self) -> str:
        return f"{self.table} {self.object_id}"
