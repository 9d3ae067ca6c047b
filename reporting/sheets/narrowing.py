"""A content cut down to a subject and counted anew, by the rules the report itself counts by."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from reporting.content import rules
from reporting.content.facts import Commitment, Engagement, Measure, ReportContent, Unit, Words

Row = TypeVar("Row")


def narrowed(
    content: ReportContent,
    *,
    commitments: Iterable[str] = (),
    measures: Iterable[str] = (),
    engagements: Iterable[str] = (),
    units: Iterable[str] = (),
) -> ReportContent:
    """Only these rows, in their order, with the units and instruments they name.

    A link leads only to measures that are left, ``units`` keeps units named elsewhere on the sheet. Years, moves,
    articles, totals and answers are counted from what is left.
    """
    wanted, kept = set(commitments), set(measures)
    places = set(engagements)
    promises = [
        replace(row, links=tuple(link for link in row.links if link.measure in kept))
        for row in content.commitments
        if row.reference in wanted
    ]
    deeds = [row for row in content.measures if row.reference in kept]
    engaged = [row for row in content.engagements if row.key in places]
    return _counted(
        replace(
            content,
            words=Words(title=content.words.title, subtitle=content.words.subtitle),
            glossary=(),
            obligations=(),
            gap_notes=(),
            commitments=tuple(promises),
            measures=tuple(deeds),
            engagements=tuple(engaged),
            follow_ups=tuple(row for row in content.follow_ups if row.commitment in wanted),
            units=_named_units(content, promises, deeds, engaged, set(units)),
            instruments=tuple(row for row in content.instruments if row.key in _instruments_of(promises)),
        )
    )


def _counted(content: ReportContent) -> ReportContent:
    titles = {row.number: (row.title, row.relevance) for row in content.articles}
    commitments, measures = content.commitments, content.measures
    return replace(
        content,
        years=rules.years(commitments, content.grades),
        moves=rules.moves(commitments, content.grades, content.cycle.year),
        articles=rules.articles(titles, commitments, measures, (), content.grades) if titles else (),
        field_totals=rules.field_totals(commitments, measures),
        answers=rules.unit_answers((unit.key for unit in content.units), commitments, measures),
    )


def _instruments_of(commitments: Sequence[Commitment]) -> set[str]:
    return {provision.instrument for row in commitments for provision in row.provisions}


def _named_units(
    content: ReportContent,
    commitments: Sequence[Commitment],
    measures: Sequence[Measure],
    engagements: Sequence[Engagement],
    named: set[str],
) -> tuple[Unit, ...]:
    holders: list[Commitment | Measure] = [*commitments, *measures]
    for holder in holders:
        named |= {holder.unit, *holder.contributing, *(answer.unit for answer in holder.answers)}
    for row in commitments:
        named |= {dissent.unit for dissent in row.assessment.dissents} if row.assessment else set()
    references = {row.reference for row in commitments}
    named |= {row.unit for row in content.follow_ups if row.commitment in references}
    named |= {row.unit for row in engagements}
    return tuple(unit for unit in content.units if unit.key in named)
