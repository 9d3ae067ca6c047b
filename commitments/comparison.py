"""Two versions of an instrument side by side, as far as the links between their provisions say (rule 2)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from commitments import articles
from commitments.models import InstrumentVersion, Provision, ProvisionLink, Relation


class Change(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    GONE = "gone"


LABELS: Mapping[Change, Promise] = {
    Change.NEW: _("new, without a counterpart"),
    Change.CHANGED: _("related"),
    Change.SAME: _("unchanged"),
    Change.GONE: _("no longer there"),
}
BADGES = {Change.NEW: "info", Change.CHANGED: "warning", Change.SAME: "success", Change.GONE: "neutral"}


@dataclass(frozen=True)
class Counterpart:
    """A provision of the older version, and how the newer one relates to it."""

    provision: Provision
    relation: Relation
    link: ProvisionLink


@dataclass
class Row:
    """A provision of the newer version with its counterparts; one that is gone has only itself, as ``old``."""

    change: Change
    new: Provision | None = None
    old: list[Counterpart] = field(default_factory=list)
    gone: Provision | None = None
    articles: list[int] = field(default_factory=list)

    @property
    def label(self) -> Promise:
        return LABELS[self.change]

    @property
    def badge(self) -> str:
        return BADGES[self.change]


@dataclass(frozen=True)
class Comparison:
    version: InstrumentVersion
    before: InstrumentVersion
    rows: Sequence[Row]

    def count(self, change: Change) -> int:
        return sum(row.change == change for row in self.rows)

    @property
    def counts(self) -> list[tuple[str, Promise, int]]:
        """How many provisions are new, changed, unchanged and gone, with the words for it."""
        return [(change.value, label, self.count(change)) for change, label in LABELS.items()]

    @property
    def astray(self) -> list[Provision]:
        """Provisions of the newer version that lead to no article of the Declaration."""
        return [row.new for row in self.rows if row.new and not row.articles]

    @property
    def can_map_by_number(self) -> bool:
        """Whether something new has the number of something that seems gone."""
        gone = {row.gone.number for row in self.rows if row.gone}
        return any(row.new and row.change == Change.NEW and row.new.number in gone for row in self.rows)

    def only(self, change: str) -> list[Row]:
        """The rows of one kind; all of them where there is no such kind."""
        return [row for row in self.rows if row.change == change] if change in set(Change) else list(self.rows)


def compare(version: InstrumentVersion) -> Comparison:
    """A version and the one that it replaced; four queries. It must replace one."""
    before = version.replaces
    assert before is not None
    new = list(version.provisions.select_related("version__instrument").order_by("order"))
    old = {row.pk: row for row in before.provisions.select_related("version__instrument").order_by("order")}
    pairs = _pairs(version, before, old)
    leads_to = articles.of_provisions(new)
    rows = [_row(each, pairs[each.pk], leads_to[each.pk]) for each in new]
    kept = {counterpart.provision.pk for found in pairs.values() for counterpart in found}
    rows += [Row(Change.GONE, gone=each) for pk, each in old.items() if pk not in kept]
    return Comparison(version, before, rows)


def _pairs(
    version: InstrumentVersion, before: InstrumentVersion, old: Mapping[int, Provision]
) -> dict[int, list[Counterpart]]:
    """The counterparts of each provision of the newer version, whichever way the link was made."""
    links = ProvisionLink.objects.current().filter(
        Q(source__version=version, target__version=before) | Q(source__version=before, target__version=version)
    )
    found: dict[int, list[Counterpart]] = defaultdict(list)
    for link in links:
        if link.target_id in old:
            found[link.source_id].append(Counterpart(old[link.target_id], Relation(link.relation), link))
        else:
            found[link.target_id].append(Counterpart(old[link.source_id], Relation(link.relation).turned, link))
    for counterparts in found.values():
        counterparts.sort(key=lambda each: each.provision.order)
    return found


def _row(provision: Provision, old: list[Counterpart], leads_to: list[int]) -> Row:
    if not old:
        change = Change.NEW
    elif [each.relation for each in old] == [Relation.EQUIVALENT]:
        change = Change.SAME
    else:
        change = Change.CHANGED
    return Row(change, provision, old, articles=leads_to)
