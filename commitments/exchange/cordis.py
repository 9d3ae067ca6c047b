"""Datasets of CORDIS (project.csv and organization.csv, as two files or in one ZIP): the projects of one city.

The files have every project of a framework programme and are read row by row, never as a whole: once to find the
projects in which one of the city's participant identification codes takes part, then for their partners and for what
is said of them. The city is known by its code alone, never by the spelling of its name.
"""

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.utils.translation import gettext as _

from commitments.exchange.tables import MEBIBYTE, UNPRINTABLE, CellError, TableError, refused
from commitments.models import PartnerRole

PROJECTS, ORGANISATIONS = "project.csv", "organization.csv"
MOST_BYTES = 600 * MEBIBYTE
"""How large one of the tables may be, unpacked; those of Horizon 2020 have less than 100 MB."""

RATIO = 200
SMALL = 10 * MEBIBYTE
MOST_ERRORS = 200
PIC = re.compile(r"[1-9]\d{8}")
"""A participant identification code has nine digits."""

NEEDED = {
    PROJECTS: ("id", "acronym", "title"),
    ORGANISATIONS: ("projectID", "organisationID", "name", "role"),
}
FRAMEWORKS = {
    "HORIZON": "Horizon Europe",
    "H2020": "Horizon 2020",
    "FP7": "7th Framework Programme",
    "FP6": "6th Framework Programme",
    "FP5": "5th Framework Programme",
}
ROLES = {
    "coordinator": PartnerRole.COORDINATOR,
    "participant": PartnerRole.PARTICIPANT,
    "associatedpartner": PartnerRole.ASSOCIATED,
    "partner": PartnerRole.ASSOCIATED,
    "internationalpartner": PartnerRole.ASSOCIATED,
    "thirdparty": PartnerRole.THIRD_PARTY,
    "affiliatedentity": PartnerRole.THIRD_PARTY,
}
COUNTRIES = {"EL": "GR", "UK": "GB"}
"""What the Commission writes otherwise than ISO 3166."""

ENDED = frozenset({"CLOSED", "TERMINATED"})
Record = dict[str, str]
Progress = Callable[[int, int], None]


class WrongValueError(Exception):
    """A cell that cannot be taken over; ``str()`` is the sentence."""


@dataclass
class Partner:
    """One organisation in a project, with all its rows taken together."""

    row: int
    columns: dict[str, Any]
    has_ended: bool = False


@dataclass
class Project:
    """A project in which the city takes part; ``columns`` are those of an EU project."""

    row: int
    grant_agreement: str
    columns: dict[str, Any]
    has_ended: bool
    partners: list[Partner]

    @property
    def city(self) -> list[Partner]:
        return [partner for partner in self.partners if partner.columns["is_city"]]


@dataclass
class Dataset:
    """What was found in the files."""

    projects: list[Project] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    projects_read: int = 0
    participations_read: int = 0


def read_dataset(
    projects: Path, organisations: Path | None, pics: Collection[str], progress: Progress | None = None
) -> Dataset:
    """The projects of the organisations with these codes. ``projects`` may be a ZIP with both tables.

    Raises TableError where a file is refused; wrong cells are errors of the dataset.
    """
    if not pics:
        raise refused(_("Give the city's participant identification code (PIC), nine digits."))
    with _tables(projects, organisations) as tables:
        reader = _Reader(tables, progress)
        dataset = Dataset()
        ours = reader.records(ORGANISATIONS, "organisationID", frozenset(pics))
        wanted = frozenset(record["projectID"].strip() for _row, record in ours)
        partners: dict[str, list[tuple[int, Record]]] = {number: [] for number in wanted}
        for row, record in reader.records(ORGANISATIONS, "projectID", wanted):
            partners[record["projectID"].strip()].append((row, record))
        for row, record in reader.records(PROJECTS, "id", wanted):
            if rows := partners.pop(record["id"].strip(), []):
                dataset.projects += _project(row, record, rows, pics, dataset.errors)
        dataset.projects_read, dataset.participations_read = reader.read[PROJECTS], reader.read[ORGANISATIONS]
        for number, rows in partners.items():
            sentence = _("Project %(number)s stands in organization.csv and not in project.csv. Take files of one day.")
            dataset.errors.append(
                CellError(rows[0][0], _place(ORGANISATIONS, "projectID"), sentence % {"number": number})
            )
    del dataset.errors[MOST_ERRORS:]
    return dataset


