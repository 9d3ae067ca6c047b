"""Where the partner cities are: drawn on a map, and the same as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from commitments import folding, placing, search, texts, worldmap
from commitments.forms.partner_map import PartnerFilter
from commitments.models import EngagementStatus, Partnership, User
from commitments.requests import UserRequest

ROOM = 13
"""Pixels between two marks, so that each can be pointed at."""

MOST = 500
"""More partners than this no city has; they are shown without pages, as the map shows all of them."""


class Placed(Protocol):
    """What a map shows of a partner city, wherever that is read from."""

    @property
    def city(self) -> str: ...

    @property
    def country(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def status_label(self) -> str: ...

    @property
    def place(self) -> tuple[float, float] | None: ...


@dataclass(frozen=True)
class Partner:
    """A partnership as map and table show it."""

    row: Partnership
    city: str
    country: str
    url: str

    @property
    def status(self) -> str:
        return self.row.status

    @property
    def status_label(self) -> str:
        return self.row.get_status_display()

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude, where they are known."""
        if self.row.latitude is None or self.row.longitude is None:
            return None
        return float(self.row.latitude), float(self.row.longitude)


@dataclass(frozen=True)
class Mark:
    """A partner on a map. One that the enlarged part shows is a mere dot on the map of the world."""

    partner: Placed
    at: placing.Named
    is_link: bool = True

    @property
    def shape(self) -> str:
        return self.partner.status


@dataclass(frozen=True)
class Picture:
    frame: worldmap.Frame
    marks: Sequence[Mark]


def partners_for(user: User, chosen: dict[str, Any]) -> list[Partner]:
    """The partnerships that someone may see and that a filter leaves, by country and city."""
    seen: QuerySet[Any] = Partnership.objects.visible_to(user)
    rows = search.matching(seen, chosen.get("q", ""))
    rows = rows.filter(**{name: chosen[name] for name in ("form", "status") if name in chosen})
    found = [
        Partner(
            row,
            texts.localized(row, "city"),
            texts.country(row.country),
            reverse("commitments:engagement", args=[row.key]),
        )
        for row in rows.select_related("unit").order_by("city_de", "pk")[:MOST]
    ]
    return sorted(found, key=lambda each: folding.fold(f"{each.country} {each.city}"))


def _picture(frame: worldmap.Frame, partners: Sequence[Placed], links: Sequence[Placed]) -> Picture:
    """Those that are links are kept apart and named where there is room."""
    inside = [each for each in partners if each.place and frame.holds(*each.place)]
    spots = [frame.spot(*each.place) for each in inside if each.place]
    linked = [each in links for each in inside]
    moved = iter(placing.apart([spot for spot, is_link in zip(spots, linked, strict=True) if is_link], ROOM))
    spots = [next(moved) if is_link else spot for spot, is_link in zip(spots, linked, strict=True)]
    names = [each.city if is_link else "" for each, is_link in zip(inside, linked, strict=True)]
    places = placing.named(spots, names, (4, 4, frame.width - 4, frame.height - 4))
    return Picture(frame, [Mark(*each) for each in zip(inside, places, linked, strict=True)])


def pictures(partners: Sequence[Placed]) -> list[Picture]:
    """The world, and Europe enlarged where at least three partners are close to one another there."""
    near = [each for each in partners if each.place and worldmap.europe().holds(*each.place)]
    if len(near) < 3:
        return [_picture(worldmap.world(), partners, partners)]
    far = [each for each in partners if each not in near]
    return [_picture(worldmap.world(), partners, far), _picture(worldmap.europe(), near, near)]


@require_safe
def partner_map(request: UserRequest) -> HttpResponse:
    filters = PartnerFilter(request.GET)
    partners = partners_for(request.user, filters.chosen())
    world, *enlarged = pictures(partners)
    context = {
        "filters": filters,
        "summary": filters.summary(),
        "partners": partners,
        "active": sum(each.row.status == EngagementStatus.ACTIVE for each in partners),
        "world": world,
        "enlarged": enlarged,
        "without_place": [each for each in partners if each.place is None],
        "statuses": [
            status for status in EngagementStatus if any(each.row.status == status.value for each in partners)
        ],
    }
    return render(request, "commitments/partner_map.html", context)
