"""Documents as pure functions of content and stamp: the same content, the same stamp, the same bytes."""

from dataclasses import replace
from hashlib import sha256

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from reporting.content.canonical import content_hash
from reporting.content.facts import ReportContent
from reporting.documents import annex_volume, charts, corrected, council_volume, main_volume, plain_volume
from reporting.documents.attachments import attachments
from reporting.documents.book import Book, set_chapters
from reporting.documents.lookup import Lookup
from reporting.documents.press import Printed, Progress, Sheet, count_pages, print_sheet, silent
from reporting.documents.stamp import Stamp

GLANCE_LIMITS = (9, 7, 6, 5, 4, 3, 2, 1)


def render_main_volume(content: ReportContent, stamp: Stamp, language: str, progress: Progress = silent) -> bytes:
    return print_main_volume(content, stamp, language, progress).data


def render_annex_volume(
    content: ReportContent, stamp: Stamp, language: str, progress: Progress = silent, *, field: str = ""
) -> bytes:
    """All findings in full and the mapping; with ``field`` those of one field of action only."""
    return print_annex_volume(content, stamp, language, progress, field=field).data


def print_main_volume(content: ReportContent, stamp: Stamp, language: str, progress: Progress = silent) -> Printed:
    with translation.override(language):
        lookup = Lookup(content)
        limit = _glance_limit(content, stamp, lookup)
        book = _book(content, stamp, main_volume.anchors(lookup))
        chapters = (*corrected.chapters(content), *main_volume.chapters(limit, content.words))
        parts = set_chapters(book, chapters, lookup, progress)
        context = book.context(lookup) | {"parts": parts, "cover": charts.cover(content.articles)}
        html = render_to_string("pdf/main.html", context)
        sheet = _sheet(html, book, f"main-{language}", one_page=("glance",))
    return print_sheet(sheet, progress)  # what is said meanwhile is in the reader's language, not the document's


def print_annex_volume(
    content: ReportContent, stamp: Stamp, language: str, progress: Progress = silent, *, field: str = ""
) -> Printed:
    with translation.override(language):
        lookup = Lookup(content)
        book = _book(content, stamp, annex_volume.anchors(lookup, field))
        chapters = (*corrected.chapters(content), *annex_volume.chapters(field))
        parts = set_chapters(book, chapters, lookup, progress)
        context = book.context(lookup) | {"parts": parts, "field": field, "cover": charts.cover(content.articles)}
        html = render_to_string("pdf/annex.html", context)
        sheet = _sheet(html, book, f"annex-{field}-{language}")
    return print_sheet(sheet, progress)


def print_council_volume(content: ReportContent, stamp: Stamp, language: str, progress: Progress = silent) -> Printed:
    """What is for members of the council only, from a content of their own."""
    with translation.override(language):
        lookup = Lookup(content)
        book = _book(content, stamp, council_volume.anchors(lookup))
        chapters = (*corrected.chapters(content), *council_volume.chapters(lookup))
        parts = set_chapters(book, chapters, lookup, progress)
        context = book.context(lookup) | {"parts": parts, "cover": charts.cover(content.articles)}
        sheet = _sheet(render_to_string("pdf/council.html", context), book, f"council-{language}")
    return print_sheet(sheet, progress)


def print_plain_volume(content: ReportContent, stamp: Stamp, language: str, progress: Progress = silent) -> Printed:
    """The summary in plain language, in large type."""
    with translation.override(language):
        lookup = Lookup(content)
        book = _book(content, stamp, {})
        parts = set_chapters(book, plain_volume.chapters(lookup), lookup, progress)
        context = book.context(lookup) | {"parts": parts, "cover": charts.cover(content.articles)}
        sheet = _sheet(render_to_string("pdf/plain.html", context), book, f"plain-{language}")
    return print_sheet(sheet, progress)


def _book(content: ReportContent, stamp: Stamp, anchors: dict[str, str]) -> Book:
    return Book(content, stamp, content_hash(content), attachments(content), anchors)


def _sheet(html: str, book: Book, volume: str, one_page: tuple[str, ...] = ()) -> Sheet:
    identifier = sha256(f"{book.content_hash} {book.stamp} {volume}".encode()).hexdigest()
    moment = book.stamp.moment(book.content.cycle.reporting_date)
    files = [replace(file, title=str(file.title)) for file in book.files]
    return Sheet(html, files, moment, identifier, one_page)


def _glance_limit(content: ReportContent, stamp: Stamp, lookup: Lookup) -> int:
    """How many lines each list may have so that the page stays one page; it is set alone to find out."""
    for limit in GLANCE_LIMITS:
        book = _book(content, stamp, {})
        part = book.set_chapter(main_volume.glance_chapter(limit), lookup)
        context = book.context(lookup) | {"title": _("At a glance"), "parts": [part]}
        if count_pages(render_to_string("pdf/base.html", context)) == 1:
            return limit
    return GLANCE_LIMITS[-1]
