"""EU projects from the funds' own tables: ESF+, ERDF, URBACT, Erasmus+, CERV, AMIF, and lists that an office keeps.

The columns are those of EU projects, under the headings of the lists of operations that the managing authorities
publish under Article 49 (3) of Regulation (EU) 2021/1060 and under those in common use. Whatever other columns such a
list has are passed over. The list must be narrowed to the city's rows before: it names beneficiaries by spelling only.
"""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy

from commitments import clock
from commitments.exchange.comparing import STAND, Candidate, Work
from commitments.exchange.engagements import EU_PROJECTS, Engagements
from commitments.exchange.subjects import Column, Record
from commitments.exchange.tables import folded
from commitments.models import EngagementKind, EngagementStatus, EUProject, FieldOfAction, OrganisationalUnit
from commitments.workflow import lifetimes

ALIASES: dict[str, tuple[str, ...]] = {
    "name_de": (
        "Name des Vorhabens",
        "Bezeichnung des Vorhabens",
        "Vorhaben",
        "Projekttitel",
        "Titel",
        "Title",
        "Project title",
        "Operation name",
        "Name of the operation",
    ),
    "acronym": ("Akronym", "Kurztitel", "Project acronym"),
    "programme": ("Programm", "Fonds", "Betroffener Fonds", "Fund", "Fund concerned"),
    "call": ("Aufruf", "Call"),
    "grant_agreement": (
        "Förderkennzeichen",
        "Vorhaben-ID",
        "Vorhabennummer",
        "Projektnummer",
        "Aktenzeichen",
        "Grant agreement number",
        "Grant number",
        "Project number",
    ),
    "city_role": ("Rolle", "Role"),
    "run_by": ("Durchgeführt von",),
    "total_cost": ("Gesamtkosten", "Gesamtkosten des Vorhabens", "Total cost of the operation"),
    "eu_contribution": ("EU-Kofinanzierung", "EU-Beitrag", "EU-Mittel", "Union co-financing", "EU co-financing"),
    "city_contribution": ("EU-Mittel für die Stadt", "EU contribution to the city"),
    "url": ("Internetseite", "Website"),
    "starts_on": (
        "Datum des Beginns",
        "Datum des Beginns des Vorhabens",
        "Beginn des Vorhabens",
        "Projektbeginn",
        "Laufzeit von",
        "Start",
        "Start date",
        "Operation start date",
    ),
    "ends_on": (
        "Datum des Abschlusses",
        "Voraussichtliches oder tatsächliches Datum des Abschlusses des Vorhabens",
        "Datum des Abschlusses des Vorhabens",
        "Ende des Vorhabens",
        "Projektende",
        "Laufzeit bis",
        "End date",
        "Operation end date",
    ),
    "unit_id": ("Dienststelle", "Federführende Dienststelle", "Unit"),
    "note_de": ("Zweck des Vorhabens", "Zusammenfassung", "Operation summary"),
}
DEFAULTED = frozenset({"key", "acronym", "field", "unit_id", "status", "run_by"})
"""What a foreign list leaves open: new rows get the usual value, known ones keep theirs."""


def _columns() -> tuple[Column, ...]:
    """The columns of EU projects; of them only the name is needed."""
    return tuple(
        replace(column, aliases=ALIASES.get(column.code, ()), required=column.code == "name_de")
        for column in EU_PROJECTS.columns
        if column is not STAND
    )


class EuFunds(Engagements):
    """Known again by grant number, else by name."""

    is_exported = False
    ignores_unknown = True

    def __init__(self) -> None:
        label = gettext_lazy("EU projects from lists of the funds (ESF+, ERDF, URBACT, Erasmus+, CERV, AMIF)")
        super().__init__(EngagementKind.EU_PROJECT, EUProject, label, ())
        self.key = "eu-funds"
        self.columns = _columns()

    def prepare(self, work: Work) -> None:
        super().prepare(work)
        for row in work.rows.values():
            if row.grant_agreement:
                work.index.setdefault(("grant", folded(row.grant_agreement)), row)
        own = OrganisationalUnit.objects.existing(clock.today()).filter(is_officers_own=True).first()
        work.extra["own"] = own.pk if own else None

    def find(self, record: Record, work: Work) -> Any:
        for code in DEFAULTED:
            if not record.values.get(code):
                record.values.pop(code, None)
        number = folded(record.values.get("grant_agreement") or "")
        if number and not record.values.get("key"):
            if row := work.index.get(("grant", number)):
                return row
        elif not record.values.get("key"):
            twin = work.index.get(("name", folded(record.values.get("name_de") or "")))
            if twin is not None:
                return twin
        return super().find(record, work)

    def new(self, record: Record, work: Work) -> Any:
        row = super().new(record, work)
        row.field, row.unit_id = FieldOfAction.EUROPE, work.extra["own"]
        row.acronym = (record.values.get("name_de") or "")[:80]
        return row

    def check(self, candidate: Candidate, work: Work) -> None:
        row = candidate.row
        is_open = candidate.is_new and "status" not in candidate.record.values and row.ends_on
        if is_open and lifetimes.last_day(row.ends_on, row.ends_on_precision) < clock.today():
            row.status = EngagementStatus.ENDED
        if candidate.is_new and row.unit_id is None:
            sentence = gettext_lazy("Say which unit keeps it: no unit is entered as the officer's own.")
            candidate.error(self.heading("unit_id"), str(sentence))
            return
        super().check(candidate, work)
