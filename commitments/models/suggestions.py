"""Suggestions of the mapping editor that somebody looked at and found not to fit."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models.catalogue import Provision
from commitments.models.register import Commitment, Measure
from commitments.tracking import TrackedModel, TrackedQuerySet


class DismissedSuggestionQuerySet(TrackedQuerySet["DismissedSuggestion"]):
    def current(self) -> "DismissedSuggestionQuerySet":
        """Those that still hold: a dismissal that was taken back has ended."""
        return self.filter(ended_on__isnull=True)


class DismissedSuggestion(TrackedModel):
    """A measure and something that it does not serve: suggested no more, from neither side, until taken back."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="dismissed_suggestions")
    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, null=True, blank=True, related_name="dismissed_suggestions"
    )
    provision = models.ForeignKey(
        Provision, on_delete=models.PROTECT, null=True, blank=True, related_name="dismissed_suggestions"
    )
    ended_on = models.DateField(null=True, blank=True)

    objects = DismissedSuggestionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="dismissed_suggestion_of_one_thing",
                condition=Q(commitment__isnull=True, provision__isnull=False)
                | Q(commitment__isnull=False, provision__isnull=True),
                violation_error_message=_("A suggestion is about either a commitment or a provision."),
            ),
            models.UniqueConstraint(
                name="dismissed_commitment_once",
                fields=("measure", "commitment"),
                condition=Q(ended_on__isnull=True, commitment__isnull=False),
                violation_error_message=_("This suggestion is already marked as not fitting."),
            ),
            models.UniqueConstraint(
                name="dismissed_provision_once",
                fields=("measure", "provision"),
                condition=Q(ended_on__isnull=True, provision__isnull=False),
                violation_error_message=_("This suggestion is already marked as not fitting."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.measure.reference} ↛ {self.commitment or self.provision}"
