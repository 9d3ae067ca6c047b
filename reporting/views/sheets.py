"""Sheets of a released edition: the kinds with a choice of subject and language, and one's own files of today."""

import uuid
from collections.abc import Sequence

from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from commitments import clock
from commitments.jobs import with_progress
from commitments.models import Job, JobState, OrganisationalUnit, User
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from reporting import printing
from reporting.models import ReportEdition
from reporting.sheet_forms import SheetForm
from reporting.sheets import drawing, keeping
from reporting.sheets.registry import KINDS
from reporting.sheets.source import Kind, Subject
from reporting.templatetags.paper import plain

HOUR = 3600


@require_safe
@never_cache
def sheets(request: UserRequest, year: int, number: int) -> HttpResponse:
    edition = _edition(request, year, number)
    if keeping.is_withheld(edition, request.user):
        return render(request, "reporting/document_locked.html", {"sha256": edition.content_sha256}, status=403)
    return _page(request, edition)


@require_POST
def sheet_ask(request: UserRequest, year: int, number: int, kind: str) -> HttpResponse:
    """Have a sheet drawn; the page then shows how far that is. What the report does not hold is answered by 404."""
    edition = _edition(request, year, number)
    wanted = KINDS.get(kind)
    if wanted is None:
        return _missing(request, edition, _("There is no such sheet."))
    try:
        if wanted.subjects:
            subject = request.POST.get("subject", "")
            if subject not in {row.key for row in _subjects(wanted, edition)}:
                wanted.check(printing.content_of(edition), subject)
    except ValidationError as error:
        return _missing(request, edition, " ".join(error.messages))
    form = SheetForm(wanted, _subjects(wanted, edition), request.POST)
    if not form.is_valid():
        return _page(request, edition, form)
    try:
        keeping.ask_for_sheet(edition, form.order(), actor=request.user, at=clock.now())
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, edition, form)
    return redirect(f"{reverse('reporting:sheets', args=[year, number])}#files")


@require_safe
@never_cache
def sheet_file(request: UserRequest, pk: uuid.UUID) -> FileResponse:
    """The file, for the one who asked for it, as long as they may still have it."""
    job = get_object_or_404(Job, pk=pk, kind=keeping.KIND, asked_by=request.user)
    order, edition = keeping.order_of(job.arguments), keeping.edition_of(job)
    require(request.user, Verb.DRAW_SHEET, keeping.concerned_by(order), on=clock.today())
    if not keeping.is_there(job):
        raise Http404(_("This file is no longer there. Ask for it again."))
    if keeping.is_withheld(edition, request.user):
        raise PermissionDenied(_("This edition holds entries that were erased or protected since."))
    return FileResponse(
        keeping.path_of(job).open("rb"),
        as_attachment=order.form == "xlsx",
        filename=drawing.file_name(edition, order),
        content_type=drawing.MEDIA_TYPES[order.form],
        headers={"X-Content-Type-Options": "nosniff"},
    )


def _edition(request: UserRequest, year: int, number: int) -> ReportEdition:
    """A released edition; a draft has no sheets, and nobody is told that it is there."""
    require(request.user, Verb.DRAW_SHEET, on=clock.today())
    rows = ReportEdition.objects.visible_to(request.user).filter(state__in=keeping.RELEASED)
    return get_object_or_404(rows.select_related("cycle"), cycle__year=year, number=number)


def _page(request: UserRequest, edition: ReportEdition, bound: SheetForm | None = None) -> HttpResponse:
    try:
        forms = [_form(kind, edition, request.user) for kind in _offered(request.user)]
    except ValidationError as error:
        context = {"edition": edition, "error": " ".join(error.messages)}
        return render(request, "reporting/document_altered.html", context, status=500)
    if bound is not None:
        forms = [bound if form.kind is bound.kind else form for form in forms]
    context = {"edition": edition, "forms": forms, "files": _files(request.user, edition)}
    return render(request, "reporting/sheets.html", context, status=400 if bound is not None else 200)


def _missing(request: UserRequest, edition: ReportEdition, sentence: str) -> HttpResponse:
    return render(request, "reporting/sheet_missing.html", {"edition": edition, "sentence": sentence}, status=404)


def _is_of_units_alone(user: User) -> bool:
    """Whether somebody has the sheet of their own unit and no other."""
    return not can(user, Verb.DRAW_SHEET, keeping.Concerned(), on=clock.today())


def _offered(user: User) -> Sequence[Kind]:
    return [KINDS["unit"]] if _is_of_units_alone(user) else list(KINDS.values())


def _form(kind: Kind, edition: ReportEdition, user: User) -> SheetForm:
    subjects = _subjects(kind, edition)
    if _is_of_units_alone(user):
        own = set(OrganisationalUnit.objects.filter(pk__in=user.unit_ids).values_list("key", flat=True))
        subjects = [row for row in subjects if row.key in own]
    return SheetForm(kind, subjects, language=(get_language() or "de")[:2])


def _subjects(kind: Kind, edition: ReportEdition) -> Sequence[Subject]:
    """What a sheet can be about. Kept by the hash of the content, which never changes; an erasure clears it."""
    known: Sequence[Subject] | None = cache.get(_key(kind, edition))
    if known is not None:
        return known
    content = printing.content_of(edition)
    found = {each.key: list(each.choices(content)) for each in KINDS.values()}
    cache.set_many({_key(each, edition): found[each.key] for each in KINDS.values()}, HOUR)
    return found[kind.key]


def _key(kind: Kind, edition: ReportEdition) -> str:
    return f"sheet-subjects-{kind.key}-{edition.content_sha256}"


def _files(user: User, edition: ReportEdition) -> list[Job]:
    found = [with_progress(job) for job in keeping.files_of(user, edition)]
    for job in found:
        order = keeping.order_of(job.arguments)
        kind = KINDS.get(order.kind)
        names = {row.key: row.name for row in _subjects(kind, edition)} if kind else {}
        job.order = order  # type: ignore[attr-defined]
        job.title = kind.title if kind else order.kind  # type: ignore[attr-defined]
        job.about = plain(names[order.subject]) if order.subject in names else ""  # type: ignore[attr-defined]
        job.result_url = job.result.get("url", "") if keeping.is_there(job) else ""  # type: ignore[attr-defined]
        job.result_label = job.result.get("label", "")  # type: ignore[attr-defined]
        job.is_gone = job.state == JobState.DONE and not job.result_url  # type: ignore[attr-defined]
    return found
