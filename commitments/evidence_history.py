"""What happened to the evidence and indicators of a measure or commitment, as far as someone may see them."""

from typing import Any

from django.utils.translation import gettext as _

from commitments import texts
from commitments.history import Step, Strand, of_parts
from commitments.indicators import written
from commitments.models import Commitment, Evidence, Indicator, IndicatorValue, Measure, User
from commitments.tracking import history_model


def strands_of(owner: Measure | Commitment, user: User) -> tuple[Strand, ...]:
    """The strands for a timeline; what is protected is left out whole, its past as well (rule 10)."""
    belongs = {"measure" if isinstance(owner, Measure) else "commitment": owner}
    pieces = Evidence.objects.visible_to(user).filter(**belongs).order_by().values("pk")
    indicators = Indicator.objects.visible_to(user).filter(**belongs).order_by().values("pk")
    values = history_model(IndicatorValue).objects.filter(indicator_id__in=indicators)
    return (
        Strand(history_model(Evidence).objects.filter(id__in=pieces), _of_evidence),
        of_parts(history_model(Indicator).objects.filter(id__in=indicators), _indicator_name),
        Strand(values.select_related("indicator"), _of_value),
    )


def _of_evidence(step: Step) -> str:
    name = {"name": step.row.title}
    if step.is_first:
        of_file = _("New version of evidence: %(name)s") if step.row.replaces_id else _("Evidence added: %(name)s")
        return of_file % name
    if step.row.withdrawn_on:
        return _("Evidence withdrawn: %(name)s") % name
    return _("Evidence changed: %(name)s") % name


def _indicator_name(row: Any) -> str:
    return _("indicator “%(name)s”") % {"name": texts.localized(row, "name")}


def _of_value(step: Step) -> str:
    row = step.row
    said = {
        "name": texts.localized(row.indicator, "name"),
        "number": f"{written(row.value)} {row.indicator.unit_of_measure}",
        "day": texts.partial_date(row.on, row.on_precision),
    }
    if step.is_first:
        return _("Value entered: %(name)s, %(number)s (%(day)s)") % said
    return _("Value corrected: %(name)s, %(number)s (%(day)s)") % said
