"""The files inside a report: its whole content, and the two tables that people open in a spreadsheet."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
    served, articles = _served(content)
    rows = (
        (measure, sorted(served[measure.reference]), sorted(articles[measure.reference]))
        for measure in content.measures
    )
    return csv_table(head, (_measure_row(*row) for row in rows))


def _served(content: ReportContent) -> tuple[Mapping[str, set[str]], Mapping[str, set[int]]]:
    """The commitments each measure serves, and the articles it reaches directly."""
    rests_on = {reference: row.number for row in content.articles for reference in row.commitments}
    served: dict[str, set[str]] = defaultdict(set)
    articles: dict[str, set[int]] = defaultdict(set)
    for row in content.commitments:
        for link in row.links:
            served[link.measure].add(row.reference)
            if row.reference in rests_on:
                articles[link.measure].add(rests_on[row.reference])
    return served, articles


def _measure_row(measure: Measure, served: Sequence[str], articles: Sequence[int]) -> tuple[str, ...]:
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
        " ".join(served),
        " ".join(map(str, articles)),
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
