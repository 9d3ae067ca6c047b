"""The matrix in all its views: what stands in the rows by what stands in the columns, and why a cell is empty."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments import texts
from commitments.models import FieldOfAction, GapReason, Instrument, Provision, User
from reporting import grid
from reporting.grid import COLUMNS_A_PAGE, NOWHERE, Counts, Line, Rows
from reporting.tables.gaps import (
    Reasons,
    cell_name,
    cell_url,
    field_label,
    gap_reasons,
    is_beyond,
    kind_of,
    reason_of,
)

__all__ = ["GROUPS", "SHORT", "cell_name", "cell_url", "field_label", "gap_reasons", "udhr_articles"]

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

ROWS = {"": gettext_lazy("Articles"), "instruments": gettext_lazy("Instruments")}
COLUMNS = {
    "": gettext_lazy("Fields of action"),
    "unit": gettext_lazy("Units"),
    "partner": gettext_lazy("Partner cities"),
    "engagement": gettext_lazy("Engagements"),
}
TITLES = {
    "": gettext_lazy("fields of action"),
    "unit": gettext_lazy("units"),
    "partner": gettext_lazy("partner cities"),
    "engagement": gettext_lazy("engagements"),
}
"""What stands in the columns, inside a heading."""

NONE = {
    "partner": gettext_lazy("No partner city"),
    "engagement": gettext_lazy("No engagement"),
}


@dataclass(frozen=True)
class View:
    """What stands in rows and columns, and what is counted. ``chosen`` are the filters, by their name in addresses.

    ``instrument`` is given where its provisions are the rows; ``name`` narrows the columns to those called so.
    """

    rows: str = ""
    columns: str = ""
    instrument: Instrument | None = None
    page: int = 1
    name: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_of_articles(self) -> bool:
        return not self.rows

    @property
    def has_gaps(self) -> bool:
        """Reasons for gaps are given for articles in fields of action."""
        return self.is_of_articles and not self.columns

    @property
    def field(self) -> str:
        """The field of action in which all columns lie, where there is one: partner cities lie in partnerships."""
        return FieldOfAction.PARTNERSHIPS.value if self.columns == "partner" else ""

    @property
    def title(self) -> str:
        columns = TITLES[self.columns]
        if self.instrument:
            name = texts.localized(self.instrument, "short")
            return _("Matrix: %(instrument)s and %(columns)s") % {"instrument": name, "columns": columns}
        if self.rows:
            return _("Matrix: instruments and %(columns)s") % {"columns": columns}
        return _("Matrix: articles and %(columns)s") % {"columns": columns}

    def query(self, **more: object) -> str:
        """The address of this view, with something else in it; what is empty is left out."""
        said = {"rows": self.rows, "columns": self.columns, "name": self.name, "page": self.page, **self.chosen, **more}
        kept = {name: value for name, value in said.items() if value and not (name == "page" and value == 1)}
        return f"?{urlencode(kept)}" if kept else ""


@dataclass(frozen=True)
class Cell:
    """Where a row meets a column; ``kind`` is what ``components/gap_cell.html`` draws."""

    row: str
    column: str
    name: str
    kind: str
    count: int
    url: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Column:
    """A head. ``direct`` and ``every`` count each measure once, whatever the rows it stands in."""

    key: str
    label: str
    url: str
    direct: int
    every: int


@dataclass(frozen=True)
class Row:
    """``direct`` and ``indirect`` count each measure once, whatever the columns it stands in.

    ``whole`` stands for all cells of an article without any measure, beside other columns than fields of action.
    """

    line: Line
    cells: list[Cell]
    direct: int
    indirect: int
    url: str
    whole: Cell | None = None


@dataclass(frozen=True)
class Group:
    label: str
    first: str
    last: str
    rows: list[Row]


@dataclass(frozen=True)
class Matrix:
    view: View
    groups: list[Group]
    columns: list[Column]
    pages: int
    measures: int
    direct_measures: int
    covered: int
    closable: int
    beyond: int

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]

    @property
    def reasons_told(self) -> str:
        """Which reasons stand in the cells, and where the others are: for whoever reads an empty cell."""
        return reasons_told(self.view)

    @property
    def span(self) -> int:
        return len(self.columns) + 2

    @property
    def is_wide(self) -> bool:
        return bool(self.view.columns)

    @property
    def previous_url(self) -> str:
        return self.view.query(page=self.view.page - 1) or "?" if self.view.page > 1 else ""

    @property
    def next_url(self) -> str:
        return self.view.query(page=self.view.page + 1) if self.view.page < self.pages else ""


def rows_of(view: View) -> Rows:
    if view.instrument:
        return grid.provision_rows(view.instrument)
    return grid.instrument_rows() if view.rows else grid.article_rows()


def counts_of(view: View, user: User) -> Counts:
    """What a view counts, as far as someone may see it."""
    return grid.counts(user, rows_of(view), view.columns, view.chosen)


def counting_rule() -> str:
    """Rule 1, in words, for every place where the numbers stand."""
    return _(
        "A measure that serves several rows or stands in several columns is counted in each of them. Totals count each "
        "measure once, so they can be smaller than the sum."
    )


def reasons_told(view: View) -> str:
    if view.has_gaps:
        return ""
    if not view.is_of_articles:
        return _(
            "Reasons for gaps are given for an article of the Declaration in a field of action, not for an instrument. "
            "An empty cell leads to a page that names the articles its row leads to, with their reasons."
        )
    if view.field:
        return _(
            "An empty cell of a partner city shows the reason that was given for the article in the field "
            "“Partnerships”, or else the one for all its fields. Without a reason it shows – and leads to where one "
            "is given."
        )
    return _(
        "Reasons for gaps are given for an article in a field of action, not for a single column here. Where an "
        "article has no measure at all, the reason for all its fields is shown; any other empty cell leads to the "
        "article with its reasons."
    )


def matrix(view: View, counts: Counts, reasons: Reasons, *, whole: bool = False) -> Matrix:
    """Draw up a view; ``whole`` puts all columns side by side, as a download does."""
    named = [line for line in counts.columns.lines if view.name.casefold() in line.name.casefold()]
    pages = 1 if whole else max(1, -(-len(named) // COLUMNS_A_PAGE))
    first = (min(view.page, pages) - 1) * COLUMNS_A_PAGE
    lines = named if whole or not view.columns else named[first : first + COLUMNS_A_PAGE]
    columns = _columns(view, counts, lines)
    rows = [_row(key, view, counts, columns, reasons) for key in counts.rows.lines]
    bare = [row for row in rows if not row.direct]
    beyond = [row for row in bare if view.is_of_articles and is_beyond(reasons.get((int(row.line.key), "")))]
    return Matrix(
        view=view,
        groups=_groups(view, rows),
        columns=[column for column, _keys in columns],
        pages=pages,
        measures=len(counts.measures),
        direct_measures=len(counts.direct_anywhere()),
        covered=len(rows) - len(bare),
        closable=len(bare) - len(beyond),
        beyond=len(beyond),
    )


Counted = tuple[Column, frozenset[str]]
"""A head with the keys of the columns that it counts: one, or all that are not shown."""


def _columns(view: View, counts: Counts, lines: Iterable[Line]) -> list[Counted]:
    """The columns that are shown, one for all others, and one for measures that stand in none."""
    heads = [(line.key, _label(view, line), frozenset({line.key})) for line in lines]
    shown = {key for key, _label, _keys in heads}
    rest = frozenset(line.key for line in counts.columns.lines if line.key not in shown)
    if rest:
        heads.append(("", _("%(n)s others") % {"n": len(rest)}, rest))
    if view.columns in NONE:
        heads.append((NOWHERE, str(NONE[view.columns]), frozenset({NOWHERE})))
    following = view.query(page=view.page + 1)
    return [
        (
            Column(
                key,
                label,
                following if not key and not view.name else "",
                len(counts.direct_anywhere(keys)),
                len(counts.within(keys)),
            ),
            keys,
        )
        for key, label, keys in heads
    ]


def _label(view: View, line: Line) -> str:
    return line.name if view.columns else str(SHORT[line.key])


def _row(key: int, view: View, counts: Counts, columns: Iterable[Counted], reasons: Reasons) -> Row:
    line, direct = counts.rows.lines[key], len(counts.direct(key))
    cells = [_cell(view, line, column, len(counts.direct(key, keys)), reasons) for column, keys in columns]
    whole = None
    if view.is_of_articles and not view.has_gaps and not direct:
        reason = reason_of(key, view.field, reasons)
        said = texts.localized(reason, "text") if reason else ""
        whole = Cell(line.key, "", cell_name(key, view.field), kind_of(reason), 0, _reason_url(view, line), said)
    return Row(line, cells, direct, len(counts.indirect(key)), _row_url(view, line), whole)


def _cell(view: View, line: Line, column: Column, count: int, reasons: Reasons) -> Cell:
    """An empty cell says why where a reason can be given for it, and leads to where reasons are seen or given."""
    if view.has_gaps:
        article = int(line.key)
        reason = None if count else reason_of(article, column.key, reasons)
        return Cell(
            line.key,
            column.key,
            cell_name(article, column.key),
            "count" if count else kind_of(reason),
            count,
            cell_url(article, column.key) + _filters(view),
            texts.localized(reason, "text") if reason else "",
        )
    name = f"{row_name(view, line)}, {column.label}"
    if count:
        return Cell(line.key, column.key, name, "count", count, _cell_url(view, line, column))
    reason = _reason_in(view, line, column, reasons)
    said = texts.localized(reason, "text") if reason else _("no measure")
    url = _reason_url(view, line) if view.is_of_articles else _cell_url(view, line, column) or _row_url(view, line)
    return Cell(line.key, column.key, name, kind_of(reason) if reason else "blank", 0, url, said)


def _reason_in(view: View, line: Line, column: Column, reasons: Reasons) -> GapReason | None:
    """What was said of the article in the field in which a column lies; no other column has reasons of its own."""
    if not view.is_of_articles or not view.field or column.key == NOWHERE:
        return None
    return reason_of(int(line.key), view.field, reasons)


def _cell_url(view: View, line: Line, column: Column) -> str:
    """The measures of one cell; the column of all others has no page."""
    if not column.key:
        return ""
    return reverse("reporting:matrix-cell") + view.query(page=0, name="", row=line.key, column=column.key)


def _reason_url(view: View, line: Line) -> str:
    """Where the reasons for the gaps of an article are seen and given."""
    return cell_url(int(line.key), view.field) + _filters(view)


def row_name(view: View, line: Line) -> str:
    return _("Art. %(article)s") % {"article": line.number} if view.is_of_articles else line.number or line.name


def _row_url(view: View, line: Line) -> str:
    if view.is_of_articles:
        return cell_url(int(line.key)) + _filters(view)
    if view.instrument:
        return reverse("reporting:matrix-cell") + view.query(page=0, name="", row=line.key)
    return view.query(page=0, rows=line.key)


def _filters(view: View) -> str:
    return f"?{urlencode(view.chosen)}" if view.chosen else ""


def _groups(view: View, rows: list[Row]) -> list[Group]:
    if view.is_of_articles:
        known = {int(row.line.key): row for row in rows}
        return [
            Group(str(label), str(first), str(last), [known[n] for n in range(first, last + 1) if n in known])
            for label, first, last in GROUPS
        ]
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.line.group, []).append(row)
    return [Group(label, each[0].line.key, each[-1].line.key, each) for label, each in found.items()]


def udhr_articles() -> dict[int, Provision]:
    return {row.order: row for row in Provision.objects.articles().select_related("version__instrument")}
