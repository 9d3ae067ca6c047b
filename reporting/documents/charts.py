"""The pictures of a report, as shapes with whole numbers (tenths of a millimetre). ``pdf/charts/chart.svg`` draws them.

Every picture has a title that says its figures, because it is all a screen reader gets; the same figures stand in a
table beside it. A pattern and a letter always say what a colour says.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from commitments.texts import article_label
from reporting.content.facts import NO_REPLY, Article, City, Engagement, PartialDate, UnitAnswers, Year
from reporting.documents import words

PATTERN = "url(#"
INK, MUTED, RULE, BRAND, PAPER = "#16222e", "#46555b", "#9aa8b5", "#15304f", "#ffffff"
#: fill of a shape, and the colour of letters on it
FILLS = {
    "A": ("#174e84", PAPER),
    "B": ("url(#B)", "#0b2238"),
    "C": ("url(#C)", "#332600"),
    "D": ("url(#D)", "#2b1700"),
    "E": ("url(#E)", PAPER),
    "out": ("url(#Z)", INK),
    "early": (PAPER, INK),
    "gap": (PAPER, INK),
}
FLAT = {
    "A": "#174e84", "B": "#bcd9f0", "C": "#fde9ae", "D": "#f0a045", "E": "#8f1d18",
    "out": "#e6e8ef", "early": PAPER, "gap": PAPER,
}  # fmt: skip
ANSWER_FILLS = {
    "confirmed": "#23479a",
    "changed": "url(#changed)",
    "nil": "url(#nil)",
    "disputed": "url(#disputed)",
    "not_ours": "url(#disputed)",
    "pending": PAPER,
    NO_REPLY: "url(#silence)",
}
OPEN_EDGED = ("gap", "early", "none")
PORTICO_ROOF, PORTICO_BASE = (28, 29, 30), (1, 2)
PORTICO_COLUMNS = (tuple(range(3, 12)), tuple(range(12, 18)), tuple(range(18, 22)), tuple(range(22, 28)))


@dataclass(frozen=True)
class Shape:
    """``kind`` is box, line, circle or label; the template draws each kind in its own way."""

    kind: str
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    fill: str = "none"
    stroke: str = "none"
    weight: int = 0
    text: str = ""
    anchor: str = "start"
    size: int = 0
    dash: str = "none"
    radius: int = 0


@dataclass
class Chart:
    """``name`` sets its patterns apart from those of the other pictures in a document."""

    name: str
    width: int
    height: int
    title: str
    shapes: list[Shape] = field(default_factory=list)

    @property
    def width_mm(self) -> str:
        return f"{self.width / 10:.1f}mm"

    @property
    def height_mm(self) -> str:
        return f"{self.height / 10:.1f}mm"

    def box(self, area: tuple[float, float, float, float], fill: str, stroke: str = "none", weight: int = 0) -> None:
        x, y, width, height = map(round, area)
        if fill.startswith(PATTERN):
            fill = f"{PATTERN}{self.name}-{fill.removeprefix(PATTERN)}"
        self.shapes.append(Shape("box", x, y, width, height, fill, stroke, weight))

    def pill(self, area: tuple[float, float, float, float], fill: str) -> None:
        x, y, width, height = map(round, area)
        self.shapes.append(Shape("box", x, y, width, height, fill, radius=5))

    def frame(self, area: tuple[float, float, float, float], stroke: str, dash: str = "none", weight: int = 3) -> None:
        x, y, width, height = map(round, area)
        self.shapes.append(Shape("box", x, y, width, height, "none", stroke, weight, dash=dash))

    def line(self, path: str, stroke: str = RULE, weight: int = 2, dash: str = "none", fill: str = "none") -> None:
        self.shapes.append(Shape("line", text=path, stroke=stroke, weight=weight, dash=dash, fill=fill))

    def circle(
        self, spot: tuple[float, float], radius: float, fill: str, stroke: str = "none", **more: str | int
    ) -> None:
        dash, weight = str(more.get("dash", "none")), int(more.get("weight", 2))
        x, y = map(round, spot)
        self.shapes.append(
            Shape("circle", x, y, radius=round(radius), fill=fill, stroke=stroke, weight=weight, dash=dash)
        )

    def label(self, spot: tuple[float, float], text: str, size: int = 25, fill: str = INK, **more: str | int) -> None:
        anchor, weight = str(more.get("anchor", "start")), int(more.get("weight", 400))
        x, y = map(round, spot)
        self.shapes.append(Shape("label", x, y, text=text, size=size, fill=fill, anchor=anchor, weight=weight))


def paint(outcome: str) -> tuple[str, str]:
    name = words.tile(outcome)
    return FILLS.get(name.upper() if len(name) == 1 else name, (PAPER, INK))


def flat(outcome: str) -> str:
    name = words.tile(outcome)
    return FLAT.get(name.upper() if len(name) == 1 else name, PAPER)


# -- verdicts over the years ------------------------------------------------------------------------------------------


def verdict_bars(years: Sequence[Year]) -> Chart:
    """One bar a year, this year's on top and twice as high."""
    latest = list(reversed(years[-4:]))
    total = max((sum(row.count for row in year.counts) for year in latest), default=1) or 1
    spoken = "; ".join(
        f"{year.year}: " + ", ".join(f"{words.sign(row.outcome)} {row.count}" for row in year.counts) for year in latest
    )
    chart = Chart("years", 1650, 0, _("Verdicts by year. %(figures)s.") % {"figures": spoken})
    y = 0
    for position, year in enumerate(latest):
        height = 104 if not position else 56
        chart.label(
            (0, y + height / 2 + 11), str(year.year), 34 if not position else 27, weight=600 if not position else 400
        )
        _verdict_bar(chart, year, y, height, 1400 / total)
        y += height + 14
    chart.height = max(y, 10)
    return chart


