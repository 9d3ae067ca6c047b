"""What shows that it is so: evidence, indicators, and what others recommended."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from commitments.models.catalogue import Provision
from commitments.models.people import User
from commitments.models.register import Commitment, CommitmentUnit, Measure, MeasureUnit
from commitments.models.terms import Precision, Protection, known, precision, protection, text
from commitments.tracking import Searched, TrackedModel, TrackedQuerySet

IN_HOUSE = (Protection.PUBLIC, Protection.COUNCIL, Protection.INTERNAL)
"""The classes that a unit sees on what it answers for itself."""


def held_by_visible(user: User) -> Q:
    """Belongs to a measure and a commitment that someone may see, where it belongs to one."""
    return (Q(measure__isnull=True) | Q(measure__in=Measure.objects.visible_to(user))) & (
        Q(commitment__isnull=True) | Q(commitment__in=Commitment.objects.visible_to(user))
    )


class EvidenceQuerySet(TrackedQuerySet["Evidence"]):
    def visible_to(self, user: User) -> Self:
        """As strict as its own class and as the rows it belongs to; what was withdrawn is seen in-house only."""
        seen = Q(protection__in=user.clearance())
        if not user.is_city_wide:
            seen &= Q(withdrawn_on__isnull=True)
        if user.unit_ids:
            measures = MeasureUnit.objects.filter(unit__in=user.unit_ids, ended_on__isnull=True).values("measure")
            helped = CommitmentUnit.objects.filter(unit__in=user.unit_ids, ended_on__isnull=True).values("commitment")
            own = Q(measure__in=measures) | Q(commitment__in=helped) | Q(commitment__lead_unit__in=user.unit_ids)
            seen |= Q(protection__in=IN_HOUSE) & own
        return self.filter(seen).filter(held_by_visible(user))

    def current(self) -> Self:
        """Neither withdrawn nor replaced by a later version."""
        return self.filter(withdrawn_on__isnull=True, replaced_by__isnull=True)


class EvidenceKind(models.TextChoices):
    FILE = "file", _("File")
    LINK = "link", _("Link")
    COUNCIL_PAPER = "council_paper", _("Council paper")


class Evidence(TrackedModel):
    """A file, link or council paper that bears out a measure or a finding (Nachweis)."""

    SEARCHED = Searched(name=("reference", "title"))

    kind = models.CharField(max_length=13, choices=EvidenceKind)
    title = models.CharField(max_length=300)
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence")
    url = models.URLField(max_length=500, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text=_("Bytes"))
    sha256 = models.CharField(max_length=64, blank=True)
    protection = protection()
    expires_on = models.DateField(null=True, blank=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    withdrawn_on = models.DateField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ("title",)
        constraints = (
            known("evidence", "kind", EvidenceKind),
            known("evidence", "protection", Protection),
            models.CheckConstraint(
                name="evidence_bears_something_out",
                condition=Q(measure__isnull=False) | Q(commitment__isnull=False),
                violation_error_message=_("Say which measure or commitment this bears out."),
            ),
            models.CheckConstraint(
                name="evidence_can_be_found",
                condition=(Q(kind="file") & ~Q(sha256=""))
                | (Q(kind="link") & ~Q(url=""))
                | (Q(kind="council_paper") & ~Q(reference="")),
                violation_error_message=_("Give the file, the address or the number of the council paper."),
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def strictest(self) -> Protection:
        """The class that counts: the strictest of its own and of those of the rows it belongs to."""
        rows = [self, *(row for row in (self.measure, self.commitment) if row is not None)]
        return max((Protection(row.protection) for row in rows), key=list(Protection).index)

    @property
    def is_current(self) -> bool:
        return self.withdrawn_on is None and not hasattr(self, "replaced_by")


class EvidenceRead(TrackedModel):
    """Somebody was handed protected evidence: the file, or the address it stands at."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="reads")
    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.evidence}: {self.reader}, {self.read_at:%Y-%m-%d %H:%M}"


class IndicatorKind(models.TextChoices):
    STRUCTURAL = "structural", _("Structural indicator")
    PROCESS = "process", _("Process indicator")
    OUTCOME = "outcome", _("Outcome indicator")


class IndicatorQuerySet(TrackedQuerySet["Indicator"]):
    def visible_to(self, user: User) -> Self:
        """As visible as the measure and the commitment it belongs to."""
        return self.filter(held_by_visible(user))


