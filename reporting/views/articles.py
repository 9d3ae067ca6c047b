"""The thirty articles as a portico."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commitments import texts
from commitments.requests import UserRequest
from commitments.views.lists import chip
from reporting.coverage import FIELDS, coverage
from reporting.tables import articles as picture
from reporting.tables import matrix as tables
from reporting.views.parts import require_part, state_of_today
from reviews.models import Outcome


@require_safe
def articles(request: UserRequest) -> HttpResponse:
    """The portico by verdict or by number of measures, for all fields of action or seen from one."""
    require_part(request.user)
    field = request.GET.get("field", "") if request.GET.get("field") in FIELDS else ""
    by = "measures" if request.GET.get("by") == "measures" else "verdict"
    reach, verdicts = coverage(request.user), picture.latest_verdicts(request.user)
    if verdicts.year is None:
        by = "measures"
    groups = picture.lines(tables.udhr_articles(), reach, verdicts, field)
    fields = [(name, tables.field_label(name), len(reach.direct_anywhere(name))) for name in FIELDS]
    context = {
        "groups": groups,
        "preline": _said(verdicts) if by == "verdict" else state_of_today(),
        "legend": verdicts.legend(),
        "field": field,
        "field_label": tables.field_label(field) if field else "",
        "beyond": sum(line.outcome == Outcome.OUT_OF_COMPETENCE for group in groups for line in group.rows),
        "tiles": picture.tiles(groups, field) if by == "verdict" else picture.counted_tiles(groups, reach, field),
        "verdicts": verdicts,
        "by": by,
        "views": [chip(request, "by", "", _("Verdicts")), chip(request, "by", "measures", _("Measures"))],
        "chips": [chip(request, "field", "", _("All fields")), *(chip(request, "field", *row) for row in fields)],
    }
    return render(request, "reporting/articles.html", context)


def _said(verdicts: picture.Verdicts) -> str:
    day = texts.long_date(verdicts.reporting_date)
    return _("Review cycle %(year)s, reporting date %(day)s") % {"year": verdicts.year, "day": day}
