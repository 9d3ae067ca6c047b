"""Prepare and release an edition. Nothing else writes its state.

A release stores the content, seals the ledger, closes the cycle and asks for every volume in both languages. What is
stored is never replaced; a later edition supersedes an earlier one, and both stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import filestore
from commitments.ledger import save_as
from commitments.ledger.sealing import seal
from commitments.models import Assignment, LedgerSeal, SealOccasion, User
from commitments.permissions import Verb, require
from reporting.content.build import build_content
from reporting.content.canonical import canonical_json
from reporting.content.correcting import laid_over
from reporting.content.council import beyond, build_council_content
from reporting.content.facts import Corrected, ReportContent
from reporting.documents.stamp import template_version
from reporting.models import Correction, CorrectionState, EditionState, ProposedCorrection, ReportEdition, Volume
from reporting.printing import freeze_seal
from reporting.workflow.documents import EVERY_DOCUMENT, enqueue_document
from reporting.workflow.steps import locked_edition, move
from reviews.models import FINAL_STATES, CycleState, ReviewCycle
from reviews.workflow.cycles import close_cycle
from reviews.workflow.seal_mails import announce
from reviews.workflow.steps import day_of, locked_cycle


@dataclass(frozen=True)
class Contents:
    """What an edition says to everyone, and where there is more, what it says to the council (rule 19)."""

    public: ReportContent
    council: ReportContent | None = None

    def corrected(self, facts: Sequence[Corrected]) -> "Contents":
        """The council's content with the corrections of the public one; what says more there stays as it is."""
        if self.council is None or not self.council.beyond_public:
            return replace(self, council=None)
        council = laid_over(self.council, facts, strict=False)
        return replace(self, council=replace(council, beyond_public=beyond(self.public, council)))


@transaction.atomic
def prepare_edition(cycle: ReviewCycle, *, actor: User, at: datetime, reason: str = "") -> ReportEdition:
    """Begin the next edition of a cycle's report. After the first one, say why there is another."""
    cycle = locked_cycle(cycle.pk)
    role = require(actor, Verb.PREPARE_EDITION, on=day_of(at))
    if cycle.state == CycleState.PLANNED:
        raise ValidationError(_("This cycle has not been opened yet; there is nothing to report."))
    if cycle.imported:
        raise ValidationError(_("Of this year only the verdicts are known; a report cannot be made from them."))
    if cycle.editions.filter(state=EditionState.DRAFT).exists():
        raise ValidationError(_("There is already a draft edition of this report. Release that one first."))
    number = (cycle.editions.aggregate(last=Max("number"))["last"] or 0) + 1
    if number > 1 and not reason.strip():
        raise ValidationError(_("Say why there is another edition."))
    edition = ReportEdition(cycle=cycle, number=number, reason=reason.strip(), prepared_by=actor)
    said = reason.strip() or _("First edition prepared")
    save_as(edition, actor=actor, reason=said, at=at, acting_for=role.acting_for)
    return edition


@transaction.atomic
def release_edition(edition: ReportEdition, *, actor: User, at: datetime) -> ReportEdition:
    """Publish an edition of a frozen cycle: its content is stored and hashed, the ledger sealed, the cycle closed."""
    locked_cycle(edition.cycle_id)
    edition = locked_edition(edition)
    role = require(actor, Verb.RELEASE_EDITION, on=day_of(at))
    move(edition, EditionState.RELEASED)
    if edition.cycle.state not in FINAL_STATES:
        raise ValidationError(_("The cycle is not frozen yet. Freeze it before you release its report."))
    if {actor.pk, role.acting_for_id} & {edition.prepared_by_id, edition.history.earliest().acting_for_id} - {None}:
        raise ValidationError(_("Whoever prepared an edition cannot release it."))
    rows = Correction.objects.filter(edition__cycle=edition.cycle).select_related("edition", "proposal")
    corrections = list(rows.order_by("pk"))
    facts = [fact_of(row) for row in corrections]
    public = build_content(edition.cycle)
    council = build_council_content(edition.cycle, public)
    contents = Contents(laid_over(public, facts, strict=False), council).corrected(facts)
    edition = publish(edition, contents, role=role, actor=actor, at=at)
    for row in corrections:
        proposal = row.proposal
        if proposal and proposal.state == CorrectionState.APPROVED and fact_of(row) in contents.public.corrections:
            mark_published(proposal, edition, actor=actor, at=at)
    return edition


def publish(
    edition: ReportEdition, contents: Contents, *, role: Assignment, actor: User, at: datetime
) -> ReportEdition:
    """Store a content as the edition that is valid from now on; for acts that asked permission and hold the locks."""
    edition.state = EditionState.RELEASED
    _store(edition, contents)
    edition.template_version = template_version()
    edition.freeze_seal = freeze_seal(edition.cycle)
    edition.released_by, edition.released_at = actor, at
    _supersede_earlier(edition, actor=actor, at=at)
    reason = _("Edition %(number)s released") % {"number": edition.number}
    save_as(edition, actor=actor, reason=reason, at=at, acting_for=role.acting_for)
    if edition.cycle.state == CycleState.FROZEN:
        close_cycle(edition.cycle, actor=actor, at=at)
    edition.release_seal = _sealed()
    save_as(edition, actor=actor, reason=_("Sealed at the release"), at=at, acting_for=role.acting_for)
    announce(edition.cycle, edition.release_seal, at=at)
    for wanted in EVERY_DOCUMENT:
        if wanted.volume != Volume.COUNCIL or edition.council_content_file:
            enqueue_document(edition, wanted, asked_by=actor)
    return edition


def _store(edition: ReportEdition, contents: Contents) -> None:
    """What is public; and, only where there is more for the council, that in a file of its own (rule 19)."""
    edition.content_file = edition.content_sha256 = filestore.put(canonical_json(contents.public))
    if contents.council is not None and contents.council.beyond_public:
        edition.council_content_file = filestore.put(canonical_json(contents.council))
        edition.council_content_sha256 = edition.council_content_file


def fact_of(row: Correction) -> Corrected:
    """A correction as a content lists it."""
    return Corrected(
        row.edition.number, row.target, row.field, row.old or "", row.new or "", row.reason, row.corrected_on
    )


def mark_published(row: ProposedCorrection, edition: ReportEdition, *, actor: User, at: datetime) -> None:
    """Note in an approved proposal which edition prints it."""
    row.state, row.published_in = CorrectionState.PUBLISHED, edition
    reason = _("Printed in edition %(number)s") % {"number": edition.number}
    save_as(row, actor=actor, reason=reason, at=at)


def _supersede_earlier(edition: ReportEdition, *, actor: User, at: datetime) -> None:
    for earlier in edition.cycle.editions.released().exclude(pk=edition.pk):
        move(earlier, EditionState.SUPERSEDED)
        reason = _("Superseded by edition %(number)s") % {"number": edition.number}
        save_as(earlier, actor=actor, reason=reason, at=at)


def _sealed() -> LedgerSeal:
    """A seal carries the true time, whatever day a sample register stands at."""
    return seal(SealOccasion.RELEASE, at=timezone.now())
