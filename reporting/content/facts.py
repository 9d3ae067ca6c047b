"""What a report says, as plain frozen facts.

Language-neutral: codes, keys and both languages' texts; no interface string, no database id, no float. Whoever draws a
document from it (paper, page, table) reads nothing else, so that its canonical JSON can be hashed and checked for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

SCHEMA = "rechenschaft/report/1"
FIELDS = ("partnerships", "europe", "development", "human_rights")
ARTICLES = tuple(range(1, 31))
TOO_EARLY, OUT_OF_COMPETENCE, GAP = "too_early", "out_of_competence", "gap"
NO_REPLY = "no_reply"
LATER: Mapping[str, bool] = MappingProxyType({"later": True})
"""Marks a field that came after contents were stored: while it has its default, the canonical form leaves it out."""
REDUCED_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True)
class Text:
    """A text in German and, where given, in English."""

    de: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.de or self.en)


@dataclass(frozen=True)
class PartialDate:
    """A date as exactly as it is known; written as 2017, 2017-09 or 2017-09-28."""

    year: int
    month: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part is not None)]
        return "-".join(parts)

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        match = REDUCED_DATE.fullmatch(text)
        if not match:
            raise ValueError(f"“{text}” is not a date such as 2017, 2017-09 or 2017-09-28.")
        year, month, day = match.groups()
        return cls(int(year), int(month) if month else None, int(day) if day else None)

    @classmethod
    def known(cls, value: date | None, precision: str) -> PartialDate | None:
        """From a stored date and its precision."""
        if value is None:
            return None
        month = None if precision == "year" else value.month
        return cls(value.year, month, value.day if precision == "day" else None)


@dataclass(frozen=True)
class City:
    name: Text
    country: str = ""
    latitude: str = ""
    longitude: str = ""


@dataclass(frozen=True)
class Cycle:
    year: int
    period_from: date
    period_to: date
    reporting_date: date
    opened_on: date | None = None
    confirm_by: date | None = None
    last_reminder_on: date | None = None
    assess_by: date | None = None
    frozen_on: date | None = None


@dataclass(frozen=True)
class Grade:
    """One step of the scale, or one of the two outcomes beside it. ``fulfils`` counts for the compliance rate."""

    code: str
    label: Text
    meaning: Text
    graded: bool = True
    fulfils: bool = False


@dataclass(frozen=True)
class Term:
    """A code with its name and, where there is one, its explanation: a field of action, an obligation, a word."""

    code: str
    label: Text
    meaning: Text = Text()


@dataclass(frozen=True)
class Unit:
    key: str
    name: Text


@dataclass(frozen=True)
class Instrument:
    """The version of a declaration, treaty, charter or pledge that the commitments of this report rest on."""

    key: str
    short: Text
    title: Text
    kind: str
    binding: bool = False
    adopted_on: PartialDate | None = None
    version: Text = Text()
    city_adopted_on: PartialDate | None = None
    council_reference: str = ""


@dataclass(frozen=True)
class Provision:
    instrument: str
    number: str
    title: Text
    articles: tuple[int, ...] = ()


@dataclass(frozen=True)
class Change:
    """What a unit corrected in its answer: the name of the field and both values, as printed in the register."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Answer:
    """A unit's answer, or its silence after the last reminder (``no_reply``)."""

    unit: str
    part: str
    result: str
    statement: Text = Text()
    changes: tuple[Change, ...] = ()
    submitted_on: date | None = None
    released_on: date | None = None
    reminders: tuple[date, ...] = ()
    escalated_on: date | None = None
    late: bool = False
    for_deputy: bool = False


