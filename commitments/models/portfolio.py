"""What the city is engaged in: partnerships, EU projects, networks, development cooperation, training."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models.catalogue import Instrument
from commitments.models.people import OrganisationalUnit, User
from commitments.models.terms import FieldOfAction, Precision, Protection, in_order, known, precision, protection, text
from commitments.tracking import TrackedModel, TrackedQuerySet


class EngagementQuerySet(TrackedQuerySet["Engagement"]):
    def visible_to(self, user: User) -> Self:
        seen = Q(protection__in=user.clearance())
        if user.unit_ids:
            seen |= Q(protection__in=(Protection.COUNCIL, Protection.INTERNAL), unit__in=user.unit_ids)
        return self.filter(seen)

    def with_unit(self) -> Self:
        return self.select_related("unit")


class EngagementKind(models.TextChoices):
    PARTNERSHIP = "partnership", _("Partnership")
    EU_PROJECT = "eu_project", _("EU project")
    NETWORK = "network", _("Network")
    DEVELOPMENT = "development", _("Development cooperation")
    TRAINING = "training", _("Training")


class EngagementStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    DORMANT = "dormant", _("Dormant")
    ENDED = "ended", _("Ended")


class Engagement(TrackedModel):
    """What a measure happens in. Rows are written as one of the five kinds below, never as a bare engagement."""

    key = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=EngagementKind, editable=False)
    field = models.CharField(_("field of action"), max_length=12, choices=FieldOfAction)
    name_de = models.CharField(max_length=300)
    name_en = models.CharField(max_length=300, blank=True)
    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="engagements")
    status = models.CharField(_("status"), max_length=8, choices=EngagementStatus, default=EngagementStatus.ACTIVE)
    status_reason_de = text()
    status_reason_en = text()
    starts_on = models.DateField(null=True, blank=True)
    starts_on_precision = precision()
    ends_on = models.DateField(null=True, blank=True)
    ends_on_precision = precision()
    protection = protection()
    verified = models.BooleanField(default=False)
    sources = models.JSONField(default=list, blank=True)
    note_de = text()
    note_en = text()

    objects = EngagementQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "name_de")
        constraints = (
            known("engagement", "kind", EngagementKind),
            known("engagement", "field", FieldOfAction),
            known("engagement", "status", EngagementStatus),
            known("engagement", "protection", Protection),
            known("engagement", "starts_on_precision", Precision),
            known("engagement", "ends_on_precision", Precision),
            in_order("engagement", "starts_on", "ends_on"),
        )

    def __str__(self) -> str:
        return self.name_de

    @property
    def suspends_measures(self) -> bool:
        """Rule 18: what happens in a paused engagement is suspended, not failed."""
        return self.status == EngagementStatus.PAUSED

    def has_ended(self, today: date) -> bool:
        return self.ends_on is not None and self.ends_on < today


class PartnershipForm(models.TextChoices):
    TWINNING = "twinning", _("Twinning")
    PROJECT = "project", _("Project partnership")
    INNER_GERMAN = "inner_german", _("Inner-German partnership")
    INCORPORATION = "incorporation", _("Partnership through incorporation")


class Partnership(Engagement):
    """A lasting tie to another municipality."""

    form = models.CharField(max_length=13, choices=PartnershipForm, default=PartnershipForm.TWINNING)
    city_de = models.CharField(max_length=120)
    city_en = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2)
    signed_on = models.DateField(null=True, blank=True)
    signed_on_precision = precision()
    former_municipality = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = (known("partnership", "form", PartnershipForm),)


class RunBy(models.TextChoices):
    OFFICE = "office", _("the office for Europe alone")
    OFFICE_WITH_OTHERS = "office_with_others", _("the office for Europe with others")
    DEPARTMENT = "department", _("a department alone")


class EUProject(Engagement):
    """A project with money from a programme of the European Union."""

    acronym = models.CharField(max_length=80)
    programme = models.CharField(max_length=200, blank=True)
    grant_agreement = models.CharField(max_length=40, blank=True)
    grant_agreement_verified = models.BooleanField(default=False)
    city_role = models.CharField(max_length=200, blank=True)
    run_by = models.CharField(max_length=20, choices=RunBy, default=RunBy.DEPARTMENT)

    class Meta:
        constraints = (known("eu_project", "run_by", RunBy),)


class NetworkMembership(Engagement):
    """Membership in a city network, with or without a pledge."""

    instrument = models.ForeignKey(
        Instrument, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    decided_on = models.DateField(null=True, blank=True)
    decided_on_precision = precision()


class DevelopmentProject(Engagement):
    """Municipal development cooperation: a project, a programme or a standing task."""

    partner = models.CharField(max_length=200, blank=True)


class Training(Engagement):
    """A course, for instance on managing EU projects."""

    topic = models.CharField(max_length=200)
    audience = models.CharField(max_length=200, blank=True)
    participants = models.PositiveIntegerField(null=True, blank=True)