class Indicator(TrackedModel):
    """A figure that shows a structure, a process or an outcome (OHCHR, HR/PUB/12/5)."""

    key = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=IndicatorKind)
    name_de = models.CharField(max_length=300)
    name_en = models.CharField(max_length=300, blank=True)
    unit_of_measure = models.CharField(max_length=40, help_text=_("For instance per cent, people or euros."))
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, null=True, blank=True, related_name="indicators")
    commitment = models.ForeignKey(
        Commitment, on_delete=models.PROTECT, null=True, blank=True, related_name="indicators"
    )
    baseline = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    baseline_on = models.DateField(null=True, blank=True)
    baseline_on_precision = precision()
    target = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    target_on = models.DateField(null=True, blank=True)
    target_on_precision = precision()
    more_is_better = models.BooleanField(default=True)
    ended_on = models.DateField(null=True, blank=True)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        ordering = ("key",)
        constraints = (
            known("indicator", "kind", IndicatorKind),
            known("indicator", "baseline_on_precision", Precision),
            known("indicator", "target_on_precision", Precision),
            models.CheckConstraint(
                name="indicator_of_something",
                condition=Q(measure__isnull=False) | Q(commitment__isnull=False),
                violation_error_message=_("Say which measure or commitment this indicator belongs to."),
            ),
        )

    def __str__(self) -> str:
        return self.name_de


class IndicatorValue(TrackedModel):
    """What was counted on a day (Istwert)."""

    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="values")
    on = models.DateField()
    on_precision = precision()
    value = models.DecimalField(max_digits=18, decimal_places=4)
    note = text()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("indicator", "on")
        constraints = (
            known("indicator_value", "on_precision", Precision),
            models.UniqueConstraint(
                name="indicator_value_once",
                fields=("indicator", "on"),
                violation_error_message=_("There is already a value for that day."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.indicator}: {self.value}"


class RecommendationSource(models.TextChoices):
    TREATY_BODY = "treaty_body", _("Treaty body")
    UPR = "upr", _("Universal Periodic Review")
    SPECIAL_PROCEDURE = "special_procedure", _("Special procedure")
    COUNCIL = "council", _("Council of the city")


class RecommendationResponse(models.TextChoices):
    SUPPORTED = "supported", _("Supported")
    IN_PART = "in_part", _("Supported in part")
    NOTED = "noted", _("Noted")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class Recommendation(TrackedModel):
    """What a treaty body, the Universal Periodic Review or the council recommended (Empfehlung)."""

    SEARCHED = Searched(
        name=("key", "document"),
        text=(
            "text_de",
            "text_en",
            "body",
            "kind",
            "themes",
            "concerned_groups",
            "response_note_de",
            "response_note_en",
        ),
    )

    key = models.CharField(max_length=80, unique=True, help_text=_("Annotation id or reference."))
    source = models.CharField(max_length=17, choices=RecommendationSource)
    body = models.CharField(max_length=200, blank=True)
    document = models.CharField(
        _("document"), max_length=120, blank=True, help_text=_("Symbol, for instance CCPR/C/DEU/CO/7.")
    )
    country = models.CharField(_("country concerned"), max_length=80, blank=True)
    kind = models.CharField(_("type"), max_length=120, blank=True)
    themes = models.JSONField(default=list, blank=True)
    concerned_groups = models.JSONField(default=list, blank=True)
    sdgs = models.JSONField(default=list, blank=True)
    text_de = text()
    text_en = text()
    made_on = models.DateField(null=True, blank=True)
    made_on_precision = precision()
    response = models.CharField(max_length=14, choices=RecommendationResponse, blank=True)
    response_note_de = text()
    response_note_en = text()
    responded_on = models.DateField(null=True, blank=True)
    url = models.URLField(max_length=500, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("-made_on", "key")
        constraints = (
            known("recommendation", "source", RecommendationSource),
            known("recommendation", "response", RecommendationResponse, blank=True),
            known("recommendation", "made_on_precision", Precision),
            models.CheckConstraint(
                name="recommendation_has_a_text",
                condition=~Q(text_de="") | ~Q(text_en=""),
                violation_error_message=_("Enter the text of the recommendation."),
            ),
        )

    def __str__(self) -> str:
        return self.key


class RecommendationProvision(TrackedModel):
    """A provision that a recommendation rests on."""

    recommendation = models.ForeignKey(Recommendation, on_delete=models.PROTECT, related_name="provision_links")
    provision = models.ForeignKey(Provision, on_delete=models.PROTECT, related_name="recommendation_links")
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="recommendation_provision_once",
                fields=("recommendation", "provision"),
                condition=Q(ended_on__isnull=True),
                violation_error_message=_("This provision is already linked."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.recommendation} → {self.provision}"


class RecommendationCommitment(TrackedModel):
    """A commitment that answers a recommendation."""

    recommendation = models.ForeignKey(Recommendation, on_delete=models.PROTECT, related_name="commitment_links")
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="recommendation_links")
    ended_on = models.DateField(null=True, blank=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="recommendation_commitment_once",
                fields=("recommendation", "commitment"),
                condition=Q(ended_on__isnull=True),
                violation_error_message=_("This commitment is already linked."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.recommendation} → {self.commitment.reference}"
