"""Renewals of memberships and titles: what falls due, and what has lapsed (rule 17). Computed, never stored."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.urls import reverse

from commitments import history, texts
from commitments.models import Adoption, Engagement, EngagementStatus, NetworkMembership, User

WITHIN = timedelta(days=90)
"""How long before its due date a renewal is reminded of."""


@dataclass(frozen=True)
class Renewal:
    """The due date of a membership or adoption, seen from a day."""

    name: str
    url: str
    due_on: date
    seen_from: date
    is_membership: bool

    @property
    def is_lapsed(self) -> bool:
        return self.due_on < self.seen_from

    @property
    def days(self) -> int:
        """Days until it is due; after a lapse, the days since, below zero."""
        return (self.due_on - self.seen_from).days


def of(subject: NetworkMembership | Adoption, on: date) -> Renewal | None:
    """The renewal of one membership or adoption, or None where none is asked for or it has ended."""
    if subject.renewal_due_on is None:
        return None
    if isinstance(subject, NetworkMembership):
        over = subject.status == EngagementStatus.ENDED or subject.has_ended(on)
        name, url = texts.localized(subject, "name"), reverse("commitments:engagement", args=[subject.key])
    else:
        over = subject.ended_on is not None and subject.ended_on < on
        instrument = subject.version.instrument
        name = texts.localized(instrument, "short")
        url = reverse("commitments:instrument", args=[instrument.key])
    if over:
        return None
    return Renewal(name, url, subject.renewal_due_on, on, is_membership=isinstance(subject, NetworkMembership))


def until(user: User, on: date, last: date) -> list[Renewal]:
    """Renewals due by ``last``, lapsed ones among them, seen from ``on``; the oldest first. One query."""
    seen = _running(Engagement.objects.visible_to(user), on)
    memberships: QuerySet[NetworkMembership] = QuerySet(NetworkMembership).filter(pk__in=seen.values("pk"))
    return _found(memberships, QuerySet(Adoption), on, last)


def due(user: User, on: date, within: timedelta = WITHIN) -> list[Renewal]:
    """Renewals that fall due from ``on`` within a time; one query."""
    return [renewal for renewal in until(user, on, on + within) if not renewal.is_lapsed]


def lapsed(user: User, on: date) -> list[Renewal]:
    """Renewals whose due date has passed on a day and that nobody has renewed; one query."""
    return until(user, on, on - timedelta(days=1))


def lapsed_then(user: User, on: date) -> list[Renewal]:
    """What had lapsed on a day of the past, as the register stood then; what is out of sight today stays so."""
    seen = Engagement.objects.visible_to(user).values("pk")
    memberships = _running(history.as_of(NetworkMembership, on), on).filter(engagement_ptr_id__in=seen)
    return _found(memberships, history.as_of(Adoption, on), on, on - timedelta(days=1))


def _running(rows: "QuerySet[Any]", on: date) -> "QuerySet[Any]":
    return rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on)).exclude(status=EngagementStatus.ENDED)


COLUMNS = ("due", "name_de", "name_en", "subject", "is_membership")


def _found(memberships: "QuerySet[Any]", adoptions: "QuerySet[Any]", on: date, last: date) -> list[Renewal]:
    """Both kinds in one query."""
    of_networks = memberships.filter(renewal_due_on__lte=last).values_list(
        "renewal_due_on", "name_de", "name_en", "key", Value(1)
    )
    valid = adoptions.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=on), renewal_due_on__lte=last)
    instrument = "version__instrument"
    of_adoptions = valid.values_list(
        "renewal_due_on",
        f"{instrument}__short_de",
        f"{instrument}__short_en",
        f"{instrument}__key",
        Value(0),
    )
    rows = of_networks.order_by().union(of_adoptions.order_by(), all=True)
    found = [_told(dict(zip(COLUMNS, row, strict=True)), on) for row in rows]
    return sorted(found, key=lambda renewal: (renewal.due_on, renewal.name))


def _told(row: dict[str, Any], on: date) -> Renewal:
    name = texts.localized(row, "name")
    page = "commitments:engagement" if row["is_membership"] else "commitments:instrument"
    return Renewal(name, reverse(page, args=[row["subject"]]), row["due"], on, is_membership=bool(row["is_membership"]))
