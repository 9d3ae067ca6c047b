"""What the city does about it: measures, the units that do them, and their money."""

import hashlib
import json
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from commitments.dates import get_partial
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
