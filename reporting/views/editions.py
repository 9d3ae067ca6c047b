"""Editions of the report: prepare, read, release; ask for a document and watch how it is drawn."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import condition, require_http_methods, require_POST, require_safe

from commitments import clock, filestore, jobs
from commitments.models import City, Job, JobState
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from reporting import workflow
from reporting.documents.corrected import Listed, listed
from reporting.forms import NewEditionForm
from reporting.locking import holds_erased, is_locked
from reporting.models import EditionState, LockedEdition, ReportDocument, ReportEdition, Volume
from reporting.printing import content_of, has_council_volume
from reporting.tables.matrix import field_label
from reporting.workflow import EVERY_DOCUMENT, Wanted
from reviews.models import CycleState, ReviewCycle

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
ASKED_EACH_TIME = "private, no-cache"
"""A file may be kept, and is asked for again by its hash each time: it may have been locked since (rule 10)."""


@dataclass(frozen=True)
class Slot:
    """One document of an edition: the file where there is one, the job that draws it, or the button to ask for it."""

    wanted: Wanted
    title: str
    language: str
    document: ReportDocument | None
    job: Job | None

    @property
    def is_at_work(self) -> bool:
        return self.job is not None and not self.job.is_over

    @property
    def has_failed(self) -> bool:
        return self.job is not None and self.job.state == JobState.FAILED and self.document is None


@require_safe
def edition_list(request: UserRequest) -> HttpResponse:
    user = request.user
    editions = ReportEdition.objects.visible_to(user).select_related("cycle", "prepared_by", "released_by")
    editions = editions.annotate(is_locked=Exists(LockedEdition.objects.filter(edition=OuterRef("pk"))))
    context = {"editions": editions, "cycles": []}
    if can(user, Verb.PREPARE_EDITION, on=clock.today()):
        cycles = ReviewCycle.objects.visible_to(user).filter(imported=False).exclude(state=CycleState.PLANNED)
        context["cycles"] = cycles.exclude(editions__state=EditionState.DRAFT)
    return render(request, "reporting/edition_list.html", context)


@require_http_methods(["GET", "POST"])
def edition_prepare(request: UserRequest, year: int) -> HttpResponse:
    """Begin the next edition; only another one than the first asks for a reason."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.PREPARE_EDITION, on=clock.today())
    form = NewEditionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data["reason"]
        try:
            edition = workflow.prepare_edition(cycle, actor=request.user, at=clock.now(), reason=said)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The edition was prepared. Another person releases it."))
            return redirect("reporting:edition", year, edition.number)
    is_first = not cycle.editions.exists()
    return render(request, "reporting/edition_prepare.html", {"cycle": cycle, "form": form, "is_first": is_first})


@require_safe
def edition(request: UserRequest, year: int, number: int) -> HttpResponse:
    shown = _edition(request, year, number)
    is_locked_for_all = holds_erased(shown)
    context = {
        "edition": shown,
        "corrections": [] if is_locked_for_all else _corrections(request, shown),
        "slots": slots(shown, request),
        "may_ask": _may_ask(request),
        "may_release": can(request.user, Verb.RELEASE_EDITION, on=clock.today()),
        "is_own": shown.prepared_by_id == request.user.pk,
        "cycle_is_final": shown.cycle.is_final,
        "is_locked": is_locked_for_all,
        "may_prepare": can(request.user, Verb.PREPARE_EDITION, on=clock.today()),
    }
    return render(request, "reporting/edition.html", context)


def _corrections(request: UserRequest, edition: ReportEdition) -> list[Listed]:
    """The corrections that an edition prints, to whoever may read what it printed."""
    if not edition.released_at or not edition.published_corrections.exists():
        return []
    if is_locked(request.user, edition.released_at):
        return []
    try:
        return listed(content_of(edition))
    except ValidationError:  # the file was altered: the page of the edition is shown, the content is not
        return []


