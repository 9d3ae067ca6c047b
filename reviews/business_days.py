"""Days on which an administration works: Monday to Friday, without the public holidays of the city's Land."""

from datetime import date, timedelta

import holidays

from commitments.models import City

SATURDAY = 5


def is_business_day(day: date) -> bool:
    """Whether the city's administration works on a day. Asks for the city's country and Land once."""
    return _Calendar().works_on(day)


def on_or_after(day: date) -> date:
    """The day itself, or the next one on which the administration works."""
    return _Calendar().moved(day, 1)


def on_or_before(day: date) -> date:
    """The day itself, or the last one before it on which the administration works."""
    return _Calendar().moved(day, -1)


class _Calendar:
    def __init__(self) -> None:
        city = City.objects.first()
        self.country = city.country if city else ""
        self.state = city.state if city else ""

    def works_on(self, day: date) -> bool:
        return day.weekday() < SATURDAY and day not in self._holidays(day.year)

    def moved(self, day: date, step: int) -> date:
        while not self.works_on(day):
            day += timedelta(days=step)
        return day

    def _holidays(self, year: int) -> "holidays.HolidayBase | frozenset[date]":
        """Those that the package ``holidays`` knows; none for a country or Land that it does not know."""
        try:
            return holidays.country_holidays(self.country, subdiv=self.state or None, years=year)
        except NotImplementedError:
            return frozenset()
