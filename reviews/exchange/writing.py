"""A unit's list as a workbook: a table to be filled in, an explanation, and hidden lists to choose from.

What is not to be changed is locked, against slips and not against people: there is no password.
"""

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from commitments import texts
from commitments.exchange.lookups import Known
from commitments.exchange.tables import UNPRINTABLE, neutral
from commitments.exchange.writing import BOLD, DARK, LONGEST_CELL, WRAPPED
from commitments.models import MeasureStatus, OrganisationalUnit
from commitments.workflow.naming import GERMAN
from reviews.exchange.columns import CHANGED, FILLED, KEY, KNOWN, AnswerTable
from reviews.exchange.requests import Filled, Key, filled_of
from reviews.models import ANSWERED, Confirmation, ConfirmationResult, ReviewCycle

OF_A_MEASURE = (
    ConfirmationResult.CONFIRMED,
    ConfirmationResult.CHANGED,
    ConfirmationResult.DISPUTED,
    ConfirmationResult.NOT_OURS,
)
OF_A_COMMITMENT = (ConfirmationResult.NIL, ConfirmationResult.DISPUTED, ConfirmationResult.NOT_OURS)
OF_CHANGES = frozenset(column.code for column in CHANGED)

GREY = PatternFill("solid", fgColor="E9EDF1")
YELLOW = PatternFill("solid", fgColor="FFF8DC")
TO_FILL, TO_READ = "to fill in", "to read"


@dataclass(frozen=True)
class Entry:
    """A row of the file: the request, its key, and the same unit's answer a year earlier, if there is one."""

    row: Confirmation
    key: Key
    before: Confirmation | None


@dataclass(frozen=True)
class About:
    """Whose file it is, of which day, and by whom it was made."""

    cycle: ReviewCycle
    unit: OrganisationalUnit
    city: str
    notice: str
    made_on: date
    made_by: str


def file_name(cycle: ReviewCycle, unit: OrganisationalUnit) -> str:
    return f"{_slug(_('Answers'))}-{cycle.year}-{unit.key}.xlsx"


def folder_name(cycle: ReviewCycle) -> str:
    return f"{_slug(_('Answers'))}-{cycle.year}.zip"


