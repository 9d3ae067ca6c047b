"""One partner city's profile: the tie, what happens in it, what that serves, and its money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from reporting.content.facts import Engagement, PartialDate, ReportContent
from reporting.documents import charts
from reporting.documents.lookup import Lookup
from reporting.sheets import facts, money
from reporting.sheets.narrowing import narrowed
from reporting.sheets.source import Kind, Source, Subject, UnknownSubject
from reporting.sheets.unit import state
from reporting.templatetags.paper import plain


@dataclass(frozen=True, kw_only=True)
class PartnerSheet(facts.Sheet):
    """``nearby`` are projects of development cooperation in the partner's country."""

    partner: Engagement
    council_reference: str
    council_url: str
    status_since: PartialDate | None
    amounts: tuple[facts.Amount, ...]
    nearby: tuple[str, ...]
    promises: tuple[facts.Promise, ...]


def partners(content: ReportContent) -> Sequence[Subject]:
    return [Subject(row.key, row.title) for row in content.engagements if row.kind == "partnership"]


def content(source: Source, subject: str) -> PartnerSheet:
    partner = next(
        (row for row in source.content.engagements if row.key == subject and row.kind == "partnership"), None
    )
    if partner is None:
        raise UnknownSubject(subject)
    measures = [row.reference for row in source.lookup.measures_of_engagement.get(subject, ())]
    served = {row.reference for measure in measures for row in source.lookup.served_by.get(measure, ())}
    row = next((row for _kind, row in source.tables.engagement_rows.values() if row.key == subject), None)
    nearby = _nearby(source, partner.country)
    promises = tuple(promise for promise in source.promises if promise.commitment in served)
    return PartnerSheet(
        kind=KIND.key,
        subject=subject,
        name=partner.title,
        taken_from=source.sha256,
        report=narrowed(
            source.content,
            commitments=served,
            measures=measures,
            engagements=[subject, *nearby],
            units={promise.unit for promise in promises},
        ),
        partner=partner,
        council_reference=row.council_reference if row else "",
        council_url=row.council_url if row else "",
        status_since=PartialDate.known(row.status_since, row.status_since_precision) if row else None,
        amounts=tuple(money.amount(budget) for budget in money.budgets(source).get(row.id, ())) if row else (),
        nearby=nearby,
        promises=tuple(promise for promise in promises if promise.state == "open"),
    )


def _nearby(source: Source, country: str) -> tuple[str, ...]:
    printed = {row.key for row in source.content.engagements}
    return tuple(
        sorted(
            row.key
            for kind, row in source.tables.engagement_rows.values()
            if kind == "development" and country and row.country == country and row.key in printed
        )
    )


def prepare(sheet: PartnerSheet, lookup: Lookup) -> Mapping[str, Any]:
    report = sheet.report
    city = plain(report.city.name).removeprefix("Stadt ").removeprefix("City of ")
    placed = [(sheet.partner, plain(sheet.name), bool(report.measures))]
    return {
        "partner": sheet.partner,
        "map": charts.partner_map(report.city, city, placed),
        "measures": [(row, lookup.answer_to(row)) for row in report.measures],
        "served": {row.reference: lookup.served_by.get(row.reference, ()) for row in report.measures},
        "commitments": [(row, [row.outcome], len(row.links)) for row in report.commitments],
        "verdict_years": [report.cycle.year],
        "reached": [row for row in report.articles if row.direct],
        "nearby": [row for row in report.engagements if row.key in sheet.nearby],
        "promises": [(row, state(row, lookup)) for row in sheet.promises],
        "total": money.summed(row.total for row in sheet.amounts),
        "funded": money.summed(row.funded for row in sheet.amounts),
    }


KIND = Kind(
    key="partner",
    title=_("A partner city’s profile"),
    purpose=_("For visits and talks: the partnership, what happens in it, which rights that serves, and its money."),
    content=content,
    prepare=prepare,
    subjects=partners,
    subject_label=_("Partner city"),
)
