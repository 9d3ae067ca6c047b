"""One search over the register: measures, commitments, provisions, partnerships and projects."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commitments import search as words
from commitments import texts
from commitments.models import Commitment, Engagement, Measure, Provision, User
from commitments.requests import UserRequest
from reporting.tables.home import link

MOST = 15


@dataclass(frozen=True)
class Hit:
    title: str
    url: str
    text: str = ""
    note: str = ""


@dataclass(frozen=True)
class Found:
    label: str
    hits: list[Hit]
    more_url: str
    is_cut: bool


@require_safe
def search(request: UserRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()[: words.LONGEST]
    found = _found(typed, request.user) if typed else []
    groups = [group for group in found if group.hits]
    total = sum(len(group.hits) for group in groups)
    return render(request, "reporting/search.html", {"typed": typed, "groups": groups, "total": total})


def _found(typed: str, user: User) -> list[Found]:
    return [_commitments(typed, user), _measures(typed, user), _provisions(typed), _engagements(typed, user)]


def _group(label: str, hits: list[Hit], more_url: str) -> Found:
    return Found(label, hits[:MOST], more_url, len(hits) > MOST)


def _commitments(typed: str, user: User) -> Found:
    columns = ("reference", "title_de", "title_en", "wording_de", "wording_en")
    rows = words.matching(Commitment.objects.visible_to(user), columns, typed).select_related("lead_unit")
    hits = [
        Hit(
            f"{row.reference} {texts.localized(row, 'title')}",
            link("reporting:commitment", row.reference),
            texts.localized(row, "wording"),
            texts.localized(row.lead_unit, "name"),
        )
        for row in rows[: MOST + 1]
    ]
    return _group(_("Commitments"), hits, link("commitments:commitment-list"))


def _measures(typed: str, user: User) -> Found:
    columns = ("reference", "title_de", "title_en", "description_de", "description_en")
    rows = words.matching(Measure.objects.visible_to(user), columns, typed)
    hits = [
        Hit(
            f"{row.reference} {texts.localized(row, 'title')}",
            link("commitments:measure", row.reference),
            texts.localized(row, "description"),
            str(row.get_status_display()),
        )
        for row in rows[: MOST + 1]
    ]
    return _group(_("Measures"), hits, link("commitments:measure-list"))


def _provisions(typed: str) -> Found:
    """The articles of the Declaration before those of all other instruments."""
    instrument = ("version__instrument__short_de", "version__instrument__short_en")
    columns = ("number", "title_de", "title_en", "text_de", "text_en", *instrument)
    rows = words.matching(Provision.objects.in_use(), columns, typed)
    ordered = rows.select_related("version__instrument").order_by("version__instrument__order", "order")
    return _group(
        _("Provisions"), [_provision(row) for row in ordered[: MOST + 1]], link("commitments:instrument-list")
    )


def _provision(row: Provision) -> Hit:
    instrument = row.version.instrument
    url = link("reporting:provision", instrument.key, row.version.number, row.number)
    name = f"{texts.localized(instrument, 'short')} {row.number}"
    return Hit(f"{name} {texts.localized(row, 'title')}", url, texts.localized(row, "text"))


def _engagements(typed: str, user: User) -> Found:
    columns = ("name_de", "name_en", "note_de", "note_en")
    rows = words.matching(Engagement.objects.visible_to(user), columns, typed)
    hits = [
        Hit(
            texts.localized(row, "name"),
            link("commitments:engagement", row.key),
            note=str(row.get_kind_display()),
        )
        for row in rows.order_by("kind", "name_de")[: MOST + 1]
    ]
    return _group(_("Partnerships and projects"), hits, link("commitments:engagement-list"))
