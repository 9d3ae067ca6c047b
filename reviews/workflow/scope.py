"""What a cycle asks about: computed before it is opened, shown as a preview, and written down by the opening."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from commitments.models import (
    Commitment,
    Competence,
    LinkState,
    Measure,
    MeasureLink,
    MeasureUnit,
    OrganisationalUnit,
    Part,
    Precision,
    UnitSuccession,
    User,
)
from commitments.models.register import CommitmentQuerySet
from reviews.models import Assessment, ReviewCycle
from reviews.workflow.steps import day_of

DECEMBER = 12


@dataclass(frozen=True)
class Request:
    """One question to one unit: on a measure, or on a commitment that has none."""

    unit: OrganisationalUnit
    part: str
    measure: Measure | None = None
    commitment: Commitment | None = None

    @property
    def protection(self) -> str:
        return next(row.protection for row in (self.measure, self.commitment) if row)


@dataclass(frozen=True)
class Entry:
    """One commitment to be assessed."""

    commitment: Commitment
    newly_adopted: bool
    self_assessed: bool


@dataclass(frozen=True)
class Scope:
    requests: list[Request]
    entries: list[Entry]

    @property
    def units(self) -> int:
        return len({request.unit.pk for request in self.requests})

    def seen_by(self, user: User) -> "Scope":
        """What somebody may be told of it; the rest is asked all the same (rule 10)."""
        classes = user.clearance()
        return Scope(
            [request for request in self.requests if request.protection in classes],
            [entry for entry in self.entries if entry.commitment.protection in classes],
        )


def scope_of(cycle: ReviewCycle, on: date) -> Scope:
    """What the cycle asks if it is opened on a day, in a constant number of queries."""
    earlier = list(ReviewCycle.objects.filter(year__lt=cycle.year).order_by("-year"))
    before = earlier[0] if earlier else None
    asked_before = any(not other.imported and other.opened_at for other in earlier)
    frozen = next((other for other in earlier if other.frozen_at), None)
    last_freeze = day_of(frozen.frozen_at) if frozen and frozen.frozen_at else None
    successors = _successors(on)
    units = {unit.pk: unit for unit in OrganisationalUnit.objects.all()}
    requests = []
    for measure, parts in _measures_with_parts():
        if not asked_before or was_active(measure, cycle, last_freeze):
            asked = _asked([(part.unit_id, part.part) for part in parts], successors)
            requests += [Request(units[pk], part, measure=measure) for pk, part in asked.items()]
    commitments, served, own = list(in_scope(on)), with_measure(), self_assessed()
    for commitment in commitments:
        if commitment.pk not in served and commitment.competence != Competence.NONE:
            asked = _asked([(commitment.lead_unit_id, Part.LEAD.value)], successors)
            requests += [Request(units[pk], part, commitment=commitment) for pk, part in asked.items()]
    assessed_before = set(Assessment.objects.filter(cycle__year__lt=cycle.year).values_list("commitment_id", flat=True))
    entries = [
        Entry(
            commitment,
            newly_adopted=before is not None
            and commitment.registered_on > before.opens_on
            and commitment.pk not in assessed_before,
            self_assessed=commitment.pk in own,
        )
        for commitment in commitments
    ]
    return Scope(requests, entries)


def in_scope(on: date) -> CommitmentQuerySet:
    """Commitments in force that the city had taken into its register by a day."""
    return Commitment.objects.in_force().filter(registered_on__lte=on).order_by("reference")


def with_measure() -> frozenset[int]:
    """Commitments that an accepted measure serves."""
    links = MeasureLink.objects.filter(state=LinkState.ACCEPTED, measure__accepted_on__isnull=False)
    return frozenset(links.values_list("commitment_id", flat=True))


def self_assessed() -> frozenset[int]:
    """Commitments that the officer's own office leads, itself or by a measure that serves them (rule 9)."""
    own = Commitment.objects.filter(lead_unit__is_officers_own=True).order_by().values_list("pk", flat=True)
    links = MeasureLink.objects.filter(
        state=LinkState.ACCEPTED,
        measure__measure_units__part=Part.LEAD,
        measure__measure_units__ended_on__isnull=True,
        measure__measure_units__unit__is_officers_own=True,
    )
    return frozenset(own.union(links.order_by().values_list("commitment_id", flat=True)))


def was_active(measure: Measure, cycle: ReviewCycle, last_freeze: date | None) -> bool:
    """Active in the period, or ended since the last freeze (rule 6). An unknown date excludes nothing."""
    if measure.starts_on is not None and measure.starts_on > cycle.period_to:
        return False
    if measure.ends_on is None:
        return True
    since = min(cycle.period_from, last_freeze) if last_freeze else cycle.period_from
    return last_day(measure.ends_on, measure.ends_on_precision) >= since


def last_day(first: date, precision: str) -> date:
    """The last day that a date known to its year or month only may mean."""
    if precision == Precision.YEAR:
        return date(first.year, 12, 31)
    if precision == Precision.MONTH:
        following = date(first.year + first.month // DECEMBER, first.month % DECEMBER + 1, 1)
        return following - timedelta(days=1)
    return first


def _measures_with_parts() -> Iterable[tuple[Measure, list[MeasureUnit]]]:
    rows = MeasureUnit.objects.filter(ended_on__isnull=True, measure__accepted_on__isnull=False)
    by_measure: dict[int, list[MeasureUnit]] = {}
    for row in rows.order_by("-part", "pk"):
        by_measure.setdefault(row.measure_id, []).append(row)
    for measure in Measure.objects.filter(accepted_on__isnull=False).order_by("reference"):
        yield measure, by_measure.get(measure.pk, [])


def _asked(parts: Iterable[tuple[int, str]], successors: dict[int, list[int]]) -> dict[int, str]:
    """Units that are asked, each once; who leads and contributes answers as the one that leads."""
    asked: dict[int, str] = {}
    for unit_id, part in parts:
        for heir in _heirs(unit_id, successors):
            asked[heir] = Part.LEAD.value if Part.LEAD in (part, asked.get(heir)) else part
    return asked


def _successors(on: date) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for unit_id, successor_id in UnitSuccession.objects.filter(on__lte=on).values_list("unit_id", "successor_id"):
        found.setdefault(unit_id, []).append(successor_id)
    return found


def heirs_of(unit_id: int, on: date) -> list[int]:
    """The units that answer for this one on a day (rule 7)."""
    return _heirs(unit_id, _successors(on))


def _heirs(unit_id: int, successors: dict[int, list[int]]) -> list[int]:
    """The units that answer for this one today: itself, or those at the end of its chain of successors (rule 7)."""
    reached, waiting, heirs = {unit_id}, [unit_id], []
    while waiting:
        current = waiting.pop()
        following = successors.get(current, [])
        if not following:
            heirs.append(current)
        for successor in following:
            if successor not in reached:
                reached.add(successor)
                waiting.append(successor)
    return sorted(heirs)
