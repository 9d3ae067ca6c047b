"""The annex volume: every finding in full, and the mapping of measures to commitments. Whole, or for one field."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reporting.content.facts import Commitment
from reporting.documents import progress_charts
from reporting.documents.book import Chapter
from reporting.documents.lookup import Lookup
from reporting.documents.main_volume import finding, nothing
from reporting.templatetags.paper import plain


def belongs(commitment: Commitment, field: str, lookup: Lookup) -> bool:
    return not field or lookup.main_field(commitment) == field


def findings(lookup: Lookup, field: str) -> Mapping[str, Any]:
    """Findings in the order of the register, grouped by the kind of what they rest on."""
    groups: dict[str, list[Any]] = {"udhr": [], "treaties": [], "pledges": []}
    for row in lookup.content.commitments:
        if not belongs(row, field, lookup):
            continue
        instrument = lookup.instruments.get(row.basis.instrument)
        kind = (
            "udhr" if row.basis.instrument == "udhr" else "treaties" if instrument and instrument.binding else "pledges"
        )
        groups[kind].append(finding(row, lookup))
    titles: dict[str, str | Promise] = {
        "udhr": _("Articles of the Universal Declaration"),
        "treaties": _("Human-rights treaties"),
        "pledges": _("Pledges and self-commitments"),
    }
    return {"groups": [(kind, titles[kind], rows) for kind, rows in groups.items() if rows]}


def mapping(lookup: Lookup, field: str) -> Mapping[str, Any]:
    """Each measure with every commitment it serves, and why."""
    rows = []
    for measure in lookup.content.measures:
        if field and measure.field != field:
            continue
        served = [
            (row, next(link for link in row.links if link.measure == measure.reference))
            for row in lookup.served_by.get(measure.reference, ())
        ]
        rows.append((measure, served, lookup.answer_to(measure)))
    return {"rows": rows}


def instruments(lookup: Lookup) -> Mapping[str, Any]:
    counts = {row.key: 0 for row in lookup.content.instruments}
    for commitment in lookup.content.commitments:
        counts[commitment.basis.instrument] = counts.get(commitment.basis.instrument, 0) + 1
    shown = [(plain(row.short), row) for row in lookup.content.instruments]
    times = progress_charts.instrument_times(shown, lookup.content.cycle.reporting_date.year)
    return {"rows": [(row, counts[row.key]) for row in lookup.content.instruments], "times": times}


def anchors(lookup: Lookup, field: str) -> dict[str, str]:
    places = {row.reference: row.reference for row in lookup.content.commitments if belongs(row, field, lookup)}
    return places | {row.reference: row.reference for row in lookup.content.measures if not field or row.field == field}


def chapters(field: str) -> Sequence[Chapter]:
    return (
        Chapter("annex_findings", _("All findings in full"), partial(findings, field=field), running=_("Findings")),
        Chapter(
            "annex_mapping", _("Measures and what they serve"), partial(mapping, field=field), running=_("Measures")
        ),
        Chapter("annex_instruments", _("Instruments"), instruments, numbered=False),
        Chapter("proof", _("Checking this report"), nothing, numbered=False),
    )
