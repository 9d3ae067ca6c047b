"""The feed of releases (Atom), for whoever wants to be told of new editions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from commitments.models import City
from commitments.texts import localized, long_date
from reporting.models import EditionState, ReportEdition
from reporting.portal.answering import ASKED_EACH_TIME
from reporting.portal.published import OPEN, Shelf

MOST = 30


class Releases(Feed[ReportEdition, str]):
    """The newest editions, in the language of the address; withdrawn ones leave it."""

    feed_type = Atom1Feed
    login_required = False

    def __call__(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        with translation.override(str(kwargs["language"])):
            response = super().__call__(request, *args, **kwargs)
        response.headers["Cache-Control"] = ASKED_EACH_TIME
        return response

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> str:
        return str(kwargs["language"])

    def title(self, _language: str) -> str:
        city = City.objects.first()
        return _("Human-rights reports, %(city)s") % {"city": localized(city, "name") if city else "Rechenschaft"}

    def link(self, language: str) -> str:
        return reverse("portal:editions", args=[language])

    def items(self, _language: str) -> Iterable[ReportEdition]:
        shelf = Shelf.read()
        return [row for row in shelf.editions if row.state in OPEN and shelf.is_open(row)][:MOST]

    def item_title(self, item: ReportEdition) -> str:
        return _("Report %(year)s, edition %(number)s") % {"year": item.cycle.year, "number": item.number}

    def item_description(self, item: ReportEdition) -> str:
        said = [_("Released on %(day)s.") % {"day": long_date(item.released_at)}]
        if item.state == EditionState.SUPERSEDED:
            said.append(_("There is a newer edition."))
        if item.reason:
            said.append(item.reason)
        return " ".join(said)

    def item_link(self, item: ReportEdition) -> str:
        return reverse("portal:edition", args=[translation.get_language(), item.cycle.year, item.number])

    def item_guid(self, item: ReportEdition) -> str:
        return f"urn:sha256:{item.content_sha256}"

    def item_pubdate(self, item: ReportEdition) -> datetime | None:
        return item.released_at

    def item_updateddate(self, item: ReportEdition) -> datetime | None:
        return item.released_at