def _verdict_bar(chart: Chart, year: Year, y: int, height: int, scale: float) -> None:
    x: float = 130
    tail = []
    for row in year.counts:
        fill, ink = paint(row.outcome)
        width = row.count * scale
        chart.box((x, y, width, height), fill, INK, 2)
        text, size = f"{words.sign(row.outcome)} {row.count}", 31 if height > 60 else 24
        room = len(text) * size * 0.58
        if width > room + 14:
            if fill.startswith(PATTERN):
                chart.pill(
                    (x + width / 2 - room / 2 - 5, y + height / 2 - size * 0.66, room + 10, size * 1.32),
                    flat(row.outcome),
                )
            chart.label((x + width / 2, y + height / 2 + size * 0.36), text, size, ink, anchor="middle", weight=600)
        elif width > size * 0.7 + 8:
            chart.pill(
                (x + width / 2 - size * 0.42, y + height / 2 - size * 0.66, size * 0.84, size * 1.32), flat(row.outcome)
            )
            letter = words.sign(row.outcome)
            chart.label((x + width / 2, y + height / 2 + size * 0.36), letter, size, ink, anchor="middle", weight=600)
        if width <= room + 14:
            tail.append(text)
        x += width
    if tail:
        chart.label((x + 12, y + height / 2 + 10), ", ".join(tail), 25 if height > 60 else 22, weight=500)


# -- the thirty articles ----------------------------------------------------------------------------------------------


def portico(
    articles: Sequence[Article], meanings: Mapping[str, str], labels: Sequence[str], width: int = 1650
) -> Chart:
    """Cassin's portico: dignity and equality as foundation, four columns of rights, the order of duties as roof."""
    by_number = {row.number: row for row in articles}
    spoken = "; ".join(
        f"Art. {row.number} {words.sign(row.outcome)} {meanings.get(row.outcome, '')}".rstrip() for row in articles
    )
    chart = Chart(
        "portico", width, 1235, _("The thirty articles and their verdicts. %(figures)s.") % {"figures": spoken}
    )
    chart.line(f"M20 262 L{width // 2} 12 L{width - 20} 262 Z", BRAND, 6)
    inner = round(width * 0.6)
    _row(chart, [by_number[n] for n in PORTICO_ROOF], ((width - inner) / 2, 172, inner, 74))
    gap, top, height = 36, 345, 720
    column = (width - 3 * gap) / 4
    for place, numbers in enumerate(PORTICO_COLUMNS):
        x = place * (column + gap)
        chart.label((x, top - 18), labels[place], 26, BRAND, weight=600)
        step = height / len(numbers)
        for level, number in enumerate(numbers):
            _tile(chart, by_number[number], (x, top + level * step, column, step - 10))
    chart.box((0, 1085, width, 8), BRAND)
    _row(chart, [by_number[n] for n in PORTICO_BASE], (0, 1106, width, 74))
    chart.box((0, 1193, width, 8), BRAND)
    chart.box((0, 1213, width, 8), BRAND)
    return chart


