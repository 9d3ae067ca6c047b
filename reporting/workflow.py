"""What people do with editions of the report: prepare, release, ask for a document. Nothing else writes their state.

A release stores the content, seals the ledger, closes the cycle and asks for every volume in both languages. What is
stored is never replaced; a later edition supersedes an earlier one, and both stay.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import filestore
from commitments.jobs import cancel, enqueue
from commitments.ledger import save_as
from commitments.ledger.sealing import seal
from commitments.models import Job, JobState, LedgerSeal, SealOccasion, User
from commitments.permissions import Verb, can, require
from reporting.content.build import build_content
from reporting.content.canonical import canonical_json
from reporting.documents.stamp import template_version
from reporting.models import EditionState, ReportDocument, ReportEdition
from reporting.printing import LANGUAGES, VOLUMES, freeze_seal
from reviews.models import FINAL_STATES, CycleState, ReviewCycle
from reviews.workflow.cycles import close_cycle
from reviews.workflow.seal_mails import announce
from reviews.workflow.steps import NextStates, day_of, locked_cycle, require_next

RENDER_DOCUMENT = "render-document"
"""Kind of the job that draws one document."""

NEXT_STATES: NextStates = {
    EditionState.DRAFT: frozenset({EditionState.RELEASED}),
    EditionState.RELEASED: frozenset({EditionState.SUPERSEDED, EditionState.WITHDRAWN}),
    EditionState.SUPERSEDED: frozenset({EditionState.WITHDRAWN}),
    EditionState.WITHDRAWN: frozenset(),
}


@dataclass(frozen=True)
class Wanted:
    """One document of an edition: a volume, the annex volume's field of action, a language."""

    volume: str
    field: str
    language: str

    @property
    def slug(self) -> str:
        """Its name in addresses: "main-de", "annex-human-rights-en"."""
        return "-".join(filter(None, (self.volume, self.field, self.language))).replace("_", "-")

    @property
    def arguments(self) -> dict[str, str]:
        return {"volume": self.volume, "field": self.field, "language": self.language}


@dataclass(frozen=True)
class Drawn:
    """A document as it came from the press; ``stamped`` is the state of the edition that it carries."""

    data: bytes
    pages: int
    stamped: str
    content_sha256: str


EVERY_DOCUMENT = tuple(Wanted(volume.value, field, language) for volume, field in VOLUMES for language in LANGUAGES)


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
    edition = _locked(edition)
    role = require(actor, Verb.RELEASE_EDITION, on=day_of(at))
    _move(edition, EditionState.RELEASED)
    if edition.cycle.state not in FINAL_STATES:
        raise ValidationError(_("The cycle is not frozen yet. Freeze it before you release its report."))
    if {actor.pk, role.acting_for_id} & {edition.prepared_by_id, edition.history.earliest().acting_for_id} - {None}:
        raise ValidationError(_("Whoever prepared an edition cannot release it."))
    edition.content_file = filestore.put(canonical_json(build_content(edition.cycle)))
    edition.content_sha256 = edition.content_file
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
        _enqueue(edition, wanted, asked_by=actor)
    return edition


@transaction.atomic
def ask_for_document(edition: ReportEdition, wanted: Wanted, *, actor: User, at: datetime) -> Job:
    """Have a document drawn. While the same one is being drawn, that job is the answer."""
    edition = _locked(edition)
    _require_part(actor, at)
    if wanted not in EVERY_DOCUMENT:
        raise ValidationError(_("This edition has no such volume."))
    if edition.state != EditionState.DRAFT and released_document(edition, wanted):
        raise ValidationError(_("This document of the released edition already exists and is never replaced."))
    waiting = jobs_of(edition).filter(state__in=(JobState.QUEUED, JobState.RUNNING))
    same = {f"arguments__{name}": value for name, value in wanted.arguments.items()}
    return waiting.filter(**same).first() or _enqueue(edition, wanted, asked_by=actor)


def cancel_document(job: Job, *, actor: User, at: datetime) -> bool:
    """Stop drawing a document; True where it was not over."""
    _require_part(actor, at)
    return cancel(job)


@transaction.atomic
def add_document(
    edition: ReportEdition, wanted: Wanted, drawn: Drawn, *, actor: User | None, at: datetime
) -> ReportDocument:
    """Store a drawn document. Of a released edition each exists once: the first one stays."""
    edition = _locked(edition)
    if drawn.stamped == EditionState.RELEASED and (existing := released_document(edition, wanted)):
        return existing
    document = ReportDocument(
        edition=edition,
        edition_state=drawn.stamped,
        content_sha256=drawn.content_sha256,
        sha256=filestore.put(drawn.data),
        size=len(drawn.data),
        pages=drawn.pages,
        rendered_at=at,
        **wanted.arguments,
    )
    save_as(document, actor=actor, reason=_("Document drawn"), at=at)
    return document


def released_document(edition: ReportEdition, wanted: Wanted) -> ReportDocument | None:
    return edition.documents.filter(edition_state=EditionState.RELEASED, **wanted.arguments).first()


def jobs_of(edition: ReportEdition) -> QuerySet[Job]:
    """Jobs that draw documents of this edition, the latest first."""
    return Job.objects.filter(kind=RENDER_DOCUMENT, arguments__edition=edition.pk)


def _require_part(actor: User, at: datetime) -> None:
    """Documents are drawn for those who prepare editions and those who release them."""
    if not can(actor, Verb.PREPARE_EDITION, on=day_of(at)):
        require(actor, Verb.RELEASE_EDITION, on=day_of(at))


def _enqueue(edition: ReportEdition, wanted: Wanted, *, asked_by: User) -> Job:
    return enqueue(RENDER_DOCUMENT, asked_by=asked_by, edition=edition.pk, **wanted.arguments)


def _supersede_earlier(edition: ReportEdition, *, actor: User, at: datetime) -> None:
    for earlier in edition.cycle.editions.released().exclude(pk=edition.pk):
        _move(earlier, EditionState.SUPERSEDED)
        reason = _("Superseded by edition %(number)s") % {"number": edition.number}
        save_as(earlier, actor=actor, reason=reason, at=at)


def _sealed() -> LedgerSeal:
    """A seal carries the true time, whatever day a sample register stands at."""
    return seal(SealOccasion.RELEASE, at=timezone.now())


def _locked(edition: ReportEdition) -> ReportEdition:
    return (
        ReportEdition.objects.select_for_update(of=("self",)).select_related("cycle", "freeze_seal").get(pk=edition.pk)
    )


def _move(edition: ReportEdition, to: EditionState) -> None:
    require_next(NEXT_STATES, edition.state, to, EditionState)
    edition.state = to
