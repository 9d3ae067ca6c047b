"""Recommendations of the United Nations from an export of the Universal Human Rights Index."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import texts
from commitments.exchange import uhri
from commitments.exchange.imported import Author, as_import, authors, compare, first_values
from commitments.exchange.kinds import Day, Line, Text, Words
from commitments.exchange.plans import Act, Plan, PlannedRow, RowOutcome
from commitments.exchange.subjects import Column, Progress, Subject, quiet
from commitments.exchange.tables import DEFAULT_LIMITS, CellError, Limits, Table
from commitments.ledger import save_all_as
from commitments.models import City, Recommendation, User
from commitments.permissions import Verb

ORIGIN = "UHRI"
"""By it the import knows its own writing again."""

LABELS = {
    "source": gettext_lazy("Who recommends it"),
    "body": gettext_lazy("Body"),
    "document": gettext_lazy("Document"),
    "country": gettext_lazy("Addressed to"),
    "kind": gettext_lazy("Kind"),
    "made_on": gettext_lazy("Made on"),
    "text_en": gettext_lazy("Text in English"),
    "themes": gettext_lazy("Themes"),
    "concerned_groups": gettext_lazy("People concerned"),
    "sdgs": gettext_lazy("Sustainable development goals"),
}


class UhriRecommendations(Subject):
    """Annotations on the city's country, known again by their id. The city's response and links are never touched."""

    key = "uhri"
    label = gettext_lazy("Recommendations of the United Nations (Universal Human Rights Index)")
    verb = Verb.IMPORT
    suffixes = (".xlsx", ".json")
    is_exported = False
    ignores_unknown = True
    columns = (
        Column("key", "OHCHR Annotation Id", Line(80), gettext_lazy("By it a row is known again."), required=True),
        Column("body", "Reccomending Body", Line(200), gettext_lazy("Written like this in the export."), required=True),
        Column("text_en", "Text", Text(), required=True),
        Column("document", "Document Symbol", Line(120)),
        Column("country", "Countries Concerned", Words(), gettext_lazy("Rows on other countries are passed over.")),
        Column("made_on", "Document Publication Date", Day()),
        Column("kind", "Type", Line(80)),
        Column("themes", "Themes", Words()),
        Column("concerned_groups", "Affected Persons", Words()),
        Column("sdgs", "Sdgs", Words()),
    )

    def __init__(self, country: str | None = None) -> None:
        """``country``: the English name of the one whose annotations are taken, empty for all; None for the city's."""
        self.country = country

    def read(self, path: Path, limits: Limits = DEFAULT_LIMITS) -> Table:
        return uhri.read_export(path, limits)

    def plan(self, table: Table, user: User | None, progress: Progress = quiet) -> Plan:
        country = city_country() if self.country is None else self.country
        words = _("Reading the annotations")
        export = uhri.annotations(table, country, lambda done, total: progress(done, total, words))
        held = {row.key: row for row in Recommendation.objects.all()}
        differing = [
            held[each.columns["key"]] for each in export.rows if _differs(held.get(each.columns["key"]), each.columns)
        ]
        wrote = authors(Recommendation, differing, ORIGIN)
        work: list[Recommendation] = []
        rows = [_planned(each, held.get(each.columns["key"]), wrote, work) for each in export.rows]
        rows += _with_errors(export.errors)
        plan = Plan(sorted(rows, key=lambda row: row.number), [error for error in export.errors if error.row < 2], work)
        plan.notes = _notes(export, country)
        return plan

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        save_all_as(plan.work, **as_import(act, ORIGIN, act.reason).columns)

    def watched(self) -> tuple[int, ...]:
        last = Recommendation.history.order_by("-history_id").values_list("history_id", flat=True).first()
        return (last or 0,)


def city_country() -> str:
    """The English name of the country that the city lies in; empty where no city is entered yet."""
    city = City.objects.first()
    return texts.country(city.country, "en") if city else ""


def _differs(row: Recommendation | None, columns: dict[str, Any]) -> bool:
    return row is not None and any(getattr(row, name) != value for name, value in columns.items())


def _planned(
    annotation: uhri.Annotation,
    row: Recommendation | None,
    wrote: dict[Any, dict[str, Author]],
    work: list[Recommendation],
) -> PlannedRow:
    """What becomes of one row of the file; a row to write goes into ``work``."""
    columns = annotation.columns
    name = " · ".join(filter(None, (columns["body"], columns["document"], columns["text_en"][:80])))
    if row is None:
        work.append(Recommendation(**columns))
        return PlannedRow(annotation.row, name, RowOutcome.NEW, first_values(work[-1], LABELS))
    if row.pk not in wrote:
        return PlannedRow(annotation.row, name, RowOutcome.UNCHANGED)
    found = compare(row, columns, wrote[row.pk], LABELS)
    if found.values:
        for column, value in found.values.items():
            setattr(row, column, value)
        work.append(row)
    return PlannedRow(annotation.row, name, RowOutcome.CONFLICT if found.is_kept else RowOutcome.CHANGED, found.changes)


def _with_errors(errors: list[CellError]) -> list[PlannedRow]:
    by_row: dict[int, list[CellError]] = {}
    for error in errors:
        if error.row >= 2:
            by_row.setdefault(error.row, []).append(error)
    return [PlannedRow(number, "", RowOutcome.ERROR, errors=found) for number, found in by_row.items()]


def _notes(export: uhri.Export, country: str) -> list[str]:
    if not export.skipped:
        return []
    sentence = _("%(count)s rows on other countries than %(country)s were passed over.")
    return [sentence % {"count": export.skipped, "country": country}]
