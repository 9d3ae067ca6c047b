"""The portal: pages for everybody, made of released editions alone."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header
from django.utils.timezone import localdate
from django.utils.translation import get_language, get_language_from_request
from django.views.decorators.http import require_safe

from commitments import filestore
from commitments.views.partner_map import pictures
from reporting import printing
from reporting.documents.lookup import Lookup
from reporting.documents.main_volume import finding
from reporting.models import ReportDocument, ReportEdition
from reporting.portal import opendata, partners, sections, statements
from reporting.portal.answering import file, page, public
from reporting.portal.frame import LANGUAGES
from reporting.portal.published import OPEN, Shelf, content_of, document_title, documents_of
from reporting.views.editions import file_name


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """To the portal in the language that the reader's browser asks for."""
    asked = get_language_from_request(request)
    response = HttpResponseRedirect(reverse("portal:home", args=[asked if asked in LANGUAGES else "de"]))
    patch_vary_headers(response, ["Accept-Language"])
    return response


@public
def home(request: HttpRequest, shelf: Shelf) -> HttpResponse:
    """The thirty articles by the verdicts of the edition that is valid now."""

    def make() -> Mapping[str, Any]:
        if shelf.latest is None:
            return {"edition": None, "waiting": [row for row in shelf.editions if row.state in OPEN]}
        said = _said(shelf.latest)
        lookup = said["lookup"]
        return {**said, **sections.glance(lookup), **sections.years(lookup), "tiles": sections.tiles(lookup)}

    return page(request, shelf, "portal/home.html", make)


@public
def editions(request: HttpRequest, shelf: Shelf) -> HttpResponse:
    """All editions that were ever released, withdrawn ones among them."""
    rows = [(row, shelf.is_open(row)) for row in shelf.editions]
    return page(request, shelf, "portal/editions.html", lambda: {"editions": rows})


@public
def edition(request: HttpRequest, shelf: Shelf, year: int, number: int) -> HttpResponse:
    """One edition at a glance, with its parts, files and proof."""
    shown = _edition(shelf, year, number)
    if not shelf.is_open(shown):
        return _closed(request, shelf, shown)

    def make() -> Mapping[str, Any]:
        said = _said(shown)
        files = [(row, document_title(row)) for row in documents_of(shown)]
        more = {"parts": sections.SECTIONS, "files": files, "replaced_by": shelf.replacing(shown)}
        return {**said, **sections.glance(said["lookup"]), **sections.years(said["lookup"]), **more}

    return page(request, shelf, "portal/edition.html", make)


@public
def section(request: HttpRequest, shelf: Shelf, year: int, number: int, slug: str) -> HttpResponse:
    """One part of an edition."""
    shown = _edition(shelf, year, number)
    part = sections.BY_SLUG.get(slug)
    if part is None:
        raise Http404
    if not shelf.is_open(shown):
        return _closed(request, shelf, shown)

    def make() -> Mapping[str, Any]:
        said = _said(shown)
        place = sections.SECTIONS.index(part)
        around = {
            "before": sections.SECTIONS[place - 1] if place else None,
            "after": sections.SECTIONS[place + 1] if place + 1 < len(sections.SECTIONS) else None,
        }
        more = {"part": part, "replaced_by": shelf.replacing(shown)}
        return {**said, **part.make(said["lookup"]), **around, **more}

    return page(request, shelf, part.file, make)


@public
def commitments(request: HttpRequest, shelf: Shelf) -> HttpResponse:
    """Every commitment of the edition that is valid now, with its verdicts over the years."""
    latest = _latest(shelf)

    def make() -> Mapping[str, Any]:
        said = _said(latest)
        return {**said, **sections.BY_SLUG["commitments"].make(said["lookup"])}

    return page(request, shelf, "portal/sections/commitments.html", make)


@public
def commitment(request: HttpRequest, shelf: Shelf, reference: str) -> HttpResponse:
    """One commitment over the years: what each released edition said of it."""
    rows = [row for row in shelf.editions if row.state in OPEN and shelf.is_open(row)]

    def make() -> Mapping[str, Any]:
        told = []
        for row in rows:
            said = _said(row)
            found = said["lookup"].commitments.get(reference)
            if found is not None:
                told.append(said | {"item": finding(found, said["lookup"])})
        if not told:
            raise Http404
        return told[0] | {"told": told, "reference": reference}

    return page(request, shelf, "portal/commitment.html", make)


@public
def article(request: HttpRequest, shelf: Shelf, number: int) -> HttpResponse:
    """One article of the Universal Declaration in the edition that is valid now."""
    latest = _latest(shelf)

    def make() -> Mapping[str, Any]:
        said = _said(latest)
        return {**said, **sections.article(said["lookup"], number)}

    return page(request, shelf, "portal/article.html", make)


