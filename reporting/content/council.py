"""What the council may read beyond the public (rule 19): a content of its own, with a hash of its own.

It is whole, so that whoever checks it needs nothing else, and it names the rows that say more than the public content
does. The public content never learns of them: its rows, its totals and its hash are those of the public.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from reporting.content.build import build_content
from reporting.content.facts import ReportContent
from reviews.models import ReviewCycle

COUNCIL = "council"


def build_council_content(cycle: ReviewCycle, public: ReportContent) -> ReportContent:
    whole = build_content(cycle, audience=COUNCIL)
    return replace(whole, beyond_public=beyond(public, whole))


def beyond(public: ReportContent, whole: ReportContent) -> tuple[str, ...]:
    """Names of the commitments, measures and engagements that the public content lacks, or of which it says less."""
    return (
        *_more(public.commitments, whole.commitments, "reference"),
        *_more(public.measures, whole.measures, "reference"),
        *_more(public.engagements, whole.engagements, "key"),
    )


def _more(few: Iterable[Any], many: Iterable[Any], name: str) -> Iterable[str]:
    known = {getattr(row, name): row for row in few}
    return (getattr(row, name) for row in many if known.get(getattr(row, name)) != row)
