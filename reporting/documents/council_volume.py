"""The council volume: what the main volume does not hold because it is for members of the council only."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from reporting.documents.book import Chapter
from reporting.documents.lookup import Lookup
from reporting.documents.main_volume import finding, nothing


def findings(lookup: Lookup) -> Mapping[str, Any]:
    """Every commitment of which the main volume says nothing, or less."""
    rows = [finding(row, lookup) for row in lookup.content.commitments if row.reference in lookup.beyond_public]
    return {"groups": [("council-findings", _("Findings for the council"), rows)] if rows else []}


def measures(lookup: Lookup) -> Mapping[str, Any]:
    content = lookup.content
    rows = []
    for measure in content.measures:
        if measure.reference in lookup.beyond_public:
            served = [
                (row, next(link for link in row.links if link.measure == measure.reference))
                for row in lookup.served_by.get(measure.reference, ())
            ]
            rows.append((measure, served, lookup.answer_to(measure)))
    return {"rows": rows}


def opening(lookup: Lookup) -> Mapping[str, Any]:
    """What is in this volume, kind by kind."""
    content = lookup.content
    commitments = [row for row in content.commitments if row.reference in lookup.beyond_public]
    outcomes = [(grade, sum(row.outcome == grade.code for row in commitments)) for grade in content.grades]
    return {
        "commitments": commitments,
        "measures": [row for row in content.measures if row.reference in lookup.beyond_public],
        "engagements": [row for row in content.engagements if row.key in lookup.beyond_public],
        "outcomes": [(grade, count) for grade, count in outcomes if count],
    }


def anchors(lookup: Lookup) -> dict[str, str]:
    content = lookup.content
    references = [row.reference for row in content.commitments] + [row.reference for row in content.measures]
    return {reference: reference for reference in references if reference in lookup.beyond_public}


def chapters(lookup: Lookup) -> Sequence[Chapter]:
    has_findings, has_measures = findings(lookup)["groups"], measures(lookup)["rows"]
    in_full = Chapter("annex_findings", _("Findings in full"), findings, running=_("Findings"))
    mapped = Chapter("annex_mapping", _("Measures and what they serve"), measures, running=_("Measures"))
    return (
        Chapter("council", _("For members of the council"), opening, numbered=False),
        *([in_full] if has_findings else []),
        *([mapped] if has_measures else []),
        Chapter("proof", _("Checking this report"), nothing, numbered=False),
    )
