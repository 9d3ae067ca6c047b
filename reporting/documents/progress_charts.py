"""Two pictures of what was promised: the promises of earlier years, and the instruments the city took on over time."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from reporting.content.facts import Instrument, PartialDate
from reporting.documents import words
from reporting.documents.charts import BRAND, INK, MUTED, PAPER, RULE, Chart

PROMISE_FILLS = {
    "done": BRAND,
    "open": "url(#nil)",
    "overdue": "url(#silence)",
    "declined": "url(#disputed)",
    "dropped": PAPER,
}
ROW = 40


def promise_bars(states: Sequence[tuple[str, int]]) -> Chart | None:
    """A bar for each state, with its word and its number: nothing depends on the colour."""
    if not states:
        return None
    most = max(count for _state, count in states)
    spoken = ", ".join(f"{words.word(state, 'follow_up')} {count}" for state, count in states)
    title = _("What became of the promises of earlier years: %(figures)s.") % {"figures": spoken}
    chart = Chart("promises", 1650, 56 * len(states), title)
    for place, (state, count) in enumerate(states):
        y = place * 56
        word = words.word(state, "follow_up")
        chart.label((0, y + 33), word[:1].upper() + word[1:], 26)
        width = 950 * count / most
        chart.box((460, y + 4, width, 42), PROMISE_FILLS[state], INK, 2)
        chart.label((460 + width + 14, y + 34), str(count), 27, weight=600)
    return chart


def instrument_times(rows: Sequence[tuple[str, Instrument]], until: int) -> Chart | None:
    """From the year in which an instrument was adopted to the year in which the city took it on, by that first year."""
    dated = [(name, row.adopted_on, row.city_adopted_on) for name, row in rows if row.adopted_on]
    if not dated:
        return None
    dated.sort(key=lambda row: (str(row[1]), row[0]))
    first = dated[0][1].year - dated[0][1].year % 10
    spoken = "; ".join(f"{name} {adopted.year}{_city(taken)}" for name, adopted, taken in dated)
    title = _("Instruments by year, and when the city took them on: %(figures)s.") % {"figures": spoken}
    chart = Chart("instruments", 1650, 60 + ROW * len(dated), title)
    left, room = 470, 1150
    step = room / (until + 1 - first)
    for year in range(first, until + 1, 10):
        x = round(left + (year - first) * step)
        chart.line(f"M{x} 38 V{56 + ROW * len(dated)}", RULE, 2)
        chart.label((x + 3, 28), str(year), 24, MUTED, weight=500)
    for place, (name, adopted, taken) in enumerate(dated):
        y = 54 + place * ROW + ROW // 2
        start = left + (adopted.year + 0.5 - first) * step
        chart.label((0, y + 8), name if len(name) < 34 else f"{name[:32]}…", 24)
        if taken:
            end = left + (taken.year + 0.5 - first) * step
            chart.line(f"M{round(start)} {y} H{round(end)}", RULE, 3)
            chart.box((end - 9, y - 9, 18, 18), BRAND)
        chart.circle((start, y), 9, PAPER, INK, weight=3)
    return chart


def _city(taken: PartialDate | None) -> str:
    return f" ({_('the city')} {taken.year})" if taken else ""
