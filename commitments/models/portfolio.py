"""What the city is engaged in: partnerships, EU projects, networks, development cooperation, training."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.models.catalogue import Instrument
from commitments.models.people import OrganisationalUnit, User
from commitments.models.terms import (
    FieldOfAction,
    Precision,
    Protection,
    euros,
    in_order,
    known,
    not_negative,
    precision,
    protection,
    text,
)
from commitments.tracking import Searched, TrackedModel, TrackedQuerySet


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

    SEARCHED = Searched(
        name=("name_de", "name_en"),
        text=("note_de", "note_en", "status_reason_de", "status_reason_en", "council_reference"),
    )

    key = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=EngagementKind, editable=False)
    field = models.CharField(_("field of action"), max_length=12, choices=FieldOfAction)
    name_de = models.CharField(max_length=300)
    name_en = models.CharField(max_length=300, blank=True)
    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="engagements")
    status = models.CharField(_("status"), max_length=8, choices=EngagementStatus, default=EngagementStatus.ACTIVE)
    status_since = models.DateField(null=True, blank=True)
    status_since_precision = precision()
    status_reason_de = text()
    status_reason_en = text()
    council_reference = models.CharField(_("council paper"), max_length=300, blank=True)
    council_url = models.URLField(_("address of the council paper"), max_length=500, blank=True)
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
            known("engagement", "status_since_precision", Precision),
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

    SEARCHED = Engagement.SEARCHED.with_more(name=("city_de", "city_en", "former_municipality"))

    form = models.CharField(max_length=13, choices=PartnershipForm, default=PartnershipForm.TWINNING)
    city_de = models.CharField(max_length=120)
    city_en = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2)
    signed_on = models.DateField(null=True, blank=True)
    signed_on_precision = precision()
    former_municipality = models.CharField(max_length=120, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=5, decimal_places=2, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = (
            known("partnership", "form", PartnershipForm),
            models.CheckConstraint(
                name="partnership_place_on_earth",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                violation_error_message=_(
                    "Give both, latitude from -90 to 90 and longitude from -180 to 180 degrees, or neither."
                ),
            ),
        )


class RunBy(models.TextChoices):
    OFFICE = "office", _("the office for Europe alone")
    OFFICE_WITH_OTHERS = "office_with_others", _("the office for Europe with others")
    DEPARTMENT = "department", _("a department alone")


class EUProject(Engagement):
    """A project with money from a programme of the European Union."""

    SEARCHED = Engagement.SEARCHED.with_more(
        name=("acronym", "grant_agreement"), text=("programme", "call", "city_role")
    )

    acronym = models.CharField(max_length=80)
    programme = models.CharField(max_length=200, blank=True)
    call = models.CharField(_("call for proposals"), max_length=200, blank=True)
    grant_agreement = models.CharField(max_length=40, blank=True)
    grant_agreement_verified = models.BooleanField(default=False)
    city_role = models.CharField(max_length=200, blank=True)
    run_by = models.CharField(max_length=20, choices=RunBy, default=RunBy.DEPARTMENT)
    total_cost = euros(_("total cost"))
    eu_contribution = euros(_("EU contribution"))
    city_contribution = euros(_("EU contribution to the city"))
    url = models.URLField(_("web page"), max_length=500, blank=True)

    class Meta:
        constraints = (
            known("eu_project", "run_by", RunBy),
            not_negative("eu_project", "total_cost", "eu_contribution", "city_contribution"),
        )


class NetworkLevel(models.TextChoices):
    REGIONAL = "regional", _("regional")
    NATIONAL = "national", _("national")
    EUROPEAN = "european", _("European")
    WORLDWIDE = "worldwide", _("worldwide")


class NetworkMembership(Engagement):
    """Membership in a city network, with or without a pledge."""

    SEARCHED = Engagement.SEARCHED.with_more(
        text=("speaker_de", "speaker_en", "reporting_duties_de", "reporting_duties_en")
    )

    instrument = models.ForeignKey(
        Instrument, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    decided_on = models.DateField(null=True, blank=True)
    decided_on_precision = precision()
    level = models.CharField(_("level"), max_length=9, choices=NetworkLevel, blank=True)
    fee = euros(_("yearly fee"))
    speaker_de = models.CharField(_("who speaks for the city"), max_length=200, blank=True)
    speaker_en = models.CharField(max_length=200, blank=True)
    reporting_duties_de = text(_("reporting duties"))
    reporting_duties_en = text()
    renewal_due_on = models.DateField(_("renewal due on"), null=True, blank=True)

    class Meta:
        constraints = (
            known("network", "level", NetworkLevel, blank=True),
            not_negative("network", "fee"),
        )


class DevelopmentProject(Engagement):
    """Municipal development cooperation: a project, a programme or a standing task."""

    SEARCHED = Engagement.SEARCHED.with_more(text=("partner", "funder"))

    partner = models.CharField(max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    funder = models.CharField(_("funder"), max_length=200, blank=True)
    sdgs = models.JSONField(_("sustainable development goals"), default=list, blank=True)


class Training(Engagement):
    """A course, for instance on managing EU projects."""

    SEARCHED = Engagement.SEARCHED.with_more(text=("topic", "audience"))

    topic = models.CharField(max_length=200)
    audience = models.CharField(max_length=200, blank=True)
    participants = models.PositiveIntegerField(null=True, blank=True)


class EngagementPart(TrackedModel):
    """A unit that takes part in an engagement beside the one that keeps it."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="parts")
    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="engagement_parts")
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("engagement", "unit")
        constraints = (
            models.UniqueConstraint(
                name="engagement_part_once",
                fields=("engagement", "unit"),
                violation_error_message=_("This unit already takes part."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.engagement}: {self.unit}"


class EngagementBudget(TrackedModel):
    """The money of one year: in all, and what of it comes from the funder (for EU projects: from the EU)."""

    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, related_name="budgets")
    year = models.PositiveSmallIntegerField(_("year"))
    total = euros(_("in all"))
    funded = euros(_("from the funder"))
    source = models.CharField(_("source"), max_length=200, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("engagement", "year")
        constraints = (
            models.UniqueConstraint(
                name="engagement_budget_once_a_year",
                fields=("engagement", "year"),
                violation_error_message=_("There is already an amount for this year."),
            ),
            models.CheckConstraint(
                name="engagement_budget_year",
                condition=Q(year__gte=1950, year__lte=2100),
                violation_error_message=_("Give a year from 1950 to 2100."),
            ),
            models.CheckConstraint(
                name="engagement_budget_has_an_amount",
                condition=Q(total__isnull=False) | Q(funded__isnull=False),
                violation_error_message=_("Give at least one of the two amounts."),
            ),
            models.CheckConstraint(
                name="engagement_budget_funded_within_total",
                condition=Q(total__isnull=True) | Q(funded__isnull=True) | Q(funded__lte=F("total")),
                violation_error_message=_("More cannot come from the funder than there is in all."),
            ),
            not_negative("engagement_budget", "total", "funded"),
        )

    def __str__(self) -> str:
        return f"{self.engagement}, {self.year}"


class PartnerRole(models.TextChoices):
    COORDINATOR = "coordinator", _("Coordinator")
    PARTICIPANT = "participant", _("Participant")
    ASSOCIATED = "associated", _("Associated partner")
    THIRD_PARTY = "third_party", _("Affiliated third party")


class ProjectPartner(TrackedModel):
    """An organisation in an EU project's consortium; the city is one of them, known by its PIC."""

    project = models.ForeignKey(EUProject, on_delete=models.PROTECT, related_name="partners")
    name = models.CharField(_("name"), max_length=300)
    place = models.CharField(_("place"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    role = models.CharField(_("role"), max_length=11, choices=PartnerRole, default=PartnerRole.PARTICIPANT)
    pic = models.CharField(_("participant identification code"), max_length=9, blank=True)
    is_city = models.BooleanField(_("the city itself"), default=False)
    eu_contribution = euros(_("EU contribution"))
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("project", "role", "name")
        constraints = (
            known("project_partner", "role", PartnerRole),
            not_negative("project_partner", "eu_contribution"),
            models.UniqueConstraint(
                name="project_partner_pic_once",
                fields=("project", "pic"),
                condition=Q(ended_on__isnull=True) & ~Q(pic=""),
                violation_error_message=_("An organisation with this code is already a partner of the project."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}: {self.name}"


class ProjectAmendment(TrackedModel):
    """A change of an EU project's grant agreement."""

    project = models.ForeignKey(EUProject, on_delete=models.PROTECT, related_name="amendments")
    number = models.PositiveSmallIntegerField(_("number"))
    signed_on = models.DateField(_("signed on"), null=True, blank=True)
    signed_on_precision = precision()
    subject_de = models.TextField(_("what was changed"))
    subject_en = text()
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("project", "number")
        constraints = (
            known("project_amendment", "signed_on_precision", Precision),
            models.UniqueConstraint(
                name="project_amendment_once",
                fields=("project", "number"),
                violation_error_message=_("An amendment with this number is already entered."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.project}: {self.number}"


class FundingAdviceQuerySet(TrackedQuerySet["FundingAdvice"]):
    def visible_to(self, user: User) -> Self:
        seen = Q(protection__in=user.clearance())
        if user.unit_ids:
            seen |= Q(protection__in=(Protection.COUNCIL, Protection.INTERNAL), unit__in=user.unit_ids)
        return self.filter(seen)


class FundingAdvice(TrackedModel):
    """Advice on funding that the office gave to a department (Förderberatung)."""

    SEARCHED = Searched(name=("subject_de", "subject_en", "programme"), text=("result_de", "result_en"))

    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="funding_advice")
    given_on = models.DateField(_("given on"))
    given_on_precision = precision()
    programme = models.CharField(_("programme"), max_length=200, blank=True)
    subject_de = models.CharField(_("subject"), max_length=300)
    subject_en = models.CharField(max_length=300, blank=True)
    result_de = text(_("what came of it"))
    result_en = text()
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, null=True, blank=True, related_name="funding_advice"
    )
    protection = protection()
    withdrawn_on = models.DateField(null=True, blank=True)

    objects = FundingAdviceQuerySet.as_manager()

    class Meta:
        ordering = ("-given_on", "unit")
        constraints = (
            known("funding_advice", "given_on_precision", Precision),
            known("funding_advice", "protection", Protection),
        )

    def __str__(self) -> str:
        return self.subject_de
