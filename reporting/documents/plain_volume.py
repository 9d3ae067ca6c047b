"""The summary in plain language: the officer's own words, then the figures of the year in short sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from reporting.content.facts import FIELDS
from reporting.documents import charts
from reporting.documents.book import Chapter
from reporting.documents.lookup import Lookup
from reporting.documents.main_volume import nothing


def figures(lookup: Lookup) -> Mapping[str, Any]:
    """What can be counted, each figure for one short sentence."""
    content = lookup.content
    directions = Counter(move.direction for move in content.moves)
    promised = [row for row in content.follow_ups if row.state == "open"]
    graded = [grade for grade in content.grades if grade.graded]
    of_field = Counter(row.field for row in content.measures)
    return {
        "commitments": len(content.commitments),
        "grades": [(grade, count) for grade in content.grades if (count := lookup.count(grade.code))],
        "best": graded[0].code if graded else "",
        "worst": graded[-1].code if graded else "",
        "better": directions["better"],
        "worse": directions["worse"],
        "measures": len(content.measures),
        "fields": [(field, of_field[field]) for field in FIELDS if of_field[field]],
        "partners": len(lookup.engagements("partnership", "twinning", "project")),
        "promised": len(promised),
        "overdue": sum(lookup.state_of(row) == "overdue" for row in promised),
        "gaps": lookup.gap_articles,
        "bars": charts.verdict_bars(content.years[-1:]),
    }


def chapters(lookup: Lookup) -> Sequence[Chapter]:
    """Without a summary by the officer, the figures stand alone."""
    summary = lookup.content.words.plain_summary
    return (
        *([Chapter("plain_summary", _("What it is about"), nothing, numbered=False)] if summary else []),
        Chapter("plain_figures", _("The year in figures"), figures, numbered=False),
        Chapter("plain_words", _("Difficult words"), nothing, numbered=False),
    )
