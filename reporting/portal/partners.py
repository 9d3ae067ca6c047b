"""The partner cities of an edition, for the map and the table beside it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import get_language

from commitments import folding, texts
from reporting.content.facts import Engagement
from reporting.documents import words
from reporting.documents.lookup import Lookup
from reporting.templatetags.paper import plain


@dataclass(frozen=True)
class Partner:
    """A partnership of an edition as map and table show it; ``measures``: how many happen in it."""

    row: Engagement
    measures: int

    @property
    def city(self) -> str:
        return plain(self.row.title)

    @property
    def country(self) -> str:
        return texts.country(self.row.country)

    @property
    def status(self) -> str:
        return self.row.status

    @property
    def status_label(self) -> str:
        return words.word(self.row.status, "engagement")

    @property
    def url(self) -> str:
        return f"{reverse('portal:partners', args=[get_language()])}#{self.row.key}"

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude, where they are known."""
        if not (self.row.latitude and self.row.longitude):
            return None
        return float(self.row.latitude), float(self.row.longitude)


def partners_of(lookup: Lookup) -> list[Partner]:
    """The partnerships that an edition holds, by country and city."""
    found = [
        Partner(row, len(lookup.measures_of_engagement.get(row.key, ()))) for row in lookup.engagements("partnership")
    ]
    return sorted(found, key=lambda each: folding.fold(f"{each.country} {each.city}"))