# The files


Opener = Callable[[], IO[bytes]]


@contextmanager
def _tables(projects: Path, organisations: Path | None) -> Iterator[dict[str, tuple[Opener, int]]]:
    """By name, how each table is opened, and its size in bytes. A ZIP is read where it lies; nothing is unpacked."""
    with projects.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    if not is_zip:
        if organisations is None:
            raise refused(_("Give both files, project.csv and organization.csv, or the ZIP that holds them."))
        yield {
            name: (_file_opener(path), _checked(path.stat().st_size))
            for name, path in ((PROJECTS, projects), (ORGANISATIONS, organisations))
        }
        return
    try:
        archive = zipfile.ZipFile(projects)
    except (zipfile.BadZipFile, OSError) as error:
        raise refused(_("The ZIP file is damaged. Download it again from CORDIS.")) from error
    with archive:
        yield {name: _member(archive, name) for name in (PROJECTS, ORGANISATIONS)}


def _file_opener(path: Path) -> Opener:
    return lambda: path.open("rb")


def _member(archive: zipfile.ZipFile, name: str) -> tuple[Opener, int]:
    """The one table of that name in the archive, in whatever folder of it."""
    found = [entry for entry in archive.infolist() if PurePosixPath(entry.filename).name.lower() == name]
    if len(found) != 1:
        raise refused(
            _("The ZIP file must hold one “%(name)s”; it holds %(count)s.") % {"name": name, "count": len(found)}
        )
    entry = found[0]
    if entry.flag_bits & 1:
        raise refused(_("The file has a password. Save it without one."))
    if entry.file_size > SMALL and entry.file_size > RATIO * max(entry.compress_size, 1):
        raise refused(_("Unpacked, “%(name)s” would be far larger than such a table can be.") % {"name": name})
    return lambda: archive.open(entry), _checked(entry.file_size)


