"""A provision as it stood on a day (rule 13): text, kin, commitments, measures, reasons; read from the history.

What the reader may not see today stays out of the past as well (rule 10).
"""

from collections import defaultdict
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery, Value

from commitments import history
from commitments.models import (
    Commitment,
    CommitmentProvision,
    Contribution,
    GapReason,
    LinkState,
    Measure,
    MeasureLink,
    MeasureProvision,
    MeasureStatus,
    Provision,
    ProvisionLink,
    Recommendation,
    RecommendationProvision,
    User,
)
from reporting.tables.commitment import approved_by
from reporting.tables.provision import MOST, Kin, Promise, Served, by_instrument, by_years
from reporting.tables.verdicts import ladder, points
from reviews.models import Assessment


def stood(provision: Provision, user: User, day: date) -> dict[str, Any]:
    """What the page shows of a day; ``shown`` is nothing where the provision was not in the register yet."""
    row = history.as_of(Provision, day).filter(id=provision.pk).select_related("version").first()
    if row is None:
        return {"shown": None}
    promises = _promises(provision, user, day)
    return {
        "shown": row,
        "kin": _kin(provision, day),
        "promises": promises,
        "years": by_years(promises),
        "measures": _measures(provision, promises, user, day),
        "recommendations": _recommendations(provision, day),
        "gaps": list(history.as_of(GapReason, day).filter(article_id=provision.pk).order_by("field")),
    }


def _kin(provision: Provision, day: date) -> list[Kin]:
    rows = history.as_of(ProvisionLink, day).filter(
        Q(source_id=provision.pk) | Q(target_id=provision.pk), ended_on__isnull=True
    )
    return by_instrument(rows.select_related("source__version__instrument", "target__version__instrument"), provision)


def _promises(provision: Provision, user: User, day: date) -> list[Promise]:
    """The commitments under it that were in force, with the verdicts approved by then. Three queries."""
    grounds = history.as_of(CommitmentProvision, day).filter(
        provision_id=provision.pk, commitment_id=OuterRef("id"), ended_on__isnull=True
    )
    rows = (
        history.as_of(Commitment, day)
        .filter(Exists(grounds), id__in=Commitment.objects.visible_to(user).values("pk"), ended_on__isnull=True)
        .annotate(is_basis=Subquery(grounds.values("is_basis")[:1]))
        .select_related("lead_unit")
    )
    found = list(rows.order_by("-is_basis", "reference")[:MOST])
    scale = ladder()
    seen = Assessment.objects.visible_to(user).approved().filter(commitment__in=[each.id for each in found])
    verdicts: dict[int, list[Assessment]] = defaultdict(list)
    for verdict in approved_by(seen.select_related("cycle", "grade"), day):
        verdicts[verdict.commitment_id].append(verdict)
    return [Promise(each, each.is_basis, points(verdicts[each.id], scale)) for each in found]


def _measures(provision: Provision, promises: list[Promise], user: User, day: date) -> list[Served]:
    """Measures linked to the provision itself, then those linked to a commitment under it. Two queries."""
    columns = ("measure_id", "contribution", "rationale_de", "rationale_en")
    accepted = {"state": LinkState.ACCEPTED}
    under = {each.commitment.id: each for each in promises}
    direct = history.as_of(MeasureProvision, day).filter(provision_id=provision.pk, **accepted).order_by()
    through = history.as_of(MeasureLink, day).filter(commitment_id__in=under, **accepted).order_by()
    ways = direct.values_list(Value(0), *columns).union(through.values_list("commitment_id", *columns), all=True)
    rows = list(ways[: MOST * 5])
    seen = Measure.objects.visible_to(user).filter(pk__in={measure for _way, measure, *_why in rows}).values("pk")
    known = {row.id: row for row in history.as_of(Measure, day).filter(id__in=seen)}
    found: dict[int, Served] = {}
    for way, measure, *why in rows:
        if measure in known:
            served = _served(known[measure], under.get(way), *why)
            found[measure] = min(found.get(measure, served), served, key=_place)
    return sorted(found.values(), key=lambda each: (not each.is_direct, each.measure.reference))[:MOST]


def _served(measure: Any, promise: Promise | None, contribution: str, german: str, english: str) -> Served:
    """A measure by one of its ways: linked to the provision itself, or by way of a commitment."""
    said = str(Contribution(contribution).label)
    why = {"get_contribution_display": said, "rationale_de": german, "rationale_en": english}
    through, is_direct = (promise.commitment.reference, promise.is_basis) if promise else ("", True)
    return Served(measure, str(MeasureStatus(measure.status).label), said, why, through, is_direct)


def _place(served: Served) -> tuple[bool, bool, str]:
    """The shortest way comes first."""
    return bool(served.through), not served.is_direct, served.through


def _recommendations(provision: Provision, day: date) -> list[dict[str, Any]]:
    links = history.as_of(RecommendationProvision, day).filter(
        provision_id=provision.pk, recommendation_id=OuterRef("id"), ended_on__isnull=True
    )
    rows = history.as_of(Recommendation, day).filter(Exists(links))
    return [{"recommendation": row} for row in rows.order_by(F("made_on").desc(nulls_last=True), "key")[:MOST]]
