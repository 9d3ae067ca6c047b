"""When things happen in the sample city: acts are collected first, then done in the order of their time."""

import heapq
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import count

from django.utils import timezone

Act = Callable[[datetime], object]

FRIDAY = 4


class Calendar:
    """Acts with their moments; those of one moment follow each other in the order of their entry."""

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, int, Act]] = []
        self._number = count()

    def add(self, at: datetime, act: Act) -> None:
        heapq.heappush(self._acts, (at, next(self._number), act))

    def run(self, until: datetime | None = None) -> int:
        """Do what is due by a moment, or everything, in order; the number of acts. An act may add others."""
        done = 0
        while self._acts and (until is None or self._acts[0][0] <= until):
            at, _number, act = heapq.heappop(self._acts)
            act(at)
            done += 1
        return done


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    """A time of that day; minutes may run over the hour."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())
    return midnight + timedelta(hours=hour, minutes=minute)


def working_days(first: date, last: date) -> Iterator[date]:
    """Weekdays from one day to another, without the days between Christmas and New Year."""
    day = first
    while day <= last:
        if day.weekday() <= FRIDAY and (day.month, day.day) not in {(12, d) for d in range(24, 32)} | {(1, 1)}:
            yield day
        day += timedelta(days=1)
