"""What a search over everything finds, group by group, as far as somebody may see it.

Nine queries, whatever the size: one a group, and one for the three kinds of which there are few.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import CharField, Count, F, QuerySet, Value, Window
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from commitments import folding, search, texts
from commitments.models import (
    Commitment,
    Engagement,
    Evidence,
    GlossaryTerm,
    Instrument,
    Measure,
    OrganisationalUnit,
    Provision,
    Recommendation,
    User,
)
from reporting.tables.home import link
from reviews.models import Assessment, FollowUp

SHOWN = 5
"""Hits of each group on the page of all; whoever wants more opens the group."""

A_PAGE = 25
FEW = 300
"""More instruments, units and words than this no city has; they are read at once."""


@dataclass(frozen=True)
class Hit:
    """A row that was found: its name and the place of a hit in its text, each in pieces."""

    title: Sequence[folding.Piece]
    url: str = ""
    text: Sequence[folding.Piece] = ()
    note: str = ""
    rank: int = 2


@dataclass(frozen=True)
class Group:
    """The best hits of one kind, out of ``total``."""

    key: str
    label: str
    hits: Sequence[Hit]
    total: int
    more_url: str = ""
    page: "Page[Any] | None" = None

    @property
    def best(self) -> int:
        return min((hit.rank for hit in self.hits), default=9)

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.hits)

    @property
    def count(self) -> str:
        """How many of how many are shown."""
        if not self.is_cut:
            return ngettext("%(n)s hit", "%(n)s hits", self.total) % {"n": texts.number(self.total)}
        return _("%(n)s of %(total)s") % {"n": texts.number(len(self.hits)), "total": texts.number(self.total)}


@dataclass(frozen=True)
class Typed:
    """What is looked for, and by whom."""

    text: str
    user: User
    words: list[folding.Word] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", folding.words(self.text))

    def hit(self, row: Any, title: str, url: str, *, text: str = "", note: object = "") -> Hit:
        """``text`` names the column, without its language, that a hit is shown from."""
        written = self._text(row, text) if text else ""
        excerpt = folding.excerpt(written, self.words) if written else []
        rank = row["rank"] if isinstance(row, Mapping) else row.rank
        return Hit(folding.mark(title, self.words), url, excerpt, str(note), rank)

    def _text(self, row: Any, name: str) -> str:
        """In the reader's language, unless the words stand in the other one only."""
        here = texts.localized(row, name)
        other = texts.localized(row, name, "de" if texts.reader_language() == "en" else "en")
        found = (any(piece.is_hit for piece in folding.mark(each, self.words)) for each in (here, other))
        return other if not next(found) and next(found) else here


@dataclass(frozen=True)
class Kind:
    """How one kind of row is looked for and shown. ``listed`` names the list that takes the same words."""

    label: Any
    rows: Callable[[Typed], "QuerySet[Any]"]
    order: tuple[str, ...]
    hit: Callable[[Typed, Any], Hit]
    listed: str = ""

    def found(self, typed: Typed) -> "QuerySet[Any]":
        return search.ranked(self.rows(typed), typed.text).order_by("rank", *self.order)


def everything(typed: Typed) -> list[Group]:
    """All groups in which something was found, the one with the best hit first."""
    groups = [_group(key, kind, typed) for key, kind in KINDS.items()]
    groups += _few(typed)
    return sorted((group for group in groups if group.hits), key=lambda group: group.best)


def one_group(key: str, typed: Typed, page: str | None) -> Group:
    """One kind alone, page by page."""
    kind = (KINDS | FEW_KINDS)[key]
    shown = Paginator(kind.found(typed), A_PAGE).get_page(page)
    hits = [kind.hit(typed, row) for row in shown]
    return Group(key, str(kind.label), hits, shown.paginator.count, page=shown)


def _group(key: str, kind: Kind, typed: Typed) -> Group:
    rows = list(kind.found(typed).annotate(found=Window(Count("*")))[:SHOWN])
    hits = [kind.hit(typed, row) for row in rows]
    return Group(key, str(kind.label), hits, rows[0].found if rows else 0, _more(key, kind, typed))


def _more(key: str, kind: Kind, typed: Typed) -> str:
    if kind.listed:
        return link(kind.listed, query="?" + urlencode({"q": typed.text}))
    return "?" + urlencode({"q": typed.text, "only": key})


def _few(typed: Typed) -> Iterator[Group]:
    """Instruments, units and words of the glossary, in one query."""
    first, *others = (kind.found(typed).order_by() for kind in FEW_KINDS.values())
    rows = list(first.union(*others, all=True).order_by("rank", "called_de")[:FEW])
    for key, kind in FEW_KINDS.items():
        own = [row for row in rows if row["which"] == key]
        hits = [kind.hit(typed, row) for row in own[:SHOWN]]
        yield Group(key, str(kind.label), hits, len(own), _more(key, kind, typed))


def _alike(rows: "QuerySet[Any]", which: str, slug: str, called: str, says: str) -> "QuerySet[Any, Any]":
    """Rows of different tables with the same columns, so that one query reads them together."""
    nothing = Value("", output_field=CharField())
    columns: dict[str, Any] = {f"called_{language}": F(f"{called}_{language}") for language in ("de", "en")}
    columns |= {f"says_{language}": F(f"{says}_{language}") if says else nothing for language in ("de", "en")}
    return rows.values(which=Value(which), slug=F(slug) if slug else nothing, **columns)


# The kinds


