"""What stands beside a commitment: the officer's review entries, and the recommendations that it answers."""

from dataclasses import dataclass

from django.db.models import F, TextField, Value
from django.utils.translation import gettext as _

from commitments import clock, history, texts
from commitments.models import (
    Commitment,
    CommitmentUnit,
    Measure,
    RecommendationCommitment,
    RecommendationResponse,
    RecommendationSource,
    Role,
    User,
)
from reviews.models import ReviewEntry


def review_entries(commitment: Commitment, user: User) -> list[history.Entry]:
    """The officer's log, as entries of the history: for council, approver and audit, not for the units it is about.

    A note is as visible as its own class and the measure it names. One query.
    """
    if user.unit_ids and not user.is_city_wide:
        return []
    rows = ReviewEntry.objects.filter(commitment=commitment, protection__in=user.clearance())
    seen = rows.filter(measure__isnull=True) | rows.filter(measure__in=Measure.objects.visible_to(user))
    return [
        history.Entry(
            at=clock.at_noon(row.noted_on),
            who=str(Role.OFFICER.label),
            title=_("Review entry: %(text)s") % {"text": row.text},
            reason=row.reason,
        )
        for row in seen.distinct().order_by("-noted_on", "-pk")[: history.MOST]
    ]


@dataclass(frozen=True)
class Recommended:
    """A recommendation that the commitment answers."""

    key: str
    source: str
    document: str
    response: str
    text_de: str
    text_en: str


def around(commitment: Commitment) -> tuple[list[str], list[Recommended]]:
    """Names of the units that contribute, and the recommendations that the commitment answers. One query."""
    names = ("key", "source", "document", "response", "text_de", "text_en")
    none = {name: Value("", output_field=TextField()) for name in ("w_source", "w_document", "w_response")}
    units = CommitmentUnit.objects.filter(commitment=commitment, ended_on__isnull=True).values_list(
        Value("unit", output_field=TextField()),
        F("unit__key"),
        *none.values(),
        F("unit__name_de"),
        F("unit__name_en"),
    )
    answered = RecommendationCommitment.objects.filter(commitment=commitment, ended_on__isnull=True).values_list(
        Value("recommendation", output_field=TextField()), *(F(f"recommendation__{name}") for name in names)
    )
    helpers, found = [], []
    for kind, *values in units.order_by().union(answered.order_by(), all=True):
        row = dict(zip(names, values, strict=True))
        if kind == "unit":
            helpers.append(texts.localized({"name_de": row["text_de"], "name_en": row["text_en"]}, "name"))
        else:
            found.append(_recommended(row))
    return sorted(helpers), sorted(found, key=lambda each: each.key, reverse=True)


def _recommended(row: dict[str, str]) -> Recommended:
    source = str(RecommendationSource(row.pop("source")).label)
    response = row.pop("response")
    return Recommended(source=source, response=str(RecommendationResponse(response).label) if response else "", **row)
