"""What the city promised and what it does about it: adoptions, commitments, measures and the reasons between them."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date
from typing import Self, TypeVar

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from commitments.dates import get_partial
from commitments.models.catalogue import InstrumentVersion, Provision
from commitments.models.people import OrganisationalUnit, User
from commitments.models.portfolio import Engagement, EngagementStatus
from commitments.models.terms import (
    FieldOfAction,
    Part,
    Precision,
    Protection,
    in_order,
    known,
    not_negative,
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
            own = CommitmentUnit.objects.filter(unit__in=user.unit_ids).values("commitment")
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


class MeasureQuerySet(TrackedQuerySet["Measure"]):
    def visible_to(self, user: User) -> Self:
        """A proposal is seen by those who see the whole city, and by the units that it names."""
        seen = Q(protection__in=user.clearance())
        if not user.is_city_wide:
            seen &= Q(accepted_on__isnull=False)
        if user.unit_ids:
            own = MeasureUnit.objects.filter(unit__in=user.unit_ids, ended_on__isnull=True).values("measure")
            in_house = (Protection.PUBLIC, Protection.COUNCIL, Protection.INTERNAL)
            seen |= Q(protection__in=in_house, pk__in=own)
        return self.filter(seen)

    def accepted(self) -> Self:
        """Measures that the officer has taken into the register: these alone are counted, asked for and reported."""
        return self.filter(accepted_on__isnull=False)

    def waiting(self) -> Self:
        """Proposals of units that the officer has not yet decided on."""
        return self.filter(accepted_on__isnull=True, declined_on__isnull=True)

    def with_shown_status(self) -> Self:
        """Rule 18: annotates ``shown_status``; what runs in a paused engagement is suspended."""
        running = (MeasureStatus.ONGOING, MeasureStatus.PLANNED, MeasureStatus.DECIDED_NOT_FUNDED)
        paused = Q(engagement__status=EngagementStatus.PAUSED, status__in=running)
        return self.annotate(
            shown_status=Case(
                When(paused, then=Value(str(MeasureStatus.SUSPENDED))),
                default=F("status"),
                output_field=models.CharField(),
            )
        )


class MeasureStatus(models.TextChoices):
    PLANNED = "planned", _("Planned")
    DECIDED_NOT_FUNDED = "decided_not_funded", _("Decided, not funded")
    ONGOING = "ongoing", _("Ongoing")
    SUSPENDED = "suspended", _("Suspended")
    COMPLETED = "completed", _("Completed")
    DISCONTINUED = "discontinued", _("Discontinued")


class Measure(TrackedModel):
    """Something one or more units do (Maßnahme)."""

    SEARCHED = Searched(
        name=("reference", "title_de", "title_en"),
        text=(
            "description_de",
            "description_en",
            "target_groups_de",
            "target_groups_en",
            "status_reason_de",
            "status_reason_en",
            "note_de",
            "note_en",
        ),
    )

    SUBSTANCE = ("title_de", "description_de", "status", "starts_on", "ends_on", "field", "engagement_id", "note_de")
    """The fields whose change makes a confirmation void (rule 4); the units belong to it, too."""

    key = models.SlugField(max_length=80, unique=True)
    reference = models.CharField(max_length=12, unique=True)
    title_de = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300, blank=True)
    description_de = text()
    description_en = text()
    field = models.CharField(_("field of action"), max_length=12, choices=FieldOfAction)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, null=True, blank=True, related_name="measures")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    status = models.CharField(_("status"), max_length=18, choices=MeasureStatus)
    status_reason_de = text()
    status_reason_en = text()
    starts_on = models.DateField(null=True, blank=True)
    starts_on_precision = precision()
    ends_on = models.DateField(null=True, blank=True)
    ends_on_precision = precision()
    protection = protection()
    target_groups_de = models.JSONField(default=list, blank=True)
    target_groups_en = models.JSONField(default=list, blank=True)
    accepted_on = models.DateField(null=True, blank=True, help_text=_("Empty while a unit's proposal waits."))
    declined_on = models.DateField(null=True, blank=True, help_text=_("Set where the officer did not take it."))
    decline_reason = text()
    verified = models.BooleanField(default=False)
    unit_basis = models.CharField(max_length=200, blank=True)
    sources = models.JSONField(default=list, blank=True)
    note_de = text()
    note_en = text()
    fingerprint = models.CharField(max_length=64, editable=False)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        ordering = ("reference",)
        constraints = (
            known("measure", "field", FieldOfAction),
            known("measure", "status", MeasureStatus),
            known("measure", "protection", Protection),
            known("measure", "starts_on_precision", Precision),
            known("measure", "ends_on_precision", Precision),
            in_order("measure", "starts_on", "ends_on"),
            models.CheckConstraint(
                name="measure_accepted_or_declined",
                condition=Q(accepted_on__isnull=True) | Q(declined_on__isnull=True),
                violation_error_message=_("A measure is either accepted or declined."),
            ),
            models.CheckConstraint(
                name="measure_declined_with_a_reason",
                condition=Q(declined_on__isnull=True) | ~Q(decline_reason=""),
                violation_error_message=_("Say in one sentence why the measure is not taken into the register."),
            ),
            models.CheckConstraint(
                name="measure_not_its_own_part",
                condition=Q(parent__isnull=True) | ~Q(parent=F("pk")),
                violation_error_message=_("A measure cannot be a part of itself."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference} {self.title_de}"

    @property
    def responsible_unit_ids(self) -> frozenset[int]:
        return frozenset(row.unit_id for row in self.measure_units.all() if row.ended_on is None)

    @property
    def is_waiting(self) -> bool:
        """A unit's proposal on which the officer has not decided yet."""
        return self.accepted_on is None and self.declined_on is None

    def substance(self, units: Iterable[tuple[str, str]]) -> str:
        """SHA-256 of what a unit confirms: the content, and who does it as (unit key, part)."""
        values: dict[str, object] = {name: getattr(self, name) for name in self.SUBSTANCE}
        values |= {name: get_partial(self, name) for name in ("starts_on", "ends_on")}
        values["units"] = sorted(units)
        written = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()


