"""What became of the council's decisions (Beschlusskontrolle): mandates, adoptions, promises, each with its state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.content.build import partial, text
from reporting.content.facts import PartialDate, Text
from reporting.documents import words
from reporting.documents.lookup import Lookup
from reporting.models import CouncilDecision, CouncilMandate, EditionState, ReportEdition
from reporting.sheets import facts
from reporting.sheets.narrowing import narrowed
from reporting.sheets.source import Kind, Source, Table
from reporting.sheets.unit import state
from reporting.templatetags.paper import plain, short_day
from reviews.models import ReviewCycle

ORDER = ("overdue", "open", "done", "declined", "dropped")


@dataclass(frozen=True)
class Mandate:
    """A task from a council decision on a report, and the promise it became."""

    decided_on: date
    reference: str
    url: str
    report: str
    decision: Text
    text: Text
    promise: facts.Promise | None = None


@dataclass(frozen=True)
class Resolution:
    """What the council took the city into, with the commitments that rest on it."""

    title: Text
    decided_on: PartialDate | None
    reference: str
    url: str
    renewal_on: date | None
    commitments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DecisionsSheet(facts.Sheet):
    """``promises`` are those that no mandate asked for."""

    mandates: tuple[Mandate, ...]
    resolutions: tuple[Resolution, ...]
    promises: tuple[facts.Promise, ...]


def content(source: Source, _subject: str) -> DecisionsSheet:
    mandates, from_mandates = _mandates(source)
    resolutions = _resolutions(source)
    promises = [row for row in source.promises if row not in from_mandates and _matters(row, source)]
    named = {row.commitment for row in [*promises, *from_mandates]}
    named |= {reference for row in resolutions for reference in row.commitments}
    return DecisionsSheet(
        kind=KIND.key,
        taken_from=source.sha256,
        report=narrowed(
            source.content,
            commitments=named,
            measures={link.measure for reference in named for link in source.commitments[reference].links},
            units={row.unit for row in [*promises, *from_mandates]},
        ),
        mandates=mandates,
        resolutions=resolutions,
        promises=tuple(promises),
    )


def _matters(promise: facts.Promise, source: Source) -> bool:
    """Open, or settled since the cycle before."""
    return promise.state == "open" or promise.from_year >= source.content.cycle.year - 1


def _mandates(source: Source) -> tuple[tuple[Mandate, ...], list[facts.Promise]]:
    """Of decisions known at the freeze. A mandate on a commitment that is not public stands in no public list."""
    tables = source.tables
    decisions = tables.register.rows(CouncilDecision)
    editions = {
        row.pk: f"{row.cycle.year}/{row.number}"
        for row in ReportEdition.objects.exclude(state=EditionState.DRAFT).select_related("cycle")
    }
    years = dict(ReviewCycle.objects.values_list("pk", "year"))
    follow_ups = tables.promises()
    found, promises = [], []
    for row in tables.register.rows(CouncilMandate).values():
        decision, promise = decisions[row.decision_id], None
        if decision.edition_id not in editions:
            continue
        if row.follow_up_id is not None:
            step = follow_ups.get(row.follow_up_id)
            seen = tables.seen_commitments.get(step.commitment_id) if step else None
            commitment = source.commitments.get(seen.reference) if seen else None
            if step is None or commitment is None:
                continue
            promise = source.promise(step, commitment, years[step.cycle_id])
            promises.append(promise)
        said = text(decision, "text"), text(row, "text")
        report = editions[decision.edition_id]
        found.append(Mandate(decision.decided_on, decision.reference, decision.url, report, *said, promise))
    return tuple(sorted(found, key=lambda row: (row.decided_on, row.reference, row.text.de))), promises


def _resolutions(source: Source) -> tuple[Resolution, ...]:
    """Adoptions that name a decision or a day, the latest first."""
    tables, found = source.tables, []
    resting: dict[str, list[str]] = {}
    for row in source.content.commitments:
        resting.setdefault(row.basis.instrument, []).append(row.reference)
    for row in tables.adoptions.values():
        instrument = tables.instrument_rows[tables.versions[row.version_id].instrument_id]
        found.append(
            Resolution(
                title=text(instrument, "title"),
                decided_on=partial(row, "adopted_on"),
                reference=row.council_reference,
                url=row.council_url,
                renewal_on=row.renewal_due_on,
                commitments=tuple(resting.get(instrument.key, ())),
            )
        )
    return tuple(sorted(found, key=lambda row: (str(row.decided_on or ""), row.title.de), reverse=True))


def prepare(sheet: DecisionsSheet, lookup: Lookup) -> Mapping[str, Any]:
    stated = _in_order([(row, state(row, lookup)) for row in sheet.promises], lambda pair: (pair[1], pair[0]))
    mandates = [(row, state(row.promise, lookup) if row.promise else "") for row in sheet.mandates]
    open_by_commitment = {
        reference: sum(row.state == "open" for row in _promises_on(sheet, reference))
        for reference in lookup.commitments
    }
    states = [found for _row, found in [*mandates, *stated] if found]
    return {
        "mandates": mandates,
        "promises": stated,
        "resolutions": [
            (
                row,
                [lookup.commitments[reference] for reference in row.commitments],
                sum(open_by_commitment[reference] for reference in row.commitments),
                row.renewal_on is not None and row.renewal_on < lookup.cutoff,
            )
            for row in sheet.resolutions
        ],
        "counted": {name: states.count(name) for name in ORDER},
        "settled": sum(name not in ("open", "overdue") for name in states),
        "asked": len(states),
    }


def _promises_on(sheet: DecisionsSheet, reference: str) -> list[facts.Promise]:
    given = [*sheet.promises, *(row.promise for row in sheet.mandates if row.promise)]
    return [row for row in given if row.commitment == reference]


def _in_order(rows: Sequence[Any], parts: Any) -> list[Any]:
    """Overdue first, then by due date."""

    def place(row: Any) -> tuple[int, str, str]:
        found, promise = parts(row)
        return ORDER.index(found) if found in ORDER else len(ORDER), str(promise.due_on), promise.commitment

    return sorted(rows, key=place)


def table(sheet: DecisionsSheet, lookup: Lookup) -> Table:
    shown = prepare(sheet, lookup)
    head = [
        _("Kind"), _("Council paper"), _("Decided on"), _("What was decided or promised"), _("Commitment"), _("Unit"),
        _("Due"), _("State"), _("Result"),
    ]  # fmt: skip
    rows: list[Sequence[Any]] = []
    for mandate, found in shown["mandates"]:
        said = [_("Mandate"), mandate.reference, mandate.decided_on, plain(mandate.text)]
        rows.append([*said, *_told(mandate.promise, found, lookup)])
    for row, commitments, waiting, _late in shown["resolutions"]:
        figures = {"commitments": len(commitments), "open": waiting}
        stands = _("%(commitments)s commitments, %(open)s promises open") % figures
        said = [_("Adoption"), row.reference, short_day(row.decided_on), plain(row.title)]
        rows.append([*said, ", ".join(row.commitments), "", row.renewal_on, stands, ""])
    for promise, found in shown["promises"]:
        said = [_("Promise"), "", str(promise.from_year), plain(promise.action)]
        rows.append([*said, *_told(promise, found, lookup)])
    return Table(head, rows, [14, 26, 14, 60, 16, 36, 14, 24, 50])


def _told(promise: facts.Promise | None, found: str, lookup: Lookup) -> list[Any]:
    if promise is None:
        return ["", "", None, _("no follow-up yet"), ""]
    unit = plain(lookup.units[promise.unit]) if promise.unit in lookup.units else ""
    return [promise.commitment, unit, promise.due_on, words.word(found, "follow_up"), plain(promise.result)]


KIND = Kind(
    key="decisions",
    title=gettext_lazy("Follow-up of council decisions"),
    purpose=gettext_lazy("For the council: mandates, adoptions and promises, each with unit, due date and state."),
    content=content,
    prepare=prepare,
    table=table,
)
