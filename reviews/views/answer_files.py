"""A unit's list as a workbook: taken out, brought back with a preview, taken over as drafts."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commitments import clock, texts
from commitments.exchange import storage
from commitments.exchange.lookups import Known
from commitments.exchange.writing import MEDIA_TYPES
from commitments.forms.exchange import name_of, suffix_of
from commitments.models import City, Direction, OrganisationalUnit, Transfer, User
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.workflow import exchange
from reviews.answer_file_forms import AnswerFileForm, choices_of
from reviews.exchange import running, writing
from reviews.exchange.requests import answers_before, is_protected, keys_of, requests_of
from reviews.exchange.running import PlanChangedError, Target
from reviews.models import Confirmation, ConfirmationState, ReviewCycle
from reviews.workflow import answer_files as workflow
from reviews.workflow.steps import require_running


@dataclass(frozen=True)
class OfUnit:
    """A unit with those that it succeeded, as something that rights are held in."""

    responsible_unit_ids: frozenset[int]


@dataclass(frozen=True)
class List:
    """A unit's list in a cycle, and whether the reader takes it out for somebody else."""

    cycle: ReviewCycle
    unit: OrganisationalUnit
    of_unit: OfUnit
    is_for_others: bool


# Out


@require_safe
@never_cache
def download(request: UserRequest, year: int, unit: str) -> HttpResponseBase:
    """The file of one unit, for those who answer or release for it, and for the officer who passes it on."""
    wanted = _list(request.user, year, unit)
    back = ("reviews:unit" if wanted.is_for_others else "reviews:answer-file", year, unit)
    try:
        require_running(wanted.cycle)
        rows = _rows(
            request.user, wanted.cycle, wanted.of_unit.responsible_unit_ids, is_for_others=wanted.is_for_others
        )
        content = writing.workbook(
            _about(request.user, wanted.cycle, wanted.unit),
            _entries(request.user, wanted.cycle, wanted.unit, rows),
            Known(request.user),
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(*back)
    name = writing.file_name(wanted.cycle, wanted.unit)
    query = workflow.list_of(wanted.cycle, wanted.unit)
    facts = exchange.FileFacts(name, len(content), storage.digest_of([content]))
    taken = exchange.Taken(len(rows), query, any(is_protected(row) for row in rows))
    exchange.note_export(workflow.SUBJECT, facts, taken, actor=request.user, at=clock.now())
    response = HttpResponse(content, content_type=MEDIA_TYPES["xlsx"])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
@never_cache
def download_all(request: UserRequest, year: int) -> HttpResponseBase:
    """The files of all units in one ZIP, for the officer."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(request.user), year=year)
    require(request.user, Verb.ASK_AGAIN, on=clock.today())
    handle, name = tempfile.mkstemp(suffix=".zip", dir=settings.FILE_UPLOAD_TEMP_DIR)
    os.close(handle)
    path = Path(name)
    try:
        require_running(cycle)
        return _folder(request, cycle, path)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("reviews:board", year)
    finally:
        path.unlink(missing_ok=True)  # who has it open still reads it


def _folder(request: UserRequest, cycle: ReviewCycle, path: Path) -> FileResponse:
    units = set(Confirmation.objects.filter(cycle=cycle).values_list("unit_id", flat=True))
    rows = _rows(request.user, cycle, units, is_for_others=True)
    writing.folder(path, _files(request.user, cycle, rows))
    facts = exchange.FileFacts(
        writing.folder_name(cycle), path.stat().st_size, storage.digest_of(storage.file_chunks(path))
    )
    taken = exchange.Taken(len(rows), f"year={cycle.year}", holds_protected=False)
    exchange.note_export(workflow.SUBJECT, facts, taken, actor=request.user, at=clock.now())
    return FileResponse(path.open("rb"), as_attachment=True, filename=facts.name, content_type="application/zip")


def _files(user: User, cycle: ReviewCycle, rows: list[Confirmation]) -> Iterator[tuple[str, bytes]]:
    by_unit: dict[OrganisationalUnit, list[Confirmation]] = defaultdict(list)
    for row in rows:
        by_unit[row.unit].append(row)
    known = Known(user)
    keys = keys_of(rows, None)
    earlier = answers_before(user, cycle, {unit.pk for unit in by_unit})
    about = None
    for unit, own in by_unit.items():
        about = _about(user, cycle, unit, about)
        entries = [
            writing.Entry(row, keys[row.pk], earlier.get((row.unit_id, row.measure_id, row.commitment_id)))
            for row in own
        ]
        yield writing.file_name(cycle, unit), writing.workbook(about, entries, known)


def _list(user: User, year: int, unit: str) -> List:
    """The list that somebody may take out; raises Http404 or PermissionDenied."""
    cycle = get_object_or_404(ReviewCycle.objects.visible_to(user), year=year)
    asked = get_object_or_404(OrganisationalUnit, key=unit)
    if asked.pk not in user.unit_ids and not user.is_city_wide:
        raise Http404
    of_unit = OfUnit(user.reach(asked.pk))
    on = clock.today()
    own = can(user, Verb.ANSWER, of_unit, on=on) or can(user, Verb.RELEASE_ANSWER, of_unit, on=on)
    if not own:
        require(user, Verb.ASK_AGAIN, on=on)
        of_unit = OfUnit(frozenset({asked.pk}))
    return List(cycle, asked, of_unit, is_for_others=not own)


def _rows(user: User, cycle: ReviewCycle, units: Iterable[int], *, is_for_others: bool) -> list[Confirmation]:
    """What a file holds.

    One that is passed on holds nothing protected: who gets it may lack the right (rule 10); and no draft that a unit
    has not submitted, which is the unit's own.
    """
    rows = [row for row in requests_of(user, cycle, frozenset(units)) if not (is_for_others and _stays(row))]
    return sorted(rows, key=lambda row: (row.unit.name_de, row.measure_id is None))


def _stays(row: Confirmation) -> bool:
    return is_protected(row) or row.state in (ConfirmationState.DRAFT, ConfirmationState.RETURNED)


def _entries(
    user: User, cycle: ReviewCycle, unit: OrganisationalUnit, rows: list[Confirmation]
) -> Iterator[writing.Entry]:
    keys = keys_of(rows, unit)
    earlier = answers_before(user, cycle, {row.unit_id for row in rows})
    for row in rows:
        yield writing.Entry(row, keys[row.pk], earlier.get((row.unit_id, row.measure_id, row.commitment_id)))


def _about(
    user: User, cycle: ReviewCycle, unit: OrganisationalUnit, like: writing.About | None = None
) -> writing.About:
    if like is not None:
        return writing.About(cycle, unit, like.city, like.notice, like.made_on, like.made_by)
    city = City.objects.first()
    name = texts.localized(city, "name") if city else str(settings.CITY_NAME)
    notice = texts.localized(city, "notice") if city else ""
    return writing.About(cycle, unit, name, notice, clock.today(), user.name)


# In


@require_http_methods(["GET", "POST"])
def answer_file(request: UserRequest, year: int, unit: str) -> HttpResponse:
    """Take the file out, and bring it back."""
    wanted = _list(request.user, year, unit)
    may_answer = can(request.user, Verb.ANSWER, wanted.of_unit, on=clock.today())
    if wanted.is_for_others or request.method == "POST":
        require(request.user, Verb.ANSWER, wanted.of_unit, on=clock.today())
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = AnswerFileForm(*sent) if may_answer and not wanted.cycle.is_final else None
    if form is None and request.method == "POST":
        messages.error(request, _("The cycle takes no answers any more. Nothing was written."))
    if form is not None and form.is_valid():
        upload = form.cleaned_data["file"]
        facts = exchange.FileFacts(name_of(upload), upload.size, storage.digest_of(upload.chunks()))
        try:
            with transaction.atomic():
                transfer = workflow.bring_in(
                    wanted.cycle, wanted.unit, wanted.of_unit, facts, actor=request.user, at=clock.now()
                )
                storage.keep(transfer.pk, upload.chunks(), suffix_of(upload))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("reviews:answer-file-check", transfer.pk)
    context = {"cycle": wanted.cycle, "unit": wanted.unit, "form": form}
    return render(request, "reviews/answer_file.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def check(request: UserRequest, pk: int) -> HttpResponse:
    """What a file would do, row by row, as things stand now; POST takes it over. Its rows are the importer's alone."""
    transfer, target = _transfer(request, pk)
    path = storage.upload_of(transfer.pk)
    waits = transfer.state in workflow.WAITING and path is not None
    if request.method == "POST" and not waits:
        messages.error(request, _("This file is no longer waiting. Bring it in again."))
    if request.method == "POST" and path is not None and waits:
        done = _take_over(request, transfer, path, target)
        if done is not None:
            return done
    plan = running.planned(path, target) if waits and path is not None else None
    for row in plan.conflicts if plan else []:
        row.chosen = choices_of(request.POST).get(row.request.pk, "") if row.request else ""
    context = {"transfer": transfer, "cycle": target.cycle, "unit": target.unit, "plan": plan}
    return render(request, "reviews/answer_file_check.html", context)


@require_POST
def discard(request: UserRequest, pk: int) -> HttpResponse:
    transfer, target = _transfer(request, pk)
    try:
        workflow.discard(transfer, actor=request.user, at=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        storage.remove(transfer.pk)
        messages.success(request, _("The file is discarded. Nothing was written."))
    return redirect("reviews:answer-file", target.cycle.year, target.unit.key)


def _take_over(request: UserRequest, transfer: Transfer, path: Path, target: Target) -> HttpResponse | None:
    """To the list with its new drafts; None where nothing was written, and a sentence says why."""
    choices, expected = choices_of(request.POST), request.POST.get("expected", "")
    try:
        number = running.take_over(transfer, path, target, choices=choices, expected=expected, at=clock.now())
    except PlanChangedError:
        messages.error(
            request,
            _("Nothing was written: something has changed since you looked at it. Please look at the rows once more."),
        )
        return None
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return None
    storage.remove(transfer.pk)
    words = ngettext(
        "%(n)d answer from the file is a draft now. Look at it and submit it.",
        "%(n)d answers from the file are drafts now. Look at them and submit them.",
        number,
    )
    messages.success(request, words % {"n": number})
    return redirect("reviews:confirm", target.cycle.year, target.unit.key)


def _transfer(request: UserRequest, pk: int) -> tuple[Transfer, Target]:
    """One's own file and the list that it is for; another's does not exist."""
    own = Transfer.objects.filter(by=request.user, subject=workflow.SUBJECT, direction=Direction.IMPORT)
    transfer = get_object_or_404(own, pk=pk)
    about = QueryDict(transfer.query)
    wanted = _list(request.user, int(about["year"]), about["unit"])
    require(request.user, Verb.ANSWER, wanted.of_unit, on=clock.today())
    return transfer, Target(wanted.cycle, wanted.unit, wanted.of_unit.responsible_unit_ids, request.user)
