"""One unit's sheet: what it answers for, what it does, what it said and what it promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from reporting.content import rules
from reporting.content.facts import Commitment, ReportContent, Year
from reporting.documents.lookup import Lookup
from reporting.sheets import facts
from reporting.sheets.narrowing import narrowed
from reporting.sheets.source import Kind, Source, Subject, UnknownSubject


@dataclass(frozen=True, kw_only=True)
class UnitSheet(facts.Sheet):
    """``years`` counts the verdicts on what the unit is in charge of; ``promises`` are those it gave itself."""

    years: tuple[Year, ...]
    promises: tuple[facts.Promise, ...]


def units(content: ReportContent) -> Sequence[Subject]:
    """The units that are in charge of anything, take part in anything or were asked."""
    concerned = {row.unit for row in content.follow_ups}
    holders: list[Any] = [*content.commitments, *content.measures]
    for row in holders:
        concerned |= {row.unit, *row.contributing, *(answer.unit for answer in row.answers)}
    return [Subject(row.key, row.name) for row in content.units if row.key in concerned]


def content(source: Source, subject: str) -> UnitSheet:
    """Its commitments with all measures that serve them, and its measures with all that they serve."""
    whole = source.content
    name = source.lookup.units.get(subject)
    if name is None:
        raise UnknownSubject(subject)
    own = [row for row in whole.commitments if subject in (row.unit, *row.contributing)]
    deeds = {row.reference for row in whole.measures if subject in (row.unit, *row.contributing)}
    deeds |= {row.reference for row in whole.measures if any(answer.unit == subject for answer in row.answers)}
    promises = tuple(row for row in source.promises if row.unit == subject and _matters(row, source))
    served = {row.reference for measure in deeds for row in source.lookup.served_by.get(measure, ())}
    served |= {row.commitment for row in promises}
    served |= {row.reference for row in whole.commitments if any(answer.unit == subject for answer in row.answers)}
    return UnitSheet(
        kind=KIND.key,
        subject=subject,
        name=name,
        taken_from=source.sha256,
        report=narrowed(
            whole,
            commitments={row.reference for row in own} | served,
            measures=deeds | {link.measure for row in own for link in row.links},
            units=(subject,),
        ),
        years=rules.years([row for row in own if row.unit == subject], whole.grades),
        promises=promises,
    )


def _matters(promise: facts.Promise, source: Source) -> bool:
    """Open, or settled since the cycle before; the rest is history."""
    return promise.state == "open" or promise.from_year >= source.content.cycle.year - 1


def prepare(sheet: UnitSheet, lookup: Lookup) -> Mapping[str, Any]:
    unit, report = sheet.subject, sheet.report
    led = [row for row in report.commitments if row.unit == unit]
    shared = [row for row in report.commitments if unit in row.contributing]
    deeds = [row for row in report.measures if unit in (row.unit, *row.contributing)]
    asked = [(holder, answer) for holder, answer in lookup.every_answer if answer.unit == unit]
    years = [year.year for year in sheet.years[-4:]]
    return {
        "led": [(row, _verdicts(row, years), len(row.links)) for row in led],
        "shared": [(row, _verdicts(row, years), len(row.links)) for row in shared],
        "measures": [(row, "lead" if row.unit == unit else "contributing", lookup.answer_to(row)) for row in deeds],
        "served": {row.reference: lookup.served_by.get(row.reference, ()) for row in deeds},
        "asked": asked,
        "spoken": [(holder, answer) for holder, answer in asked if answer.result not in ("no_reply", "pending")],
        "unsaid": [(holder, answer) for holder, answer in asked if answer.result in ("no_reply", "pending")],
        "promises": [(row, state(row, lookup)) for row in sheet.promises],
        "open": sum(row.state == "open" for row in sheet.promises),
        "overdue": sum(state(row, lookup) == "overdue" for row in sheet.promises),
        "this_year": next((year for year in sheet.years if year.year == report.cycle.year), None),
        "verdict_years": years,
    }


def state(promise: facts.Promise, lookup: Lookup) -> str:
    """An open promise whose day has passed is overdue."""
    is_late = promise.state == "open" and promise.due_on is not None and promise.due_on < lookup.cutoff
    return "overdue" if is_late else promise.state


def _verdicts(row: Commitment, years: Sequence[int]) -> list[str]:
    known = {verdict.year: verdict.outcome for verdict in row.verdicts}
    return [known.get(year, "") for year in years]


KIND = Kind(
    key="unit",
    title=_("A unit’s sheet"),
    purpose=_("For the head of a unit and for its committee: what it is in charge of, does, answered and promised."),
    content=content,
    prepare=prepare,
    subjects=units,
    subject_label=_("Unit"),
)
