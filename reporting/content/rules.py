"""How a report counts. One rule for matrix, glance and articles, so that they cannot contradict each other.

- How measures reach articles is counted by ``reporting.coverage``, as on the pages.
- An article carries the weakest verdict of the commitments whose basis it is.
- The compliance rate is the share of fulfilling grades among what is graded: neither too early nor out of competence.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from commitments.models import UDHR
from reporting.content.facts import (
    ARTICLES,
    FIELDS,
    GAP,
    NO_REPLY,
    OUT_OF_COMPETENCE,
    TOO_EARLY,
    Answer,
    Article,
    Cell,
    Commitment,
    FieldTotal,
    GapNote,
    Grade,
    Measure,
    Move,
    OutcomeCount,
    Text,
    UnitAnswers,
    Year,
)
from reporting.coverage import Promise, Reach, reach


def basis_article(commitment: Commitment) -> int | None:
    """The article that is the commitment's basis, where its basis is the Universal Declaration."""
    basis = commitment.basis
    return basis.articles[0] if basis.instrument == UDHR and basis.articles else None


def kin_articles(commitment: Commitment) -> frozenset[int]:
    """The articles its provisions lead to, without the one that is its basis."""
    reached = {article for provision in commitment.provisions for article in provision.articles}
    return frozenset(reached - {basis_article(commitment)})


def weakest(outcomes: Iterable[str], grades: Sequence[Grade]) -> str:
    """The weakest grade; without any "too early", then "out of competence", then nothing yet; else a gap."""
    found = set(outcomes)
    if found == {""}:
        return ""
    for grade in reversed([grade.code for grade in grades if grade.graded]):
        if grade in found:
            return grade
    return next((outcome for outcome in (TOO_EARLY, OUT_OF_COMPETENCE) if outcome in found), GAP)


def years(commitments: Sequence[Commitment], grades: Sequence[Grade]) -> tuple[Year, ...]:
    by_year: dict[int, Counter[str]] = defaultdict(Counter)
    for commitment in commitments:
        for verdict in commitment.verdicts:
            by_year[verdict.year][verdict.outcome] += 1
    graded = [grade.code for grade in grades if grade.graded]
    fulfilling = [grade.code for grade in grades if grade.fulfils]
    return tuple(
        Year(
            year=year,
            counts=tuple(OutcomeCount(grade.code, counts[grade.code]) for grade in grades if counts[grade.code]),
            fulfilled=sum(counts[code] for code in fulfilling),
            rated=sum(counts[code] for code in graded),
        )
        for year, counts in sorted(by_year.items())
    )


def moves(commitments: Sequence[Commitment], grades: Sequence[Grade], year: int) -> tuple[Move, ...]:
    """Every commitment whose grade differs from last year's. Both must be grades: neither word nor gap moves."""
    rank = {grade.code: place for place, grade in enumerate(grade for grade in grades if grade.graded)}
    found = []
    for commitment in commitments:
        known = {verdict.year: verdict.outcome for verdict in commitment.verdicts}
        before, after = known.get(year - 1, ""), known.get(year, "")
        if before in rank and after in rank and before != after:
            direction = "better" if rank[after] < rank[before] else "worse"
            found.append(Move(commitment.reference, before, after, direction))
    return tuple(found)


def articles(
    titles: Mapping[int, tuple[Text, str]],
    commitments: Sequence[Commitment],
    measures: Sequence[Measure],
    gap_notes: Sequence[GapNote],
    grades: Sequence[Grade],
) -> tuple[Article, ...]:
    """``titles`` gives each article's heading and its municipal relevance."""
    field_of = {measure.reference: measure.field for measure in measures}
    notes = {(note.article, note.field): note.reason for note in gap_notes}
    reached = reach(_promise(commitment) for commitment in commitments)
    bases = [(commitment, basis_article(commitment), kin_articles(commitment)) for commitment in commitments]
    rows = []
    for number in ARTICLES:
        based = [commitment for commitment, basis, _kin in bases if basis == number]
        kin = [commitment for commitment, _basis, leads_to in bases if number in leads_to]
        here, (title, relevance) = reached[number], titles[number]
        rows.append(
            Article(
                number=number,
                title=title,
                relevance=relevance,
                outcome=weakest((commitment.outcome for commitment in based), grades),
                commitments=tuple(commitment.reference for commitment in based),
                kin=tuple(commitment.reference for commitment in kin),
                direct=len(here.direct),
                indirect=len(here.indirect),
                cells=tuple(_cell(number, field, here, field_of, notes) for field in FIELDS),
            )
        )
    return tuple(rows)


def _promise(commitment: Commitment) -> Promise:
    measures = {link.measure for link in commitment.links}
    return Promise(basis_article(commitment), set(kin_articles(commitment)), measures)


def _cell(
    number: int, field: str, here: Reach, field_of: Mapping[str, str], notes: Mapping[tuple[int, str], str]
) -> Cell:
    direct = sum(field_of[measure] == field for measure in here.direct)
    indirect = sum(field_of[measure] == field for measure in here.indirect)
    gap = "" if direct else notes.get((number, field), notes.get((number, ""), ""))
    return Cell(field=field, direct=direct, indirect=indirect, gap=gap)


def field_totals(commitments: Sequence[Commitment], measures: Sequence[Measure]) -> tuple[FieldTotal, ...]:
    direct = {link.measure for commitment in commitments if basis_article(commitment) for link in commitment.links}
    return tuple(
        FieldTotal(
            field=field,
            measures=sum(measure.field == field for measure in measures),
            direct=sum(measure.field == field and measure.reference in direct for measure in measures),
        )
        for field in FIELDS
    )


def unit_answers(
    units: Iterable[str], commitments: Sequence[Commitment], measures: Sequence[Measure]
) -> tuple[UnitAnswers, ...]:
    """One row for each unit that was asked, in the order of ``units``."""
    by_unit: dict[str, list[Answer]] = defaultdict(list)
    holders: list[Measure | Commitment] = [*measures, *commitments]
    for holder in holders:
        for answer in holder.answers:
            by_unit[answer.unit].append(answer)
    return tuple(_answers_of(unit, by_unit[unit]) for unit in units if by_unit[unit])


def _answers_of(unit: str, answers: Sequence[Answer]) -> UnitAnswers:
    counts = Counter(answer.result for answer in answers)
    silent = [answer for answer in answers if answer.result == NO_REPLY]
    reminders = {day for answer in silent for day in answer.reminders}
    escalated: list[date] = [answer.escalated_on for answer in silent if answer.escalated_on]
    released: list[date] = [answer.released_on for answer in answers if answer.released_on]
    return UnitAnswers(
        unit=unit,
        asked=len(answers),
        counts=tuple(OutcomeCount(result, counts[result]) for result in sorted(counts)),
        reminders=tuple(sorted(reminders)),
        escalated_on=max(escalated, default=None),
        last_released_on=max(released, default=None),
    )


def main_field(commitment: Commitment, field_of: Mapping[str, str]) -> str:
    """The one field in whose annex volume a commitment's finding stands: where most of its measures are."""
    counts = Counter(field_of[link.measure] for link in commitment.links)
    return max(FIELDS, key=lambda field: (counts[field], -FIELDS.index(field))) if counts else FIELDS[-1]
