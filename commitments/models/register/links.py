"""How a measure serves a commitment or provision, and why that can be said."""

from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models.catalogue import Provision
from commitments.models.people import User
from commitments.models.register.measures import Measure
from commitments.models.register.promises import Commitment
from commitments.models.terms import (
    known,
    text,
)
from commitments.tracking import TrackedModel, TrackedQuerySet


class Contribution(models.TextChoices):
    """How a measure serves what it is linked to."""

    DIRECT = "direct", _("Direct")
    SUPPORTING = "supporting", _("Supporting")
    INCIDENTAL = "incidental", _("Incidental")


class LinkState(models.TextChoices):
    PROPOSED = "proposed", _("Proposed")
    ACCEPTED = "accepted", _("Accepted")
    ENDED = "ended", _("Ended")


AnyLink = TypeVar("AnyLink", bound=models.Model, covariant=True)


class LinkQuerySet(TrackedQuerySet[AnyLink]):
    def accepted(self) -> Self:
        return self.filter(state=LinkState.ACCEPTED)

    def current(self) -> Self:
        return self.exclude(state=LinkState.ENDED)

    def visible_to(self, user: User) -> Self:
        """A link is as visible as its measure."""
        return self.filter(measure__in=Measure.objects.visible_to(user))


class MeasureLinkQuerySet(LinkQuerySet["MeasureLink"]):
    pass


class MeasureProvisionQuerySet(LinkQuerySet["MeasureProvision"]):
    pass


class ReasonedLink(TrackedModel):
    """What a measure is linked to, how it contributes, and why that can be said."""

    contribution = models.CharField(_("contribution"), max_length=10, choices=Contribution)
    rationale_de = models.TextField(_("rationale"))
    rationale_en = text()
    state = models.CharField(max_length=8, choices=LinkState, default=LinkState.PROPOSED, editable=False)

    class Meta:
        abstract = True


def link_constraints(table: str, target: str) -> tuple[models.BaseConstraint, ...]:
    return (
        known(table, "contribution", Contribution),
        known(table, "state", LinkState),
        models.UniqueConstraint(
            name=f"{table}_once",
            fields=("measure", target),
            condition=~Q(state=LinkState.ENDED),
            violation_error_message=_("This measure is already linked here."),
        ),
        models.CheckConstraint(
            name=f"{table}_has_a_rationale",
            condition=~Q(rationale_de=""),
            violation_error_message=_("Say in one sentence why the measure contributes to this."),
        ),
    )


class MeasureLink(ReasonedLink):
    """Measure to commitment (Zuordnung)."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="links")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="links")

    objects = MeasureLinkQuerySet.as_manager()

    class Meta:
        ordering = ("commitment", "measure")
        constraints = link_constraints("measure_link", "commitment")

    def __str__(self) -> str:
        return f"{self.measure.reference} → {self.commitment.reference}"


class MeasureProvision(ReasonedLink):
    """Measure to a provision itself: what the mapping editor starts from, before a commitment is named."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="provision_links")
    provision = models.ForeignKey(Provision, on_delete=models.PROTECT, related_name="measure_links")

    objects = MeasureProvisionQuerySet.as_manager()

    class Meta:
        ordering = ("measure", "provision")
        constraints = link_constraints("measure_provision", "provision")

    def __str__(self) -> str:
        return f"{self.measure.reference} → {self.provision}"
