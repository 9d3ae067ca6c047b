"""From a sheet to its file, as a pure function of sheet and stamp: PDF, or XLSX where a table is the natural form."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from reporting import printing
from reporting.content.canonical import canonical_json, content_hash
from reporting.content.facts import ReportContent
from reporting.documents.attachments import Attached
from reporting.documents.book import Book
from reporting.documents.lookup import Lookup
from reporting.documents.press import DoesNotFit, Refused, RenderingUnavailable, print_sheet
from reporting.documents.press import Sheet as PressSheet
from reporting.documents.stamp import Stamp, template_version
from reporting.models import ReportEdition
from reporting.sheets.facts import Sheet
from reporting.sheets.registry import kind_of
from reporting.sheets.source import Kind, Source
from reporting.sheets.workbook import write_workbook

Progress = Callable[[int, int, str], None]
FORMS = ("pdf", "xlsx")
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CONTENT_FILE = "inhalt.json"


@dataclass(frozen=True)
class Order:
    """Which sheet is wanted: its kind, what it is about, in which language, as which kind of file."""

    kind: str
    subject: str = ""
    language: str = "de"
    form: str = "pdf"

    @property
    def arguments(self) -> dict[str, str]:
        """As a job keeps them."""
        return {"sheet": self.kind, "subject": self.subject, "language": self.language, "form": self.form}

    def check(self, content: ReportContent) -> Kind:
        """The kind that is meant; raises ValidationError with a sentence for what cannot be drawn."""
        kind = kind_of(self.kind)
        if self.language not in printing.LANGUAGES:
            raise ValidationError(_("Sheets are drawn in German and in English."))
        if self.form not in FORMS or (self.form == "xlsx" and kind.table is None):
            raise ValidationError(_("This sheet is not there as a table. Choose PDF."))
        kind.check(content, self.subject)
        return kind


@dataclass(frozen=True)
class Drawn:
    """A finished file; ``pages`` is 0 for a table."""

    data: bytes
    content_sha256: str
    pages: int = 0


def sheet_of(edition: ReportEdition, order: Order) -> tuple[Sheet, Stamp]:
    """What a sheet says, and what is printed beside it. Raises ValidationError with a sentence."""
    content = printing.content_of(edition)
    kind = order.check(content)
    stamp = replace(printing.stamp_of(edition), template_version=template_version())
    return kind.content(Source.of(edition, content), order.subject), stamp


def draw(sheet: Sheet, stamp: Stamp, order: Order, progress: Progress) -> Drawn:
    """The file. The same sheet, stamp and order give the same bytes."""
    kind = kind_of(order.kind)
    if order.form == "xlsx":
        return _table(kind, sheet, stamp, order)
    try:
        return _document(kind, sheet, stamp, order, progress)
    except (RenderingUnavailable, Refused, DoesNotFit) as error:
        raise ValidationError(str(error)) from error


def _document(kind: Kind, sheet: Sheet, stamp: Stamp, order: Order, progress: Progress) -> Drawn:
    digest = content_hash(sheet)
    with translation.override(order.language):
        lookup = Lookup(sheet.report)
        attached = Attached(CONTENT_FILE, str(_("The whole content of this sheet")), canonical_json(sheet), "Source")
        book = Book(sheet.report, stamp, digest, (attached,), {})
        context = book.context(lookup) | {"sheet": sheet, "kind": kind} | dict(kind.prepare(sheet, lookup))
        html = render_to_string(kind.path, context)
    identifier = sha256(f"{digest} {stamp} {order.arguments}".encode()).hexdigest()
    moment = stamp.moment(sheet.report.cycle.reporting_date)
    printed = print_sheet(PressSheet(html, (attached,), moment, identifier), progress)
    return Drawn(printed.data, digest, printed.pages)


def _table(kind: Kind, sheet: Sheet, stamp: Stamp, order: Order) -> Drawn:
    assert kind.table is not None  # Order.check refused it otherwise
    with translation.override(order.language):
        table = kind.table(sheet, Lookup(sheet.report))
        data = write_workbook(str(kind.title), table, sheet, stamp)
    return Drawn(data, content_hash(sheet))


def file_name(edition: ReportEdition, order: Order) -> str:
    """ "unit-jugend-2025-1-de.pdf", for whatever the subject is called."""
    name = slugify(f"{order.kind} {order.subject}")
    return f"{name}-{edition.cycle.year}-{edition.number}-{order.language}.{order.form}"