def _row(chart: Chart, articles: Sequence[Article], area: tuple[float, float, float, float]) -> None:
    x, y, width, height = area
    each = (width - 10 * (len(articles) - 1)) / len(articles)
    for place, article in enumerate(articles):
        _tile(chart, article, (x + place * (each + 10), y, each, height))


def _tile(chart: Chart, article: Article, area: tuple[float, float, float, float]) -> None:
    """The pattern keeps to the spine, so that the words on the tile stay legible."""
    x, y, width, height = area
    fill, ink = paint(article.outcome)
    open_edge = words.tile(article.outcome) in OPEN_EDGED
    chart.box(area, flat(article.outcome))
    if fill.startswith(PATTERN):
        chart.box((x, y, 24, height), fill)
    chart.frame(area, INK if open_edge else "#5f6d7a", "12 9" if open_edge else "none", 3 if open_edge else 2)
    middle = y + height / 2 + 10
    chart.label((x + 36, middle), str(article.number), 28, ink, weight=600)
    name = article_label(article.number).replace("\u00ad", "")
    size = max(17, min(25, round((width - 128) / (0.5 * len(name)))))
    chart.label((x + 80, middle - 1), name, size, ink)
    chart.label((x + width - 16, middle + 2), words.sign(article.outcome), 32, ink, anchor="end", weight=600)


def cover(articles: Sequence[Article]) -> Chart:
    """The portico built of what is done: each article a block, with one stone for each direct measure."""
    by_number = {row.number: row for row in articles}
    chart = Chart(
        "cover",
        1600,
        1000,
        _("A portico of thirty blocks, one for each article of the Universal Declaration: verdict and measures"),
    )
    chart.line("M30 262 L800 14 L1570 262 Z", PAPER, 5)
    _cover_row(chart, [by_number[n] for n in PORTICO_ROOF], (400, 172, 800, 76))
    for place, numbers in enumerate(PORTICO_COLUMNS):
        x, step = 40 + place * 397, 560 / len(numbers)
        for level, number in enumerate(numbers):
            _block(chart, by_number[number], (x, 290 + level * step, 329, step - 10))
    chart.box((0, 868, 1600, 6), PAPER)
    _cover_row(chart, [by_number[n] for n in PORTICO_BASE], (0, 886, 1600, 80))
    chart.box((0, 978, 1600, 6), PAPER)
    return chart


def _cover_row(chart: Chart, articles: Sequence[Article], area: tuple[float, float, float, float]) -> None:
    x, y, width, height = area
    each = (width - 12 * (len(articles) - 1)) / len(articles)
    for place, article in enumerate(articles):
        _block(chart, article, (x + place * (each + 12), y, each, height))


def _block(chart: Chart, article: Article, area: tuple[float, float, float, float]) -> None:
    x, y, width, height = area
    fill, ink = paint(article.outcome)
    if words.tile(article.outcome) in OPEN_EDGED:
        chart.frame(area, PAPER, "12 9")
        ink = PAPER
    else:
        chart.box(area, flat(article.outcome))
        if fill.startswith(PATTERN):
            chart.box((x, y, 22, height), fill)
        if article.outcome == "A":
            chart.frame(area, "#6d8fb5", weight=2)
    chart.label((x + 36, y + height / 2 + 10), str(article.number), 28, ink, weight=600)
    for stone in range(min(article.direct, max(0, int((width - 140) / 19)))):
        chart.box((x + 88 + stone * 19, y + height / 2 - 9, 12, 18), ink)
    chart.label((x + width - 14, y + height / 2 + 11), words.sign(article.outcome), 30, ink, anchor="end", weight=600)


# -- partner cities ---------------------------------------------------------------------------------------------------

