"""What the city took on: adoptions of instruments, and commitments in municipal words."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commitments.dates import get_partial
from commitments.models.catalogue import InstrumentVersion, Provision
from commitments.models.people import OrganisationalUnit, User
from commitments.models.terms import (
    Precision,
    Protection,
    in_order,
    known,
    precision,
    protection,
    text,
)
from commitments.tracking import Searched, TrackedModel, TrackedQuerySet


class Adoption(TrackedModel):
    """The act by which the city took a version on (Beitritt, Ratsbeschluss)."""

    version = models.ForeignKey(InstrumentVersion, on_delete=models.PROTECT, related_name="adoptions")
    label_de = models.CharField(max_length=200, blank=True)
    label_en = models.CharField(max_length=200, blank=True)
    adopted_on = models.DateField(null=True, blank=True)
    adopted_on_precision = precision()
    council_reference = models.CharField(max_length=300, blank=True)
    council_url = models.URLField(max_length=500, blank=True)
    renewal_due_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    end_reason = text()
    verified = models.BooleanField(default=False)
    sources = models.JSONField(default=list, blank=True)
    note = text()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("version", "adopted_on")
        constraints = (
            known("adoption", "adopted_on_precision", Precision),
            in_order("adoption", "adopted_on", "ended_on"),
            models.UniqueConstraint(
                "version",
                Coalesce("adopted_on", date.min),
                name="adoption_once",
                violation_error_message=_("The city's adoption of this version on that day is already entered."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {get_partial(self, 'adopted_on')}"


class Competence(models.TextChoices):
    """What a city can decide. "None" is not "non-compliant"."""

    OWN = "own", _("Own task")
    DELEGATED = "delegated", _("Delegated task")
    INFLUENCE = "influence", _("Influence")
    NONE = "none", _("No competence")


class CommitmentQuerySet(TrackedQuerySet["Commitment"]):
    def visible_to(self, user: User) -> Self:
        seen = Q(protection__in=user.clearance())
        if user.unit_ids:
            own = CommitmentUnit.objects.filter(unit__in=user.unit_ids, ended_on__isnull=True).values("commitment")
            in_house = Q(protection__in=(Protection.COUNCIL, Protection.INTERNAL))
            seen |= in_house & (Q(lead_unit__in=user.unit_ids) | Q(pk__in=own))
        return self.filter(seen)

    def in_force(self) -> Self:
        return self.filter(ended_on__isnull=True)


class Commitment(TrackedModel):
    """What the city owes under one or more provisions, in municipal words (Verpflichtung)."""

    SEARCHED = Searched(
        name=("reference", "title_de", "title_en"),
        text=(
            "wording_de",
            "wording_en",
            "concerned_groups_de",
            "concerned_groups_en",
            "competence_note_de",
            "competence_note_en",
        ),
    )

    key = models.SlugField(max_length=80, unique=True)
    reference = models.CharField(max_length=12, unique=True)
    title_de = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300, blank=True)
    wording_de = models.TextField()
    wording_en = text()
    respect = models.BooleanField(_("respect"), default=False)
    protect = models.BooleanField(_("protect"), default=False)
    fulfil = models.BooleanField(_("fulfil"), default=False)
    competence = models.CharField(_("competence"), max_length=9, choices=Competence)
    competence_note_de = text()
    competence_note_en = text()
    adoption = models.ForeignKey(Adoption, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments")
    lead_unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="led_commitments")
    concerned_groups_de = models.JSONField(default=list, blank=True)
    concerned_groups_en = models.JSONField(default=list, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_from_precision = precision()
    registered_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    end_reason_de = text()
    end_reason_en = text()
    protection = protection()
    note = text()

    objects = CommitmentQuerySet.as_manager()

    class Meta:
        ordering = ("reference",)
        constraints = (
            known("commitment", "competence", Competence),
            known("commitment", "protection", Protection),
            known("commitment", "valid_from_precision", Precision),
            in_order("commitment", "registered_on", "ended_on"),
            models.CheckConstraint(
                name="commitment_obliges",
                condition=Q(respect=True) | Q(protect=True) | Q(fulfil=True),
                violation_error_message=_(
                    "Say whether the city must respect, protect or fulfil; at least one applies."
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} {self.title_de}"

    @property
    def obligations(self) -> list[str]:
        """Codes of the levels of obligation that apply, in their usual order."""
        return [level for level in ("respect", "protect", "fulfil") if getattr(self, level)]

    @property
    def responsible_unit_ids(self) -> frozenset[int]:
        return frozenset({self.lead_unit_id})


class CommitmentProvision(TrackedModel):
    """A provision under which a commitment stands; the first one is its basis."""

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="commitment_provisions")
    provision = models.ForeignKey(Provision, on_delete=models.PROTECT, related_name="commitment_provisions")
    order = models.PositiveSmallIntegerField(default=0)
    is_basis = models.BooleanField(default=False)
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("commitment", "order")
        constraints = (
            models.UniqueConstraint(
                name="commitment_provision_once",
                fields=("commitment", "provision"),
                violation_error_message=_("This provision already belongs to the commitment."),
            ),
            models.UniqueConstraint(
                name="commitment_one_basis",
                fields=("commitment",),
                condition=Q(is_basis=True, ended_on__isnull=True),
                violation_error_message=_("A commitment has one basis."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.commitment.reference}: {self.provision}"


class CommitmentUnit(TrackedModel):
    """A unit that contributes to keeping a commitment."""

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="commitment_units")
    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="commitment_units")
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="commitment_unit_once",
                fields=("commitment", "unit"),
                violation_error_message=_("This unit already contributes to the commitment."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.commitment.reference}: {self.unit}"
