"""From HTML to a tagged, archivable PDF. The only place where WeasyPrint is imported and where a file is fetched.

Rendering reads the style sheet and pictures of ``static/pdf`` and the Fira Sans files of their package, and nothing
else: whatever asks for another address makes the rendering fail with that address named.
"""

import logging
import mimetypes
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

from django.utils.translation import gettext as _

from reporting.documents.attachments import Attached
from reporting.documents.finishing import finish
from reporting.documents.glyphs import drawn_by, named
from reporting.documents.house import LOGO_ADDRESS, house
from reporting.documents.stamp import STATIC

STATIC_SCHEME, FONT_SCHEME = "static:", "fonts:"
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core"
FACES = (
    (300, "normal", "Light"),
    (400, "normal", "Regular"),
    (400, "italic", "Italic"),
    (500, "normal", "Medium"),
    (600, "normal", "SemiBold"),
)
PAGES_A_STEP = 2
NOTES = ("::footnote-", "::note-")

Progress = Callable[[int, int, str], None]


class RenderingUnavailable(Exception):  # noqa: N818 - its name is a sentence
    """This machine lacks the libraries that set type."""


class Refused(Exception):  # noqa: N818 - its name is a sentence
    """A document asked for something outside the project's own static files."""


class DoesNotFit(Exception):  # noqa: N818 - its name is a sentence
    """A page that must stay one page has become more, or none."""


@dataclass(frozen=True)
class Sheet:
    """What is printed: the page, its language, the files inside, and the identifier that makes its bytes stable."""

    html: str
    files: Sequence[Attached]
    moment: datetime
    identifier: str
    one_page: Sequence[str] = ()


@dataclass(frozen=True)
class Printed:
    data: bytes
    pages: int
    artifacts: int


def silent(done: int, total: int, message: str) -> None:
    """A progress nobody watches."""


@cache
def fonts_folder() -> Path:
    return Path(str(files("fontpkg_fira_sans") / "files"))


def printable(html: str) -> str:
    """The page with the names of the characters that its typeface lacks in place of them."""
    return named(
        house().coloured(html),
        drawn_by(tuple(fonts_folder() / f"FiraSans-{name}.ttf" for _weight, _style, name in FACES)),
    )


def allowed_file(url: str) -> Path:
    """The one way from an address in a document to a file."""
    logo = house().logo
    if url == LOGO_ADDRESS and logo is not None:
        return logo
    for scheme, folder in ((STATIC_SCHEME, STATIC), (FONT_SCHEME, fonts_folder())):
        if url.startswith(scheme):
            name = PurePosixPath(url.removeprefix(scheme).lstrip("/"))
            path = (folder / name).resolve()
            if path.is_relative_to(folder.resolve()) and path.is_file():
                return path
    raise Refused(_("The document asked for “%(url)s”, which is not one of its own files.") % {"url": url[:200]})


def stylesheet() -> str:
    faces = "".join(
        f"@font-face{{font-family:'Fira Sans';font-weight:{weight};font-style:{style};"
        f"src:url({FONT_SCHEME}FiraSans-{name}.ttf)}}"
        for weight, style, name in FACES
    )
    return house().coloured(faces + (STATIC / "report.css").read_text("utf-8"))


def print_sheet(sheet: Sheet, progress: Progress = silent) -> Printed:
    raw = _write(_lay_out(sheet.html, progress), sheet, progress)
    progress(95, 100, _("Checking tags and attached files"))
    finished = finish(raw)
    return Printed(finished.data, finished.pages, finished.artifacts)


def count_pages(html: str) -> int:
    """How many pages this would fill."""
    return len(_lay_out(html, silent).pages)


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:
        raise RenderingUnavailable(
            _("No PDF can be made here because libraries for typesetting are missing. Install them: %(packages)s.")
            % {"packages": PACKAGES}
        ) from error
    return weasyprint


def _fetcher(weasyprint: Any, refusals: list[Refused]) -> Any:
    class OwnFiles(weasyprint.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> Any:
            try:
                path = allowed_file(url)
            except Refused as refusal:
                refusals.append(refusal)
                raise
            media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            return weasyprint.urls.URLFetcherResponse(url, path.read_bytes(), {"Content-Type": media_type})

    return OwnFiles()


def _lay_out(html: str, progress: Progress) -> Any:
    weasyprint = _weasyprint()
    refusals: list[Refused] = []
    fetcher = _fetcher(weasyprint, refusals)
    fonts = weasyprint.text.fonts.FontConfiguration()
    style = weasyprint.CSS(string=stylesheet(), font_config=fonts, url_fetcher=fetcher, base_url=STATIC_SCHEME)
    with _watching(weasyprint, progress):
        page = _page(weasyprint, printable(html), fetcher)
        document = page.render(stylesheets=[style], font_config=fonts)
    if refusals:
        raise refusals[0]
    return document


def _page(weasyprint: Any, html: str, fetcher: Any) -> Any:
    """The page, without the notes that no document of ours has.

    WeasyPrint's own sheet gives every element five pseudo-elements for foot- and side notes: five styles out of six, a
    fifth of the memory and a tenth of the time.
    """
    own = (files("weasyprint") / "css" / "html5_ua.css").read_text("utf-8")
    lean = "".join(line for line in own.splitlines(keepends=True) if not line.startswith(NOTES))

    class LeanPage(weasyprint.HTML):  # type: ignore[misc]
        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:  # noqa: FBT001, FBT002 - as inherited
            return [weasyprint.CSS(string=lean, url_fetcher=fetcher)]

    return LeanPage(string=html, url_fetcher=fetcher)


def _check_single_pages(document: Any, names: Sequence[str]) -> None:
    for name in names:
        pages = [number for number, page in enumerate(document.pages, 1) if name in page.anchors]
        if len(pages) != 1:
            where = ", ".join(map(str, pages)) or "–"
            raise DoesNotFit(
                _("“%(name)s” must fill exactly one page, but fills: %(pages)s.") % {"name": name, "pages": where}
            )


def _write(document: Any, sheet: Sheet, progress: Progress) -> bytes:
    weasyprint = _weasyprint()
    _check_single_pages(document, sheet.one_page)
    progress(80, 100, _("Writing %(pages)s pages") % {"pages": len(document.pages)})
    document.metadata.attachments = [
        weasyprint.Attachment(
            string=file.data,
            name=file.name,
            description=str(file.title),
            created=sheet.moment,
            modified=sheet.moment,
            relationship=file.relationship,
        )
        for file in sheet.files
    ]
    data = document.write_pdf(pdf_variant="pdf/a-3a", pdf_identifier=sheet.identifier[:32].encode())
    assert isinstance(data, bytes)
    return data


class _PageReports(logging.Handler):
    """Passes WeasyPrint's own reports on, page by page. What the listener raises ends the rendering."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self.progress = progress
        self.thread = threading.get_ident()
        self.furthest = 0

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread != self.thread or not isinstance(record.args, tuple) or "Page" not in str(record.msg):
            return
        page = int(str(record.args[0])) if record.args else 0
        # pages are set more than once, until their numbers stand
        if page >= self.furthest + PAGES_A_STEP:
            self.furthest = page
            # how many pages there will be is not known yet: come closer and closer to 80
            self.progress(20 + 60 * page // (page + 40), 100, _("Setting page %(page)s") % {"page": page})


@contextmanager
def _watching(weasyprint: Any, progress: Progress) -> Iterator[None]:
    logger = weasyprint.logger.PROGRESS_LOGGER
    handler, level, propagate = _PageReports(progress), logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
