"""The city's contribution to the goals for sustainable development, in the order of a Voluntary Local Review."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from reporting.sheets.points import CharterSheet, prepare, sheet_on
from reporting.sheets.source import Kind, Source

INSTRUMENT = "agenda-2030"


def content(source: Source, _subject: str) -> CharterSheet:
    return sheet_on(KIND.key, source, INSTRUMENT, _projects(source))


def _projects(source: Source) -> Mapping[int, Sequence[str]]:
    """Projects of development cooperation by the goals that were entered for them."""
    printed = {row.key for row in source.content.engagements}
    found: dict[int, list[str]] = defaultdict(list)
    for kind, row in source.tables.engagement_rows.values():
        if kind == "development" and row.key in printed:
            for goal in row.sdgs:
                if isinstance(goal, int):
                    found[goal].append(row.key)
    return found


KIND = Kind(
    key="sdg",
    title=_("Overview of the sustainable development goals"),
    purpose=_("For a Voluntary Local Review: commitments, measures and projects under each of the seventeen goals."),
    content=content,
    prepare=prepare,
)
