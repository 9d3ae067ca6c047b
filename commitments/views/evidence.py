"""Evidence: its section on the pages of measures and commitments, adding and changing it, and handing it out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from commitments import clock, filestore, filetypes
from commitments.forms import add_errors
from commitments.forms.evidence import FORMS, EvidenceEdit, EvidenceFields, FileForm, WithdrawForm
from commitments.models import Commitment, Evidence, EvidenceKind, Measure, Protection, User
from commitments.permissions import Verb, can, require
from commitments.requests import UserRequest
from commitments.views.lists import chip
from commitments.views.ways import way_back
from commitments.workflow import Edit, last_change
from commitments.workflow import evidence as workflow
from commitments.workflow.erasure import erased_file
from commitments.workflow.evidence import Given, Owner, owner_of

KINDS = {
    EvidenceKind.FILE: gettext_lazy("A file"),
    EvidenceKind.LINK: gettext_lazy("A link"),
    EvidenceKind.COUNCIL_PAPER: gettext_lazy("A council paper"),
}
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What a file from somebody else may do in a browser: nothing, and it stays in no cache."""


@dataclass(frozen=True)
class Piece:
    """A piece of evidence as a page lists it, with the versions before it."""

    row: Evidence
    is_expired: bool
    earlier: list["Piece"] = field(default_factory=list)

    @property
    def protection(self) -> Protection:
        return self.row.strictest

    @property
    def url(self) -> str:
        """Where it is read: files and protected addresses through the page that checks and notes it."""
        if self.row.kind == EvidenceKind.FILE or (self.row.url and self.protection == Protection.PROTECTED):
            return reverse("commitments:evidence", args=[self.row.pk])
        return self.row.url if self.row.url.startswith(("https://", "http://")) else ""

    @property
    def ending(self) -> str:
        endings = filetypes.ENDINGS.get(self.row.media_type)
        return endings[0].upper() if endings else ""


# What the pages of measures and commitments show


def evidence_of(owner: Owner, user: User) -> dict[str, Any]:
    """The section on a page: current evidence that someone may see, with its versions, and what was withdrawn."""
    column = column_of(owner)
    rows = Evidence.objects.visible_to(user).filter(**{column: owner})
    found = list(rows.select_related("measure", "commitment", "replaced_by").order_by("title", "pk"))
    today = clock.today()
    before = {row.replaced_by.pk: row for row in found if hasattr(row, "replaced_by")}
    return {
        "evidence": [_piece(row, before, today) for row in found if row.is_current],
        "evidence_withdrawn": [_piece(row, before, today) for row in found if row.withdrawn_on],
        "may_add_evidence": can(user, Verb.ADD_EVIDENCE, owner, on=today),
        "evidence_url": reverse(f"commitments:{column}-evidence-add", args=[owner.reference]),
    }


def _piece(row: Evidence, before: dict[int, Evidence], today: date) -> Piece:
    earlier, at = [], row
    while at.pk in before:
        at = before[at.pk]
        earlier.append(Piece(at, is_expired=False))
    return Piece(row, row.expires_on is not None and row.expires_on < today, earlier)


# Adding and changing


@require_http_methods(["GET", "POST"])
def measure_evidence_add(request: UserRequest, reference: str) -> HttpResponse:
    return _add(request, get_object_or_404(Measure.objects.visible_to(request.user), reference=reference))


@require_http_methods(["GET", "POST"])
def commitment_evidence_add(request: UserRequest, reference: str) -> HttpResponse:
    return _add(request, get_object_or_404(Commitment.objects.visible_to(request.user), reference=reference))


def _add(request: UserRequest, owner: Owner) -> HttpResponse:
    require(request.user, Verb.ADD_EVIDENCE, owner, on=clock.today())
    kind = request.GET.get("kind", EvidenceKind.FILE)
    if kind not in FORMS:
        raise Http404
    classes = workflow.classes_for(owner)
    form = FORMS[kind](
        request.POST or None, request.FILES or None, classes=classes, initial={"protection": owner.protection}
    )
    if form.is_valid():
        saved = _tried(form, lambda: workflow.add(owner, given(form), actor=request.user, at=clock.now()))
        if saved:
            messages.success(request, _("The evidence is added."))
            return redirect(way_back(request) or page_of_owner(owner))
    chips = [chip(request, "kind", value.value, str(label)) for value, label in KINDS.items()]
    for each, value in zip(chips, KINDS, strict=True):
        each["is_active"] = value == kind
    back = way_back(request)
    return _page(request, owner, form, heading=_("Add evidence"), label=_("Add"), chips=chips, back=back)


@require_http_methods(["GET", "POST"])
def evidence_edit(request: UserRequest, pk: int) -> HttpResponse:
    row, owner = _to_change(request, pk)
    initial = EvidenceEdit.initial_of(row, last_change(row))
    form = EvidenceEdit(request.POST or None, initial=initial, row=row, classes=workflow.classes_for(owner))
    if form.is_valid():
        data = form.cleaned_data
        edit = Edit(form.columns(), data["reason"], seen=data["seen"])
        saved = _tried(form, lambda: workflow.change(row, edit, actor=request.user, at=clock.now()))
        if saved:
            messages.success(request, _("The change is saved and stands in the history."))
            return redirect(page_of_owner(owner))
    return _page(request, owner, form, heading=_("Change evidence"), label=_("Save the change"), row=row)


