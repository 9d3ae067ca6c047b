"""The matrix: thirty articles by four fields of action, each gap with its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments import texts
from commitments.models import FieldOfAction, GapCode, GapReason, Provision
from reporting.coverage import ARTICLES, FIELDS, Coverage

GROUPS = (
    (gettext_lazy("Dignity and equality"), 1, 2),
    (gettext_lazy("Life, liberty and justice"), 3, 11),
    (gettext_lazy("Private life and belonging"), 12, 17),
    (gettext_lazy("Mind, public life and participation"), 18, 21),
    (gettext_lazy("Social life, work, education and culture"), 22, 27),
    (gettext_lazy("Order and duties"), 28, 30),
)

SHORT = {
    FieldOfAction.PARTNERSHIPS.value: pgettext_lazy("short", "Partnerships"),
    FieldOfAction.EUROPE.value: pgettext_lazy("short", "Europe"),
    FieldOfAction.DEVELOPMENT.value: pgettext_lazy("short", "Development"),
    FieldOfAction.HUMAN_RIGHTS.value: pgettext_lazy("short", "Human rights"),
}
"""The fields of action as heads of narrow columns."""

Reasons = Mapping[tuple[int, str], GapReason]


@dataclass(frozen=True)
class Cell:
    """One field of action of one article; ``kind`` is what ``components/gap_cell.html`` draws."""

    article: int
    field: str
    name: str
    kind: str
    count: int
    url: str
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """An article with its fields; ``direct`` and ``indirect`` count each measure once."""

    number: int
    provision: Provision
    cells: list[Cell]
    direct: int
    indirect: int
    url: str


@dataclass(frozen=True)
class Group:
    label: str
    first: int
    last: int
    rows: list[Row]


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
        return cell_name(self.article, self.field)

    @property
    def url(self) -> str:
        return cell_url(self.article, self.field)

    @property
    def reason_url(self) -> str:
        return reverse("reporting:gap", args=[self.article, self.field] if self.field else [self.article])

    @property
    def due_on(self) -> date | None:
        return self.reason.due_on if self.reason else None


@dataclass(frozen=True)
class Matrix:
    groups: list[Group]
    columns: list[str]
    direct: list[int]
    every: list[int]
    gaps: list[Gap]
    measures: int
    direct_measures: int
    covered: int
    closable: int
    beyond: int


def matrix(reach: Coverage, articles: Mapping[int, Provision], reasons: Reasons, chosen: Mapping[str, str]) -> Matrix:
    """Draw up the matrix; ``chosen`` is the filter that the addresses of the cells carry on."""
    query = f"?{urlencode(chosen)}" if chosen else ""
    rows = {number: _row(number, articles[number], reach, reasons, query) for number in ARTICLES if number in articles}
    bare = [row.number for row in rows.values() if not row.direct]
    beyond = [number for number in bare if _is_beyond(reasons.get((number, "")))]
    return Matrix(
        groups=[
            Group(str(label), first, last, [rows[number] for number in range(first, last + 1) if number in rows])
            for label, first, last in GROUPS
        ],
        columns=[str(SHORT[field]) for field in FIELDS],
        direct=[len(reach.direct_anywhere(field)) for field in FIELDS],
        every=[len(reach.measures(field)) for field in FIELDS],
        gaps=[gap for number in rows for gap in gaps_of(number, reach, reasons)],
        measures=len(reach.measures()),
        direct_measures=len(reach.direct_anywhere()),
        covered=len(rows) - len(bare),
        closable=len(bare) - len(beyond),
        beyond=len(beyond),
    )


def gaps_of(article: int, reach: Coverage, reasons: Reasons) -> Iterable[Gap]:
    """What holds for all fields is one gap; each field with a reason of its own is another."""
    bare = [field for field in FIELDS if not reach.direct(article, field)]
    own = [field for field in bare if (article, field) in reasons]
    shared = [field for field in bare if field not in own]
    if shared:
        is_whole = len(shared) == len(FIELDS)
        found = [] if is_whole else [GapField(field_label(field), cell_url(article, field)) for field in shared]
        yield Gap(article, "", found, reasons.get((article, "")))
    for field in own:
        reason = reasons[article, field]
        if reason.code != GapCode.NOT_RELEVANT:
            yield Gap(article, field, [GapField(field_label(field), cell_url(article, field))], reason)


def reason_of(article: int, field: str, reasons: Reasons) -> GapReason | None:
    """The reason for one field, or the one that holds for all of them."""
    return reasons.get((article, field)) or reasons.get((article, ""))


def gap_reasons() -> dict[tuple[int, str], GapReason]:
    rows = GapReason.objects.filter(article__in=Provision.objects.articles()).select_related("article", "stated_by")
    return {(row.article.order, row.field): row for row in rows}


def udhr_articles() -> dict[int, Provision]:
    return {row.order: row for row in Provision.objects.articles().select_related("version__instrument")}


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


def _is_beyond(reason: GapReason | None) -> bool:
    return reason is not None and reason.code == GapCode.NO_COMPETENCE


def _row(number: int, provision: Provision, reach: Coverage, reasons: Reasons, query: str) -> Row:
    return Row(
        number=number,
        provision=provision,
        cells=[_cell(number, field, reach, reasons, query) for field in FIELDS],
        direct=len(reach.direct(number)),
        indirect=len(reach.indirect(number)),
        url=cell_url(number) + query,
    )


def _cell(number: int, field: str, reach: Coverage, reasons: Reasons, query: str) -> Cell:
    count = len(reach.direct(number, field))
    reason = reason_of(number, field, reasons)
    return Cell(
        article=number,
        field=field,
        name=cell_name(number, field),
        kind="count" if count else _kind(reason),
        count=count,
        url=cell_url(number, field) + query,
        reason=texts.localized(reason, "text") if reason and not count else "",
    )


def _kind(reason: GapReason | None) -> str:
    if reason is None:
        return "gap"
    kinds = {GapCode.NO_COMPETENCE.value: "out", GapCode.NOT_RELEVANT.value: "blank"}
    return kinds.get(reason.code, "planned" if reason.next_step_de and reason.due_on else "gap")
