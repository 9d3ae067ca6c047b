"""Open data of an edition: its content as tables, as pure functions of the content, with a dictionary of their columns.

The same content gives the same bytes. Licence: Creative Commons Attribution 4.0 (CC BY 4.0).
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from reporting.content.facts import Commitment, Measure, ReportContent, Text
from reporting.documents.attachments import csv_table, harmless

LICENCE = "CC BY 4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
DICTIONARY = "spalten"
WIDEST = 60
LONGEST = 32_000
"""Characters of a cell; spreadsheets hold 32,767. What is longer stands whole in the CSV and JSON files."""

Row = Sequence[object]


@dataclass(frozen=True)
class Column:
    """``name`` stands in the head of the table; the meaning in both languages in the dictionary."""

    name: str
    de: str
    en: str
    codes: str = ""


@dataclass(frozen=True)
class Table:
    """One table of an edition. ``key`` names its file."""

    key: str
    title: Text
    columns: Sequence[Column]
    rows: Callable[[ReportContent], Iterable[Row]]


def _both(name: str, de: str, en: str) -> tuple[Column, Column]:
    return Column(f"{name}_de", f"{de}, deutsch", f"{en}, German"), Column(
        f"{name}_en", f"{de}, englisch", f"{en}, English"
    )


def _texts(*texts: Text) -> list[object]:
    return [each for text in texts for each in (text.de, text.en)]


COMMITMENT = Column("verpflichtung", "Nummer der Verpflichtung", "number of the commitment")
MEASURE = Column("massnahme", "Nummer der Maßnahme", "number of the measure")
UNIT = Column(
    "dienststelle", "Kürzel der Dienststelle, siehe Tabelle dienststellen", "key of the unit, see table dienststellen"
)
FIELD = Column(
    "handlungsfeld",
    "Handlungsfeld",
    "field of action",
    "partnerships, europe, development, human_rights",
)
STATUSES = "planned, decided_not_funded, ongoing, suspended, completed, discontinued"
ANSWERS = "confirmed, changed, disputed, not_ours, nil, no_reply, pending"


def _commitments(content: ReportContent) -> Iterable[Row]:
    for row in content.commitments:
        assessment = row.assessment
        yield (
            row.reference, *_texts(row.title, row.wording), row.basis.instrument, row.basis.number, row.competence,
            " ".join(row.obligations), row.unit, " ".join(row.contributing), row.valid_from, row.newly_adopted,
            row.outcome, assessment.trend if assessment else "", *_texts(assessment.finding if assessment else Text()),
            assessment.self_assessed if assessment else "",
        )  # fmt: skip


def _measures(content: ReportContent) -> Iterable[Row]:
    for row in content.measures:
        yield (
            row.reference, *_texts(row.title, row.description), row.field, row.unit, " ".join(row.contributing),
            row.engagement, row.status, *_texts(row.suspended_because), row.starts_on, row.ends_on,
        )  # fmt: skip


def _links(content: ReportContent) -> Iterable[Row]:
    for row in content.commitments:
        for link in row.links:
            yield (link.measure, row.reference, link.contribution, *_texts(link.rationale))


def _provisions(content: ReportContent) -> Iterable[Row]:
    for row in content.commitments:
        for place, provision in enumerate(row.provisions):
            articles = " ".join(map(str, provision.articles))
            yield (
                row.reference,
                provision.instrument,
                provision.number,
                *_texts(provision.title),
                place == 0,
                articles,
            )


def _verdicts(content: ReportContent) -> Iterable[Row]:
    for row in content.commitments:
        for verdict in row.verdicts:
            yield (row.reference, verdict.year, verdict.outcome)


def _answers(content: ReportContent) -> Iterable[Row]:
    holders: list[tuple[Measure | Commitment, str]] = [
        *((row, "massnahme") for row in content.measures),
        *((row, "verpflichtung") for row in content.commitments),
    ]
    for holder, kind in holders:
        for answer in holder.answers:
            yield (
                kind, holder.reference, answer.unit, answer.part, answer.result, *_texts(answer.statement),
                answer.released_on, answer.late, " ".join(map(str, answer.reminders)),
            )  # fmt: skip


def _promises(content: ReportContent) -> Iterable[Row]:
    for row in content.follow_ups:
        yield (row.commitment, *_texts(row.action), row.unit, row.due_on, row.state, row.from_year, *_texts(row.result))


def _articles(content: ReportContent) -> Iterable[Row]:
    for row in content.articles:
        for cell in row.cells:
            yield (row.number, *_texts(row.title), row.outcome, cell.field, cell.direct, cell.indirect, cell.gap)


def _engagements(content: ReportContent) -> Iterable[Row]:
    for row in content.engagements:
        yield (
            row.key, row.kind, row.form, *_texts(row.title), row.country, row.status, row.starts_on, row.ends_on,
            *_texts(row.programme), row.grant_number, row.latitude, row.longitude,
        )  # fmt: skip


def _units(content: ReportContent) -> Iterable[Row]:
    for row in content.units:
        yield (row.key, *_texts(row.name))


def _grades(content: ReportContent) -> Iterable[Row]:
    for row in content.grades:
        yield (row.code, *_texts(row.label, row.meaning), row.graded, row.fulfils)


TABLES: tuple[Table, ...] = (
    Table(
        "verpflichtungen",
        Text("Verpflichtungen mit ihrer Bewertung", "Commitments with their verdict"),
        (
            COMMITMENT,
            *_both("titel", "Titel", "title"),
            *_both("wortlaut", "Wortlaut", "wording"),
            Column("instrument", "Kürzel des Instruments, auf dem sie beruht", "key of the instrument it rests on"),
            Column("bestimmung", "Bestimmung, auf der sie beruht", "provision it rests on"),
            Column(
                "zustaendigkeit", "Zuständigkeit der Stadt", "the city's competence", "own, delegated, influence, none"
            ),
            Column(
                "pflichten",
                "Art der Pflicht, durch Leerzeichen getrennt",
                "kinds of duty, between spaces",
                "respect, protect, fulfil",
            ),
            Column("federfuehrend", "Kürzel der federführenden Dienststelle", "key of the lead unit"),
            Column("mitwirkend", "Kürzel der mitwirkenden Dienststellen", "keys of the contributing units"),
            Column("gilt_seit", "Gilt seit, so genau wie bekannt", "valid since, as exactly as is known"),
            Column("neu", "Im Berichtsjahr aufgenommen", "entered in the year of the report", "ja, nein"),
            Column("bewertung", "Bewertung, siehe Tabelle skala", "verdict, see table skala"),
            Column(
                "entwicklung",
                "Entwicklung gegenüber dem Vorjahr",
                "trend since last year",
                "better, same, worse, first",
            ),
            *_both("feststellung", "Feststellung", "finding"),
            Column(
                "selbstbewertet",
                "Das eigene Büro der Beauftragten ist federführend",
                "the officer's own office leads",
                "ja, nein",
            ),
        ),
        _commitments,
    ),
    Table(
        "massnahmen",
        Text("Maßnahmen", "Measures"),
        (
            MEASURE,
            *_both("titel", "Titel", "title"),
            *_both("beschreibung", "Beschreibung", "description"),
            FIELD,
            Column("federfuehrend", "Kürzel der federführenden Dienststelle", "key of the lead unit"),
            Column("mitwirkend", "Kürzel der mitwirkenden Dienststellen", "keys of the contributing units"),
            Column(
                "engagement",
                "Kürzel des Engagements, siehe Tabelle engagements",
                "key of the engagement, see table engagements",
            ),
            Column("stand", "Stand der Maßnahme", "status of the measure", STATUSES),
            *_both("ausgesetzt_weil", "Grund der Aussetzung", "reason of the suspension"),
            Column("beginn", "Beginn, so genau wie bekannt", "start, as exactly as is known"),
            Column("ende", "Ende, so genau wie bekannt", "end, as exactly as is known"),
        ),
        _measures,
    ),
    Table(
        "zuordnungen",
        Text("Zuordnungen von Maßnahmen zu Verpflichtungen", "Links from measures to commitments"),
        (
            MEASURE,
            COMMITMENT,
            Column("beitrag", "Beitrag der Maßnahme", "contribution of the measure", "direct, supporting, incidental"),
            *_both("begruendung", "Begründung", "rationale"),
        ),
        _links,
    ),
    Table(
        "bestimmungen",
        Text("Bestimmungen, auf denen Verpflichtungen beruhen", "Provisions that commitments rest on"),
        (
            COMMITMENT,
            Column("instrument", "Kürzel des Instruments", "key of the instrument"),
            Column("bestimmung", "Nummer der Bestimmung", "number of the provision"),
            *_both("titel", "Überschrift", "heading"),
            Column("grundlage", "Ist die Grundlage der Verpflichtung", "is the basis of the commitment", "ja, nein"),
            Column(
                "aemr_artikel",
                "Artikel der Allgemeinen Erklärung, zu denen sie führt",
                "articles of the Universal Declaration it leads to",
            ),
        ),
        _provisions,
    ),
    Table(
        "bewertungen",
        Text("Bewertungen aller Jahre", "Verdicts of all years"),
        (
            COMMITMENT,
            Column("jahr", "Jahr", "year"),
            Column("bewertung", "Bewertung, siehe Tabelle skala", "verdict, see table skala"),
        ),
        _verdicts,
    ),
    Table(
        "rueckmeldungen",
        Text("Rückmeldungen der Dienststellen", "Answers of the units"),
        (
            Column(
                "art", "Worauf sich die Rückmeldung bezieht", "what the answer is about", "massnahme, verpflichtung"
            ),
            Column("nummer", "Nummer der Maßnahme oder Verpflichtung", "number of the measure or commitment"),
            UNIT,
            Column("rolle", "Federführend oder mitwirkend", "lead or contributing", "lead, contributing"),
            Column("rueckmeldung", "Ergebnis", "result", ANSWERS),
            *_both("stellungnahme", "Stellungnahme", "statement"),
            Column("freigegeben_am", "Tag der Freigabe", "day of the release"),
            Column("verspaetet", "Nach der letzten Erinnerung eingegangen", "came after the last reminder", "ja, nein"),
            Column("erinnerungen", "Tage der Erinnerungen", "days of the reminders"),
        ),
        _answers,
    ),
    Table(
        "zusagen",
        Text("Zusagen und was aus ihnen wurde", "Promises and what became of them"),
        (
            COMMITMENT,
            *_both("schritt", "Vereinbarter Schritt", "agreed step"),
            UNIT,
            Column("faellig_am", "Fällig am", "due on"),
            Column("stand", "Stand", "state", "open, done, dropped, declined"),
            Column("aus_jahr", "Aus dem Prüfzyklus", "from the review cycle"),
            *_both("ergebnis", "Ergebnis", "result"),
        ),
        _promises,
    ),
    Table(
        "matrix",
        Text(
            "Artikel der Allgemeinen Erklärung nach Handlungsfeldern",
            "Articles of the Universal Declaration by field of action",
        ),
        (
            Column("artikel", "Nummer des Artikels", "number of the article"),
            *_both("titel", "Gegenstand", "subject"),
            Column(
                "bewertung",
                "Schwächste Bewertung der Verpflichtungen, die auf ihm beruhen",
                "weakest verdict of the commitments that rest on it",
            ),
            FIELD,
            Column(
                "unmittelbar",
                "Zahl der Maßnahmen, die ihn unmittelbar erreichen",
                "number of measures that reach it directly",
            ),
            Column(
                "mittelbar",
                "Zahl der Maßnahmen über verwandte Bestimmungen",
                "number of measures through kindred provisions",
            ),
            Column(
                "luecke",
                "Grund einer Lücke",
                "reason of a gap",
                "no_competence, no_resources, not_looked_at, not_relevant",
            ),
        ),
        _articles,
    ),
    Table(
        "engagements",
        Text("Partnerschaften, Projekte und Netzwerke", "Partnerships, projects and networks"),
        (
            Column("engagement", "Kürzel", "key"),
            Column("art", "Art", "kind", "partnership, eu_project, network, development, training"),
            Column("form", "Form", "form"),
            *_both("titel", "Name", "name"),
            Column("land", "Land nach ISO 3166-1", "country by ISO 3166-1"),
            Column("stand", "Stand", "status", "active, paused, dormant, ended"),
            Column("beginn", "Beginn, so genau wie bekannt", "start, as exactly as is known"),
            Column("ende", "Ende, so genau wie bekannt", "end, as exactly as is known"),
            *_both("programm", "Programm", "programme"),
            Column("foerdernummer", "Nummer der Finanzhilfe", "number of the grant agreement"),
            Column("breite", "Geografische Breite, gerundet", "latitude, rounded"),
            Column("laenge", "Geografische Länge, gerundet", "longitude, rounded"),
        ),
        _engagements,
    ),
    Table(
        "dienststellen",
        Text("Dienststellen", "Units"),
        (UNIT, *_both("name", "Name", "name")),
        _units,
    ),
    Table(
        "skala",
        Text("Skala der Bewertungen", "Scale of the verdicts"),
        (
            Column("bewertung", "Zeichen der Bewertung", "sign of the verdict"),
            *_both("bezeichnung", "Bezeichnung", "name"),
            *_both("bedeutung", "Bedeutung", "meaning"),
            Column("stufe", "Ist eine Stufe der Skala", "is a step of the scale", "ja, nein"),
            Column(
                "erfuellt",
                "Zählt in der Erfüllungsquote als erfüllt",
                "counts as fulfilled in the compliance rate",
                "ja, nein",
            ),
        ),
        _grades,
    ),
)
BY_KEY: Mapping[str, Table] = {table.key: table for table in TABLES}


def written(value: object) -> str:
    """A cell as text: dates as ISO 8601 says, yes and no as words, nothing for nothing."""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    return "" if value is None else str(value)


def cells(table: Table, content: ReportContent) -> list[list[str]]:
    return [[written(value) for value in row] for row in table.rows(content)]


def csv_of(table: Table, content: ReportContent) -> bytes:
    return csv_table([column.name for column in table.columns], cells(table, content))


def dictionary() -> list[list[str]]:
    """Every column of every table: what it means in both languages, and its codes."""
    return [
        [table.key, column.name, column.de, column.en, column.codes] for table in TABLES for column in table.columns
    ]


DICTIONARY_HEAD = ("tabelle", "spalte", "bedeutung_de", "meaning_en", "codes")


def dictionary_csv() -> bytes:
    return csv_table(DICTIONARY_HEAD, dictionary())


def workbook_of(content: ReportContent, released_on: date) -> bytes:
    """All tables as sheets of one workbook, the dictionary first; the only moment in it is the day of the release."""
    book = Workbook()
    book.remove(book.worksheets[0])
    moment = datetime.combine(released_on, time(12))
    book.properties.creator = "Rechenschaft"
    book.properties.title = f"{content.city.name.de}, {content.cycle.year}"
    book.properties.created = book.properties.modified = moment
    _sheet(book, DICTIONARY, DICTIONARY_HEAD, dictionary())
    for table in TABLES:
        _sheet(book, table.key, [column.name for column in table.columns], cells(table, content))
    out = io.BytesIO()
    book.save(out)
    return _at(out.getvalue(), moment)


def _sheet(book: Workbook, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    sheet = book.create_sheet(title)
    sheet.append(list(head))
    widths = [len(name) for name in head]
    for row in rows:
        sheet.append([_cell(cell) for cell in row])
        widths = [max(width, min(len(cell), WIDEST)) for width, cell in zip(widths, row, strict=True)]
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width + 2
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _cell(text: str) -> str:
    """What a spreadsheet takes: nothing that runs, no control characters, and no more than it can hold."""
    text = ILLEGAL_CHARACTERS_RE.sub("", text)
    return harmless(text if len(text) <= LONGEST else f"{text[:LONGEST]} […]")


def _at(data: bytes, moment: datetime) -> bytes:
    """The same workbook with one moment for all its parts: openpyxl writes the clock into some of them."""
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as read, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as write:
        for name in sorted(read.namelist()):
            part = read.read(name)
            if name == "docProps/core.xml":
                part = _dated(part, stamp)
            info = zipfile.ZipInfo(name, (moment.year, moment.month, moment.day, 12, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            write.writestr(info, part)
    return out.getvalue()


def _dated(part: bytes, stamp: bytes) -> bytes:
    for name in (b"created", b"modified"):
        start = part.index(b">", part.index(b"<dcterms:" + name)) + 1
        part = part[:start] + stamp + part[part.index(b"<", start) :]
    return part