@require_POST
def edition_release(request: UserRequest, year: int, number: int) -> HttpResponse:
    shown = _edition(request, year, number)
    require(request.user, Verb.RELEASE_EDITION, on=clock.today())
    try:
        workflow.release_edition(shown, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The edition is released. Its documents are being drawn."))
    return redirect("reporting:edition", year, number)


# Documents


@require_POST
def document_ask(request: UserRequest, year: int, number: int, volume: str) -> HttpResponse:
    """Have a document drawn; the page then shows how far that is."""
    shown, wanted = _edition(request, year, number), _wanted(request, volume)
    try:
        job = workflow.ask_for_document(shown, wanted, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reporting:edition", year, number)
    if request.htmx:
        return _fragment(request, shown, wanted, job)
    return redirect(f"{reverse('reporting:edition', args=[year, number])}#{_anchor(wanted)}")


@require_safe
@never_cache
def document_state(request: UserRequest, year: int, number: int, volume: str) -> HttpResponse:
    """How far a document is: the row of the list that asks again every two seconds while it is being drawn."""
    shown, wanted = _edition(request, year, number), _wanted(request, volume)
    return _fragment(request, shown, wanted, None)


@require_POST
def document_cancel(request: UserRequest, year: int, number: int, job: uuid.UUID) -> HttpResponse:
    shown = _edition(request, year, number)
    found = get_object_or_404(workflow.jobs_of(shown), pk=job)
    workflow.cancel_document(found, actor=request.user, at=clock.now())
    return redirect("reporting:edition", year, number)


def _etag(request: HttpRequest, pk: int) -> str | None:
    """The file's own hash; asked only of files that this person may have."""
    rows = ReportDocument.objects.visible_to(request.user).select_related("edition")  # type: ignore[arg-type]
    found = rows.filter(pk=pk).first()
    if found is None or _is_erased(found) or is_locked(request.user, _made_at(found)):  # type: ignore[arg-type]
        return None
    return f'"{found.sha256}"'


def _is_erased(document: ReportDocument) -> bool:
    """Whether it holds what was erased since: then nobody is handed it."""
    is_draft = document.edition_state == EditionState.DRAFT
    return holds_erased(document.edition, document.rendered_at if is_draft else None)


def _made_at(document: ReportDocument) -> datetime:
    """When its content was fixed: a released document is drawn from what was stored at the release."""
    released = document.edition.released_at
    is_draft = document.edition_state == EditionState.DRAFT
    return document.rendered_at if is_draft or released is None else min(released, document.rendered_at)


@require_safe
@condition(etag_func=_etag)
def document(request: UserRequest, pk: int) -> HttpResponse:
    """The file as it was stored; it is checked against its hash before it leaves the house."""
    rows = ReportDocument.objects.visible_to(request.user).select_related("edition__cycle")
    shown = get_object_or_404(rows, pk=pk)
    if _is_erased(shown):
        return render(request, "reporting/document_erased.html", {"sha256": shown.sha256}, status=403)
    if is_locked(request.user, _made_at(shown)):
        return render(request, "reporting/document_locked.html", {"sha256": shown.sha256}, status=403)
    try:
        data = filestore.get(shown.sha256)
    except filestore.AlteredError as error:
        return render(request, "reporting/document_altered.html", {"document": shown, "error": error}, status=500)
    attached = "download" in request.GET
    headers = {
        "Content-Disposition": content_disposition_header(attached, file_name(shown)) or "inline",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": ASKED_EACH_TIME,
    }
    return HttpResponse(data, content_type=shown.media_type, headers=headers)


@require_safe
def edition_content(request: UserRequest, year: int, number: int) -> HttpResponse:
    """The stored content of a released edition, as canonical JSON: what its hash is the hash of."""
    shown = _edition(request, year, number)
    if not shown.content_file:
        return redirect("reporting:edition", year, number)
    if holds_erased(shown):
        return render(request, "reporting/document_erased.html", {"sha256": shown.content_sha256}, status=403)
    if is_locked(request.user, shown.released_at or clock.now()):
        return render(request, "reporting/document_locked.html", {"sha256": shown.content_sha256}, status=403)
    try:
        data = filestore.get(shown.content_file)
    except filestore.AlteredError as error:
        return render(request, "reporting/document_altered.html", {"edition": shown, "error": error}, status=500)
    name = f"{_stem(shown)}.json"
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "ETag": f'"{shown.content_sha256}"',
    }
    return HttpResponse(data, content_type="application/json", headers=headers)


def file_name(document: ReportDocument) -> str:
    """ "menschenrechtsbericht-koeln-2025-ausgabe-1-annex-europe-de.pdf", the same wherever it is downloaded."""
    parts = [_stem(document.edition), document.volume, document.field, document.language]
    if document.edition_state == EditionState.DRAFT:
        parts.append(f"entwurf-{localtime(document.rendered_at):%Y%m%d-%H%M}")
    return "-".join(filter(None, parts)).replace("_", "-") + ".pdf"


def _stem(edition: ReportEdition) -> str:
    city = City.objects.first()
    name = slugify(city.name_de.translate(UMLAUTS)) if city else ""
    return "-".join(filter(None, ("menschenrechtsbericht", name, str(edition.cycle.year), f"ausgabe-{edition.number}")))


def slots(edition: ReportEdition, request: UserRequest, only: Sequence[Wanted] = EVERY_DOCUMENT) -> list[Slot]:
    """Two queries: the newest file and the newest job of each document."""
    files: dict[Wanted, ReportDocument] = {}
    rows = edition.documents.visible_to(request.user).order_by("pk")
    for row in rows:
        if row.edition_state == EditionState.DRAFT and edition.state != EditionState.DRAFT:
            continue
        files[Wanted(row.volume, row.field, row.language)] = row
    drawn: dict[Wanted, Job] = {}
    if request.user.is_city_wide:
        for job in workflow.jobs_of(edition).order_by("asked_at"):
            said = job.arguments
            drawn[Wanted(said["volume"], said["field"], said["language"])] = jobs.with_progress(job)
    return [
        Slot(wanted, _title(wanted), _language(wanted.language), files.get(wanted), drawn.get(wanted))
        for wanted in _shown(edition, request, only)
    ]


def _shown(edition: ReportEdition, request: UserRequest, only: Sequence[Wanted]) -> list[Wanted]:
    """A volume that this person may not read, or that the edition does not have, is not spoken of (rule 19)."""
    seen = [wanted for wanted in only if wanted.audience in request.user.clearance()]
    if any(wanted.volume == Volume.COUNCIL for wanted in seen) and not has_council_volume(edition):
        seen = [wanted for wanted in seen if wanted.volume != Volume.COUNCIL]
    return seen


def _fragment(request: UserRequest, edition: ReportEdition, wanted: Wanted, job: Job | None) -> HttpResponse:
    slot = next(iter(slots(edition, request, [wanted])), None)
    if slot is None:
        raise Http404
    if job is not None and slot.job is None:
        slot = Slot(wanted, slot.title, slot.language, slot.document, job)
    context = {"edition": edition, "slot": slot, "may_ask": _may_ask(request)}
    return render(request, "reporting/_edition_slot.html", context)


def _may_ask(request: UserRequest) -> bool:
    today = clock.today()
    return can(request.user, Verb.PREPARE_EDITION, on=today) or can(request.user, Verb.RELEASE_EDITION, on=today)


def _edition(request: UserRequest, year: int, number: int) -> ReportEdition:
    rows = ReportEdition.objects.visible_to(request.user)
    related = ("cycle", "prepared_by", "released_by", "freeze_seal", "release_seal")
    return get_object_or_404(rows.select_related(*related), cycle__year=year, number=number)


def _wanted(request: UserRequest, volume: str) -> Wanted:
    """One of the documents of every edition, by the name its address has: "main-de", "annex-europe-en"."""
    found = next((wanted for wanted in EVERY_DOCUMENT if wanted.slug == volume), None)
    if found is None or found.audience not in request.user.clearance():
        raise Http404
    return found


def _anchor(wanted: Wanted) -> str:
    return f"document-{wanted.slug}"


def _title(wanted: Wanted) -> str:
    if wanted.volume != Volume.ANNEX:
        return str(Volume(wanted.volume).label)
    return _("Annex volume: %(field)s") % {"field": field_label(wanted.field)}


def _language(code: str) -> str:
    return str(get_language_info(code)["name_local"])