def _checked(size: int) -> int:
    if size > MOST_BYTES:
        raise refused(_("A table is larger than %(limit)s MB.") % {"limit": MOST_BYTES // MEBIBYTE})
    return size


class _Reader:
    """Reads the tables row by row and tells how many of the bytes of all passes are done."""

    def __init__(self, tables: dict[str, tuple[Opener, int]], progress: Progress | None) -> None:
        self.tables = tables
        self.progress = progress
        self.total = sum(size for _open, size in tables.values()) + tables[ORGANISATIONS][1]
        self.before = 0
        self.read: dict[str, int] = {}

    def records(self, name: str, column: str, wanted: Collection[str]) -> Iterator[tuple[int, Record]]:
        """Rows with one of the wanted values in a column, by heading, with the number that a spreadsheet gives them."""
        opened, size = self.tables[name]
        with opened() as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
            try:
                yield from self._rows(name, file, column, wanted)
            except UnicodeDecodeError as error:
                raise _unreadable(name, _("it is not in the encoding UTF-8, in which CORDIS writes it")) from error
            except csv.Error as error:
                raise _unreadable(name, _("the quotation marks do not match")) from error
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
                raise _unreadable(name, _("the ZIP file is damaged")) from error
        self.before += size

    def _rows(
        self, name: str, file: io.TextIOWrapper, column: str, wanted: Collection[str]
    ) -> Iterator[tuple[int, Record]]:
        separator, headings, read = _headings(name, file.readline(65_536))
        place = headings.index(column)
        number = 1
        for number, cells in enumerate(csv.reader(file, delimiter=separator), 2):
            read += sum(map(len, cells)) + len(cells)
            if self.progress and number % 5000 == 0:
                self.progress(min(self.before + read, self.total), self.total)
            if len(cells) > place and cells[place].strip() in wanted:
                yield number, dict(zip(headings, cells, strict=False)) | dict.fromkeys(headings[len(cells) :], "")
        self.read[name] = number - 1


def _headings(name: str, line: str) -> tuple[str, list[str], int]:
    """The separator, the headings and how long they are; raises TableError where one that is needed is missing."""
    separator = max(";,\t", key=line.count)
    headings = [heading.strip() for heading in next(csv.reader([line], delimiter=separator), [])]
    missing = [heading for heading in NEEDED[name] if heading not in headings]
    if missing:
        sentence = _("The column “%(column)s” is missing in %(name)s. Found: %(found)s.")
        found = ", ".join(headings)[:300] or "–"
        raise refused(sentence % {"column": "”, “".join(missing), "name": name, "found": found}, 1)
    return separator, headings, len(line)


def _unreadable(name: str, why: str) -> TableError:
    sentence = _("“%(name)s” cannot be read: %(why)s. Download it again from CORDIS.")
    return refused(sentence % {"name": name, "why": why})


def _place(name: str, column: str) -> str:
    return f"{name}, {column}"


# One project


def _project(
    row: int, record: Record, rows: list[tuple[int, Record]], pics: Collection[str], errors: list[CellError]
) -> list[Project]:
    """The project with its partners; none where a cell of it is wrong, with an error for each."""
    before = len(errors)
    take = _Taking(PROJECTS, row, record, errors)
    number = take("id", _number)
    columns = {
        "acronym": take("acronym", _text(80)),
        "name_en": take("title", _text(300, cut=True)),
        "programme": _programme(record),
        "call": _first(record, "subCall", "masterCall")[:200],
        "starts_on": take("startDate", _day),
        "ends_on": take("endDate", _day),
        "total_cost": take("totalCost", _money),
        "eu_contribution": take("ecMaxContribution", _money),
    }
    if columns["starts_on"] and columns["ends_on"] and columns["ends_on"] < columns["starts_on"]:
        errors.append(CellError(row, _place(PROJECTS, "endDate"), _("The end lies before the start.")))
    partners = _partners(rows, pics, errors)
    if len(errors) > before:
        return []
    project = Project(row, number, columns, record.get("status", "").strip().upper() in ENDED, partners)
    amounts = [each.columns["eu_contribution"] for each in project.city if each.columns["eu_contribution"] is not None]
    columns["city_contribution"] = sum(amounts, Decimal(0)) if amounts else None
    return [project]


def _programme(record: Record) -> str:
    """The framework programme; older files name it in a column of its own, newer ones in the legal basis too."""
    written = record.get("frameworkProgramme", "").strip()
    if not written:
        basis = record.get("legalBasis", "").strip().upper()
        written = next((code for code in FRAMEWORKS if basis.startswith(code)), basis.split(".")[0])
    return FRAMEWORKS.get(written.upper(), written)[:200]


def _partners(rows: list[tuple[int, Record]], pics: Collection[str], errors: list[CellError]) -> list[Partner]:
    """One partner for each code: an organisation that left and came back has several rows."""
    found: dict[str, Partner] = {}
    for row, record in rows:
        before = len(errors)
        take = _Taking(ORGANISATIONS, row, record, errors)
        columns = {
            "pic": take("organisationID", _pic),
            "name": take("name", _text(300, cut=True)),
            "place": take("city", _text(120, cut=True, needed=False)),
            "country": take("country", _country),
            "role": _role(record["role"]),
            "eu_contribution": take(
                "netEcContribution" if record.get("netEcContribution") else "ecContribution", _money
            ),
        }
        if len(errors) == before:
            columns["is_city"] = columns["pic"] in pics
            _merge(found, Partner(row, columns, _has_left(record)))
    return list(found.values())


def _merge(found: dict[str, Partner], partner: Partner) -> None:
    """Amounts add up; what an organisation is in the project says the row that still runs."""
    known = found.setdefault(partner.columns["pic"], partner)
    if known is partner:
        return
    amounts = [each.columns["eu_contribution"] for each in (known, partner)]
    total = sum((amount for amount in amounts if amount is not None), Decimal(0)) if any(amounts) else None
    runs = known if known.has_ended <= partner.has_ended else partner
    found[partner.columns["pic"]] = runs
    runs.columns["eu_contribution"] = total


def _has_left(record: Record) -> bool:
    return record.get("endOfParticipation", "").strip().lower() == "true"


class _Taking:
    """Reads the cells of one row; what is wrong becomes an error, and None."""

    def __init__(self, name: str, row: int, record: Record, errors: list[CellError]) -> None:
        self.name, self.row, self.record, self.errors = name, row, record, errors

    def __call__(self, column: str, read: Callable[[str], Any]) -> Any:
        try:
            return read(UNPRINTABLE.sub("", self.record.get(column, "")).strip())
        except WrongValueError as problem:
            self.errors.append(CellError(self.row, _place(self.name, column), str(problem)))
            return None


def _first(record: Record, *names: str) -> str:
    return next((record[name].strip() for name in names if record.get(name, "").strip()), "")


def _text(most: int, *, cut: bool = False, needed: bool = True) -> Callable[[str], str]:
    def read(written: str) -> str:
        found = " ".join(written.split())
        if needed and not found:
            raise WrongValueError(_("This cell must not be empty."))
        if len(found) > most and not cut:
            lengths = {"length": len(found), "limit": most}
            raise WrongValueError(_("The cell has %(length)s characters; %(limit)s fit. Shorten it.") % lengths)
        return found if len(found) <= most else found[: most - 1] + "…"

    return read


def _number(written: str) -> str:
    if not re.fullmatch(r"\d{1,12}", written):
        raise WrongValueError(_("“%(value)s” is no number of a grant agreement.") % {"value": written[:40]})
    return written


def _pic(written: str) -> str:
    if not PIC.fullmatch(written):
        raise WrongValueError(
            _("“%(value)s” is no participant identification code; it has nine digits.") % {"value": written[:40]}
        )
    return written


def _country(written: str) -> str:
    code = COUNTRIES.get(written.upper(), written.upper())
    if code and not re.fullmatch(r"[A-Z]{2}", code):
        raise WrongValueError(_("“%(value)s” is no country code of two letters.") % {"value": written[:40]})
    return code


def _role(written: str) -> PartnerRole:
    """Roles of single programmes (a host institution, a beneficiary) count as participants."""
    return ROLES.get(re.sub(r"[^a-z]", "", written.lower()), PartnerRole.PARTICIPANT)


def _day(written: str) -> date | None:
    if not written:
        return None
    try:
        return date.fromisoformat(written[:10])
    except ValueError as error:
        raise WrongValueError(_("“%(value)s” is no date like 2024-09-01.") % {"value": written[:40]}) from error


def _money(written: str) -> Decimal | None:
    """Euros with a decimal comma or point; what groups thousands is left out."""
    plain = re.sub(r"[\s\u00a0']", "", written)
    if not plain:
        return None
    if "," in plain:
        plain = (
            plain.replace(".", "").replace(",", ".") if plain.rfind(",") > plain.rfind(".") else plain.replace(",", "")
        )
    try:
        amount = Decimal(plain)
    except InvalidOperation as error:
        raise WrongValueError(_("“%(value)s” is no amount of money.") % {"value": written[:40]}) from error
    if not amount.is_finite() or not 0 <= amount < Decimal(10) ** 12:
        raise WrongValueError(_("“%(value)s” is no amount of money.") % {"value": written[:40]})
    return amount.quantize(Decimal("0.01"))
