"""Finding what to link by typing: a word in German or English, a right, a number."""

from collections.abc import Sequence

from django.db.models import BooleanField, Case, Exists, OuterRef, QuerySet, Value, When

from commitments import search
from commitments.forms import MappingSearch
from commitments.forms.mapping import MeasureSearch
from commitments.models import (
    UDHR,
    Commitment,
    InstrumentKind,
    Measure,
    MeasureLink,
    MeasureProvision,
    Provision,
    User,
)
from commitments.suggestions import mappable
from commitments.views.instruments import in_force
from commitments.views.mapping.items import Item, Target

HITS = 15
"""So many hits of each kind are shown; whoever needs more types another word."""

PLEDGES = (
    InstrumentKind.CHARTER,
    InstrumentKind.AGENDA,
    InstrumentKind.NETWORK_PLEDGE,
    InstrumentKind.SELF_COMMITMENT,
)
TREATIES = (InstrumentKind.TREATY, InstrumentKind.REGIONAL_TREATY)


def provisions_with_force() -> "QuerySet[Provision]":
    """Provisions with their instrument and whether the city is bound by it or took it on."""
    holds = Case(When(in_force(), then=Value(value=True)), default=Value(value=False), output_field=BooleanField())
    return Provision.objects.select_related("version__instrument").annotate(is_in_force=holds)


def for_measure(form: MappingSearch | MeasureSearch, user: User, measure: Measure, taken: set[str]) -> list[Item]:
    """Commitments and provisions with the typed words, those first whose number was typed."""
    typed, scope = _asked(form)
    if not typed:
        return []
    found: list[Target] = []
    if scope in ("", "commitments"):
        rows = search.ranked(Commitment.objects.visible_to(user).in_force(), typed)
        linked = MeasureLink.objects.current().filter(measure=measure, commitment=OuterRef("pk"))
        rows = rows.order_by("rank", "reference")
        found += rows.annotate(is_linked=Exists(linked))[:HITS]
    if scope != "commitments":
        provisions = search.ranked(_within(provisions_with_force(), scope), typed)
        in_order = ("rank", "version__instrument__order", "order")
        touched = MeasureProvision.objects.current().filter(measure=measure, provision=OuterRef("pk"))
        found += provisions.order_by(*in_order).annotate(is_linked=Exists(touched))[:HITS]
    return _items(found, typed, taken)


def for_commitment(
    form: MappingSearch | MeasureSearch, user: User, commitment: Commitment, taken: set[str]
) -> list[Item]:
    """Measures with the typed words for which this person may propose a link."""
    typed, scope = _asked(form)
    if not typed:
        return []
    rows = search.ranked(mappable(user), typed)
    if scope:
        rows = rows.filter(field=scope)
    linked = MeasureLink.objects.current().filter(commitment=commitment, measure=OuterRef("pk"))
    rows = rows.order_by("rank", "reference").annotate(is_linked=Exists(linked))
    return _items(list(rows[:HITS]), typed, taken)


def has_more(hits: Sequence[Item]) -> bool:
    """Whether there may be more than is shown."""
    kinds = [type(item.target) for item in hits]
    return any(kinds.count(kind) == HITS for kind in set(kinds))


def _asked(form: MappingSearch | MeasureSearch) -> tuple[str, str]:
    form.is_valid()
    return form.cleaned_data.get("q", "").strip(), form.cleaned_data.get("scope", "")


def _items(found: Sequence[Target], typed: str, taken: set[str]) -> list[Item]:
    items = [Item(target) for target in found]
    for item in items:
        item.mark(typed)
        item.is_taken = item.code in taken or item.target.is_linked  # type: ignore[union-attr]
        item.is_in_force = getattr(item.target, "is_in_force", True)
    return items


def _within(rows: "QuerySet[Provision]", scope: str) -> "QuerySet[Provision]":
    rows = rows.in_use()  # type: ignore[attr-defined] # a queryset of provisions
    if scope == "udhr":
        return rows.filter(version__instrument__key=UDHR)
    kinds = {"treaties": TREATIES, "pledges": PLEDGES}.get(scope)
    return rows.filter(version__instrument__kind__in=kinds) if kinds else rows
