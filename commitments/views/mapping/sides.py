"""The two ends from which links are made: a measure that serves something, or a commitment that measures serve.

Everything else on the page is the same, so the board asks its side and does not know which one it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Prefetch, Value
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from commitments import clock, suggestions, workflow
from commitments.forms.mapping import MappingSearch, MeasureSearch
from commitments.models import (
    Commitment,
    DismissedSuggestion,
    LinkState,
    Measure,
    MeasureLink,
    MeasureProvision,
    MeasureStatus,
    MeasureUnit,
    Provision,
    User,
)
from commitments.permissions import Verb, can, require
from commitments.suggestions import Known
from commitments.views.instruments import in_force
from commitments.views.mapping import searching
from commitments.views.mapping.items import Item, Link, Target, code_of, ids_of
from commitments.views.measures import measure_context, shown_measure

Finder = MappingSearch | MeasureSearch


class Side(ABC):
    """Where somebody maps from, and what they may do there."""

    page: str
    template: str
    finder_form: type[Finder]

    def __init__(self, user: User) -> None:
        self.user = user

    @property
    @abstractmethod
    def reference(self) -> str: ...

    @abstractmethod
    def rows(self) -> list[Link]:
        """The links that hold or are proposed, in the order in which they are shown."""

    @abstractmethod
    def target_of(self, link: Link) -> Target:
        """What stands at the other end of a link."""

    @abstractmethod
    def targets(self, codes: Sequence[str]) -> dict[str, Target]:
        """What these codes stand for, as far as this person may link it; nonsense is left out."""

    @abstractmethod
    def pair(self, target: Target) -> tuple[Measure, Commitment | Provision]:
        """Measure and target of a link from here to there."""

    @abstractmethod
    def hits(self, finder: Finder, taken: set[str]) -> list[Item]: ...

    @abstractmethod
    def suggested(self, codes: Sequence[str], dismissed: Sequence[DismissedSuggestion]) -> list[Item]:
        """The likeliest suggestions that may be linked at all, with their reasons."""

    @abstractmethod
    def dismissed(self) -> list[DismissedSuggestion]:
        """What was found not to fit, as far as this person may see it; the newest first."""

    @abstractmethod
    def context(self) -> dict[str, Any]:
        """What the page shows in its margin."""

    @abstractmethod
    def known(self, codes: Sequence[str]) -> Known:
        """What is linked already, and of these codes what this person may link; one query."""

    @property
    def url(self) -> str:
        return reverse(self.page, args=[self.reference])

    @property
    def search_url(self) -> str:
        return reverse(f"{self.page}-search", args=[self.reference])

    @property
    def suggestions_url(self) -> str:
        return reverse(f"{self.page}-suggestions", args=[self.reference])

    @cached_property
    def accepts(self) -> bool:
        """Whether what is linked here holds at once: the officer's links do."""
        return can(self.user, Verb.ACCEPT_LINK, on=clock.today())

    def existing(self) -> list[Item]:
        found = []
        for link in self.rows():
            editable = workflow.may_change_link(self.user, link, on=clock.today())
            acceptable = self.accepts and link.state == LinkState.PROPOSED
            found.append(Item(self.target_of(link), link, is_editable=editable, may_accept=acceptable))
        return found

    def links(self, codes: Iterable[str]) -> list[Item]:
        """Something about to be linked, as items without a link."""
        wanted = list(dict.fromkeys(codes))
        known = self.targets(wanted)
        return [Item(known[code]) for code in wanted if code in known]


def _items(found: Sequence[suggestions.Suggestion]) -> list[Item]:
    return [Item(each.target, reasons=each.reasons) for each in found[: suggestions.SHOWN]]


