"""How measures reach the thirty articles (DESIGN.md, rules 1 and 16): counted here, for pages and reports alike.

A measure reaches an article *directly* through a commitment whose basis is that article, and *indirectly* through a
commitment that leads there by a kin provision. What is direct is not counted as indirect again, and a measure counts
once in an article, however many commitments it serves there.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Q

from commitments.models import (
    UDHR,
    Commitment,
    CommitmentProvision,
    FieldOfAction,
    Measure,
    MeasureLink,
    ProvisionLink,
    User,
)
from commitments.models.register import MeasureQuerySet

ARTICLES = tuple(range(1, 31))
FIELDS: tuple[str, ...] = tuple(FieldOfAction.values)


@dataclass
class Promise:
    """A commitment as counting sees it: the article it rests on, those it leads to, and the measures that serve it."""

    basis: int | None = None
    kin: set[int] = field(default_factory=set)
    measures: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Reach:
    """References of the measures that reach one article."""

    direct: frozenset[str]
    indirect: frozenset[str]


def reach(promises: Iterable[Promise], places: Iterable[int] = ARTICLES) -> dict[int, Reach]:
    """For each of the thirty articles (or of other places) the measures that reach it, each once."""
    direct: dict[int, set[str]] = defaultdict(set)
    indirect: dict[int, set[str]] = defaultdict(set)
    for promise in promises:
        if promise.basis is not None:
            direct[promise.basis] |= promise.measures
        for article in promise.kin - {promise.basis}:
            indirect[article] |= promise.measures
    return {
        article: Reach(frozenset(direct[article]), frozenset(indirect[article] - direct[article])) for article in places
    }


@dataclass(frozen=True)
class Coverage:
    """What the register says today, as far as one person may see it. Measures are named by their reference."""

    field_of: Mapping[str, str]
    promises: Mapping[int, Promise]
    articles: Mapping[int, Reach]

    def direct(self, article: int, field_of_action: str = "") -> frozenset[str]:
        return self._within(self.articles[article].direct, field_of_action)

    def indirect(self, article: int, field_of_action: str = "") -> frozenset[str]:
        return self._within(self.articles[article].indirect, field_of_action)

    def direct_anywhere(self, field_of_action: str = "") -> frozenset[str]:
        """Measures that reach some article directly, each once."""
        every: frozenset[str] = frozenset().union(*(row.direct for row in self.articles.values()))
        return self._within(every, field_of_action)

    def measures(self, field_of_action: str = "") -> frozenset[str]:
        return self._within(frozenset(self.field_of), field_of_action)

    def fields(self, article: int) -> list[str]:
        """Fields of action in which some measure reaches the article directly, in their usual order."""
        found = {self.field_of[measure] for measure in self.articles[article].direct}
        return [name for name in FIELDS if name in found]

    def _within(self, measures: frozenset[str], field_of_action: str) -> frozenset[str]:
        if not field_of_action:
            return measures
        return frozenset(measure for measure in measures if self.field_of[measure] == field_of_action)


def coverage(user: User, *, status: str = "", contribution: str = "", competence: str = "") -> Coverage:
    """Counts accepted measures and links that this person may see; four queries, whatever the size.

    ``competence`` leaves only commitments of that competence, so it narrows what is served, not what is done.
    """
    field_of = fields_of(user, status)
    promises = _promises(user, _kin(), competence)
    serve(promises, field_of, contribution)
    return Coverage(field_of, promises, reach(promises.values()))


def fields_of(user: User, status: str = "") -> dict[str, str]:
    """The measures that are counted, by reference, with their field of action; one query."""
    measures = _measures(user)
    if status:
        measures = measures.with_shown_status().filter(shown_status=status)  # type: ignore[misc] # annotated
    return dict(measures.order_by().values_list("reference", "field"))


def serve(promises: Mapping[int, Promise], measures: Container[str], contribution: str = "") -> None:
    """Tell each commitment the counted measures that serve it; one query."""
    links = MeasureLink.objects.accepted().order_by()
    if contribution:
        links = links.filter(contribution=contribution)
    for commitment, measure in links.values_list("commitment_id", "measure__reference"):
        if commitment in promises and measure in measures:
            promises[commitment].measures.add(measure)


def direct_coverage(user: User) -> Coverage:
    """The same without what is indirect and without measures that reach no article: two queries."""
    promises = _promises(user, {})
    field_of = {}
    links = MeasureLink.objects.accepted().filter(measure__in=_measures(user)).order_by()
    for commitment, measure, name in links.values_list("commitment_id", "measure__reference", "measure__field"):
        if commitment in promises:
            field_of[measure] = name
            promises[commitment].measures.add(measure)
    return Coverage(field_of, promises, reach(promises.values()))


def _measures(user: User) -> MeasureQuerySet:
    return Measure.objects.visible_to(user).filter(accepted_on__isnull=False)


def _kin() -> dict[int, set[int]]:
    """The articles to which provisions of other instruments lead, whichever way the link was written."""
    leads_to: dict[int, set[int]] = defaultdict(set)
    from_articles, to_articles = (Q(**{f"{end}__version__instrument__key": UDHR}) for end in ("source", "target"))
    rows = ProvisionLink.objects.current().filter(from_articles | to_articles).order_by()
    columns = ("source_id", "source__order", "source__version__instrument__key", "target_id", "target__order")
    for source, source_order, instrument, target, target_order in rows.values_list(*columns):
        if instrument == UDHR:
            leads_to[target].add(source_order)
        else:
            leads_to[source].add(target_order)
    return leads_to


def _promises(user: User, leads_to: Mapping[int, set[int]], competence: str = "") -> dict[int, Promise]:
    """Commitments in force that someone may see, with the articles they rest on and lead to."""
    promises: dict[int, Promise] = defaultdict(Promise)
    seen = Commitment.objects.visible_to(user).in_force()
    if competence:
        seen = seen.filter(competence=competence)
    rows = CommitmentProvision.objects.filter(ended_on__isnull=True, commitment__in=seen).order_by()
    columns = ("commitment_id", "is_basis", "provision_id", "provision__order", "provision__version__instrument__key")
    for commitment, is_basis, provision, order, instrument in rows.values_list(*columns):
        promise = promises[commitment]
        if instrument == UDHR and is_basis:
            promise.basis = order
        elif instrument == UDHR:
            promise.kin.add(order)
        else:
            promise.kin |= leads_to.get(provision, set())
    return dict(promises)
