"""The main volume: what a council reads. Each function gives one chapter what it shows beyond the content itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from reporting.content.facts import (
    FIELDS,
    NO_REPLY,
    TOO_EARLY,
    Answer,
    Article,
    Assessment,
    Cell,
    Commitment,
    Engagement,
    GapNote,
    Measure,
    Move,
    Words,
)
from reporting.content.sorting import in_german_order
from reporting.documents import charts, progress_charts, words
from reporting.documents.book import Chapter
from reporting.documents.lookup import DISPUTING, Lookup
from reporting.templatetags.paper import plain

TITLE_LENGTH = 62
MOST_ON_GLANCE = 9


# -- at a glance ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shortened:
    """The first rows of a list, and how many more there are."""

    rows: Sequence[Any]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.rows)


def shortened(rows: Sequence[Any], limit: int) -> Shortened:
    keep = len(rows) if len(rows) <= limit + 1 else limit
    return Shortened(rows[:keep], len(rows))


def glance(lookup: Lookup, limit: int = MOST_ON_GLANCE) -> Mapping[str, Any]:
    content, commitments = lookup.content, lookup.commitments
    moves = {
        direction: [(move, commitments[move.commitment]) for move in content.moves if move.direction == direction]
        for direction in ("worse", "better")
    }
    open_promises = [row for row in content.follow_ups if row.state == "open"]
    open_promises.sort(key=lambda row: (row.due_on is None, row.due_on, row.commitment))
    answers = Counter(answer.result for _holder, answer in lookup.every_answer)
    return {
        "year": lookup.year,
        "percent": percent(lookup.year.fulfilled, lookup.year.rated),
        "bars": charts.verdict_bars(content.years),
        "worse": shortened(moves["worse"], limit),
        "better": shortened(moves["better"], max(limit - 2, 1)),
        "new": shortened([row for row in content.commitments if row.newly_adopted], max(limit - 3, 1)),
        "promises": shortened([(row, lookup.state_of(row)) for row in open_promises], max(limit - 2, 1)),
        "overdue": sum(lookup.state_of(row) == "overdue" for row in open_promises),
        "gaps": lookup.gap_articles,
        "outside": lookup.outside_articles,
        "asked": sum(answers.values()),
        "silent": answers[NO_REPLY],
        "disputed": sum(answers[result] for result in DISPUTING),
        "title_length": TITLE_LENGTH,
    }


def percent(part: int, whole: int) -> int | None:
    return (100 * part + whole // 2) // whole if whole else None


# -- method -----------------------------------------------------------------------------------------------------------


def nothing(lookup: Lookup) -> Mapping[str, Any]:
    return {}


def method(lookup: Lookup) -> Mapping[str, Any]:
    return {"scale": [(grade, lookup.count(grade.code)) for grade in lookup.content.grades]}


# -- matrix -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeatCell:
    cell: Cell

    @property
    def level(self) -> int:
        """How dark: 1, 2 to 3, 4 to 6, 7 and more direct measures."""
        count = self.cell.direct
        return 0 if not count else 1 if count < 2 else 2 if count < 4 else 3 if count < 7 else 4


def matrix(lookup: Lookup) -> Mapping[str, Any]:
    content = lookup.content
    meanings = {grade.code: plain(grade.label) for grade in content.grades} | {"gap": gettext("no commitment")}
    labels = (
        gettext("Life and protection"),
        gettext("Private life and belonging"),
        gettext("Mind and participation"),
        gettext("Social life and culture"),
    )
    return {
        "rows": [(row, [HeatCell(cell) for cell in row.cells]) for row in content.articles],
        "fields": FIELDS,
        "direct_total": sum(total.direct for total in content.field_totals),
        "portico": charts.portico(content.articles, meanings, labels),
        "outcomes": Counter(row.outcome for row in content.articles),
    }


# -- fields of action -------------------------------------------------------------------------------------------------


def field_of_action(field: str, lookup: Lookup) -> dict[str, Any]:
    measures = lookup.measures_of_field.get(field, ())
    return {
        "field": field,
        "words": lookup.field_words.get(field),
        "measures": [(row, lookup.answer_to(row)) for row in measures],
        "suspended": [row for row in measures if row.status == "suspended"],
        "statuses": Counter(row.status for row in measures),
        "reached": _articles_reached(measures, lookup),
    }


def _articles_reached(measures: Sequence[Measure], lookup: Lookup) -> Sequence[Article]:
    """The articles that these measures reach directly."""
    references = {row.reference for row in measures}
    based = {reference for row in lookup.content.articles for reference in row.commitments}
    served = {
        row.reference for measure in references for row in lookup.served_by.get(measure, ()) if row.reference in based
    }
    return [row for row in lookup.content.articles if served & set(row.commitments)]


def _with_measures(rows: Sequence[Engagement], lookup: Lookup) -> list[tuple[Engagement, int]]:
    return [(row, len(lookup.measures_of_engagement.get(row.key, ()))) for row in rows]


def partnerships(lookup: Lookup) -> Mapping[str, Any]:
    twinnings = lookup.engagements("partnership", "twinning", "project")
    others = lookup.engagements("partnership", "inner_german", "incorporation")
    placed = [(row, plain(row.title), bool(lookup.measures_of_engagement.get(row.key))) for row in twinnings]
    city = lookup.content.city
    name = plain(city.name).removeprefix("Stadt ").removeprefix("City of ")
    return field_of_action("partnerships", lookup) | {
        "twinnings": _with_measures(twinnings, lookup),
        "others": _with_measures(others, lookup),
        "paused": [row for row in twinnings if row.status in ("paused", "suspended")],
        "map": charts.partner_map(city, name, placed),
    }


def europe(lookup: Lookup) -> Mapping[str, Any]:
    projects = lookup.engagements("eu_project")
    dated = sorted((row for row in projects if row.starts_on), key=lambda row: str(row.starts_on))
    networks = sorted(lookup.engagements("network"), key=lambda row: (str(row.starts_on or "9"), plain(row.title)))
    bound = sorted((row for row in networks if row.starts_on), key=lambda row: str(row.starts_on))
    this_year = lookup.content.cycle.reporting_date.year
    return field_of_action("europe", lookup) | {
        "projects": projects,
        "running": [row for row in projects if row.starts_on and not row.ends_on],
        "project_times": charts.timeline(
            "projects",
            [
                charts.Bar(row.name or plain(row.title), row.starts_on, row.ends_on, row.grant_checked)
                for row in dated
                if row.starts_on
            ],
            this_year,
            gettext("EU projects by duration"),
        ),
        "networks": networks,
        "network_times": charts.timeline(
            "networks",
            [
                charts.Bar(plain(row.title), row.starts_on, row.ends_on, bool(row.instrument))
                for row in bound
                if row.starts_on
            ],
            this_year,
            gettext("Memberships and pledges since"),
        ),
    }


def development(lookup: Lookup) -> Mapping[str, Any]:
    return field_of_action("development", lookup) | {
        "projects": _with_measures(lookup.engagements("development"), lookup)
    }


def human_rights(lookup: Lookup) -> Mapping[str, Any]:
    content = lookup.content
    competences = [
        code
        for code in ("own", "delegated", "influence", "none")
        if any(row.competence == code for row in content.commitments)
    ]
    cross = [
        (
            term,
            [
                sum(row.competence == code and term.code in row.obligations for row in content.commitments)
                for code in competences
            ],
        )
        for term in content.obligations
    ]
    grades = [grade for grade in content.grades if lookup.count(grade.code)]
    by_competence = [
        (
            code,
            [
                sum(row.competence == code and row.outcome == grade.code for row in content.commitments)
                for grade in grades
            ],
        )
        for code in competences
    ]
    return field_of_action("human_rights", lookup) | {
        "competences": competences,
        "cross": [
            (term, counts, sum(term.code in row.obligations for row in content.commitments)) for term, counts in cross
        ],
        "grades": grades,
        "by_competence": [(code, counts, sum(counts)) for code, counts in by_competence],
    }


# -- findings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """A commitment as its finding shows it."""

    commitment: Commitment
    assessment: Assessment
    move: Move | None
    trend: Sequence[tuple[int, str]]
    disputes: Sequence[tuple[str, Answer]]
    next_steps: Sequence[tuple[Any, str]]
    measures: Sequence[tuple[Measure, Any, str]]
    contradiction: bool

    @property
    def direct(self) -> int:
        return sum(link.contribution == "direct" for _measure, link, _answer in self.measures)


def finding(commitment: Commitment, lookup: Lookup) -> Finding:
    known = {verdict.year: verdict.outcome for verdict in commitment.verdicts}
    measures = [
        (lookup.measures[link.measure], link, lookup.answer_to(lookup.measures[link.measure]))
        for link in commitment.links
    ]
    move = lookup.moves.get(commitment.reference)
    steps = [row for row in lookup.follow_ups.get(commitment.reference, ()) if row.state == "open"]
    return Finding(
        commitment=commitment,
        assessment=commitment.assessment or Assessment("", "first", commitment.wording),
        move=move,
        trend=[(year.year, known.get(year.year, "")) for year in lookup.content.years[-5:]],
        disputes=lookup.disputes(commitment),
        next_steps=[(row, lookup.state_of(row)) for row in steps],
        measures=measures,
        contradiction=bool(
            move
            and move.direction == "worse"
            and measures
            and all(row.status == "completed" for row, _l, _a in measures)
        ),
    )


def notable(lookup: Lookup) -> Sequence[tuple[str, Any, Sequence[Commitment]]]:
    """What the main volume prints, each commitment once and for the strongest reason."""
    content = lookup.content
    weak = {grade.code for grade in [grade for grade in content.grades if grade.graded][-2:]}
    rules = (
        ("fallen", _("Rated lower than a year ago"), lambda row: _moved(lookup, row, "worse")),
        ("weak", _("No cooperation, or contrary"), lambda row: row.outcome in weak),
        ("disputed", _("Disputed by a unit or commented on"), lambda row: _disputed(lookup, row)),
        ("risen", _("Rated higher than a year ago"), lambda row: _moved(lookup, row, "better")),
        ("new", _("New in the register"), lambda row: row.newly_adopted or row.outcome == TOO_EARLY),
    )
    seen: set[str] = set()
    groups = []
    for ident, title, fits in rules:
        rows = [row for row in content.commitments if row.reference not in seen and row.assessment and fits(row)]
        seen |= {row.reference for row in rows}
        if rows:
            groups.append((ident, title, rows))
    return groups


def _moved(lookup: Lookup, row: Commitment, direction: str) -> bool:
    move = lookup.moves.get(row.reference)
    return bool(move and move.direction == direction)


def _disputed(lookup: Lookup, row: Commitment) -> bool:
    del lookup
    return bool(row.assessment and (row.assessment.dissents or row.assessment.statements))


def findings(lookup: Lookup) -> Mapping[str, Any]:
    groups = notable(lookup)
    return {
        "groups": [(ident, title, [finding(row, lookup) for row in rows]) for ident, title, rows in groups],
        "printed": sum(len(rows) for _ident, _title, rows in groups),
        "years": lookup.content.years,
        "grades": lookup.content.grades,
        "by_year": [
            (year, [_count(year, grade.code) for grade in lookup.content.grades], percent(year.fulfilled, year.rated))
            for year in lookup.content.years
        ],
    }


def _count(year: Any, outcome: str) -> int:
    return next((row.count for row in year.counts if row.outcome == outcome), 0)


def overview(lookup: Lookup) -> Mapping[str, Any]:
    years = [year.year for year in lookup.content.years[-4:]]
    rows = []
    for row in lookup.content.commitments:
        known = {verdict.year: verdict.outcome for verdict in row.verdicts}
        rows.append((row, [known.get(year, "") for year in years], len(row.links)))
    return {"years": years, "rows": rows}


# -- follow-up, limits, answers ---------------------------------------------------------------------------------------


def follow_ups(lookup: Lookup) -> Mapping[str, Any]:
    content = lookup.content
    earlier = [row for row in content.follow_ups if row.from_year < content.cycle.year]
    agreed = [row for row in content.follow_ups if row.from_year >= content.cycle.year]
    order = ("overdue", "open", "done", "declined", "dropped")

    def sort(rows: Sequence[Any]) -> list[tuple[Any, str, Commitment]]:
        stated = [(row, lookup.state_of(row), lookup.commitments[row.commitment]) for row in rows]
        return sorted(
            stated,
            key=lambda item: (order.index(item[1]) if item[1] in order else 9, str(item[0].due_on), item[0].commitment),
        )

    states = Counter(lookup.state_of(row) for row in earlier)
    return {
        "earlier": sort(earlier),
        "agreed": sort(agreed),
        "states": [(state, states[state]) for state in order if states[state]],
        "bars": progress_charts.promise_bars([(state, states[state]) for state in order if states[state]]),
    }


def limits(lookup: Lookup) -> Mapping[str, Any]:
    content = lookup.content
    notes = {(note.article, note.field): note for note in content.gap_notes}

    def explained(rows: Sequence[Article]) -> list[tuple[Article, GapNote | None]]:
        return [(row, notes.get((row.number, ""))) for row in rows]

    outside = [row for row in content.commitments if row.outcome == "out_of_competence"]
    partial = [note for note in content.gap_notes if note.field]
    return {
        "gaps": explained(lookup.gap_articles),
        "outside": explained(lookup.outside_articles),
        "commitments": outside,
        "partial": partial,
    }


def answers(lookup: Lookup) -> Mapping[str, Any]:
    content, every = lookup.content, lookup.every_answer
    kinds = ["confirmed", "changed", "disputed", "nil", NO_REPLY]
    if any(answer.result == "pending" for _h, answer in every):
        kinds.append("pending")
    rows = []
    for row in content.answers:
        counts = {count.outcome: count.count for count in row.counts}
        counts["disputed"] = counts.get("disputed", 0) + counts.get("not_ours", 0)
        rows.append((row, [(kind, counts.get(kind, 0)) for kind in kinds]))
    silent = [(holder, answer) for holder, answer in every if answer.result == NO_REPLY]
    disputing = [(holder, answer) for holder, answer in every if answer.result in DISPUTING]
    return {
        "rows": rows,
        "kinds": kinds,
        "silent": silent,
        "disputing": disputing,
        "asked": len(every),
        "bars": charts.answer_bars([(plain(lookup.units[row.unit]), row) for row in content.answers]),
        "used": [
            kind
            for kind in charts.ANSWER_FILLS
            if kind != "not_ours" and any(answer.result == kind for _h, answer in every)
        ],
    }


# -- register ---------------------------------------------------------------------------------------------------------


def index(lookup: Lookup) -> Mapping[str, Any]:
    rows = []
    for row in lookup.content.articles:
        based = [lookup.commitments[reference] for reference in row.commitments]
        direct = sorted({link.measure for commitment in based for link in commitment.links})
        rows.append((row, row.commitments, row.kin, direct))
    return {"rows": rows}


def glossary(lookup: Lookup) -> Mapping[str, Any]:
    terms = sorted(lookup.content.glossary, key=lambda term: in_german_order(plain(term.label)))
    half = (len(terms) + 1) // 2
    return {"columns": (terms[:half], terms[half:])}


def anchors(lookup: Lookup) -> dict[str, str]:
    """Where a reference leads: to its finding where one is printed, else to its line in the overview."""
    printed = {row.reference for _ident, _title, rows in notable(lookup) for row in rows}
    places = {
        row.reference: row.reference if row.reference in printed else f"r-{row.reference}"
        for row in lookup.content.commitments
    }
    return places | {row.reference: row.reference for row in lookup.content.measures}


def glance_chapter(limit: int) -> Chapter:
    return Chapter("glance", _("At a glance"), lambda lookup: glance(lookup, limit), numbered=False)


def chapters(limit: int, words_of_edition: Words) -> Sequence[Chapter]:
    """The chapters in order; those that hold nothing but a text of the edition only where there is one."""
    introduced = words_of_edition.introduction or words_of_edition.reading_guide
    simple = words_of_edition.plain_summary
    return (
        *([Chapter("foreword", _("Foreword"), nothing, numbered=False)] if words_of_edition.foreword else []),
        glance_chapter(limit),
        *([Chapter("introduction", _("What this report is about"), nothing, numbered=False)] if introduced else []),
        *([Chapter("summary", _("In plain language"), nothing, numbered=False)] if simple else []),
        Chapter("method", _("How this report was made"), method),
        Chapter("matrix", _("Thirty articles, four fields of action"), matrix, running=_("Thirty articles")),
        Chapter("partnerships", words.WORDS["field"]["partnerships"], partnerships),
        Chapter("europe", words.WORDS["field"]["europe"], europe),
        Chapter("development", words.WORDS["field"]["development"], development),
        Chapter("human_rights", words.WORDS["field"]["human_rights"], human_rights),
        Chapter("findings", _("Findings"), findings),
        Chapter("follow_ups", _("What became of last year’s promises"), follow_ups, running=_("Promises")),
        Chapter("limits", _("Limits and gaps"), limits),
        Chapter("answers", _("The departments and their answers"), answers, running=_("Answers")),
        Chapter("overview", _("All commitments and their verdicts"), overview, numbered=False),
        Chapter("index", _("Index of articles"), index, numbered=False),
        Chapter("glossary", _("Glossary"), glossary, numbered=False),
        Chapter("proof", _("Checking this report"), nothing, numbered=False),
    )