class FromMeasure(Side):
    page, template, finder_form = "commitments:mapping", "commitments/mapping.html", MappingSearch

    def __init__(self, user: User, reference: str) -> None:
        super().__init__(user)
        self.measure = shown_measure(user, reference)
        require(user, Verb.PROPOSE_LINK, self.measure, on=clock.today())

    @property
    def reference(self) -> str:
        return self.measure.reference

    def rows(self) -> list[Link]:
        seen = Commitment.objects.visible_to(self.user)
        links = MeasureLink.objects.current().filter(measure=self.measure, commitment__in=seen)
        provisions = MeasureProvision.objects.current().filter(measure=self.measure)
        found: list[Link] = [
            *links.select_related("commitment").order_by("commitment__reference"),
            *provisions.select_related("provision__version__instrument").order_by(
                "provision__version__instrument__order", "provision__order"
            ),
        ]
        for link in found:
            link.measure = self.measure
        return found

    def target_of(self, link: Link) -> Target:
        return link.commitment if isinstance(link, MeasureLink) else link.provision

    def targets(self, codes: Sequence[str]) -> dict[str, Target]:
        found: list[Target] = []
        if commitments := ids_of(codes, "c"):
            found += Commitment.objects.visible_to(self.user).in_force().filter(pk__in=commitments)
        if provisions := ids_of(codes, "p"):
            found += searching.provisions_with_force().filter(pk__in=provisions)
        return {code_of(target): target for target in found}

    def pair(self, target: Target) -> tuple[Measure, Commitment | Provision]:
        assert not isinstance(target, Measure)
        return self.measure, target

    def hits(self, finder: Finder, taken: set[str]) -> list[Item]:
        return searching.for_measure(finder, self.user, self.measure, taken)

    def suggested(self, codes: Sequence[str], dismissed: Sequence[DismissedSuggestion]) -> list[Item]:
        found = suggestions.for_measure(self.measure, self.user, self.known(codes), dismissed)
        ids = [each.target.pk for each in found if isinstance(each.target, Provision)]
        holds = set(Provision.objects.in_use().filter(in_force(), pk__in=ids).values_list("pk", flat=True))
        fits = [each for each in found if isinstance(each.target, Commitment) or each.target.pk in holds]
        return _items(fits)

    def known(self, codes: Sequence[str]) -> Known:
        seen = Commitment.objects.visible_to(self.user).order_by()
        links = MeasureLink.objects.current().filter(measure=self.measure, commitment__in=seen).order_by()
        provisions = MeasureProvision.objects.current().filter(measure=self.measure).order_by()
        found = links.values_list(Value("c"), "commitment_id").union(
            provisions.values_list(Value("p"), "provision_id"),
            seen.filter(pk__in=ids_of(codes, "c")).values_list(Value("c"), "pk"),
        )
        ids: dict[str, set[int]] = {"c": set(), "p": set(ids_of(codes, "p"))}
        for kind, pk in found:
            ids[kind].add(pk)
        return Known(commitments=frozenset(ids["c"]), provisions=frozenset(ids["p"]))

    def dismissed(self) -> list[DismissedSuggestion]:
        seen = Commitment.objects.visible_to(self.user).values("pk")
        rows = DismissedSuggestion.objects.current().filter(measure=self.measure)
        hidden = rows.filter(commitment__isnull=False).exclude(commitment__in=seen)
        rows = rows.exclude(pk__in=hidden.values("pk")).select_related(
            "commitment", "provision__version__instrument", "measure"
        )
        return list(rows.order_by("-pk"))

    def context(self) -> dict[str, Any]:
        return measure_context(self.measure)


class FromCommitment(Side):
    page, template, finder_form = "commitments:commitment-mapping", "commitments/mapping_commitment.html", MeasureSearch

    def __init__(self, user: User, reference: str) -> None:
        super().__init__(user)
        seen = Commitment.objects.visible_to(user).in_force().select_related("lead_unit")
        self.commitment = get_object_or_404(seen, reference=reference)
        require(user, Verb.PROPOSE_LINK, on=clock.today())

    @property
    def reference(self) -> str:
        return self.commitment.reference

    def rows(self) -> list[Link]:
        rows = MeasureLink.objects.current().filter(commitment=self.commitment).visible_to(self.user)
        units = Prefetch("measure__measure_units", queryset=MeasureUnit.objects.all())
        shown = rows.select_related("measure", "commitment").prefetch_related(units)
        return list(shown.order_by("measure__reference"))

    def target_of(self, link: Link) -> Target:
        return link.measure

    def targets(self, codes: Sequence[str]) -> dict[str, Target]:
        ids = ids_of(codes, "m")
        found = suggestions.mappable(self.user).filter(pk__in=ids) if ids else ()
        return {code_of(target): target for target in found}

    def pair(self, target: Target) -> tuple[Measure, Commitment | Provision]:
        assert isinstance(target, Measure)
        return target, self.commitment

    def hits(self, finder: Finder, taken: set[str]) -> list[Item]:
        return searching.for_commitment(finder, self.user, self.commitment, taken)

    def suggested(self, codes: Sequence[str], dismissed: Sequence[DismissedSuggestion]) -> list[Item]:
        return _items(suggestions.for_commitment(self.commitment, self.user, self.known(codes), dismissed))

    def known(self, codes: Sequence[str]) -> Known:
        links = MeasureLink.objects.current().filter(commitment=self.commitment).order_by()
        fresh = suggestions.mappable(self.user).filter(pk__in=ids_of(codes, "m")).order_by()
        found = links.values_list("measure_id").union(fresh.values_list("pk"))
        return Known(measures=frozenset(pk for (pk,) in found))

    def dismissed(self) -> list[DismissedSuggestion]:
        rows = DismissedSuggestion.objects.current().filter(
            commitment=self.commitment, measure__in=suggestions.mappable(self.user)
        )
        return list(rows.select_related("measure").order_by("-pk"))

    def context(self) -> dict[str, Any]:
        return {"commitment": self.commitment, "statuses": dict(MeasureStatus.choices)}
