"""Counting for every view of the matrix: what stands in the rows, what in the columns, and what meets there.

The rules are those of ``coverage``: a row is reached directly by a measure through a commitment whose basis lies in
that row, and indirectly through anything else that leads there. A measure counts once in a row, a column and a total.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from commitments import texts
from commitments.models import (
    Adoption,
    Commitment,
    CommitmentProvision,
    Engagement,
    FieldOfAction,
    Instrument,
    InstrumentKind,
    InstrumentVersion,
    Measure,
    MeasureUnit,
    Partnership,
    Provision,
    ProvisionLink,
    User,
)
from reporting.coverage import FIELDS, Promise, Reach, fields_of, reach, serve

COLUMNS_A_PAGE = 7
"""So many columns fit on a screen side by side; the rest is counted in one more and a page away. A file has all."""

NOWHERE = "-"
"""The column of measures that stand in no other."""


@dataclass(frozen=True)
class Line:
    """A row or a column: its key in addresses, its name, and what it belongs to."""

    key: str
    name: str
    number: str = ""
    group: str = ""


@dataclass(frozen=True)
class Rows:
    """The rows in their order, and the row in which each provision lies."""

    lines: Mapping[int, Line]
    row_of: Mapping[int, int]


@dataclass(frozen=True)
class Columns:
    """The columns, those with most measures first, and the columns in which each measure stands."""

    lines: list[Line]
    of_measure: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Counts:
    """What the register says today, as far as one person may see it; measures are named by their reference."""

    rows: Rows
    columns: Columns
    measures: frozenset[str]
    promises: Mapping[int, Promise] = field(repr=False)
    reached: Mapping[int, Reach] = field(repr=False)

    def direct(self, row: int, columns: Iterable[str] = ()) -> frozenset[str]:
        return self._within(self.reached[row].direct, columns)

    def indirect(self, row: int, columns: Iterable[str] = ()) -> frozenset[str]:
        return self._within(self.reached[row].indirect, columns)

    def direct_anywhere(self, columns: Iterable[str] = ()) -> frozenset[str]:
        """Rule 1: measures that reach some row directly, each once."""
        every: frozenset[str] = frozenset().union(*(each.direct for each in self.reached.values()))
        return self._within(every, columns)

    def within(self, columns: Iterable[str] = ()) -> frozenset[str]:
        """Rule 1: all counted measures, each once, whether they reach a row or not."""
        return self._within(self.measures, columns)

    def _within(self, measures: frozenset[str], columns: Iterable[str]) -> frozenset[str]:
        wanted = frozenset(columns)
        if not wanted:
            return measures
        return frozenset(each for each in measures if self.columns.of_measure.get(each, frozenset()) & wanted)


def counts(user: User, rows: Rows, by: str, chosen: Mapping[str, str]) -> Counts:
    """Count accepted measures and links that this person may see; the number of queries does not grow."""
    field_of = fields_of(user, chosen.get("status", ""))
    columns = columns_by(by, user, field_of)
    promises = _promises(user, rows, chosen.get("competence", ""))
    serve(promises, field_of, chosen.get("contribution", ""))
    reached = reach(promises.values(), rows.lines)
    return Counts(rows, columns, frozenset(field_of), promises, reached)


# Rows


def article_rows() -> Rows:
    """The thirty articles; the row of an article is its number."""
    rows = list(Provision.objects.articles().values("pk", "order", "title_de", "title_en"))
    lines = {row["order"]: Line(str(row["order"]), texts.localized(row, "title"), str(row["order"])) for row in rows}
    return Rows(lines, {row["pk"]: row["order"] for row in rows})


def instrument_rows() -> Rows:
    """The instruments that bind the city or that it took on, grouped by kind; all versions of one lie in its row."""
    adopted = Adoption.objects.filter(version__instrument=OuterRef("pk"), ended_on__isnull=True)
    rows = Instrument.objects.filter(Q(binding=True) | Q(kind=InstrumentKind.DECLARATION) | Q(Exists(adopted)))
    kinds = list(InstrumentKind)
    found = sorted(rows, key=lambda row: (kinds.index(InstrumentKind(row.kind)), row.order, row.key))
    lines = {row.pk: Line(row.key, texts.localized(row, "short"), group=str(row.get_kind_display())) for row in found}
    pairs = Provision.objects.filter(version__instrument__in=lines).order_by()
    return Rows(lines, dict(pairs.values_list("pk", "version__instrument_id")))


def provision_rows(instrument: Instrument) -> Rows:
    """The provisions of the version that the city holds, or else of the one in use."""
    adopted = Adoption.objects.filter(version=OuterRef("pk"), ended_on__isnull=True)
    versions = InstrumentVersion.objects.filter(instrument=instrument)
    version = versions.annotate(is_held=Exists(adopted)).order_by("-is_held", "-number").first()
    rows = Provision.objects.filter(version=version).order_by("order")
    lines = {row.pk: Line(str(row.pk), texts.localized(row, "title"), row.number) for row in rows}
    return Rows(lines, {pk: pk for pk in lines})


def _promises(user: User, rows: Rows, competence: str) -> dict[int, Promise]:
    """Commitments in force that someone may see, with the row they rest on and those they lead to; two queries."""
    seen = Commitment.objects.visible_to(user).in_force()
    if competence:
        seen = seen.filter(competence=competence)
    stands = CommitmentProvision.objects.filter(ended_on__isnull=True, commitment__in=seen).order_by()
    leads_to = _leads_to(rows)
    promises: dict[int, Promise] = defaultdict(Promise)
    for commitment, provision, is_basis in stands.values_list("commitment_id", "provision_id", "is_basis"):
        promise, row = promises[commitment], rows.row_of.get(provision)
        if row is not None and is_basis:
            promise.basis = row
        elif row is not None:
            promise.kin.add(row)
        promise.kin |= leads_to.get(provision, set())
    return dict(promises)


def _leads_to(rows: Rows) -> dict[int, set[int]]:
    """The rows to which provisions lead by a link, whichever way it was written; what lies in a row leads nowhere
    else in the same instrument."""
    found: dict[int, set[int]] = defaultdict(set)
    for source, target in ProvisionLink.objects.current().order_by().values_list("source_id", "target_id"):
        for one, other in ((source, target), (target, source)):
            if other in rows.row_of:
                found[one].add(rows.row_of[other])
    return found


# Columns


def columns_by(by: str, user: User, field_of: Mapping[str, str]) -> Columns:
    """Fields of action, or units, partner cities or engagements; two queries at most."""
    if by == "unit":
        return _by_unit(field_of)
    if by in ("partner", "engagement"):
        return _by_engagement(by, user, field_of)
    lines = [Line(name, str(FieldOfAction(name).label)) for name in FIELDS]
    return Columns(lines, {measure: frozenset({name}) for measure, name in field_of.items()})


def _by_unit(measures: Mapping[str, str]) -> Columns:
    """Every unit that leads or contributes; a measure of three units stands in three columns."""
    rows = MeasureUnit.objects.filter(ended_on__isnull=True).order_by()
    columns = ("measure__reference", "unit__key", "unit__name_de", "unit__name_en")
    names, stands_in = {}, defaultdict(set)
    for measure, key, german, english in rows.values_list(*columns):
        if measure in measures:
            names[key] = texts.localized({"name_de": german, "name_en": english}, "name")
            stands_in[measure].add(key)
    return _ordered(names, stands_in)


def _by_engagement(by: str, user: User, measures: Mapping[str, str]) -> Columns:
    """Partner cities, or whatever measures happen in, as far as someone may see it (rule 10)."""
    seen = Engagement.objects.visible_to(user).order_by()
    if by == "partner":
        cities = Partnership.objects.filter(pk__in=seen.values("pk")).order_by()
        called = cities.values_list("key", "city_de", "city_en")  # type: ignore[misc] # of the kind, not the engagement
    else:
        called = seen.values_list("key", "name_de", "name_en")
    names = {key: texts.localized({"name_de": german, "name_en": english}, "name") for key, german, english in called}
    stands_in: dict[str, set[str]] = {measure: {NOWHERE} for measure in measures}
    pairs = Measure.objects.filter(engagement__isnull=False).order_by().values_list("reference", "engagement__key")
    for measure, key in pairs:
        if measure in measures and key in names:
            stands_in[measure] = {key}
    return _ordered(names, stands_in)


def _ordered(names: Mapping[str, str], stands_in: Mapping[str, set[str]]) -> Columns:
    counted = Counter(key for keys in stands_in.values() for key in keys)
    keys = sorted(names, key=lambda key: (-counted[key], names[key]))
    lines = [Line(key, names[key]) for key in keys]
    return Columns(lines, {measure: frozenset(keys) for measure, keys in stands_in.items()})