def workbook(about: About, entries: Iterable[Entry], known: Known) -> bytes:
    """The file of one unit; raises ValidationError where a text is longer than a cell can be."""
    book = Workbook()
    for name, fill, locked in ((TO_FILL, YELLOW, False), (TO_READ, GREY, True)):
        style = NamedStyle(name, fill=fill, alignment=WRAPPED, protection=Protection(locked=locked))
        style.number_format = "@"  # so that 11.2022 stays what was typed
        book.add_named_style(style)
    sheet: Any = book.active
    sheet.title = _("Answers")
    _head(sheet)
    chosen = _lists(book, known)
    for number, entry in enumerate(entries, 2):
        _write(sheet, number, entry, known)
        is_measure = entry.row.measure_id is not None
        chosen["measure" if is_measure else "commitment"].add(f"{_letter('result')}{number}")
        chosen["named_unit"].add(f"{_letter('named_unit')}{number}")
        if is_measure:
            chosen["status"].add(f"{_letter('status')}{number}")
    for each in chosen.values():
        if each.sqref.ranges:
            sheet.add_data_validation(each)
    _explain(book.create_sheet(_("Explanation")), about)
    _lock(*book.worksheets)
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def folder(path: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """The files of several units in one ZIP; how many."""
    number = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            archive.writestr(name, content)
            number += 1
    return number


def _letter(code: str) -> str:
    codes = [column.code for column in AnswerTable.columns]
    return get_column_letter(codes.index(code) + 1)


def _head(sheet: Any) -> None:
    for position, column in enumerate(AnswerTable.columns, 1):
        cell = sheet.cell(1, position, str(column.heading))
        cell.font, cell.fill, cell.alignment = BOLD, DARK, WRAPPED
        sheet.column_dimensions[get_column_letter(position)].width = column.width
    sheet.column_dimensions[_letter(KEY.code)].hidden = True
    sheet.freeze_panes = "C2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _write(sheet: Any, number: int, entry: Entry, known: Known) -> None:
    is_over = entry.row.state in ANSWERED
    cells = known_of(entry) | _said(filled_of(entry.row), known) | {KEY.code: str(entry.key)}
    for position, column in enumerate(AnswerTable.columns, 1):
        cell = sheet.cell(number, position)
        text = UNPRINTABLE.sub("", cells[column.code])
        if len(text) >= LONGEST_CELL:
            sentence = _("Row %(row)s, column “%(column)s”: the text is longer than a cell of a table can be.")
            raise ValidationError(sentence % {"row": number, "column": column.heading})
        if text:
            cell.value = neutral(text)
        no_use = entry.row.measure_id is None and column.code in OF_CHANGES
        cell.style = TO_READ if is_over or no_use or column not in FILLED else TO_FILL


def known_of(entry: Entry) -> dict[str, str]:
    """What the grey cells say."""
    row, measure = entry.row, entry.row.measure
    about = measure or row.commitment
    assert about is not None
    cells = {
        "reference": about.reference,
        "title": texts.localized(about, "title"),
        "standing": str(row.get_state_display()),
        "part": str(row.get_part_display()) if measure else _("commitment without a measure"),
        "status_now": str(measure.get_status_display()) if measure else "",
        "period_now": _period(measure) if measure else "",
        "last_year": _before(entry.before) if entry.before else "",
    }
    assert list(cells) == [column.code for column in KNOWN]
    return cells


def _period(measure: Any) -> str:
    start, end = (
        texts.partial_date(getattr(measure, name), getattr(measure, f"{name}_precision"))
        for name in ("starts_on", "ends_on")
    )
    if start and end:
        return f"{start} – {end}"
    if start:
        return _("since %(begun)s") % {"begun": start}
    return _("until %(over)s") % {"over": end} if end else ""


def _before(row: Confirmation) -> str:
    said = texts.localized(row, "statement")
    return f"{row.get_result_display()}: {said}" if said else str(row.get_result_display())


def _said(filled: Filled, known: Known) -> dict[str, str]:
    """What the yellow cells say already: a draft of the application."""
    cells = {}
    for column in FILLED:
        value = filled[column.code]
        if column.code == "contributing_units" and isinstance(value, list):
            value = [pk for key in value if (pk := unit_with(key, known)) is not None]
        if value in (None, "", []):
            cells[column.code] = ""
        elif column.code in ("start", "end"):
            cells[column.code] = column.kind.words(value, known) or str(column.kind.write(value, known))
        else:
            cells[column.code] = str(column.kind.write(value, known))
    return cells


def unit_with(key: str, known: Known) -> int | None:
    try:
        return known["unit"].find(key)
    except ValidationError:
        return None


def _lists(book: Any, known: Known) -> dict[str, DataValidation]:
    """The words that can be chosen, on a hidden sheet: a list of its own takes 255 characters at most."""
    sheet = book.create_sheet(_("Lists"))
    sheet.sheet_state = "hidden"
    words = {
        "measure": [str(result.label) for result in OF_A_MEASURE],
        "commitment": [str(result.label) for result in OF_A_COMMITMENT],
        "status": [str(label) for label in MeasureStatus.labels],
        "named_unit": known["unit"].all_names(),
    }
    found = {}
    for position, (name, options) in enumerate(words.items(), 1):
        letter = get_column_letter(position)
        for number, option in enumerate(options, 1):
            sheet.cell(number, position, neutral(option))
        rule = DataValidation(type="list", formula1=f"'{sheet.title}'!${letter}$1:${letter}${max(len(options), 1)}")
        rule.showErrorMessage = True
        rule.errorTitle, rule.error = _("Please choose"), _("Choose one of the words of the list.")
        found[name] = rule
    return found


def _explain(sheet: Any, about: About) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 90
    facts = [
        (about.city, texts.localized(about.unit, "name")),
        (_("Review cycle"), str(about.cycle.year)),
        (_("Please answer by"), texts.weekday_date(about.cycle.confirm_by)),
        (_("Taken out on"), texts.long_date(about.made_on)),
        (_("Taken out by"), about.made_by),
        (_("Notice"), about.notice),
    ]
    for name, value in facts:
        if value:
            _line(sheet, name, value, bold=True)
    sheet.append([])
    for number, step in enumerate(_steps(), 1):
        _line(sheet, _("Step %(n)s") % {"n": number}, step)
    sheet.append([])
    for column in FILLED:
        options = "; ".join(column.kind.options()) or column.example
        words = (str(column.meaning), options)
        _line(sheet, str(column.heading), " ".join(filter(None, words)) or _("Empty: stays as it is."), bold=True)


def _steps() -> tuple[str, ...]:
    return (
        _("Fill in the yellow cells. Grey cells are there to be read; what you write there is not taken over."),
        _("Choose an answer in each row. With “Changed” say what has changed in the columns to the right."),
        _("A column “New …” that stays empty leaves the register as it is. If something is to go, write “empty”."),
        _("Figures on money and indicators, evidence and new measures are entered in the application."),
        _("Save the file as an Excel workbook (.xlsx), and bring it back on the page where you took it out."),
        _("You see first what each row would do. Your answers become drafts; you submit them in the application."),
    )


def _line(sheet: Any, name: str, text: str, *, bold: bool = False) -> None:
    sheet.append([neutral(name), neutral(UNPRINTABLE.sub("", text))])
    row = sheet.max_row
    for position in (1, 2):
        sheet.cell(row, position).alignment = Alignment(vertical="top", wrap_text=True)
    if bold:
        sheet.cell(row, 1).font = Font(bold=True)


def _lock(*sheets: Any) -> None:
    """Widths and heights may be changed; nothing else but the cells that are to be filled in."""
    for sheet in sheets:
        sheet.protection.sheet = True
        sheet.protection.formatColumns = sheet.protection.formatRows = False


def _slug(word: str) -> str:
    return slugify(word.translate(GERMAN))