@public
def partner_cities(request: HttpRequest, shelf: Shelf) -> HttpResponse:
    """The partner cities of the edition that is valid now, on a map and as a table."""
    latest = _latest(shelf)

    def make() -> Mapping[str, Any]:
        said = _said(latest)
        found = partners.partners_of(said["lookup"])
        world, *enlarged = pictures(found)
        return said | {"partners": found, "world": world, "enlarged": enlarged}

    return page(request, shelf, "portal/partners.html", make)


@public
def statement(request: HttpRequest, shelf: Shelf, name: str) -> HttpResponse:
    """Imprint, data protection, accessibility."""
    own = statements.own(name)
    return page(request, shelf, f"portal/{name}.html", lambda: {"own": own}, also=repr(own))


@public
def nothing(_request: HttpRequest, _shelf: Shelf, rest: str) -> HttpResponse:
    """Any other address below the portal: said on a page of the portal, which sets no cookie."""
    raise Http404(rest)


# Files


@public
def data(request: HttpRequest, shelf: Shelf) -> HttpResponse:
    """Open data: which files there are of which edition, and what their columns mean."""

    def make() -> Mapping[str, Any]:
        rows = [row for row in shelf.editions if row.state in OPEN and shelf.is_open(row)]
        return {
            "editions": rows,
            "tables": opendata.TABLES,
            "licence": opendata.LICENCE,
            "licence_url": opendata.LICENCE_URL,
        }

    return page(request, shelf, "portal/data.html", make)


@login_not_required
@require_safe
def data_file(request: HttpRequest, year: int, number: int, name: str, kind: str) -> HttpResponse:
    """One table as CSV, the whole content as JSON, all tables as one workbook, or the dictionary."""
    shelf = Shelf.read()
    shown = shelf.find(year, number)
    if shown is None or not shelf.is_open(shown) or shown.released_at is None:
        raise Http404
    made = _made(shown, name, kind)
    if made is None:
        raise Http404
    media_type, make = made
    named = f"{year}-{number}-{name}.{kind}"
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=named) or "attachment",
        "Link": f'<{opendata.LICENCE_URL}>; rel="license"',
    }
    return file(request, f"{shown.content_sha256}-{name}-{kind}", make, headers)


def _made(shown: ReportEdition, name: str, kind: str) -> tuple[str, Any] | None:
    """The media type of a file and what makes it; None where there is no such file."""
    table = opendata.BY_KEY.get(name)
    if kind == "csv" and name == opendata.DICTIONARY:
        return "text/csv; charset=utf-8", opendata.dictionary_csv
    if kind == "csv" and table:
        return "text/csv; charset=utf-8", lambda: opendata.csv_of(table, content_of(shown))
    if (name, kind) == ("inhalt", "json"):
        return "application/json", lambda: filestore.get(shown.content_file)
    if (name, kind) == ("daten", "xlsx"):
        workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return workbook, lambda: opendata.workbook_of(content_of(shown), localdate(shown.released_at))
    return None


@login_not_required
@require_safe
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """A volume of an open edition, as it was stored; it is checked against its hash before it leaves the house."""
    shelf = Shelf.read()
    opened = [row.pk for row in shelf.editions if shelf.is_open(row)]
    rows = ReportDocument.objects.filter(edition__in=opened, audience="public", edition_state="released")
    shown = rows.select_related("edition__cycle").filter(pk=pk).first()
    if shown is None:
        raise Http404
    headers = {
        "Content-Type": shown.media_type,
        "Content-Disposition": content_disposition_header(as_attachment=False, filename=file_name(shown)) or "inline",
    }
    return file(request, shown.sha256, lambda: filestore.get(shown.sha256), headers)


# What pages are made of


def _edition(shelf: Shelf, year: int, number: int) -> ReportEdition:
    found = shelf.find(year, number)
    if found is None:
        raise Http404
    return found


def _latest(shelf: Shelf) -> ReportEdition:
    if shelf.latest is None:
        raise Http404
    return shelf.latest


def _closed(request: HttpRequest, shelf: Shelf, shown: ReportEdition) -> HttpResponse:
    """An edition that is withdrawn or locked: that it was there, its hash, and what is valid instead."""
    response = page(
        request, shelf, "portal/closed.html", lambda: {"edition": shown, "replaced_by": shelf.replacing(shown)}
    )
    if response.status_code == 200:
        response.status_code = 410
    return response


def _said(shown: ReportEdition) -> dict[str, Any]:
    """What every page about an edition knows: its content, its stamp, who is who."""
    content = content_of(shown)
    lookup = Lookup(content)
    graded = [grade for grade in content.grades if grade.graded]
    ranks = {grade.code: place for place, grade in enumerate(graded, 1)}
    return {
        "edition": shown,
        "content": content,
        "lookup": lookup,
        "stamp": printing.stamp_of(shown),
        "units": lookup.units,
        "instrument_names": lookup.instrument_names,
        "grade_labels": lookup.grade_labels,
        "ranks": ranks,
        "size": len(graded),
        "edition_url": reverse("portal:edition", args=[get_language(), shown.cycle.year, shown.number]),
    }
