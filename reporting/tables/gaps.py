"""Articles without a direct measure, in one field of action or all of them, each with its reason or the lack of one."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from commitments.models import FieldOfAction, GapCode, GapReason, Provision
from reporting.coverage import FIELDS
from reporting.grid import Counts

Reasons = Mapping[tuple[int, str], GapReason]
Reached = Callable[[int, str], object]
"""Whether some measure reaches an article directly in a field of action."""


@dataclass(frozen=True)
class GapField:
    """One field of action without a direct measure, as a link to its cell."""

    label: str
    url: str


@dataclass(frozen=True)
class Gap:
    """Fields of an article without a direct measure that share one reason, or the lack of one."""

    article: int
    field: str
    fields: list[GapField]
    reason: GapReason | None

    @property
    def name(self) -> str:
        """The article with the fields that have no measure; a field that has one is not named."""
        if not self.fields:
            return cell_name(self.article, "")
        fields = ", ".join(each.label for each in self.fields)
        return _("Art. %(article)s, %(field)s") % {"article": self.article, "field": fields}

    @property
    def url(self) -> str:
        return cell_url(self.article, self.field)

    @property
    def reason_url(self) -> str:
        return reverse("reporting:gap", args=[self.article, self.field] if self.field else [self.article])

    @property
    def due_on(self) -> date | None:
        return self.reason.due_on if self.reason else None


def gaps_of(article: int, is_reached: Reached, reasons: Reasons, *, also_irrelevant: bool = False) -> Iterable[Gap]:
    """What holds for all fields is one gap; each field with a reason of its own is another.

    A field that is not relevant is no gap, and told only where someone asks for it.
    """
    bare = [field for field in FIELDS if not is_reached(article, field)]
    own = [field for field in bare if (article, field) in reasons]
    shared = [field for field in bare if field not in own]
    if shared:
        is_whole = len(shared) == len(FIELDS)
        found = [] if is_whole else [GapField(field_label(field), cell_url(article, field)) for field in shared]
        yield Gap(article, "", found, reasons.get((article, "")))
    for field in own:
        reason = reasons[article, field]
        if also_irrelevant or reason.code != GapCode.NOT_RELEVANT:
            yield Gap(article, field, [GapField(field_label(field), cell_url(article, field))], reason)


def gaps_in(counts: Counts, reasons: Reasons) -> list[Gap]:
    """The gaps of the matrix of articles and fields of action."""
    return [
        gap
        for article in counts.rows.lines
        for gap in gaps_of(article, lambda row, field: counts.direct(row, [field]), reasons)
    ]


def is_bare(gap: Gap, field: str) -> bool:
    """Whether a gap of several fields, or of all of them, is one in this field too."""
    return not gap.fields or cell_url(gap.article, field) in {each.url for each in gap.fields}


def reason_of(article: int, field: str, reasons: Reasons) -> GapReason | None:
    """The reason for one field, or the one that holds for all of them."""
    return reasons.get((article, field)) or reasons.get((article, ""))


@dataclass(frozen=True)
class ArticleReason:
    """What was said of the gap of an article, and where it is seen or given; nothing was said where it is empty."""

    article: int
    name: str
    url: str
    reason: GapReason | None


def reasons_of(articles: Iterable[int], field: str, reasons: Reasons) -> list[ArticleReason]:
    """The reasons of these articles in a field of action, or for all fields where none is asked for."""
    return [
        ArticleReason(each, cell_name(each, field), cell_url(each, field), reason_of(each, field, reasons))
        for each in articles
    ]


def gap_reasons() -> dict[tuple[int, str], GapReason]:
    rows = GapReason.objects.filter(article__in=Provision.objects.articles()).select_related("article", "stated_by")
    return {(row.article.order, row.field): row for row in rows}


def is_beyond(reason: GapReason | None) -> bool:
    """Rule 16: what is out of the city's competence is no gap that it can close."""
    return reason is not None and reason.code == GapCode.NO_COMPETENCE


def kind_of(reason: GapReason | None) -> str:
    """How ``components/gap_cell.html`` draws an empty cell."""
    if reason is None:
        return "gap"
    kinds = {GapCode.NO_COMPETENCE.value: "out", GapCode.NOT_RELEVANT.value: "blank"}
    return kinds.get(reason.code, "planned" if reason.next_step_de and reason.due_on else "gap")


def field_label(field: str) -> str:
    return str(FieldOfAction(field).label)


def cell_name(article: int, field: str) -> str:
    """An article, in one field of action or in all of them, as a heading says it."""
    if field:
        return _("Art. %(article)s, %(field)s") % {"article": article, "field": field_label(field)}
    return _("Art. %(article)s, all fields") % {"article": article}


def cell_url(article: int, field: str = "") -> str:
    if field:
        return reverse("reporting:cell", args=[article, field])
    return reverse("reporting:article", args=[article])
