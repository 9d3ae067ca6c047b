"""What a measure might serve besides, and which measures might serve a commitment: suggested with reasons.

A suggestion rests on one of two things: on provisions that lead to each other (a link between provisions), or on
measures that resemble each other (same engagement, same unit, same field, shared words). Each says which. Nothing is
linked by itself. Candidates are limited in the database, so the cost does not grow with the register.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments import clock, texts
from commitments.models import (
    Commitment,
    CommitmentProvision,
    DismissedSuggestion,
    Engagement,
    Measure,
    MeasureLink,
    MeasureProvision,
    MeasureUnit,
    Provision,
    ProvisionLink,
    Relation,
    User,
)
from commitments.permissions import Verb, can
from commitments.similarity import Likeness, likeness, rarity, stems

SHOWN = 6
"""So many suggestions are looked through at a glance."""

CANDIDATES = 200
"""So many rows of a kind are compared."""

WORDS = 10
"""So many words, the longest, are asked for in the database."""

NAMED = 3
"""So many measures or words are named in a reason."""

ALIKE = 0.15
"""From this likeness on, two texts are said to share their wording."""

WEIGHTS = {Relation.EQUIVALENT: 1.0, Relation.SUBSET: 0.7, Relation.SUPERSET: 0.7, Relation.INTERSECTS: 0.4}
SAME_PROVISION, SAME_ENGAGEMENT = 1.2, 0.8

Target = Commitment | Provision | Measure
Key = tuple[str, int]
"""What a suggestion is about: "c", "p" or "m", and the number of the row."""


@dataclass
class Suggestion:
    """Something that may be linked, and why; ``score`` orders suggestions and means nothing else."""

    target: Target
    score: float
    reasons: list[str] = field(default_factory=list)


@dataclass
class Known:
    """What stands on the board already, linked or about to be, and is therefore not suggested."""

    commitments: frozenset[int] = frozenset()
    provisions: frozenset[int] = frozenset()
    measures: frozenset[int] = frozenset()


class Kin(NamedTuple):
    """A provision to which another one leads, and by which link."""

    provision: Provision
    weight: float
    said: str


def name_of(provision: Provision) -> str:
    """AEMR Art. 25"""
    return f"{texts.localized(provision.version.instrument, 'short')} {provision.number}"


# From a measure


def for_measure(
    measure: Measure, user: User, known: Known, dismissed: Iterable[DismissedSuggestion]
) -> list[Suggestion]:
    """What else a measure might serve: commitments and provisions, the likeliest first. Five queries."""
    found = _Found()
    for row in dismissed:
        found.closed |= {("c", row.commitment_id), ("p", row.provision_id)}
    found.closed |= {("c", pk) for pk in known.commitments} | {("p", pk) for pk in known.provisions}
    _from_kin(found, known, user)
    _from_peers(found, measure, user)
    return found.best()


def _from_kin(found: "_Found", known: Known, user: User) -> None:
    """Commitments that rest on what is linked or on its kin, and the kin where no commitment rests on it."""
    rows = CommitmentProvision.objects.filter(commitment__in=known.commitments, is_basis=True, ended_on__isnull=True)
    kin = _kin(Q(pk__in=known.provisions) | Q(pk__in=rows.values("provision")))
    resting = (
        CommitmentProvision.objects.filter(
            Q(provision__in=kin, is_basis=True) | Q(provision__in=known.provisions),
            ended_on__isnull=True,
            commitment__in=Commitment.objects.visible_to(user).in_force(),
        )
        .exclude(commitment__in=known.commitments)
        .select_related("commitment", "provision__version__instrument")
        .order_by("-is_basis", "commitment__reference")[:CANDIDATES]
    )
    carried = set()
    for row in resting:
        carried.add(row.provision_id)
        if row.provision_id in known.provisions:
            words = _("it rests on %(provision)s, which is mapped already") % {"provision": name_of(row.provision)}
            found.add("c", row.commitment, SAME_PROVISION, words)
        else:
            found.add("c", row.commitment, kin[row.provision_id].weight, kin[row.provision_id].said)
    for pk, relative in kin.items():
        if pk not in carried:
            found.add("p", relative.provision, relative.weight / 2, relative.said)


def _from_peers(found: "_Found", measure: Measure, user: User) -> None:
    """What measures like this one are linked to, and how many of them."""
    peers = _peers(measure, user)
    by_id = {peer.measure.pk: peer for peer in peers}
    votes: dict[Key, list[_Peer]] = defaultdict(list)
    targets: dict[Key, Commitment | Provision] = {}
    seen = Commitment.objects.visible_to(user).in_force()
    links = MeasureLink.objects.accepted().filter(measure__in=by_id, commitment__in=seen)
    for link in links.select_related("commitment").order_by("measure__reference"):
        targets["c", link.commitment_id] = link.commitment
        votes["c", link.commitment_id].append(by_id[link.measure_id])
    provisions = MeasureProvision.objects.accepted().filter(measure__in=by_id)
    for row in provisions.select_related("provision__version__instrument").order_by("measure__reference"):
        targets["p", row.provision_id] = row.provision
        votes["p", row.provision_id].append(by_id[row.measure_id])
    for key, supporters in votes.items():
        score = sum(peer.weight for peer in supporters) / 2
        found.add(key[0], targets[key], score, *_said_of(supporters))


@dataclass(frozen=True)
class _Peer:
    """A measure like another one; ``near`` is 2 in the same engagement, 1 in the same unit, 0 in the same field."""

    measure: Measure
    near: int
    alike: Likeness

    @property
    def weight(self) -> float:
        return self.alike.score + (SAME_ENGAGEMENT if self.near == 2 else 0.1 * self.near)


def _peers(measure: Measure, user: User) -> list[_Peer]:
    """Accepted measures of the same engagement, or of the same units or field with shared words; two queries."""
    engagement = Q(pk__in=())
    if measure.engagement_id:
        seen = Engagement.objects.visible_to(user).filter(pk=measure.engagement_id)
        engagement = Q(engagement__in=seen)
    own = stems(*_words_of(measure))
    units = MeasureUnit.objects.filter(unit__in=measure.responsible_unit_ids, ended_on__isnull=True)
    same_unit = Q(pk__in=units.values("measure"))
    said = _says(own, "title_de", "title_en", "description_de")
    rows = (
        Measure.objects.visible_to(user)
        .accepted()
        .filter(engagement | ((same_unit | Q(field=measure.field)) & said))
        .exclude(pk=measure.pk)
        .annotate(
            near=Case(
                When(engagement, then=Value(2)),
                When(same_unit, then=Value(1)),
                default=Value(0),
                output_field=IntegerField(),
            )
        )
        .order_by("-near", "-pk")[:CANDIDATES]
    )
    texts_of = {row: stems(*_words_of(row)) for row in rows}
    weights = rarity([*texts_of.values(), own])
    found = [_Peer(row, row.near, likeness(own, words, weights)) for row, words in texts_of.items()]  # type: ignore[attr-defined]
    near = [peer for peer in found if peer.near == 2 or peer.alike.score >= ALIKE]
    return sorted(near, key=lambda peer: -peer.weight)[:20]


def _said_of(supporters: Sequence[_Peer]) -> list[str]:
    """Why: the measures of the same engagement first, then those that are worded alike."""
    said = []
    together = [peer.measure.reference for peer in supporters if peer.near == 2]
    if together:
        said.append(
            ngettext(
                "%(measures)s of the same engagement contributes to it",
                "%(measures)s of the same engagement contribute to it",
                len(together),
            )
            % {"measures": listed(together)}
        )
    alike = [peer for peer in supporters if peer.near < 2]
    if alike:
        said.append(
            ngettext(
                "%(measures)s contributes to it and shares words: %(words)s",
                "%(measures)s contribute to it and share words: %(words)s",
                len(alike),
            )
            % {
                "measures": listed([peer.measure.reference for peer in alike]),
                "words": ", ".join(alike[0].alike.words[:NAMED]),
            }
        )
    return said


# From a commitment


def for_commitment(
    commitment: Commitment, user: User, known: Known, dismissed: Iterable[DismissedSuggestion]
) -> list[Suggestion]:
    """Measures that might serve a commitment, the likeliest first. Six queries."""
    found = _Found()
    found.closed |= {("m", row.measure_id) for row in dismissed}
    found.closed |= {("m", pk) for pk in known.measures}
    rows = CommitmentProvision.objects.filter(commitment=commitment, ended_on__isnull=True)
    own = {row.provision_id: row.provision for row in rows.select_related("provision__version__instrument")}
    may = mappable(user)
    _from_kin_commitments(found, commitment, own, user, may)
    _from_wording(found, commitment, may)
    return found.best()


def mappable(user: User) -> "QuerySet[Measure]":
    """The measures for which someone may propose links: all for the officer, those of their units for a contact."""
    rows = Measure.objects.visible_to(user).filter(declined_on__isnull=True)
    if can(user, Verb.ACCEPT_LINK, on=clock.today()):
        return rows
    own = MeasureUnit.objects.filter(unit__in=user.unit_ids, ended_on__isnull=True)
    return rows.filter(pk__in=own.values("measure"))


def _from_kin_commitments(
    found: "_Found", commitment: Commitment, own: dict[int, Provision], user: User, may: "QuerySet[Measure]"
) -> None:
    """Measures that serve commitments with the same provisions or their kin, or such a provision itself."""
    kin = _kin(Q(pk__in=own))
    for pk, provision in own.items():
        same = _("both rest on %(provision)s") % {"provision": name_of(provision)}
        kin[pk] = Kin(provision, SAME_PROVISION, same)
    resting = (
        CommitmentProvision.objects.filter(provision__in=kin, is_basis=True, ended_on__isnull=True)
        .filter(commitment__in=Commitment.objects.visible_to(user).in_force())
        .exclude(commitment=commitment)
        .order_by("commitment__reference")
        .values_list("commitment_id", "commitment__reference", "provision_id")[:CANDIDATES]
    )
    near = {pk: (reference, kin[provision]) for pk, reference, provision in resting}
    linked = MeasureLink.objects.accepted().filter(commitment__in=near, measure__in=may).select_related("measure")
    for link in linked.order_by("-pk")[:CANDIDATES]:
        reference, relative = near[link.commitment_id]
        words = _("it contributes to %(commitment)s, and %(why)s") % {"commitment": reference, "why": relative.said}
        found.add("m", link.measure, relative.weight, words)
    direct = MeasureProvision.objects.accepted().filter(provision__in=kin, measure__in=may).select_related("measure")
    for row in direct.order_by("-pk")[:CANDIDATES]:
        relative = kin[row.provision_id]
        words = _("it is mapped to %(provision)s") % {"provision": name_of(relative.provision)}
        found.add("m", row.measure, relative.weight, words)


def _from_wording(found: "_Found", commitment: Commitment, may: "QuerySet[Measure]") -> None:
    own = stems(commitment.title_de, commitment.title_en, commitment.wording_de)
    asked = _says(own, "title_de", "title_en", "description_de")
    rows = may.filter(asked).order_by(F("accepted_on").desc(nulls_last=True), "-pk")[:CANDIDATES]
    texts_of = {row: stems(*_words_of(row)) for row in rows}
    weights = rarity([*texts_of.values(), own])
    for row, words in texts_of.items():
        alike = likeness(own, words, weights)
        if alike.score >= ALIKE:
            shared = ", ".join(alike.words[:NAMED])
            found.add("m", row, alike.score, _("it shares words: %(words)s") % {"words": shared})


# What both share


class _Found:
    """Suggestions by what they are about; several reasons for the same one are put together."""

    def __init__(self) -> None:
        self.closed: set[tuple[str, int | None]] = set()
        self.rows: dict[Key, Suggestion] = {}

    def add(self, kind: str, target: Target, score: float, *reasons: str) -> None:
        key = (kind, target.pk)
        if key in self.closed:
            return
        known = self.rows.setdefault(key, Suggestion(target, 0.0))
        known.score += score
        known.reasons += [reason for reason in reasons if reason not in known.reasons]

    def best(self) -> list[Suggestion]:
        """The likeliest, each with its first reasons."""
        rows = sorted(self.rows.items(), key=lambda row: (-row[1].score, row[0]))
        for _key, row in rows:
            row.reasons = row.reasons[:NAMED]
        return [row for _key, row in rows[: SHOWN * 3]]


def _kin(own: Q) -> dict[int, Kin]:
    """The provisions that lead to some others, or to which those lead, by the strongest of their links; one query."""
    theirs = Provision.objects.filter(own).values("pk")
    rows = ProvisionLink.objects.current().filter(Q(source__in=theirs) | Q(target__in=theirs)).order_by("pk")
    rows = rows.annotate(
        source_is_own=Case(When(source__in=theirs, then=Value(1)), default=Value(0), output_field=IntegerField()),
        target_is_own=Case(When(target__in=theirs, then=Value(1)), default=Value(0), output_field=IntegerField()),
    )
    found: dict[int, Kin] = {}
    for link in rows.select_related("source__version__instrument", "target__version__instrument"):
        weight = WEIGHTS[Relation(link.relation)]
        for relative, is_own in ((link.source, link.source_is_own), (link.target, link.target_is_own)):  # type: ignore[attr-defined]
            if not is_own and (relative.pk not in found or found[relative.pk].weight < weight):
                found[relative.pk] = Kin(relative, weight, _said(link))
    return found


def _said(link: ProvisionLink) -> str:
    """The link between two provisions as the end of a sentence that begins with "because"."""
    source, target = name_of(link.source), name_of(link.target)
    sentences = {
        Relation.EQUIVALENT: _("%(source)s and %(target)s correspond"),
        Relation.SUBSET: _("%(source)s is part of %(target)s"),
        Relation.SUPERSET: _("%(source)s is wider than %(target)s and holds it"),
        Relation.INTERSECTS: _("%(source)s and %(target)s touch each other"),
    }
    return sentences[Relation(link.relation)] % {"source": source, "target": target}


def _words_of(measure: Measure) -> tuple[str, ...]:
    return measure.title_de, measure.title_en, measure.description_de


def _says(words: Iterable[str], *columns: str) -> Q:
    """Rows in which one of the longest words stands; SQLite folds the case of ASCII letters only."""
    said = Q(pk__in=())
    for word in sorted(words, key=lambda each: (-len(each), each))[:WORDS]:
        for variant in {word, word.capitalize()} if not word.isascii() else {word}:
            for column in columns:
                said |= Q(**{f"{column}__icontains": variant})
    return said


def listed(names: Sequence[str]) -> str:
    """M-012, M-031 and M-040; or the first of them and how many more there are."""
    shown = list(dict.fromkeys(names))
    if len(shown) == 1:
        return shown[0]
    if len(shown) > NAMED:
        rest = len(shown) - NAMED
        more = ngettext("%(n)s more", "%(n)s more", rest) % {"n": rest}
        shown = [*shown[:NAMED], more]
    return _("%(first)s and %(last)s") % {"first": ", ".join(shown[:-1]), "last": shown[-1]}
