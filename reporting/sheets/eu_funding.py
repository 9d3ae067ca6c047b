"""The EU's money: every project with programme, grant and amounts, and the money of each year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.documents import words
from reporting.documents.lookup import Lookup
from reporting.sheets import facts, money
from reporting.sheets.narrowing import narrowed
from reporting.sheets.source import Kind, Source, Table
from reporting.templatetags.paper import plain, short_day


@dataclass(frozen=True)
class Project:
    """The money of one EU project in euros, as decimal text; ``engagement`` is its key in the report."""

    engagement: str
    call: str
    total_cost: str
    eu_contribution: str
    city_contribution: str
    years: tuple[facts.Amount, ...]


@dataclass(frozen=True, kw_only=True)
class FundingSheet(facts.Sheet):
    projects: tuple[Project, ...]
    years: tuple[facts.Amount, ...]
    total_cost: str
    eu_contribution: str
    city_contribution: str


def content(source: Source, _subject: str) -> FundingSheet:
    rows = {row.key: row for kind, row in source.tables.engagement_rows.values() if kind == "eu_project"}
    printed = [row.key for row in source.content.engagements if row.kind == "eu_project" and row.key in rows]
    spent = money.budgets(source)
    projects = tuple(_project(rows[key], spent) for key in printed)
    measures = [row.reference for key in printed for row in source.lookup.measures_of_engagement.get(key, ())]
    served = {row.reference for measure in measures for row in source.lookup.served_by.get(measure, ())}
    return FundingSheet(
        kind=KIND.key,
        taken_from=source.sha256,
        report=narrowed(source.content, commitments=served, measures=measures, engagements=printed),
        projects=projects,
        years=money.by_year(amount for project in projects for amount in project.years),
        total_cost=money.summed(project.total_cost for project in projects),
        eu_contribution=money.summed(project.eu_contribution for project in projects),
        city_contribution=money.summed(project.city_contribution for project in projects),
    )


def _project(row: Any, spent: Mapping[int, Sequence[Any]]) -> Project:
    return Project(
        engagement=row.key,
        call=row.call,
        total_cost=money.written(row.total_cost),
        eu_contribution=money.written(row.eu_contribution),
        city_contribution=money.written(row.city_contribution),
        years=tuple(money.amount(budget) for budget in spent.get(row.id, ())),
    )


def prepare(sheet: FundingSheet, lookup: Lookup) -> Mapping[str, Any]:
    engagements = {row.key: row for row in sheet.report.engagements}
    return {
        "rows": [(engagements[project.engagement], project) for project in sheet.projects],
        "unknown": sum(not (row.eu_contribution or row.city_contribution or row.years) for row in sheet.projects),
        "running": sum(row.status == "active" and not row.ends_on for row in engagements.values()),
        "by_project": [(engagements[project.engagement], project.years) for project in sheet.projects if project.years],
        "measures": [(row, lookup.answer_to(row)) for row in sheet.report.measures],
    }


def table(sheet: FundingSheet, lookup: Lookup) -> Table:
    engagements = {row.key: row for row in sheet.report.engagements}
    years = [row.year for row in sheet.years]
    head = [
        _("Key"), _("Project"), _("Subject"), _("Programme"), _("Call"), _("Grant number"), _("Checked"), _("Role"),
        _("Unit"), _("Start"), _("End"), _("Status"), _("Total cost (euros)"), _("EU contribution (euros)"),
        _("of that to the city (euros)"), *(_("EU money %(year)s (euros)") % {"year": year} for year in years),
    ]  # fmt: skip
    rows = []
    for project in sheet.projects:
        row, known = engagements[project.engagement], {amount.year: amount.funded for amount in project.years}
        amounts = (project.total_cost, project.eu_contribution, project.city_contribution)
        cells = [row.key, row.name, plain(row.title), plain(row.programme), project.call, row.grant_number]
        cells += [_("yes") if row.grant_checked else _("no"), plain(row.role)]
        cells += [plain(lookup.units[row.unit]) if row.unit in lookup.units else ""]
        cells += [short_day(row.starts_on), short_day(row.ends_on), words.word(row.status, "engagement")]
        rows.append([*cells, *map(money.read, amounts), *(money.read(known.get(year, "")) for year in years)])
    return Table(head, rows, [18, 22, 44, 28, 24, 16, 10, 22, 34, 12, 12, 12, 16, 16, 16, *(16 for _year in years)])


KIND = Kind(
    key="eu-funding",
    title=gettext_lazy("Overview of EU funding"),
    purpose=gettext_lazy("For finance and the European committee: projects, programmes and money by year."),
    content=content,
    prepare=prepare,
    table=table,
)
