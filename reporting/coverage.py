"""How measures reach the thirty articles (DESIGN.md, rules 1 and 16): counted here, for pages and reports alike.

A measure reaches an article *directly* through a commitment whose basis is that article, and *indirectly* through a
commitment that leads there by a kin provision. What is direct is not counted as indirect again, and a measure counts
once in an article, however many commitments it serves there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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


def reach(promises: Iterable[Promise]) -> dict[int, Reach]:
    """For each of the thirty articles the measures that reach it, each once."""
    direct: dict[int, set[str]] = defaultdict(set)
    indirect: dict[int, set[str]] = defaultdict(set)
    for promise in promises:
        if promise.basis is not None:
            direct[promise.basis] |= promise.measures
        for article in promise.kin - {promise.basis}:
            indirect[article] |= promise.measures
    return {
        article: Reach(frozenset(direct[article]), frozenset(indirect[article] - direct[article]))
        for article in ARTICLES
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


def coverage(user: User, *, status: str = "", contribution: str = "") -> Coverage:
    """Counts accepted measures and links that this person may see; six queries, whatever the size."""
    measures = Measure.objects.visible_to(user).filter(accepted_on__isnull=False)
    if status:
        measures = measures.with_shown_status().filter(shown_status=status)
    field_of = dict(measures.values_list("reference", "field"))
    promises = {pk: Promise() for pk in Commitment.objects.visible_to(user).in_force().values_list("pk", flat=True)}
    _read_articles(promises)
    links = MeasureLink.objects.accepted()
    if contribution:
        links = links.filter(contribution=contribution)
    for commitment, measure in links.order_by().values_list("commitment_id", "measure__reference"):
        if commitment in promises and measure in field_of:
            promises[commitment].measures.add(measure)
    return Coverage(field_of, promises, reach(promises.values()))


def _read_articles(promises: Mapping[int, Promise]) -> None:
    """Fill in which articles the commitments rest on and lead to."""
    leads_to: dict[int, set[int]] = defaultdict(set)
    kin = ProvisionLink.objects.order_by()
    onwards = kin.filter(target__version__instrument__key=UDHR).values_list("source_id", "target__order")
    back = kin.filter(source__version__instrument__key=UDHR).values_list("target_id", "source__order")
    for provision, article in (*onwards, *back):
        leads_to[provision].add(article)
    rows = CommitmentProvision.objects.filter(ended_on__isnull=True).order_by()
    columns = ("commitment_id", "is_basis", "provision_id", "provision__order", "provision__version__instrument__key")
    for commitment, is_basis, provision, order, instrument in rows.values_list(*columns):
        if commitment not in promises:
            continue
        promise = promises[commitment]
        if instrument == UDHR and is_basis:
            promise.basis = order
        elif instrument == UDHR:
            promise.kin.add(order)
        else:
            promise.kin |= leads_to[provision]
