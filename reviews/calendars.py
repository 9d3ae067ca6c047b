"""Deadlines as an iCalendar file (RFC 5545), as calendar programs fetch it again and again.

Each entry is a whole day that keeps nobody busy. Its UID stays the same as long as the deadline is the same one, so a
program moves and renames an entry instead of adding a second one. Nothing is invited to, so there is no METHOD.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vText

from commitments import texts
from commitments.models import City, User
from reviews.deadlines import Deadline, of_person

FETCH_AGAIN = timedelta(hours=6)
"""How often programs are asked to look for changes."""

PRODUCT = "-//Rechenschaft//Calendar of deadlines//EN"
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Content:
    """What somebody's calendar holds; ``digest`` is the same as long as nothing in it changes."""

    name: str
    language: str
    owner: int
    deadlines: tuple[Deadline, ...]

    def written(self, stamp: datetime) -> bytes:
        """The file; ``stamp`` is since when it holds, aware."""
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("x-wr-calname", vText(self.name))
        calendar.add("name", vText(self.name))
        calendar.add("refresh-interval", FETCH_AGAIN, {"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT6H")
        for deadline in self.deadlines:
            calendar.add_component(self._event(deadline, stamp.astimezone(UTC).replace(microsecond=0)))
        written: bytes = calendar.to_ical()
        return written

    def _event(self, deadline: Deadline, stamp: datetime) -> Event:
        event = Event()
        event.add("uid", f"{deadline.key}.{self.owner}@{urlsplit(settings.BASE_URL).hostname or 'localhost'}")
        event.add("dtstamp", stamp)
        event.add("dtstart", deadline.on)
        event.add("dtend", deadline.on + timedelta(days=1))
        event.add("summary", deadline.title, {"LANGUAGE": self.language})
        address = f"{settings.BASE_URL}{deadline.path}"
        event.add("description", "\n".join(filter(None, (deadline.text, address))), {"LANGUAGE": self.language})
        event.add("url", address)
        event.add("transp", "TRANSPARENT")
        event.add("x-microsoft-cdo-busystatus", "FREE")
        return event

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.written(BEFORE_ALL)).hexdigest()


def content_of(user: User, today: date) -> Content:
    """The calendar of a person as of a day, in their language."""
    with translation.override(user.language):
        city = City.objects.first()
        place = texts.localized(city, "name") if city else str(settings.CITY_NAME)
        name = _("Human rights: deadlines") + (f" ({place})" if place else "")
        return Content(name, user.language, user.pk, tuple(of_person(user, today)))
