"""What happened lately, in a few lines: answers and assessments counted, measures with what changed in them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments import texts
from commitments.history import Entry, Step, Strand, timeline
from commitments.models import LedgerSeal, Measure, User
from commitments.tracking import history_model
from reporting.tables.home import link
from reviews.models import Assessment, AssessmentState, Confirmation, ConfirmationState

MOST = 12


def since(moment: datetime, user: User) -> list[Entry]:
    """Newest first; about ten queries, however much happened."""
    counted = [*_answers(moment, user), *_assessments(moment, user), *_seals(moment, user)]
    entries = timeline([_measures(moment, user)], also=counted)
    return [entry for entry in entries if entry.at >= moment][:MOST]


def _answers(moment: datetime, user: User) -> Iterator[Entry]:
    seen = Confirmation.objects.visible_to(user).values("pk")
    acts = (ConfirmationState.SUBMITTED, ConfirmationState.RELEASED, ConfirmationState.RETURNED)
    rows = _since(Confirmation, moment).filter(id__in=seen, state__in=acts)
    grouped = rows.values("unit__key", "unit__name_de", "unit__name_en", "cycle__year", "state")
    page = "reviews:unit" if user.is_city_wide else "reviews:confirm"
    for row in grouped.annotate(n=Count("id", distinct=True), at=Max("history_date")):
        n = row["n"]
        titles = {
            "submitted": ngettext("has submitted %(n)s answer", "has submitted %(n)s answers", n),
            "released": ngettext("has released %(n)s answer", "has released %(n)s answers", n),
            "returned": ngettext("got %(n)s answer back", "got %(n)s answers back", n),
        }
        unit = texts.localized({"name_de": row["unit__name_de"], "name_en": row["unit__name_en"]}, "name")
        url = link(page, row["cycle__year"], row["unit__key"])
        yield Entry(timezone.localtime(row["at"]), unit, titles[row["state"]] % {"n": n}, url=url)


def _assessments(moment: datetime, user: User) -> Iterator[Entry]:
    seen = Assessment.objects.visible_to(user).values("pk")
    rows = _since(Assessment, moment).filter(id__in=seen).exclude(state=AssessmentState.DRAFT)
    for row in rows.values("state").annotate(n=Count("id", distinct=True), at=Max("history_date")):
        n = row["n"]
        titles = {
            "submitted": ngettext("%(n)s assessment submitted", "%(n)s assessments submitted", n),
            "returned": ngettext("%(n)s assessment returned", "%(n)s assessments returned", n),
            "approved": ngettext("%(n)s assessment approved", "%(n)s assessments approved", n),
        }
        yield Entry(timezone.localtime(row["at"]), _("Assessment"), titles[row["state"]] % {"n": n})


def _seals(moment: datetime, user: User) -> Iterator[Entry]:
    if not user.is_city_wide:
        return
    for seal in LedgerSeal.objects.filter(sealed_at__gte=moment).order_by("-pk")[:2]:
        title = _("Sealed: %(size)s entries") % {"size": texts.number(seal.size)}
        yield Entry(timezone.localtime(seal.sealed_at), str(seal.get_occasion_display()), title)


def _measures(moment: datetime, user: User) -> Strand:
    """All rows of the measures that changed, so that each step knows the one before it."""
    changed = _since(Measure, moment).order_by().values("id")
    seen = Measure.objects.visible_to(user).filter(pk__in=changed).values("pk")
    return Strand(history_model(Measure).objects.filter(id__in=seen), _measure_title)


def _measure_title(step: Step) -> str:
    name = f"{step.row.reference} {texts.localized(step.row, 'title')}"
    return (_("Entered: %(name)s") if step.is_first else _("Changed: %(name)s")) % {"name": name}


def _since(model: Any, moment: datetime) -> "QuerySet[Any]":
    rows: QuerySet[Any] = history_model(model).objects.filter(history_date__gte=moment)
    return rows.order_by()
