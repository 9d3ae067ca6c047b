"""What was erased on whose request, and who used the right to protected content."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commitments.models.people import Role, User
from commitments.models.portfolio import Engagement
from commitments.models.register import Commitment, Measure
from commitments.models.terms import known
from commitments.tracking import TrackedModel, TrackedQuerySet


class Ground(models.TextChoices):
    """Why personal data must be erased (GDPR, Article 17 (1))."""

    NOT_NECESSARY = "a", _("(a) no longer needed for what it was collected for")
    CONSENT_WITHDRAWN = "b", _("(b) the consent was withdrawn, and there is no other legal basis")
    OBJECTION = "c", _("(c) the person has objected, and nothing overrides the objection")
    UNLAWFUL = "d", _("(d) it was processed unlawfully")
    LEGAL_OBLIGATION = "e", _("(e) a law demands the erasure")
    CHILD = "f", _("(f) it was collected from a child by an online service")


class ErasureKind(models.TextChoices):
    CONTENT = "content", _("Erasure of content")
    PERSON = "person", _("Pseudonymisation of a person")


class ErasureState(models.TextChoices):
    PROPOSED = "proposed", _("Waits for the second signature")
    CARRIED_OUT = "carried_out", _("Carried out")
    DROPPED = "dropped", _("Not carried out")


class ErasureQuerySet(TrackedQuerySet["Erasure"]):
    def waiting(self) -> Self:
        return self.filter(state=ErasureState.PROPOSED)

    def carried_out(self) -> Self:
        return self.filter(state=ErasureState.CARRIED_OUT)


class Erasure(TrackedModel):
    """Content that is erased for good: proposed by one, carried out with the signature of another (DESIGN.md, 5).

    ``subjects`` lists what: the table, the number of the row, and the columns. It says nothing of what stood there.
    """

    kind = models.CharField(max_length=7, choices=ErasureKind)
    state = models.CharField(max_length=11, choices=ErasureState, default=ErasureState.PROPOSED, editable=False)
    ground = models.CharField(_("legal ground"), max_length=1, choices=Ground)
    reason = models.TextField(_("reason"), help_text=_("Without what is to be erased: the reason stays."))
    subjects = models.JSONField(default=list)
    person = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="pseudonymisations", editable=False
    )
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", editable=False)
    proposed_as = models.CharField(max_length=13, choices=Role, editable=False)
    proposed_at = models.DateTimeField(editable=False)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    signed_as = models.CharField(max_length=13, choices=Role, blank=True, editable=False)
    carried_out_at = models.DateTimeField(null=True, editable=False)
    carried_out_on = models.DateField(null=True, editable=False)
    files = models.JSONField(default=list, blank=True, help_text=_("SHA-256 of stored files that are removed."))
    counts = models.JSONField(default=dict, blank=True, help_text=_("How many rows of each table were emptied."))
    drop_reason = models.TextField(blank=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            known("erasure", "kind", ErasureKind),
            known("erasure", "state", ErasureState),
            known("erasure", "ground", Ground),
            models.CheckConstraint(
                name="erasure_signed_by_another",
                condition=Q(signed_by__isnull=True)
                | (~Q(signed_by=F("proposed_by")) & ~Q(signed_as=F("proposed_as")) & ~Q(signed_as="")),
                violation_error_message=_("An erasure is signed by two people of different offices."),
            ),
            models.CheckConstraint(
                name="erasure_carried_out_with_two_signatures",
                condition=~Q(state="carried_out")
                | Q(signed_by__isnull=False, carried_out_at__isnull=False, carried_out_on__isnull=False),
                violation_error_message=_("An erasure is carried out with the second signature only."),
            ),
            models.CheckConstraint(
                name="erasure_dropped_with_a_reason",
                condition=~Q(state="dropped") | ~Q(drop_reason=""),
                violation_error_message=_("Say in one sentence why nothing is erased."),
            ),
            models.UniqueConstraint(
                name="erasure_of_a_person_once",
                fields=("person",),
                condition=~Q(state="dropped"),
                violation_error_message=_("The pseudonymisation of this person is already under way."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ErasedRow(TrackedModel):
    """A row that an erasure names, live or of a history: the database admits its emptying, and nothing else.

    ``columns`` stand between commas, so that a trigger can look for one. ``rest`` is the digest of what stays in a row
    of a history; a later erasure of the same row has its own.
    """

    append_only = True

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="rows")
    table = models.CharField(max_length=80)
    row = models.BigIntegerField()
    columns = models.TextField()
    emptied_on = models.DateField()
    rest = models.CharField(max_length=64, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                name="erased_row_once",
                fields=("erasure", "table", "row"),
                violation_error_message=_("This row is already named by this erasure."),
            ),
        )
        indexes = (models.Index(name="erased_row_of_a_table", fields=("table", "row")),)

    def __str__(self) -> str:
        return f"{self.table} {self.row}"


class ProtectedUse(TrackedModel):
    """Somebody used the right to protected content on a day; with what they read, where it was a row's own page."""

    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, null=True, related_name="+")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, null=True, related_name="+")
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, null=True, related_name="+")

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                "reader",
                "on",
                Coalesce("measure", 0),
                Coalesce("commitment", 0),
                Coalesce("engagement", 0),
                name="protected_use_once_a_day",
                violation_error_message=_("This is noted already."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reader}, {self.on}"