Area = tuple[float, float, float, float]
PLACES = (
    (17, 8, "start"), (-17, 8, "end"), (0, -18, "middle"), (0, 36, "middle"),
    (14, -12, "start"), (14, 30, "start"), (-14, -12, "end"), (-14, 30, "end"),
)  # fmt: skip


def bearing(home: tuple[float, float], place: tuple[float, float]) -> tuple[float, float]:
    """Distance in kilometres, and direction in radians from north."""
    (a, b), (c, d) = ((math.radians(x), math.radians(y)) for x, y in (home, place))
    cosine = math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(d - b)
    east = math.sin(d - b) * math.cos(c)
    north = math.cos(a) * math.sin(c) - math.sin(a) * math.cos(c) * math.cos(d - b)
    return 6371 * math.acos(max(-1.0, min(1.0, cosine))), math.atan2(east, north)


@dataclass(frozen=True)
class Spot:
    x: float
    y: float
    name: str
    active: bool
    paused: bool


def partner_map(city: City, name: str, partners: Sequence[tuple[Engagement, str, bool]]) -> Chart | None:
    """Partners by direction and, logarithmically, distance: near ones stay apart and far ones on the page.

    ``partners`` holds each partnership with its name and whether a measure happens in it. Without coordinates no map.
    """
    placed = [row for row in partners if row[0].latitude and row[0].longitude]
    if not (city.latitude and placed):
        return None
    home = (float(city.latitude), float(city.longitude))
    center_x, center_y = 825, 535
    chart = Chart(
        "map",
        1650,
        1076,
        _("Partner cities by direction and distance: %(names)s.") % {"names": ", ".join(row[1] for row in placed)},
    )
    taken: list[Area] = [(center_x - 70, center_y - 60, center_x + 70, center_y + 26)]
    _rings(chart, (center_x, center_y), taken)
    spots = []
    for engagement, label, active in placed:
        distance, angle = bearing(home, (float(engagement.latitude), float(engagement.longitude)))
        away = _ring(distance)
        x, y = center_x + away * math.sin(angle), center_y - away * math.cos(angle)
        spots.append(Spot(x, y, label, active, engagement.status in ("paused", "suspended")))
    taken += [(spot.x - 11, spot.y - 11, spot.x + 11, spot.y + 11) for spot in spots]
    for spot in spots:
        _draw_spot(chart, spot, taken)
    chart.box((center_x - 13, center_y - 13, 26, 26), INK)
    chart.label((center_x, center_y - 24), name, 28, anchor="middle", weight=600)
    _map_key(chart)
    return chart


def _ring(kilometres: float) -> float:
    return 114 * math.log1p(kilometres / 130)


def _rings(chart: Chart, center: tuple[int, int], taken: list[Area]) -> None:
    x, y = center
    for kilometres in (250, 1000, 3000, 10000):
        radius = _ring(kilometres)
        chart.circle(center, radius, "none", RULE, dash="none" if kilometres == 1000 else "6 7")
        chart.box((x - 62, y - radius - 16, 124, 32), PAPER)
        figure = f"{kilometres:,}".replace(",", "," if words.english() else ".")
        chart.label((x, y - radius + 8), f"{figure} km", 22, MUTED, anchor="middle")
        taken.append((x - 62, y - radius - 16, x + 62, y - radius + 16))
    edge = _ring(10000) + 22
    for text, east, north in (
        (pgettext("compass", "N"), 0, -1),
        (pgettext("compass", "E"), 1, 0),
        (pgettext("compass", "S"), 0, 1),
        (pgettext("compass", "W"), -1, 0),
    ):
        chart.label((x + east * edge, y + north * edge + 9), text, 26, MUTED, anchor="middle", weight=600)


def _draw_spot(chart: Chart, spot: Spot, taken: list[Area]) -> None:
    """The label goes where it hits the fewest others."""
    width = 13.2 * len(spot.name) + 8
    options: list[tuple[int, int, Area, tuple[int, int, str]]] = []
    for east, south, anchor in PLACES:
        left = spot.x + east - (width if anchor == "end" else width / 2 if anchor == "middle" else 0)
        area = (left, spot.y + south - 21, left + width, spot.y + south + 5)
        options.append((sum(_hit(area, other) for other in taken), len(options), area, (east, south, anchor)))
    area, (east, south, anchor) = min(options)[2:]
    taken.append(area)
    if spot.paused:
        chart.line(f"M{spot.x - 9:.0f} {spot.y - 9:.0f} l18 18 m0 -18 l-18 18", "#8f1d18", 5)
    else:
        chart.circle((spot.x, spot.y), 9, BRAND if spot.active else PAPER, BRAND, weight=4)
    chart.label((spot.x + east, spot.y + south), spot.name, 24, anchor=anchor, weight=500 if spot.active else 400)


