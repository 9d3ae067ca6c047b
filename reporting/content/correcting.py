"""Corrections laid over a stored content (rule 12): what can be corrected, how it stands, and how it stands then.

A correction names its target by the key it has in the content ("commitment:K-001"), one field of it
("assessment.finding.de") and both values as text. Whatever is counted from the facts is counted anew.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from commitments.models import MeasureStatus
from reporting.content.assemble import Facts, assemble
from reporting.content.facts import (
    OUT_OF_COMPETENCE,
    Commitment,
    Corrected,
    PartialDate,
    ReportContent,
    Verdict,
)
from reviews.models import FollowUpState, Trend

TEXT, LINE, CODE, DAY, PARTIAL = "text", "line", "code", "day", "partial"
OUTCOME = "assessment.outcome"
LONGEST = {TEXT: 50_000, LINE: 300}
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
WORDS_TARGET = "words"
LANGUAGES = ("de", "en")

CORRECTABLE: Mapping[str, Mapping[str, str]] = {
    "commitment": {
        OUTCOME: CODE,
        "assessment.finding": TEXT,
        "title": LINE,
        "wording": TEXT,
        "competence_note": TEXT,
    },
    "measure": {
        "title": LINE,
        "description": TEXT,
        "status": CODE,
        "suspended_because": TEXT,
        "starts_on": PARTIAL,
        "ends_on": PARTIAL,
    },
    "engagement": {
        "title": LINE,
        "partner": LINE,
        "role": LINE,
        "programme": LINE,
        "note": TEXT,
        "starts_on": PARTIAL,
        "ends_on": PARTIAL,
        "signed_on": PARTIAL,
        "decided_on": PARTIAL,
        "renewal_on": PARTIAL,
    },
    "follow-up": {"action": TEXT, "state": CODE, "result": TEXT, "due_on": DAY},
    "gap": {"text": TEXT, "next_step": TEXT, "due_on": DAY},
    "field": {"label": LINE, "meaning": TEXT},
    WORDS_TARGET: {
        "title": LINE,
        "subtitle": LINE,
        "foreword": TEXT,
        "foreword_by": LINE,
        "introduction": TEXT,
        "reading_guide": TEXT,
        "method": TEXT,
        "plain_summary": TEXT,
    },
}
"""What can be corrected in a row of each kind, and what sort of value it holds. Texts exist in both languages."""

NEEDED = frozenset({"title.de", "action.de", "wording.de", "assessment.finding.de", OUTCOME, "status", "state"})
"""What cannot be left empty."""


class NotCorrectable(ValueError):  # noqa: N818 # a refusal, not a fault
    """A correction that does not fit the content; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Place:
    """One field of one row of a content, with what stands there."""

    target: str
    field: str
    sort: str
    value: str
    codes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The field without its language."""
        return self.field.removesuffix(f".{self.language}") if self.language else self.field

    @property
    def language(self) -> str:
        ending = self.field.rpartition(".")[2]
        return ending if self.sort in LONGEST and ending in LANGUAGES else ""


class Targets:
    """The rows of a content that can be corrected, by their keys."""

    def __init__(self, content: ReportContent) -> None:
        self.content = content

    @cached_property
    def rows(self) -> dict[str, Any]:
        content, seen = self.content, Counter[str]()
        found: dict[str, Any] = {WORDS_TARGET: content.words}
        found |= {f"field:{row.code}": row for row in content.words.fields}
        found |= {f"commitment:{row.reference}": row for row in content.commitments}
        found |= {f"measure:{row.reference}": row for row in content.measures}
        found |= {f"engagement:{row.key}": row for row in content.engagements}
        for promise in content.follow_ups:
            seen[promise.commitment] += 1
            found[f"follow-up:{promise.commitment}:{seen[promise.commitment]}"] = promise
        found |= {f"gap:{row.article}:{row.field}": row for row in content.gap_notes}
        return found

    def places(self, target: str) -> list[Place]:
        """What can be corrected in a row; raises NotCorrectable where there is no such row."""
        if target not in self.rows:
            raise NotCorrectable("target")
        found = []
        for name, sort in CORRECTABLE[kind_of(target)].items():
            if name.startswith("assessment.") and self.rows[target].assessment is None:
                continue
            names = [f"{name}.{each}" for each in LANGUAGES] if sort in LONGEST else [name]
            row, codes = self.rows[target], self._codes(name)
            found += [Place(target, field, sort, _written(row, field), codes) for field in names]
        return found

    def place(self, target: str, field: str) -> Place:
        found = next((place for place in self.places(target) if place.field == field), None)
        if found is None:
            raise NotCorrectable("field")
        return found

    def _codes(self, name: str) -> tuple[str, ...]:
        return {
            OUTCOME: tuple(grade.code for grade in self.content.grades),
            "status": tuple(MeasureStatus.values),
            "state": tuple(FollowUpState.values),
        }.get(name, ())

    def with_values(self, values: Mapping[tuple[str, str], str]) -> ReportContent:
        """The content with other values in these places, everything that is counted counted anew."""
        rows = dict(self.rows)
        for (target, field), value in values.items():
            sort = self.place(target, field).sort
            rows[target] = _with(rows[target], field.split("."), _read(sort, value))
            if field == OUTCOME:
                rows[target] = self._judged(rows[target])
        chapters = tuple(row for target, row in rows.items() if kind_of(target) == "field")
        return counted(
            self.content,
            words=replace(rows[WORDS_TARGET], fields=chapters),
            **{
                name: tuple(row for target, row in rows.items() if kind_of(target) == kind)
                for kind, name in (
                    ("commitment", "commitments"),
                    ("measure", "measures"),
                    ("engagement", "engagements"),
                    ("follow-up", "follow_ups"),
                    ("gap", "gap_notes"),
                )
            },
        )

    def _judged(self, row: Commitment) -> Commitment:
        """The verdict stands in the row of the years, too, and the trend follows from it."""
        year = self.content.cycle.year
        before = max((each for each in row.verdicts if each.year < year), key=lambda each: each.year, default=None)
        others = tuple(each for each in row.verdicts if each.year != year)
        verdicts = tuple(sorted((*others, Verdict(year, row.outcome)), key=lambda each: each.year))
        trend = self._trend(before.outcome if before else "", row.outcome)
        assert row.assessment is not None
        return replace(row, verdicts=verdicts, assessment=replace(row.assessment, trend=trend))

    def _trend(self, before: str, now: str) -> str:
        graded = [grade.code for grade in self.content.grades if grade.graded]
        if before in graded and now in graded:
            if before == now:
                return Trend.SAME.value
            return (Trend.WORSE if graded.index(now) > graded.index(before) else Trend.BETTER).value
        return (Trend.SAME if before == now == OUT_OF_COMPETENCE else Trend.FIRST).value


def kind_of(target: str) -> str:
    return target.partition(":")[0]


def checked(place: Place, row: Any, value: str) -> str:
    """A new value as it will stand there; raises NotCorrectable where it cannot."""
    value = value.replace("\r\n", "\n").strip()
    if value == place.value:
        raise NotCorrectable("unchanged")
    if not value and place.field in NEEDED:
        raise NotCorrectable("empty")
    _require_text(place, value)
    if place.codes and value not in place.codes:
        raise NotCorrectable("code")
    try:
        changed = _with(row, place.field.split("."), _read(place.sort, value))
    except ValueError as error:
        raise NotCorrectable("date") from error
    begin, end = getattr(changed, "starts_on", None), getattr(changed, "ends_on", None)
    if begin and end and str(end) < str(begin)[: len(str(end))]:
        raise NotCorrectable("order")
    return str(_written(changed, place.field))


def _require_text(place: Place, value: str) -> None:
    if UNPRINTABLE.search(value):
        raise NotCorrectable("unprintable")
    if place.sort in LONGEST and len(value) > LONGEST[place.sort]:
        raise NotCorrectable("long")
    if place.sort == LINE and "\n" in value:
        raise NotCorrectable("lines")


def laid_over(content: ReportContent, corrections: Iterable[Corrected], *, strict: bool = True) -> ReportContent:
    """The content with these corrections, which it then lists after those it carries already.

    Raises NotCorrectable where a place does not hold the old value. Not ``strict``, such a correction is left out:
    a content that was read anew may lack what must go (rule 10).
    """
    targets, values, applied = Targets(content), dict[tuple[str, str], str](), list(content.corrections)
    for each in corrections:
        if each in applied:
            continue
        place = (each.target, each.field)
        try:
            stands = values.get(place, targets.place(*place).value)
            if stands not in (each.old, each.new):
                raise NotCorrectable("stale")
        except NotCorrectable:
            if strict:
                raise
            continue
        values[place] = each.new
        applied.append(each)
    return replace(targets.with_values(values), corrections=tuple(applied)) if values else content


def counted(content: ReportContent, **facts: Any) -> ReportContent:
    """The content with other facts, and everything that follows from them counted anew."""
    kept = {name: getattr(content, name) for name in Facts.__dataclass_fields__ if name != "articles"}
    titles = {row.number: (row.title, row.relevance) for row in content.articles}
    whole = assemble(Facts(**(kept | facts), articles=titles))
    return replace(whole, **{each.name: getattr(content, each.name) for each in fields(content) if each.metadata})


def _written(row: Any, field: str) -> str:
    for name in field.split("."):
        row = getattr(row, name)
    return "" if row is None else str(row)


def _read(sort: str, value: str) -> Any:
    if sort == PARTIAL:
        return _real(PartialDate.parse(value)) if value else None
    if sort == DAY:
        return date.fromisoformat(value) if value else None
    return value


def _real(known: PartialDate) -> PartialDate:
    """Raises ValueError for a month or day that no calendar has."""
    date(known.year, known.month or 1, known.day or 1)
    return known


def _with(row: Any, path: list[str], value: Any) -> Any:
    name, *rest = path
    inner = getattr(row, name)
    return replace(row, **{name: _with(inner, rest, value) if rest and is_dataclass(inner) else value})