@require_http_methods(["GET", "POST"])
def evidence_replace(request: UserRequest, pk: int) -> HttpResponse:
    row, owner = _to_change(request, pk)
    if row.kind != EvidenceKind.FILE:
        raise Http404
    initial = {"title": row.title, "protection": row.strictest, "expires_on": row.expires_on}
    classes = workflow.classes_for(owner)
    form = FileForm(request.POST or None, request.FILES or None, classes=classes, initial=initial)
    if form.is_valid():
        saved = _tried(form, lambda: workflow.replace(row, given(form), actor=request.user, at=clock.now()))
        if saved:
            messages.success(request, _("The new version is stored; the earlier one stays."))
            return redirect(page_of_owner(owner))
    return _page(request, owner, form, heading=_("New version of a file"), label=_("Store the new version"), row=row)


@require_http_methods(["GET", "POST"])
def evidence_withdraw(request: UserRequest, pk: int) -> HttpResponse:
    row, owner = _to_change(request, pk)
    form = WithdrawForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        if _tried(form, lambda: workflow.withdraw(row, reason, actor=request.user, at=clock.now())):
            messages.success(request, _("The evidence is withdrawn. It stays in the history."))
            return redirect(page_of_owner(owner))
    return _page(request, owner, form, heading=_("Withdraw evidence"), label=_("Withdraw"), row=row)


def given(form: EvidenceFields) -> Given:
    """What a valid form says."""
    data = dict(form.cleaned_data)
    return Given(kind=form.kind, received=data.pop("file", None), **data)  # type: ignore[attr-defined]


def column_of(owner: Owner) -> str:
    """The column of evidence and indicators that names a row of this kind."""
    return "measure" if isinstance(owner, Measure) else "commitment"


def page_of_owner(owner: Owner) -> str:
    """The page of a measure or commitment, at its evidence."""
    page = "commitments:measure" if isinstance(owner, Measure) else "reporting:commitment"
    return f"{reverse(page, args=[owner.reference])}#evidence"


def owner_crumbs(owner: Owner) -> dict[str, Any]:
    """Where a page about something of a measure or commitment stands."""
    is_measure = isinstance(owner, Measure)
    return {
        "owner": owner,
        "list_label": _("Measures") if is_measure else _("Commitments"),
        "list_url": reverse("commitments:measure-list" if is_measure else "commitments:commitment-list"),
        "owner_url": reverse("commitments:measure" if is_measure else "reporting:commitment", args=[owner.reference]),
    }


def _to_change(request: UserRequest, pk: int) -> tuple[Evidence, Owner]:
    row = _shown(request, pk)
    owner = owner_of(row)
    require(request.user, Verb.ADD_EVIDENCE, owner, on=clock.today())
    return row, owner


def _shown(request: UserRequest, pk: int) -> Evidence:
    rows = Evidence.objects.visible_to(request.user).select_related("measure", "commitment")
    return get_object_or_404(rows, pk=pk)


def _tried(form: Any, act: Callable[[], Evidence]) -> bool:
    """Whether the act was done; what was refused stands in the form."""
    try:
        act()
    except ValidationError as error:
        add_errors(form, error)
        return False
    return True


def _page(request: UserRequest, owner: Owner, form: Any, **context: Any) -> HttpResponse:
    context |= owner_crumbs(owner) | {"form": form}
    return render(request, "commitments/evidence_form.html", context)


# Handing it out


@require_GET
def evidence(request: UserRequest, pk: int) -> HttpResponseBase:
    """The file, checked against its hash, or the address; reading what is protected is written down."""
    row = _shown(request, pk)
    if row.kind != EvidenceKind.FILE:
        if not row.url.startswith(("https://", "http://")):
            raise Http404
        workflow.note_reading(row, actor=request.user, at=clock.now())
        answer = redirect(row.url)
        answer["Cache-Control"], answer["Referrer-Policy"] = HARMLESS["Cache-Control"], "no-referrer"
        return answer
    if (erased := erased_file(row)) is not None:
        context = owner_crumbs(owner_of(row)) | {"row": row, "erasure": erased}
        return render(request, "commitments/evidence_erased.html", context, status=410)
    try:
        file = filestore.opened(row.sha256)
    except (filestore.AlteredError, ValueError) as error:
        context = owner_crumbs(owner_of(row)) | {"row": row, "error": error}
        return render(request, "commitments/evidence_altered.html", context, status=500)
    workflow.note_reading(row, actor=request.user, at=clock.now())
    media_type = row.media_type or "application/octet-stream"
    return FileResponse(file, as_attachment=True, filename=file_name(row), content_type=media_type, headers=HARMLESS)


def file_name(row: Evidence) -> str:
    """ "Bericht über Bäder.pdf": the title without what file systems refuse, and the ending of the content."""
    kept = "".join(" " if each in '\\/:*?"<>|' or not each.isprintable() else each for each in row.title)
    title = " ".join(kept.split()).strip(". ")[:120] or _("Evidence")
    ending = filetypes.ENDINGS.get(row.media_type, ("bin",))[0]
    return title if title.lower().endswith(f".{ending}") else f"{title}.{ending}"
