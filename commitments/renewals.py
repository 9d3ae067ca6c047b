"""Renewals of memberships and titles: what falls due, and what has lapsed (rule 17). Computed, never stored."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse

from commitments import texts
from commitments.models import Adoption, Engagement, EngagementStatus, NetworkMembership, User

WITHIN = timedelta(days=90)
"""How long before its due date a renewal is reminded of."""


@dataclass(frozen=True)
class Renewal:
    """A membership or adoption with a due date, seen from a day."""

    subject: NetworkMembership | Adoption
    due_on: date
    seen_from: date

    @property
    def is_lapsed(self) -> bool:
        return self.due_on < self.seen_from

    @property
    def days(self) -> int:
        """Days until it is due; after a lapse, the days since, below zero."""
        return (self.due_on - self.seen_from).days

    @property
    def is_membership(self) -> bool:
        return isinstance(self.subject, NetworkMembership)

    @property
    def name(self) -> str:
        if isinstance(self.subject, NetworkMembership):
            return texts.localized(self.subject, "name")
        label = texts.localized(self.subject, "label")
        return label or texts.localized(self.subject.version.instrument, "short")

    @property
    def url(self) -> str:
        if isinstance(self.subject, NetworkMembership):
            return reverse("commitments:engagement", args=[self.subject.key])
        return reverse("commitments:instrument", args=[self.subject.version.instrument.key])


def of(subject: NetworkMembership | Adoption, on: date) -> Renewal | None:
    """The renewal of one membership or adoption, or None where none is asked for or it has ended."""
    if subject.renewal_due_on is None:
        return None
    if isinstance(subject, NetworkMembership):
        over = subject.status == EngagementStatus.ENDED or subject.has_ended(on)
    else:
        over = subject.ended_on is not None and subject.ended_on < on
    return None if over else Renewal(subject, subject.renewal_due_on, on)


def until(user: User, on: date, last: date) -> list[Renewal]:
    """Renewals due by ``last``, lapsed ones among them, seen from ``on``; the oldest first. Two queries."""
    found = [Renewal(row, row.renewal_due_on, on) for row in _memberships(user, on, last) if row.renewal_due_on]
    found += [Renewal(row, row.renewal_due_on, on) for row in _adoptions(on, last) if row.renewal_due_on]
    return sorted(found, key=lambda renewal: (renewal.due_on, renewal.name))


def due(user: User, on: date, within: timedelta = WITHIN) -> list[Renewal]:
    """Renewals that fall due from ``on`` within a time; two queries."""
    return [renewal for renewal in until(user, on, on + within) if not renewal.is_lapsed]


def lapsed(user: User, on: date) -> list[Renewal]:
    """Renewals whose due date has passed on a day and that nobody has renewed; two queries."""
    return until(user, on, on - timedelta(days=1))


def _memberships(user: User, on: date, last: date) -> "QuerySet[NetworkMembership]":
    running = Q(ends_on__isnull=True) | Q(ends_on__gte=on)
    seen = Engagement.objects.visible_to(user).filter(running).exclude(status=EngagementStatus.ENDED)
    return QuerySet(NetworkMembership).filter(pk__in=seen.values("pk"), renewal_due_on__lte=last)


def _adoptions(on: date, last: date) -> "QuerySet[Adoption]":
    running = Q(ended_on__isnull=True) | Q(ended_on__gte=on)
    return Adoption.objects.filter(running, renewal_due_on__lte=last).select_related("version__instrument")