class MeasureUnit(TrackedModel):
    """A unit's part in a measure; one unit leads."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="measure_units")
    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="measure_units")
    part = models.CharField(max_length=12, choices=Part)
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("measure", "-part", "unit")
        constraints = (
            known("measure_unit", "part", Part),
            models.UniqueConstraint(
                name="measure_unit_once",
                fields=("measure", "unit"),
                violation_error_message=_("This unit already has a part in the measure."),
            ),
            models.UniqueConstraint(
                name="measure_one_lead",
                fields=("measure",),
                condition=Q(part=Part.LEAD, ended_on__isnull=True),
                violation_error_message=_("A measure has one unit that leads."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.measure.reference}: {self.unit} ({self.part})"


class MeasureBudget(TrackedModel):
    """Money for a measure in one year, by its source."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="budgets")
    year = models.PositiveSmallIntegerField(_("year"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    source = models.CharField(_("source"), max_length=200, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("measure", "year", "source")
        constraints = (
            models.UniqueConstraint(
                name="measure_budget_once",
                fields=("measure", "year", "source"),
                violation_error_message=_("There is already an amount from this source for this year."),
            ),
            models.CheckConstraint(
                name="measure_budget_year",
                condition=Q(year__gte=1950, year__lte=2100),
                violation_error_message=_("Give a year from 1950 to 2100."),
            ),
            not_negative("measure_budget", "amount"),
        )

    def __str__(self) -> str:
        return f"{self.measure.reference}, {self.year}"


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


class GapCode(models.TextChoices):
    NO_COMPETENCE = "no_competence", _("No competence")
    NO_RESOURCES = "no_resources", _("No resources")
    NOT_LOOKED_AT = "not_looked_at", _("Not looked at yet")
    NOT_RELEVANT = "not_relevant", _("Not relevant")


class GapReason(TrackedModel):
    """Why a UDHR article has no measure in a field, the next step, and who said so (Begründete Lücke)."""

    article = models.ForeignKey(Provision, on_delete=models.PROTECT, related_name="gap_reasons")
    field = models.CharField(
        _("field of action"), max_length=12, choices=FieldOfAction, blank=True, help_text=_("Empty: all fields.")
    )
    code = models.CharField(_("reason"), max_length=13, choices=GapCode)
    text_de = models.TextField(_("explanation"))
    text_en = text()
    next_step_de = text(_("next step"))
    next_step_en = text()
    due_on = models.DateField(_("due on"), null=True, blank=True)
    stated_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stated_on = models.DateField()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("article", "field")
        constraints = (
            known("gap_reason", "code", GapCode),
            known("gap_reason", "field", FieldOfAction, blank=True),
            models.UniqueConstraint(
                name="gap_reason_once",
                fields=("article", "field"),
                violation_error_message=_("This gap already has a reason; change that one."),
            ),
            models.CheckConstraint(
                name="gap_reason_explained",
                condition=~Q(text_de=""),
                violation_error_message=_("Explain the gap in one or two sentences."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.article}, {self.field or '*'}: {self.code}"