def _commitment(typed: Typed, row: Any) -> Hit:
    note = _("ended") if row.ended_on else texts.localized(row.lead_unit, "name")
    title = f"{row.reference} {texts.localized(row, 'title')}"
    return typed.hit(row, title, link("reporting:commitment", row.reference), text="wording", note=note)


def _measure(typed: Typed, row: Any) -> Hit:
    title = f"{row.reference} {texts.localized(row, 'title')}"
    url = link("commitments:measure", row.reference)
    return typed.hit(row, title, url, text="description", note=row.get_status_display())


def _provision(typed: Typed, row: Any) -> Hit:
    instrument = row.version.instrument
    title = f"{texts.localized(instrument, 'short')} {row.number} {texts.localized(row, 'title')}".strip()
    url = link("reporting:provision", instrument.key, row.version.number, row.number)
    return typed.hit(row, title, url, text="text")


def _engagement(typed: Typed, row: Any) -> Hit:
    note = f"{row.get_kind_display()}, {row.get_status_display()}"
    url = link("commitments:engagement", row.key)
    return typed.hit(row, texts.localized(row, "name"), url, text="note", note=note)


def _recommendation(typed: Typed, row: Any) -> Hit:
    title = " ".join(filter(None, (row.body, row.document))) or row.key
    return typed.hit(
        row, title, link("commitments:recommendation", row.key), text="text", note=row.get_source_display()
    )


def _evidence(typed: Typed, row: Any) -> Hit:
    if row.measure_id:
        url = link("commitments:measure", row.measure.reference)
    else:
        url = link("reporting:commitment", row.commitment.reference)
    title = " ".join(filter(None, (row.reference, row.title)))
    return typed.hit(row, title, url, note=f"{row.get_kind_display()}, {(row.measure or row.commitment).reference}")


def _follow_up(typed: Typed, row: Any) -> Hit:
    note = f"{row.commitment.reference}, {row.get_state_display()}"
    url = link("reviews:follow-up", row.pk)
    return typed.hit(row, texts.localized(row, "action"), url, text="result", note=note)


def _assessment(typed: Typed, row: Any) -> Hit:
    title = f"{row.commitment.reference} {texts.localized(row.commitment, 'title')}"
    note = _("Review cycle %(year)s, %(state)s") % {"year": row.cycle.year, "state": row.get_state_display()}
    return typed.hit(row, title, link("reporting:commitment", row.commitment.reference), text="finding", note=note)


def _instrument(typed: Typed, row: Any) -> Hit:
    return typed.hit(row, texts.localized(row, "called"), link("commitments:instrument", row["slug"]), text="says")


def _unit(typed: Typed, row: Any) -> Hit:
    url = link("commitments:measure-list", query="?" + urlencode({"unit": row["slug"]}))
    return typed.hit(row, texts.localized(row, "called"), url, note=_("its measures"))


def _term(typed: Typed, row: Any) -> Hit:
    return typed.hit(row, texts.localized(row, "called"), "", text="says")


KINDS = {
    "commitments": Kind(
        gettext_lazy("Commitments"),
        lambda typed: Commitment.objects.visible_to(typed.user).select_related("lead_unit"),
        ("ended_on", "reference"),
        _commitment,
    ),
    "measures": Kind(
        gettext_lazy("Measures"),
        lambda typed: Measure.objects.visible_to(typed.user),
        ("reference",),
        _measure,
        listed="commitments:measure-list",
    ),
    "provisions": Kind(
        gettext_lazy("Provisions"),
        lambda typed: Provision.objects.in_use().select_related("version__instrument"),
        ("version__instrument__order", "order"),
        _provision,
    ),
    "engagements": Kind(
        gettext_lazy("Partnerships and projects"),
        lambda typed: Engagement.objects.visible_to(typed.user),
        ("kind", "name_de"),
        _engagement,
        listed="commitments:engagement-list",
    ),
    "recommendations": Kind(
        gettext_lazy("Recommendations"),
        lambda typed: Recommendation.objects.all(),
        ("-made_on", "key"),
        _recommendation,
    ),
    "evidence": Kind(
        gettext_lazy("Evidence"),
        lambda typed: (
            Evidence.objects.visible_to(typed.user)
            .filter(withdrawn_on__isnull=True)
            .select_related("measure", "commitment")
        ),
        ("title", "pk"),
        _evidence,
    ),
    "follow-ups": Kind(
        gettext_lazy("Follow-up"),
        lambda typed: FollowUp.objects.visible_to(typed.user).select_related("commitment"),
        ("-due_on", "pk"),
        _follow_up,
    ),
    "findings": Kind(
        gettext_lazy("Findings"),
        lambda typed: Assessment.objects.visible_to(typed.user).select_related("commitment", "cycle"),
        ("-cycle__year", "commitment__reference"),
        _assessment,
    ),
}
FEW_KINDS = {
    "instruments": Kind(
        gettext_lazy("Instruments"),
        lambda typed: _alike(Instrument.objects.all(), "instruments", "key", "short", "title"),
        ("called_de",),
        _instrument,
        listed="commitments:instrument-list",
    ),
    "units": Kind(
        gettext_lazy("Units"),
        lambda typed: _alike(OrganisationalUnit.objects.all(), "units", "key", "name", ""),
        ("called_de",),
        _unit,
    ),
    "glossary": Kind(
        gettext_lazy("Words explained"),
        lambda typed: _alike(GlossaryTerm.objects.all(), "glossary", "", "term", "text"),
        ("called_de",),
        _term,
    ),
}
