"""What happened to the evidence and indicators of a measure or commitment, as far as someone may see them.

Three tables are read in one query, each row as JSON: a timeline already asks many tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from commitments import texts
from commitments.history import MOST, Entry, Naming, Step, Strand, as_of, timeline
from commitments.indicators import Standing, written
from commitments.models import Commitment, Evidence, Indicator, IndicatorValue, Measure, User
from commitments.tracking import history_model

TIMES = ("history_date", "recorded_at")
"""Read as columns of their own: a database writes a moment into JSON in its own way."""


BESIDE = {"indicator_name_de": "indicator__name_de", "indicator_name_en": "indicator__name_en"}
BESIDE |= {"indicator_unit": "indicator__unit_of_measure"}
"""What a value needs of its indicator."""


@dataclass(frozen=True)
class Together(Strand):
    """The histories of several tables as one strand; ``parts`` are their rows and how their steps are called."""

    parts: tuple[tuple[Any, Naming], ...] = ()

    def steps(self) -> list[Step]:
        """Each row with its predecessor, in one query."""
        lines = [_as_json(rows, number) for number, (rows, _naming) in enumerate(self.parts)]
        newest = lines[0].union(*lines[1:], all=True).order_by("-recorded_at", "-history_id")[:MOST]
        last: dict[tuple[int, int], Any] = {}
        found = []
        for number, content, _id, *times in reversed(newest):
            row = _from_json(self.parts[number][0].model, content, dict(zip(TIMES, times, strict=True)))
            found.append(Step(row, last.get((number, row.id))))
            last[number, row.id] = row
        return found


def strands_of(owner: Measure | Commitment, user: User) -> tuple[Strand, ...]:
    """What a timeline tells of them; what is protected is left out whole, its past as well (rule 10)."""
    belongs = {"measure" if isinstance(owner, Measure) else "commitment": owner}
    pieces = Evidence.objects.visible_to(user).filter(**belongs).order_by().values("pk")
    indicators = Indicator.objects.visible_to(user).filter(**belongs).order_by().values("pk")
    namings = {
        history_model(Evidence): _of_evidence,
        history_model(Indicator): _of_indicator,
        history_model(IndicatorValue): _of_value,
    }
    parts = (
        (history_model(Evidence).objects.filter(id__in=pieces), _of_evidence),
        (history_model(Indicator).objects.filter(id__in=indicators), _of_indicator),
        (history_model(IndicatorValue).objects.filter(indicator_id__in=indicators), _of_value),
    )
    return (Together(parts[0][0], lambda step: namings[type(step.row)](step), parts=parts),)


def story_of(indicator: Indicator) -> list[Entry]:
    """The history of one indicator and of what was counted."""
    values = (
        history_model(IndicatorValue)
        .objects.filter(indicator_id=indicator.pk)
        .annotate(**{name: F(path) for name, path in BESIDE.items()})
    )
    rows = history_model(Indicator).objects.filter(id=indicator.pk)
    return timeline((Strand(rows, _of_indicator, is_main=True), Strand(values, _of_value)))


def stood(owner: Measure | Commitment, user: User, day: date) -> dict[str, Any]:
    """Evidence and indicators of a day (rule 13); what is out of sight today stays out of it. Three queries."""
    belongs = {f"{'measure' if isinstance(owner, Measure) else 'commitment'}_id": owner.pk}
    known = as_of(Evidence, day).filter(**belongs, withdrawn_on__isnull=True)
    pieces = known.filter(id__in=Evidence.objects.visible_to(user).filter(**belongs).values("pk"))
    replaced = {row.replaces_id for row in pieces}
    seen = Indicator.objects.visible_to(user).filter(**belongs).order_by().values("pk")
    indicators = list(as_of(Indicator, day).filter(id__in=seen, ended_on__isnull=True).order_by("key"))
    counted: dict[int, list[Any]] = {row.id: [] for row in indicators}
    for value in as_of(IndicatorValue, day).filter(indicator_id__in=counted).order_by("on", "id"):
        counted[value.indicator_id].append(value)
    return {
        "evidence_then": sorted((row for row in pieces if row.id not in replaced), key=lambda row: row.title),
        "standings_then": [Standing(row, counted[row.id]) for row in indicators],
    }


def _as_json(rows: Any, number: int) -> Any:
    columns = {field.attname: F(field.attname) for field in rows.model._meta.concrete_fields}
    columns |= {name: F(path) for name, path in BESIDE.items() if "indicator_id" in columns}
    content = JSONObject(**{name: column for name, column in columns.items() if name not in TIMES})
    known: Any = rows.order_by().annotate(part=Value(number), content=content)
    return known.values_list("part", "content", "history_id", *TIMES)


def _from_json(model: type[models.Model], content: Mapping[str, Any], times: Mapping[str, Any]) -> Any:
    fields = [field for field in model._meta.concrete_fields if field.attname not in TIMES]
    row = model(**{field.attname: _value(field, content[field.attname]) for field in fields}, **times)
    for name in BESIDE.keys() & content.keys():
        setattr(row, name, content[name])
    return row


def _value(field: "models.Field[Any, Any]", written: Any) -> Any:
    value = field.to_python(written)
    if isinstance(value, Decimal) and isinstance(field, models.DecimalField):
        return value.quantize(Decimal(1).scaleb(-int(field.decimal_places or 0)))
    return value


def _of_evidence(step: Step) -> str:
    name = {"name": step.row.title}
    if step.is_first:
        of_file = _("New version of evidence: %(name)s") if step.row.replaces_id else _("Evidence added: %(name)s")
        return of_file % name
    if step.row.withdrawn_on:
        return _("Evidence withdrawn: %(name)s") % name
    return _("Evidence changed: %(name)s") % name


def _of_indicator(step: Step) -> str:
    name = {"name": texts.localized(step.row, "name")}
    if step.is_first:
        return _("Indicator added: %(name)s") % name
    return _("Indicator ended: %(name)s") % name if step.row.ended_on else _("Indicator changed: %(name)s") % name


def _of_value(step: Step) -> str:
    row = step.row
    said = {
        "name": texts.localized(row, "indicator_name"),
        "number": f"{written(row.value)} {row.indicator_unit}",
        "day": texts.partial_date(row.on, row.on_precision),
    }
    if step.is_first:
        return _("Value entered: %(name)s, %(number)s (%(day)s)") % said
    return _("Value corrected: %(name)s, %(number)s (%(day)s)") % said
