"""Documents of an edition: ask for one, stop it, store what came from the press. What is stored is never replaced."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from commitments import filestore
from commitments.jobs import cancel, enqueue
from commitments.ledger import save_as
from commitments.models import Job, JobState, User
from commitments.permissions import Verb, can, require
from commitments.tracking import history_model
from reporting.models import EditionState, ReportDocument, ReportEdition, Volume
from reporting.printing import LANGUAGES, VOLUMES, has_council_volume
from reporting.workflow.steps import locked_edition
from reviews.models import Mail
from reviews.workflow import document_mails
from reviews.workflow.steps import day_of

RENDER_DOCUMENT = "render-document"
"""Kind of the job that draws one document."""


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
    def audience(self) -> str:
        return Volume(self.volume).audience

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
def ask_for_document(edition: ReportEdition, wanted: Wanted, *, actor: User, at: datetime) -> Job:
    """Have a document drawn. While the same one is being drawn, that job is the answer."""
    edition = locked_edition(edition)
    _require_part(actor, at)
    if wanted not in EVERY_DOCUMENT:
        raise ValidationError(_("This edition has no such volume."))
    if wanted.volume == Volume.COUNCIL and not has_council_volume(edition):
        raise ValidationError(_("This report holds nothing for the council beyond what is public."))
    if edition.state != EditionState.DRAFT and released_document(edition, wanted):
        raise ValidationError(_("This document of the released edition already exists and is never replaced."))
    waiting = jobs_of(edition).filter(state__in=(JobState.QUEUED, JobState.RUNNING))
    same = {f"arguments__{name}": value for name, value in wanted.arguments.items()}
    return waiting.filter(**same).first() or enqueue_document(edition, wanted, asked_by=actor)


def cancel_document(job: Job, *, actor: User, at: datetime) -> bool:
    """Stop drawing a document; True where it was not over."""
    _require_part(actor, at)
    return cancel(job)


@transaction.atomic
def add_document(
    edition: ReportEdition, wanted: Wanted, drawn: Drawn, *, actor: User | None, at: datetime
) -> ReportDocument:
    """Store a drawn document. Of a released edition each exists once: the first one stays."""
    edition = locked_edition(edition)
    if drawn.stamped == EditionState.RELEASED and (existing := released_document(edition, wanted)):
        return existing
    document = ReportDocument(
        edition=edition,
        edition_state=drawn.stamped,
        audience=wanted.audience,
        content_sha256=drawn.content_sha256,
        sha256=filestore.put(drawn.data),
        size=len(drawn.data),
        pages=drawn.pages,
        rendered_at=at,
        **wanted.arguments,
    )
    save_as(document, actor=actor, reason=_("Document drawn"), at=at)
    return document


@transaction.atomic
def tell_when_ready(edition: ReportEdition, job: Job, *, at: datetime) -> Mail | None:
    """Tell whoever asked, once no other document that they asked for is still missing. May be called twice.

    A document counts from the moment it is stored, not from the end of its job: of two workers that end together, the
    one that looks last finds nothing missing.
    """
    edition = locked_edition(edition)
    if job.asked_by is None:
        return None
    at_work = jobs_of(edition).filter(asked_by=job.asked_by, state__in=(JobState.QUEUED, JobState.RUNNING))
    if any(not _is_stored(edition, other) for other in at_work.exclude(pk=job.pk)):
        return None
    page = reverse("reporting:edition", args=[edition.cycle.year, edition.number])
    return document_mails.tell(edition.cycle, job.asked_by, page, since=job.asked_at, at=at)


def _is_stored(edition: ReportEdition, job: Job) -> bool:
    """Whether the document of a job was stored since it was asked for, or before by another one."""
    wanted = Wanted(job.arguments["volume"], job.arguments["field"], job.arguments["language"])
    if edition.state != EditionState.DRAFT and released_document(edition, wanted):
        return True
    drawn = history_model(ReportDocument).objects.filter(edition=edition, **wanted.arguments)
    return bool(drawn.filter(recorded_at__gte=job.asked_at).exists())


def released_document(edition: ReportEdition, wanted: Wanted) -> ReportDocument | None:
    return edition.documents.filter(edition_state=EditionState.RELEASED, **wanted.arguments).first()


def jobs_of(edition: ReportEdition) -> QuerySet[Job]:
    """Jobs that draw documents of this edition, the latest first."""
    return Job.objects.filter(kind=RENDER_DOCUMENT, arguments__edition=edition.pk)


def _require_part(actor: User, at: datetime) -> None:
    """Documents are drawn for those who prepare editions and those who release them."""
    if not can(actor, Verb.PREPARE_EDITION, on=day_of(at)):
        require(actor, Verb.RELEASE_EDITION, on=day_of(at))


def enqueue_document(edition: ReportEdition, wanted: Wanted, *, asked_by: User) -> Job:
    return enqueue(RENDER_DOCUMENT, asked_by=asked_by, edition=edition.pk, **wanted.arguments)
