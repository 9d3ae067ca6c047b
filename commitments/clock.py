"""The one place that reads the clock. A demonstration stands still at ``DEMO_TODAY`` and keeps the time of day."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The moment for which an act counts, aware."""
    moment = timezone.now()
    day: date | None = settings.DEMO_TODAY
    if day is None:
        return moment
    local = timezone.localtime(moment)
    return local.replace(year=day.year, month=day.month, day=day.day, fold=0)


def today() -> date:
    """The day for which rights, deadlines and overdue promises are reckoned."""
    return timezone.localtime(now()).date()


def at_noon(day: date) -> datetime:
    """The middle of a day, for acts of which only the day is known."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())
    return midnight + timedelta(hours=12)
