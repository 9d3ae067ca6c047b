"""The files inside a report: its whole content, and the two tables that people open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reporting.content.canonical import canonical_json
from reporting.content.facts import Measure, ReportContent, Text

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
CONTENT_FILE = "inhalt.json"


@dataclass(frozen=True)
class Attached:
    name: str
    title: str | Promise
    data: bytes
    relationship: str

    @property
    def sha256(self) -> str:
        return sha256(self.data).hexdigest()


def attachments(content: ReportContent) -> tuple[Attached, ...]:
    return (
        Attached(CONTENT_FILE, _("The whole content of this report"), canonical_json(content), "Source"),
        Attached("massnahmen.csv", _("All measures"), measures_csv(content), "Data"),
        Attached("bewertungen.csv", _("All verdicts"), verdicts_csv(content), "Data"),
    )


def harmless(value: str) -> str:
    """A cell that a spreadsheet shows as text and never runs as a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def csv_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Semicolons and a byte order mark: what a German spreadsheet opens without asking."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _both(text: Text) -> tuple[str, str]:
    return text.de, text.en


def measures_csv(content: ReportContent) -> bytes:
    head = (
        "nummer", "titel_de", "titel_en", "handlungsfeld", "federfuehrend", "mitwirkend", "beginn", "ende", "stand",
        "rueckmeldung", "dient_verpflichtungen", "aemr_artikel",
    )  # fmt: skip
    return csv_table(head, (_measure_row(content, measure) for measure in content.measures))


def _measure_row(content: ReportContent, measure: Measure) -> tuple[str, ...]:
    served = [row for row in content.commitments if any(link.measure == measure.reference for link in row.links)]
    references = {row.reference for row in served}
    articles = [row.number for row in content.articles if references & set(row.commitments)]
    return (
        measure.reference,
        *_both(measure.title),
        measure.field,
        measure.unit,
        " ".join(measure.contributing),
        str(measure.starts_on or ""),
        str(measure.ends_on or ""),
        measure.status,
        " ".join(sorted({answer.result for answer in measure.answers})),
        " ".join(row.reference for row in served),
        " ".join(str(number) for number in articles),
    )


def verdicts_csv(content: ReportContent) -> bytes:
    years = [year.year for year in content.years]
    head = ("nummer", "titel_de", "titel_en", "instrument", "bestimmung", "zustaendigkeit", *map(str, years))
    rows = []
    for row in content.commitments:
        known = {verdict.year: verdict.outcome for verdict in row.verdicts}
        outcomes = (known.get(year, "") for year in years)
        basis = row.basis
        rows.append((row.reference, *_both(row.title), basis.instrument, basis.number, row.competence, *outcomes))
    return csv_table(head, rows)
