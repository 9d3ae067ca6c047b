"""The parts of an edition on the portal: what each shows beyond the content itself. They count as the report does."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from commitments.texts import article_label
from reporting.content.facts import FIELDS, GAP
from reporting.documents import charts, main_volume, words
from reporting.documents.lookup import Lookup
from reporting.documents.main_volume import Finding, finding, percent
from reporting.templatetags.paper import plain

Shown = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """One part of an edition with a page of its own; ``slug`` is its name in addresses and the name of its template."""

    slug: str
    title: str | Promise
    make: Callable[[Lookup], Shown]
    template: str = ""

    @property
    def file(self) -> str:
        return f"portal/sections/{(self.template or self.slug).replace('-', '_')}.html"


def glance(lookup: Lookup) -> Shown:
    """The first page of an edition, with all that moved and all that is promised."""
    return main_volume.glance(lookup, limit=len(lookup.content.commitments) + 3)


def findings(lookup: Lookup) -> Shown:
    """All findings in full, by the field in which most is done for them."""
    grouped: dict[str, list[Finding]] = {field: [] for field in FIELDS}
    for row in lookup.content.commitments:
        grouped[lookup.main_field(row)].append(finding(row, lookup))
    return {"groups": [(field, rows) for field, rows in grouped.items() if rows]}


def matrix(lookup: Lookup) -> Shown:
    return {**main_volume.matrix(lookup), "partial": [note for note in lookup.content.gap_notes if note.field]}


def field_of_action(field: str) -> Callable[[Lookup], Shown]:
    kinds = {"partnerships": "partnership", "europe": "eu_project", "development": "development"}
    more = {"europe": ("network",)}

    def make(lookup: Lookup) -> Shown:
        found = [
            (kind, [(row, len(lookup.measures_of_engagement.get(row.key, ()))) for row in lookup.engagements(kind)])
            for kind in (kinds.get(field, ""), *more.get(field, ()))
            if kind
        ]
        return main_volume.field_of_action(field, lookup) | {"engagements": [each for each in found if each[1]]}

    return make


SECTIONS = (
    Section("method", _("How this report was made"), main_volume.method),
    Section("matrix", _("Thirty articles, four fields of action"), matrix),
    *(
        Section(field.replace("_", "-"), words.WORDS["field"][field], field_of_action(field), "field")
        for field in FIELDS
    ),
    Section("findings", _("Findings"), findings),
    Section("promises", _("What became of last year’s promises"), main_volume.follow_ups),
    Section("limits", _("Limits and gaps"), main_volume.limits),
    Section("answers", _("The departments and their answers"), main_volume.answers),
    Section("commitments", _("All commitments and their verdicts"), main_volume.overview),
    Section("glossary", _("Glossary"), main_volume.glossary),
)
"""The parts in the order of the report (DESIGN.md, section 6)."""

BY_SLUG = {section.slug: section for section in SECTIONS}


def years(lookup: Lookup) -> Shown:
    """How the verdicts developed, for the picture and for the table beside it."""
    content = lookup.content
    counts = [(year, {row.outcome: row.count for row in year.counts}) for year in content.years]
    return {
        "bars": charts.verdict_bars(content.years) if content.years else None,
        "by_year": [
            (year, [found.get(grade.code, 0) for grade in content.grades], percent(year.fulfilled, year.rated))
            for year, found in counts
        ],
    }


def tiles(lookup: Lookup) -> list[dict[str, Any]]:
    """The thirty tiles of the portico, each leading to its article."""
    labels = {grade.code: plain(grade.label) for grade in lookup.content.grades} | {GAP: gettext("Gap")}
    return [
        {
            "number": row.number,
            "title": plain(row.title),
            "short": article_label(row.number),
            "code": row.outcome or GAP,
            "label": labels.get(row.outcome or GAP, ""),
            "url": reverse("portal:article", args=[get_language(), row.number]),
        }
        for row in lookup.content.articles
    ]


def article(lookup: Lookup, number: int) -> Shown:
    """What rests on an article, what leads to it, and what is done for it."""
    row = next(each for each in lookup.content.articles if each.number == number)
    based = [lookup.commitments[reference] for reference in row.commitments]
    kin = [lookup.commitments[reference] for reference in row.kin]
    direct = sorted({link.measure for each in based for link in each.links})
    return {
        "article": row,
        "based": based,
        "kin": kin,
        "measures": [lookup.measures[reference] for reference in direct],
        "notes": [note for note in lookup.content.gap_notes if note.article == number],
        "answers": Counter(lookup.answer_to(lookup.measures[reference]) for reference in direct),
    }
