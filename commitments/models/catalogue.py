"""What is promised in the world: instruments, their versions and provisions, and the scales to judge by."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from commitments.models.terms import Precision, known, precision, text
from commitments.tracking import Searched, TrackedModel, TrackedQuerySet

UDHR = "udhr"
"""Key of the Universal Declaration of Human Rights, on whose articles everything rests."""


class InstrumentKind(models.TextChoices):
    DECLARATION = "declaration", _("Declaration")
    TREATY = "treaty", _("UN treaty")
    REGIONAL_TREATY = "regional_treaty", _("Regional treaty")
    CHARTER = "charter", _("Charter")
    AGENDA = "agenda", _("Agenda")
    NETWORK_PLEDGE = "network_pledge", _("Network pledge")
    SELF_COMMITMENT = "self_commitment", _("Self-commitment")


class Instrument(TrackedModel):
    """A declaration, treaty, charter or pledge."""

    SEARCHED = Searched(name=("key", "short_de", "short_en"), text=("title_de", "title_en", "body"))

    key = models.SlugField(max_length=60, unique=True)
    order = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=16, choices=InstrumentKind)
    title_de = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300, blank=True)
    short_de = models.CharField(max_length=80)
    short_en = models.CharField(max_length=80, blank=True)
    body = models.CharField(_("issuing body"), max_length=200, blank=True)
    binding = models.BooleanField(_("legally binding"), default=False)
    in_force_for_germany = models.DateField(null=True, blank=True)
    in_force_for_germany_precision = precision()
    udhr_articles = models.JSONField(default=list, blank=True, help_text=_("Numbers of the articles it rests on."))
    udhr_in_text = models.BooleanField(null=True, blank=True, help_text=_("The text itself names the Declaration."))
    coverage = models.CharField(max_length=200, blank=True)
    dates_checked = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=500, blank=True)
    note = text()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("order", "key")
        constraints = (
            known("instrument", "kind", InstrumentKind),
            known("instrument", "in_force_for_germany_precision", Precision),
        )

    def __str__(self) -> str:
        return self.title_de


class InstrumentBasis(TrackedModel):
    """An instrument that was derived from another one."""

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="bases")
    basis = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="derived")

    objects = TrackedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="instrument_basis_once",
                fields=("instrument", "basis"),
                violation_error_message=_("This basis is already entered."),
            ),
            models.CheckConstraint(
                name="instrument_basis_another",
                condition=~Q(instrument=F("basis")),
                violation_error_message=_("An instrument cannot be derived from itself."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.instrument} ← {self.basis}"


class InstrumentVersion(TrackedModel):
    """The text of an instrument as valid from a date (Fassung)."""

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    label_de = models.CharField(max_length=200, blank=True)
    label_en = models.CharField(max_length=200, blank=True)
    adopted_on = models.DateField(null=True, blank=True)
    adopted_on_precision = precision()
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by")
    source = models.CharField(max_length=500, blank=True)
    note_de = text()
    note_en = text()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("instrument", "number")
        constraints = (
            models.UniqueConstraint(
                name="version_number_once",
                fields=("instrument", "number"),
                violation_error_message=_("This instrument already has a version with that number."),
            ),
            known("version", "adopted_on_precision", Precision),
        )

    def __str__(self) -> str:
        return f"{self.instrument}, {self.label_de or self.number}"


class ProvisionQuerySet(TrackedQuerySet["Provision"]):
    def articles(self) -> Self:
        """The thirty articles of the Universal Declaration, in order."""
        return self.filter(version__instrument__key=UDHR, version__replaced_by__isnull=True).order_by("order")

    def in_use(self) -> Self:
        """Of the newest texts, and of older ones as long as the city stands by its adoption of them (rule 2)."""
        adopted = InstrumentVersion.objects.filter(adoptions__isnull=False, adoptions__ended_on__isnull=True)
        return self.filter(Q(version__replaced_by__isnull=True) | Q(version__in=adopted))


class Relevance(models.TextChoices):
    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Provision(TrackedModel):
    """An addressable unit of a version ("Art. 25"); its number is unique only within that version."""

    SEARCHED = Searched(
        name=("number", "title_de", "title_en"), text=("text_de", "text_en"), within="version__instrument"
    )

    version = models.ForeignKey(InstrumentVersion, on_delete=models.PROTECT, related_name="provisions")
    number = models.CharField(max_length=40)
    order = models.PositiveIntegerField()
    title_de = models.CharField(max_length=400, blank=True)
    title_en = models.CharField(max_length=400, blank=True)
    text_de = text()
    text_en = text()
    municipal_relevance = models.CharField(max_length=6, choices=Relevance, blank=True)
    heading_basis = models.CharField(max_length=80, blank=True)
    verified = models.BooleanField(default=True, help_text=_("Number and heading were read in the text itself."))
    note = text()

    objects = ProvisionQuerySet.as_manager()

    class Meta:
        ordering = ("version", "order")
        constraints = (
            models.UniqueConstraint(
                name="provision_number_once_a_version",
                fields=("version", "number"),
                violation_error_message=_("This version already has a provision with that number."),
            ),
            known("provision", "municipal_relevance", Relevance, blank=True),
        )

    def __str__(self) -> str:
        return f"{self.version.instrument.short_de} {self.number}"


class Relation(models.TextChoices):
    EQUIVALENT = "equivalent", _("equivalent to")
    SUBSET = "subset", _("part of")
    SUPERSET = "superset", _("wider than")
    INTERSECTS = "intersects", _("touches")

    @property
    def turned(self) -> "Relation":
        """The relation as it reads from the other end: part of becomes wider than."""
        return {"subset": Relation.SUPERSET, "superset": Relation.SUBSET}.get(self.value, self)


class ProvisionLinkQuerySet(TrackedQuerySet["ProvisionLink"]):
    def current(self) -> Self:
        return self.filter(ended_on__isnull=True)


class ProvisionLink(TrackedModel):
    """A typed link between provisions, read from source to target, as in the OSCAL mapping model."""

    source = models.ForeignKey(Provision, on_delete=models.PROTECT, related_name="links")
    target = models.ForeignKey(Provision, on_delete=models.PROTECT, related_name="backlinks")
    relation = models.CharField(_("relation"), max_length=10, choices=Relation, default=Relation.INTERSECTS)
    note = text()
    ended_on = models.DateField(null=True, blank=True)

    objects = ProvisionLinkQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="provision_link_once",
                fields=("source", "target"),
                condition=Q(ended_on__isnull=True),
                violation_error_message=_("These two provisions are already linked."),
            ),
            models.CheckConstraint(
                name="provision_link_to_another",
                condition=~Q(source=F("target")),
                violation_error_message=_("A provision cannot be linked to itself."),
            ),
            known("provision_link", "relation", Relation),
        )

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class Scale(TrackedModel):
    """A list of grades or codes with the source of their meaning; verdict scales are data."""

    key = models.SlugField(max_length=60, unique=True)
    name_de = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    source = text()
    note = text()
    for_verdicts = models.BooleanField(default=False)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("key",)

    def __str__(self) -> str:
        return self.name_de


class Grade(TrackedModel):
    """One step of a scale, the best first."""

    scale = models.ForeignKey(Scale, on_delete=models.PROTECT, related_name="grades")
    code = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField()
    label_de = models.CharField(max_length=200)
    label_en = models.CharField(max_length=200, blank=True)
    definition_de = text()
    definition_en = text()
    complies = models.BooleanField(default=False, help_text=_("Counts as kept in the compliance rate."))

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("scale", "order")
        constraints = (
            models.UniqueConstraint(
                name="grade_code_once_a_scale",
                fields=("scale", "code"),
                violation_error_message=_("This scale already has a grade with that code."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.label_de}"


class GlossaryTerm(TrackedModel):
    """A word of the report, explained."""

    SEARCHED = Searched(name=("term_de", "term_en"), text=("text_de", "text_en"))

    term_de = models.CharField(max_length=200, unique=True)
    term_en = models.CharField(max_length=200, blank=True)
    text_de = text()
    text_en = text()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("term_de",)

    def __str__(self) -> str:
        return self.term_de