@dataclass(frozen=True)
class Evidence:
    title: Text
    kind: str
    url: str = ""
    reference: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Measure:
    reference: str
    title: Text
    field: str
    unit: str
    status: str
    contributing: tuple[str, ...] = ()
    engagement: str = ""
    description: Text = Text()
    suspended_because: Text = Text()
    starts_on: PartialDate | None = None
    ends_on: PartialDate | None = None
    answers: tuple[Answer, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Link:
    """Why a measure serves a commitment."""

    measure: str
    contribution: str
    rationale: Text = Text()


@dataclass(frozen=True)
class Verdict:
    year: int
    outcome: str


@dataclass(frozen=True)
class Dissent:
    unit: str
    text: Text


@dataclass(frozen=True)
class Statement:
    """Civil society's view, printed beside the finding."""

    author: str
    text: Text
    received_on: date | None = None


@dataclass(frozen=True)
class Assessment:
    outcome: str
    trend: str
    finding: Text
    self_assessed: bool = False
    dissents: tuple[Dissent, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Commitment:
    """``provisions`` begins with the basis; ``verdicts`` runs through the years and ends with this one."""

    reference: str
    title: Text
    wording: Text
    provisions: tuple[Provision, ...]
    obligations: tuple[str, ...]
    competence: str
    unit: str
    competence_note: Text = Text()
    contributing: tuple[str, ...] = ()
    groups: tuple[Text, ...] = ()
    valid_from: PartialDate | None = None
    newly_adopted: bool = False
    links: tuple[Link, ...] = ()
    answers: tuple[Answer, ...] = ()
    assessment: Assessment | None = None
    verdicts: tuple[Verdict, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def basis(self) -> Provision:
        return self.provisions[0]

    @property
    def outcome(self) -> str:
        return self.assessment.outcome if self.assessment else ""


@dataclass(frozen=True)
class FollowUp:
    commitment: str
    action: Text
    state: str
    from_year: int
    unit: str = ""
    due_on: date | None = None
    result: Text = Text()


@dataclass(frozen=True)
class Engagement:
    """A partnership, EU project, network or development project. ``kind`` says which, ``form`` which sort of it."""

    key: str
    kind: str
    title: Text
    form: str = ""
    name: str = ""
    country: str = ""
    partner: Text = Text()
    role: Text = Text()
    programme: Text = Text()
    grant_number: str = ""
    grant_checked: bool = False
    district: str = ""
    unit: str = ""
    status: str = ""
    starts_on: PartialDate | None = None
    ends_on: PartialDate | None = None
    signed_on: PartialDate | None = None
    decided_on: PartialDate | None = None
    renewal_on: PartialDate | None = None
    instrument: str = ""
    note: Text = Text()
    latitude: str = ""
    longitude: str = ""


@dataclass(frozen=True)
class GapNote:
    """Why an article has no measure in a field, or (``field`` empty) in any."""

    article: int
    reason: str
    field: str = ""
    text: Text = Text()
    next_step: Text = Text()
    due_on: date | None = None


@dataclass(frozen=True)
class Words:
    """The texts around the tables, as written for this edition. Markdown."""

    title: Text
    subtitle: Text
    introduction: Text = Text()
    method: Text = Text()
    reading_guide: Text = Text()
    plain_summary: Text = Text()
    fields: tuple[Term, ...] = ()
    foreword: Text = field(default=Text(), metadata=LATER)
    foreword_by: Text = field(default=Text(), metadata=LATER)


# -- what is counted from the facts above (see rules.py), kept in the content so that every reader counts alike --------


@dataclass(frozen=True)
class OutcomeCount:
    outcome: str
    count: int


@dataclass(frozen=True)
class Year:
    """How the verdicts of one year add up: ``fulfilled`` of ``rated`` is the compliance rate (DESIGN.md, rule 16)."""

    year: int
    counts: tuple[OutcomeCount, ...]
    fulfilled: int
    rated: int


@dataclass(frozen=True)
class Move:
    commitment: str
    before: str
    after: str
    direction: str


@dataclass(frozen=True)
class Cell:
    field: str
    direct: int
    indirect: int
    gap: str = ""


@dataclass(frozen=True)
class Article:
    """One article of the Universal Declaration: ``outcome`` is the weakest of the commitments whose basis it is."""

    number: int
    title: Text
    relevance: str
    outcome: str
    commitments: tuple[str, ...]
    kin: tuple[str, ...]
    direct: int
    indirect: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class FieldTotal:
    """Measures of a field, each once: all of them, and those that reach an article directly."""

    field: str
    measures: int
    direct: int


@dataclass(frozen=True)
class UnitAnswers:
    unit: str
    asked: int
    counts: tuple[OutcomeCount, ...]
    reminders: tuple[date, ...] = ()
    escalated_on: date | None = None
    last_released_on: date | None = None


@dataclass(frozen=True)
class Corrected:
    """An approved correction that this content carries: the place by its keys, both values as text, and why."""

    edition: int
    target: str
    field: str
    old: str
    new: str
    reason: str
    corrected_on: date


@dataclass(frozen=True)
class ReportContent:
    schema: str
    sample_notice: Text
    city: City
    cycle: Cycle
    words: Words
    grades: tuple[Grade, ...]
    obligations: tuple[Term, ...]
    glossary: tuple[Term, ...]
    units: tuple[Unit, ...]
    instruments: tuple[Instrument, ...]
    engagements: tuple[Engagement, ...]
    measures: tuple[Measure, ...]
    commitments: tuple[Commitment, ...]
    follow_ups: tuple[FollowUp, ...]
    gap_notes: tuple[GapNote, ...]
    years: tuple[Year, ...]
    moves: tuple[Move, ...]
    articles: tuple[Article, ...]
    field_totals: tuple[FieldTotal, ...]
    answers: tuple[UnitAnswers, ...]
    scale_source: Text = Text()
    audience: str = "public"
    beyond_public: tuple[str, ...] = field(default=(), metadata=LATER)
    """In a content for the council: names of the rows that the public content lacks, or of which it says less."""
    corrections: tuple[Corrected, ...] = field(default=(), metadata=LATER)
    """Errors found after the release of an earlier edition, laid over its content."""

    @property
    def is_sample(self) -> bool:
        return bool(self.sample_notice)
