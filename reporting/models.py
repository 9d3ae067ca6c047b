"""What was told to the council and the public: numbered editions, their files, and what the council said."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from commitments.models import Commitment, Engagement, Erasure, LedgerSeal, Measure, Protection, User
from commitments.models.terms import known, text
from commitments.tracking import FrozenWith, TrackedModel, TrackedQuerySet
from reviews.models import CycleState, ReviewCycle


class EditionState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    RELEASED = "released", pgettext_lazy("edition", "Released")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ReportEditionQuerySet(TrackedQuerySet["ReportEdition"]):
    def visible_to(self, user: User) -> Self:
        """Drafts are for those who make and approve them; what was released is for everyone."""
        return self if user.is_city_wide else self.exclude(state=EditionState.DRAFT)

    def released(self) -> Self:
        return self.filter(state=EditionState.RELEASED)


class ReportEdition(TrackedModel):
    """A numbered edition of a cycle's report (Ausgabe). Its content is stored, hashed, and never replaced."""

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=EditionState, default=EditionState.DRAFT, editable=False)
    reason = models.CharField(max_length=300, blank=True, help_text=_("Why there is another edition."))
    content_file = models.CharField(max_length=64, blank=True, editable=False)
    content_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    council_content_file = models.CharField(max_length=64, blank=True, editable=False)
    council_content_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    template_version = models.CharField(max_length=20, blank=True, editable=False)
    freeze_seal = models.ForeignKey(LedgerSeal, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    release_seal = models.ForeignKey(LedgerSeal, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    released_at = models.DateTimeField(null=True, editable=False)
    council_paper = models.CharField(_("council paper"), max_length=80, blank=True)

    objects = ReportEditionQuerySet.as_manager()

    class Meta:
        ordering = ("-cycle__year", "-number")
        constraints = (
            known("edition", "state", EditionState),
            models.UniqueConstraint(
                name="edition_number_once_a_cycle",
                fields=("cycle", "number"),
                violation_error_message=_("This cycle already has an edition with that number."),
            ),
            models.UniqueConstraint(
                name="edition_one_released",
                fields=("cycle",),
                condition=Q(state="released"),
                violation_error_message=_("Another edition of this report is released; supersede that one first."),
            ),
            models.CheckConstraint(
                name="edition_released_by_another",
                condition=Q(state="draft") | (Q(released_by__isnull=False) & ~Q(released_by=F("prepared_by"))),
                violation_error_message=_("Whoever prepared an edition cannot release it."),
            ),
            models.CheckConstraint(
                name="edition_released_with_content",
                condition=Q(state="draft") | ~Q(content_sha256=""),
                violation_error_message=_("Make the report's content before you release the edition."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.cycle.year}/{self.number}"


class LockedEdition(TrackedModel):
    """An edition that holds what was erased since: nobody is handed its files, its hashes stay public (rule 10)."""

    append_only = True

    edition = models.ForeignKey(ReportEdition, on_delete=models.PROTECT, related_name="locks")
    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="+")
    locked_on = models.DateField()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="locked_edition_once",
                fields=("edition", "erasure"),
                violation_error_message=_("This edition is locked already."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.edition}, {self.locked_on}"


class Volume(models.TextChoices):
    MAIN = "main", _("Main volume")
    ANNEX = "annex", _("Annex volume")
    PLAIN = "plain", _("Summary in plain language")
    COUNCIL = "council", _("Council volume")

    @property
    def audience(self) -> str:
        """Who may read a document of this volume (rule 19)."""
        return Protection.COUNCIL.value if self == Volume.COUNCIL else Protection.PUBLIC.value


class ReportDocumentQuerySet(TrackedQuerySet["ReportDocument"]):
    def visible_to(self, user: User) -> Self:
        """Files of visible editions by their audience; what was stamped as a draft stays with those who make it."""
        editions = ReportEdition.objects.visible_to(user)
        seen = self.filter(edition__in=editions, audience__in=user.clearance())
        return seen if user.is_city_wide else seen.exclude(edition_state=EditionState.DRAFT)


class ReportDocument(TrackedModel):
    """A file in an edition (Band): rendered once, stored by its hash, never replaced."""

    append_only = True

    edition = models.ForeignKey(ReportEdition, on_delete=models.PROTECT, related_name="documents")
    volume = models.CharField(max_length=7, choices=Volume)
    field = models.CharField(max_length=12, blank=True, help_text=_("The annex volume's field of action."))
    language = models.CharField(max_length=2)
    audience = models.CharField(max_length=9, choices=Protection, default=Protection.PUBLIC)
    media_type = models.CharField(max_length=100, default="application/pdf")
    edition_state = models.CharField(max_length=10, choices=EditionState, help_text=_("As stamped on the document."))
    content_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text=_("Bytes"))
    pages = models.PositiveIntegerField(null=True)
    rendered_at = models.DateTimeField()

    objects = ReportDocumentQuerySet.as_manager()

    class Meta:
        ordering = ("edition", "-volume", "field", "language", "-rendered_at")
        constraints = (
            known("document", "volume", Volume),
            known("document", "audience", Protection),
            known("document", "edition_state", EditionState),
            models.UniqueConstraint(
                name="document_once_when_released",
                fields=("edition", "volume", "field", "language", "audience", "media_type"),
                condition=Q(edition_state="released"),
                violation_error_message=_(
                    "This document of the released edition already exists and is never replaced."
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.edition}, {self.volume} {self.language}"

    @property
    def is_for_everyone(self) -> bool:
        return self.audience == Protection.PUBLIC


class ReportTextQuerySet(TrackedQuerySet["ReportText"]):
    def visible_to(self, user: User) -> Self:
        """Before they are printed they are read by those who make and check the report."""
        return self if user.is_city_wide else self.none()


class ReportText(TrackedModel):
    """A text of a report around its tables, in Markdown. It stays as it is once the first edition is released."""

    frozen_with = FrozenWith("cycle_id", "reviews_reviewcycle", (CycleState.CLOSED.value,))

    cycle = models.ForeignKey(ReviewCycle, on_delete=models.PROTECT, related_name="texts")
    key = models.SlugField(max_length=60)
    title_de = models.CharField(max_length=300, blank=True)
    title_en = models.CharField(max_length=300, blank=True)
    text_de = text()
    text_en = text()

    objects = ReportTextQuerySet.as_manager()

    class Meta:
        ordering = ("cycle", "key")
        constraints = (
            models.UniqueConstraint(
                name="report_text_once",
                fields=("cycle", "key"),
                violation_error_message=_("This text already exists."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.cycle.year}: {self.key}"


class CorrectionState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("correction", "Waits for approval")
    APPROVED = "approved", pgettext_lazy("correction", "Approved")
    DECLINED = "declined", pgettext_lazy("correction", "Declined")
    PUBLISHED = "published", pgettext_lazy("correction", "In an edition")


class ProposedCorrectionQuerySet(TrackedQuerySet["ProposedCorrection"]):
    def visible_to(self, user: User) -> Self:
        """For those who make and check reports; nothing about a row that they may not see (rule 10)."""
        if not user.is_city_wide:
            return self.none()
        beyond = set(Protection.values) - user.clearance()
        hidden = Q(measure__protection__in=beyond) | Q(commitment__protection__in=beyond)
        return self.exclude(hidden | Q(engagement__protection__in=beyond))


class ProposedCorrection(TrackedModel):
    """An error that somebody found in a released edition, and what became of the proposal to correct it.

    The rows of the register that it is about are named, so that it is withheld together with them.
    """

    edition = models.ForeignKey(ReportEdition, on_delete=models.PROTECT, related_name="proposed_corrections")
    target = models.CharField(max_length=120)
    field = models.CharField(max_length=80)
    old = text()
    new = text()
    reason = models.TextField(_("reason"))
    state = models.CharField(
        max_length=9, choices=CorrectionState, default=CorrectionState.PROPOSED, db_default=CorrectionState.PROPOSED
    )
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    engagement = models.ForeignKey(Engagement, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_on = models.DateField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    decided_on = models.DateField(null=True, editable=False)
    refusal = models.TextField(blank=True, default="", db_default="")
    published_in = models.ForeignKey(
        ReportEdition, on_delete=models.PROTECT, null=True, related_name="published_corrections", editable=False
    )

    objects = ProposedCorrectionQuerySet.as_manager()

    class Meta:
        ordering = ("edition", "pk")
        constraints = (
            known("proposed_correction", "state", CorrectionState),
            models.UniqueConstraint(
                name="proposed_correction_once",
                fields=("edition", "target", "field"),
                condition=Q(state__in=("proposed", "approved")),
                violation_error_message=_("A correction of this place is entered already. Have it decided first."),
            ),
            models.CheckConstraint(
                name="proposed_correction_decided_by_another",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("entered_by")),
                violation_error_message=_("Whoever entered a correction cannot decide on it."),
            ),
            models.CheckConstraint(
                name="proposed_correction_decided",
                condition=Q(state="proposed", decided_by__isnull=True)
                | (~Q(state="proposed") & Q(decided_by__isnull=False)),
                violation_error_message=_("A decision on a correction has somebody who decided."),
            ),
            models.CheckConstraint(
                name="proposed_correction_reasoned",
                condition=~Q(reason=""),
                violation_error_message=_("Give the reason for the correction."),
            ),
            models.CheckConstraint(
                name="proposed_correction_declined_with_reason",
                condition=~Q(state="declined") | ~Q(refusal=""),
                violation_error_message=_("Say why you decline the correction."),
            ),
            models.CheckConstraint(
                name="proposed_correction_published_somewhere",
                condition=Q(state="published", published_in__isnull=False)
                | (~Q(state="published") & Q(published_in__isnull=True)),
                violation_error_message=_("A published correction stands in an edition."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.edition}: {self.target}.{self.field}"


class Correction(TrackedModel):
    """An error found after the freeze, laid over the frozen content and approved by a second person (Berichtigung)."""

    append_only = True

    edition = models.ForeignKey(ReportEdition, on_delete=models.PROTECT, related_name="corrections")
    target = models.CharField(max_length=120, help_text=_("What is corrected, by its key in the content."))
    field = models.CharField(max_length=80)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    reason = models.TextField(_("reason"))
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    corrected_on = models.DateField()
    proposal = models.ForeignKey(
        ProposedCorrection, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("edition", "pk")
        constraints = (
            models.CheckConstraint(
                name="correction_approved_by_another",
                condition=~Q(entered_by=F("approved_by")),
                violation_error_message=_("A correction is approved by a second person."),
            ),
            models.CheckConstraint(
                name="correction_reasoned",
                condition=~Q(reason=""),
                violation_error_message=_("Give the reason for the correction."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.edition}: {self.target}.{self.field}"


class CouncilDecision(TrackedModel):
    """What the council decided on a report (Ratsbeschluss); its mandates become follow-ups."""

    edition = models.ForeignKey(ReportEdition, on_delete=models.PROTECT, related_name="decisions")
    decided_on = models.DateField()
    reference = models.CharField(max_length=120)
    url = models.URLField(max_length=500, blank=True)
    text_de = models.TextField()
    text_en = text()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("-decided_on",)

    def __str__(self) -> str:
        return f"{self.reference}, {self.decided_on}"


class CouncilMandate(TrackedModel):
    """One task that a council decision gives, and the follow-up it became."""

    decision = models.ForeignKey(CouncilDecision, on_delete=models.PROTECT, related_name="mandates")
    follow_up = models.OneToOneField(
        "reviews.FollowUp", on_delete=models.PROTECT, null=True, blank=True, related_name="mandate"
    )
    text_de = models.TextField()
    text_en = text()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        ordering = ("decision", "pk")

    def __str__(self) -> str:
        return f"{self.decision}: {self.text_de[:60]}"
