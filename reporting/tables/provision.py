"""One provision: its kin, the commitments under it, the measures that serve it, and their verdicts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from commitments.models import (
    Commitment,
    CommitmentProvision,
    GapReason,
    Instrument,
    Measure,
    MeasureLink,
    MeasureProvision,
    MeasureStatus,
    Provision,
    ProvisionLink,
    RecommendationProvision,
    Relation,
    User,
)
from reporting.tables.verdicts import ladder, points
from reviews.models import Assessment

MOST = 100
"""So many measures and commitments are listed; the lists of the register show the rest."""


@dataclass(frozen=True)
class Related:
    """Another provision, and how this one relates to it."""

    relation: str
    other: Provision
    link: ProvisionLink


@dataclass
class Kin:
    """Provisions of one instrument that are related to this one; another version of its own among them."""

    instrument: Instrument
    rows: list[Related] = field(default_factory=list)


@dataclass
class Promise:
    """A commitment under the provision, with its verdicts over the years."""

    commitment: Commitment
    is_basis: bool
    points: list[dict[str, Any]]
    by_year: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Served:
    """A measure that serves the provision: directly, or by way of a commitment that only touches it (rule 16)."""

    measure: Measure
    status_label: str
    contribution: str
    rationale: Any
    through: str = ""
    is_direct: bool = True


def kin(provision: Provision) -> list[Kin]:
    """Related provisions, read both ways, by instrument. One query."""
    rows = (
        ProvisionLink.objects.current()
        .filter(Q(source=provision) | Q(target=provision))
        .select_related("source__version__instrument", "target__version__instrument")
    )
    return by_instrument(rows, provision)


def by_instrument(rows: Iterable[Any], provision: Provision) -> list[Kin]:
    """Links of a provision, today's or those of a day, as they read from it."""
    found: dict[int, Kin] = {}
    for row in sorted(rows, key=lambda each: _place(each, provision)):
        outward = row.source_id == provision.pk
        other = row.target if outward else row.source
        relation = Relation(row.relation) if outward else Relation(row.relation).turned
        group = found.setdefault(other.version.instrument_id, Kin(other.version.instrument))
        group.rows.append(Related(str(relation.label), other, row))
    return list(found.values())


def _place(link: Any, provision: Provision) -> tuple[int, int, int]:
    other = link.target if link.source_id == provision.pk else link.source
    return other.version.instrument.order, -other.version.number, other.order


def _under(provision: Provision, user: User) -> "QuerySet[Commitment]":
    return (
        Commitment.objects.visible_to(user)
        .in_force()
        .filter(commitment_provisions__provision=provision, commitment_provisions__ended_on__isnull=True)
    )


def promises(provision: Provision, user: User) -> list[Promise]:
    """The commitments under the provision with their approved verdicts, those that rest on it first. Three queries."""
    resting = CommitmentProvision.objects.filter(
        commitment=OuterRef("pk"), provision=provision, is_basis=True, ended_on__isnull=True
    )
    under = _under(provision, user).annotate(is_basis=Exists(resting)).select_related("lead_unit")
    found = list(under.order_by("-is_basis", "reference")[:MOST])
    scale = ladder()
    seen = Assessment.objects.visible_to(user).approved().filter(commitment__in=[each.pk for each in found])
    by_commitment: dict[int, list[Assessment]] = defaultdict(list)
    for verdict in seen.select_related("cycle", "grade").order_by("cycle__year"):
        by_commitment[verdict.commitment_id].append(verdict)
    return [Promise(each, each.is_basis, points(by_commitment[each.pk], scale)) for each in found]


def by_years(promised: Iterable[Promise]) -> list[int]:
    """The years with a verdict; each commitment gets its ``by_year``, with a place for every one of them."""
    promised = list(promised)
    years = sorted({point["year"] for each in promised for point in each.points})
    for each in promised:
        known = {point["year"]: point for point in each.points}
        each.by_year = [known.get(year, {"year": year}) for year in years]
    return years


def measures(provision: Provision, user: User) -> list[Served]:
    """Measures linked to the provision itself, then those linked to a commitment under it. Two queries."""
    shown = Measure.objects.visible_to(user)
    direct = MeasureProvision.objects.accepted().filter(provision=provision, measure__in=shown)
    resting = CommitmentProvision.objects.filter(
        commitment=OuterRef("commitment"), provision=provision, is_basis=True, ended_on__isnull=True
    )
    through = MeasureLink.objects.accepted().filter(commitment__in=_under(provision, user), measure__in=shown)
    through = through.annotate(is_direct=Exists(resting)).order_by("-is_direct", "measure__reference")
    found: dict[int, Served] = {}
    for row in direct.select_related("measure__engagement").order_by("measure__reference")[:MOST]:
        found[row.measure_id] = _served(row)
    for link in through.select_related("measure__engagement", "commitment")[:MOST]:
        served = _served(link, link.commitment.reference)
        served.is_direct = link.is_direct  # type: ignore[attr-defined] # annotated above
        found.setdefault(link.measure_id, served)
    return list(found.values())[:MOST]


def _served(row: MeasureProvision | MeasureLink, through: str = "") -> Served:
    measure = row.measure
    held_up = measure.engagement is not None and measure.engagement.suspends_measures
    if held_up and measure.status in (MeasureStatus.ONGOING, MeasureStatus.PLANNED, MeasureStatus.DECIDED_NOT_FUNDED):
        measure.status = MeasureStatus.SUSPENDED
    return Served(measure, str(measure.get_status_display()), str(row.get_contribution_display()), row, through)


def recommendations(provision: Provision) -> list[RecommendationProvision]:
    """The recommendations that rest on the provision, the newest first. One query."""
    rows = RecommendationProvision.objects.filter(provision=provision, ended_on__isnull=True)
    newest = F("recommendation__made_on").desc(nulls_last=True)
    return list(rows.select_related("recommendation").order_by(newest, "recommendation__key")[:MOST])


def gaps(provision: Provision) -> list[GapReason]:
    """Why an article has no measure, by field of action."""
    return list(GapReason.objects.filter(article=provision))