def _hit(one: Area, other: Area) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _map_key(chart: Chart) -> None:
    for y, active, text in ((980, True, _("with a measure")), (1022, False, _("without a recorded measure"))):
        chart.circle((14, y - 8), 9, BRAND if active else PAPER, BRAND, weight=4)
        chart.label((36, y), text, 24)
    chart.line("M5 1047 l18 18 m0 -18 l-18 18", "#8f1d18", 5)
    chart.label((36, 1064), _("official contacts suspended"), 24)


# -- time -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    name: str
    start: PartialDate
    end: PartialDate | None
    strong: bool


def _moment(day: PartialDate, *, last: bool = False) -> float:
    """A date as a year with a fraction; a date known to the year ends with that year."""
    if day.month is None:
        return day.year + (1 if last else 0)
    return day.year + (day.month - (0 if last else 1)) / 12


def timeline(name: str, bars: Sequence[Bar], until: int, title: str) -> Chart | None:
    """A bar for each row; what is still running leaves the picture with an arrow."""
    if not bars:
        return None
    first = min(bar.start.year for bar in bars)
    last = (
        max([until, *(bar.end.year for bar in bars if bar.end)])
        if any(not bar.end for bar in bars)
        else max(bar.end.year for bar in bars if bar.end)
    )
    spoken = "; ".join(f"{bar.name} {bar.start.year}–{bar.end.year if bar.end else ''}" for bar in bars)
    chart = Chart(name, 1650, 70 + 44 * len(bars), f"{title}: {spoken}.")
    left, room = 530, 1090
    step = room / (last - first + 1)
    for year in range(first, last + 1):
        strong = year % 5 == 0
        x = round(left + (year - first) * step)
        chart.line(f"M{x} 40 V{62 + 44 * len(bars)}", RULE, 2 if strong else 1)
        if strong or last - first < 9:
            chart.label((x + 3, 28), str(year), 24, MUTED, weight=500)
    for place, bar in enumerate(bars):
        y = 56 + place * 44
        begin = left + (_moment(bar.start) - first) * step
        end = min(_moment(bar.end, last=True) if bar.end else last + 1, last + 1)
        fill = BRAND if bar.strong else "#8aa4c4"
        chart.label((0, y + 24), bar.name if len(bar.name) < 38 else f"{bar.name[:36]}…", 24)
        chart.box((begin, y + 4, left + (end - first) * step - begin, 26), fill)
        if not bar.end:
            chart.line(f"M{left + room} {y + 4} l18 13 l-18 13 Z", "none", 0, fill=fill)
    return chart


# -- answers ----------------------------------------------------------------------------------------------------------


def answer_bars(rows: Sequence[tuple[str, UnitAnswers]]) -> Chart | None:
    """One bar a unit; silence is striped orange."""
    if not rows:
        return None
    most = max(answers.asked for _name, answers in rows)
    total = sum(answers.asked for _name, answers in rows)
    silent = sum(row.count for _name, answers in rows for row in answers.counts if row.outcome == NO_REPLY)
    title = _("Answers by unit: %(asked)s asked for, %(silent)s without reply.") % {"asked": total, "silent": silent}
    chart = Chart("answers", 1650, 46 * len(rows) + 6, title)
    order = list(ANSWER_FILLS)
    for place, (name, answers) in enumerate(rows):
        y, x = place * 46, 640.0
        chart.label((0, y + 28), name if len(name) < 48 else name[:46] + "…", 24)
        for row in sorted(answers.counts, key=lambda row: order.index(row.outcome)):
            width = row.count * 900 / most
            chart.box((x, y + 5, width, 32), ANSWER_FILLS[row.outcome], INK, 1)
            x += width
        chart.label((x + 12, y + 29), str(answers.asked), 24, weight=500)
    return chart
