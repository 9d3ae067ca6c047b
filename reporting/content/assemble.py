"""From facts to a whole content: everything that can be counted is counted here, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporting.content import rules
from reporting.content.facts import (
    SCHEMA,
    City,
    Commitment,
    Cycle,
    Engagement,
    FollowUp,
    GapNote,
    Grade,
    Instrument,
    Measure,
    ReportContent,
    Term,
    Text,
    Unit,
    Words,
)

NO_TEXT = Text()


@dataclass(frozen=True)
class Facts:
    """What must be read; ``articles`` gives the heading and municipal relevance of each of the thirty."""

    city: City
    cycle: Cycle
    words: Words
    grades: Sequence[Grade]
    articles: Mapping[int, tuple[Text, str]]
    units: Sequence[Unit]
    instruments: Sequence[Instrument]
    engagements: Sequence[Engagement]
    measures: Sequence[Measure]
    commitments: Sequence[Commitment]
    follow_ups: Sequence[FollowUp]
    gap_notes: Sequence[GapNote] = ()
    obligations: Sequence[Term] = ()
    glossary: Sequence[Term] = ()
    sample_notice: Text = NO_TEXT
    scale_source: Text = NO_TEXT
    audience: str = "public"


def assemble(facts: Facts) -> ReportContent:
    measures, commitments, grades = tuple(facts.measures), tuple(facts.commitments), tuple(facts.grades)
    return ReportContent(
        schema=SCHEMA,
        audience=facts.audience,
        sample_notice=facts.sample_notice,
        city=facts.city,
        cycle=facts.cycle,
        words=facts.words,
        scale_source=facts.scale_source,
        grades=grades,
        obligations=tuple(facts.obligations),
        glossary=tuple(facts.glossary),
        units=tuple(facts.units),
        instruments=tuple(facts.instruments),
        engagements=tuple(facts.engagements),
        measures=measures,
        commitments=commitments,
        follow_ups=tuple(facts.follow_ups),
        gap_notes=tuple(facts.gap_notes),
        years=rules.years(commitments, grades),
        moves=rules.moves(commitments, grades, facts.cycle.year),
        articles=rules.articles(facts.articles, commitments, measures, facts.gap_notes, grades),
        field_totals=rules.field_totals(commitments, measures),
        answers=rules.unit_answers((unit.key for unit in facts.units), commitments, measures),
    )
