"""A content with its registers: who is who, what belongs to what. Built once for a volume."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeVar

from reporting.content import rules
from reporting.content.facts import (
    NO_REPLY,
    OUT_OF_COMPETENCE,
    Answer,
    Article,
    Commitment,
    Engagement,
    FollowUp,
    Instrument,
    Measure,
    Move,
    ReportContent,
    Term,
    Text,
    Year,
)

Key = TypeVar("Key")
Row = TypeVar("Row")
DISPUTING = ("disputed", "not_ours")


@dataclass(frozen=True)
class Lookup:
    content: ReportContent

    @cached_property
    def beyond_public(self) -> frozenset[str]:
        return frozenset(self.content.beyond_public)

    @cached_property
    def units(self) -> Mapping[str, Text]:
        return {unit.key: unit.name for unit in self.content.units}

    @cached_property
    def commitments(self) -> Mapping[str, Commitment]:
        return {row.reference: row for row in self.content.commitments}

    @cached_property
    def measures(self) -> Mapping[str, Measure]:
        return {row.reference: row for row in self.content.measures}

    @cached_property
    def instruments(self) -> Mapping[str, Instrument]:
        return {row.key: row for row in self.content.instruments}

    @cached_property
    def grade_labels(self) -> Mapping[str, Text]:
        return {grade.code: grade.label for grade in self.content.grades}

    @cached_property
    def instrument_names(self) -> Mapping[str, Text]:
        return {row.key: row.short for row in self.content.instruments}

    @cached_property
    def field_words(self) -> Mapping[str, Term]:
        return {term.code: term for term in self.content.words.fields}

    @cached_property
    def moves(self) -> Mapping[str, Move]:
        return {move.commitment: move for move in self.content.moves}

    @cached_property
    def follow_ups(self) -> Mapping[str, Sequence[FollowUp]]:
        return _grouped((row.commitment, row) for row in self.content.follow_ups)

    @cached_property
    def measures_of_engagement(self) -> Mapping[str, Sequence[Measure]]:
        return _grouped((row.engagement, row) for row in self.content.measures if row.engagement)

    @cached_property
    def measures_of_field(self) -> Mapping[str, Sequence[Measure]]:
        return _grouped((row.field, row) for row in self.content.measures)

    @cached_property
    def served_by(self) -> Mapping[str, Sequence[Commitment]]:
        """The commitments a measure serves."""
        return _grouped((link.measure, row) for row in self.content.commitments for link in row.links)

    def engagements(self, kind: str, *forms: str) -> Sequence[Engagement]:
        return [row for row in self.content.engagements if row.kind == kind and (not forms or row.form in forms)]

    @property
    def cutoff(self) -> date:
        """The day whose state of the review is printed: the freeze, or in a draft the reporting date."""
        return self.content.cycle.frozen_on or self.content.cycle.reporting_date

    @cached_property
    def year(self) -> Year:
        this = self.content.cycle.year
        return next((year for year in self.content.years if year.year == this), Year(this, (), 0, 0))

    def count(self, outcome: str) -> int:
        return next((row.count for row in self.year.counts if row.outcome == outcome), 0)

    @cached_property
    def field_of(self) -> Mapping[str, str]:
        return {row.reference: row.field for row in self.content.measures}

    def main_field(self, commitment: Commitment) -> str:
        return rules.main_field(commitment, self.field_of)

    def state_of(self, follow_up: FollowUp) -> str:
        """An open promise whose day has passed is overdue."""
        if follow_up.state == "open" and follow_up.due_on and follow_up.due_on < self.cutoff:
            return "overdue"
        return follow_up.state

    def answer_to(self, measure: Measure) -> str:
        """What the answers on a measure come to: dissent and silence weigh more than agreement."""
        results = {answer.result for answer in measure.answers}
        order = (*DISPUTING, NO_REPLY, "pending", "changed", "confirmed", "nil")
        return next((result for result in order if result in results), "")

    @cached_property
    def every_answer(self) -> Sequence[tuple[Measure | Commitment, Answer]]:
        """Each answer of the cycle with what it is about."""
        holders: list[Measure | Commitment] = [*self.content.measures, *self.content.commitments]
        return [(holder, answer) for holder in holders for answer in holder.answers]

    def disputes(self, commitment: Commitment) -> list[tuple[str, Answer]]:
        """Answers that contradict, on the commitment itself or on one of its measures."""
        found = [("", answer) for answer in commitment.answers if answer.result in DISPUTING]
        for link in commitment.links:
            answers = self.measures[link.measure].answers
            found += [(link.measure, answer) for answer in answers if answer.result in DISPUTING]
        return found

    @cached_property
    def gap_articles(self) -> Sequence[Article]:
        """Articles without any direct measure, though the city could act."""
        return [row for row in self.content.articles if not row.direct and row.outcome != OUT_OF_COMPETENCE]

    @cached_property
    def outside_articles(self) -> Sequence[Article]:
        return [row for row in self.content.articles if row.outcome == OUT_OF_COMPETENCE]


def _grouped(pairs: Iterable[tuple[Key, Row]]) -> Mapping[Key, Sequence[Row]]:
    groups: dict[Key, list[Row]] = defaultdict(list)
    for key, row in pairs:
        groups[key].append(row)
    return dict(groups)
