"""The names of everything that a page of the trail mentions, in one query, with the addresses of their pages.

A name is there only where the reader may see the row; of all others nothing is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import BigIntegerField, Expression, F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.urls import reverse
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import (
    Adoption,
    City,
    Commitment,
    Engagement,
    Erasure,
    Evidence,
    FundingAdvice,
    GapReason,
    GlossaryTerm,
    Grade,
    Indicator,
    Instrument,
    InstrumentVersion,
    LedgerSeal,
    Measure,
    OrganisationalUnit,
    Provision,
    Recommendation,
    Scale,
    Transfer,
    User,
)
from reporting.audit.withheld import Model, withheld_rows
from reporting.models import CouncilDecision, ReportEdition
from reviews.models import Assessment, Confirmation, FollowUp, ReviewCycle

NOTHING = Value("", output_field=TextField())


def text_of(*names: str) -> Expression:
    """Columns as text, one after the other with a blank between them."""
    parts: list[Any] = []
    for name in names:
        parts += [Value(" "), Coalesce(Cast(F(name), TextField()), NOTHING, output_field=TextField())]
    return Concat(*parts[1:], output_field=TextField()) if len(parts) > 2 else parts[1]


def either(first: str, second: str) -> Expression:
    """The one column, or the other where it is empty."""
    return Coalesce(NullIf(text_of(first), NOTHING, output_field=TextField()), text_of(second))


@dataclass(frozen=True)
class Naming:
    """How the rows of a model are called: a reference, a name in both languages, and the page that shows them."""

    reference: Expression = NOTHING
    german: Expression = NOTHING
    english: Expression = NOTHING
    page: str = ""
    arguments: tuple[Expression, ...] = ()

    def part(self, model: Model, ids: Iterable[int]) -> "QuerySet[Any]":
        first, second, third = (*self.arguments, NOTHING, NOTHING, NOTHING)[:3]
        rows: QuerySet[Any] = QuerySet(model).filter(pk__in=list(ids)).order_by()
        columns = {
            "its_model": Value(model._meta.label, output_field=TextField()),
            "its_pk": Cast(F("pk"), BigIntegerField()),
            "its_reference": self.reference,
            "its_german": self.german,
            "its_english": self.english,
            "its_first": first,
            "its_second": second,
            "its_third": third,
        }
        named: QuerySet[Any] = rows.annotate(**columns).values_list(*columns)
        return named


def titled(german: str, english: str = "", **options: Any) -> Naming:
    return Naming(german=text_of(german), english=text_of(english or german), **options)


SHORT = either("version__instrument__short_en", "version__instrument__short_de")

NAMINGS: Mapping[Model, Naming] = {
    Measure: titled(
        "title_de",
        "title_en",
        reference=text_of("reference"),
        page="commitments:measure",
        arguments=(text_of("reference"),),
    ),
    Commitment: titled(
        "title_de",
        "title_en",
        reference=text_of("reference"),
        page="reporting:commitment",
        arguments=(text_of("reference"),),
    ),
    Engagement: titled("name_de", "name_en", page="commitments:engagement", arguments=(text_of("key"),)),
    Evidence: titled("title"),
    FundingAdvice: titled("subject_de", "subject_en"),
    Transfer: titled("file_name"),
    Indicator: titled("name_de", "name_en"),
    GapReason: titled("article__title_de", "article__title_en", reference=text_of("article__number")),
    Adoption: titled("version__instrument__title_de", "version__instrument__title_en"),
    Instrument: titled("title_de", "title_en", page="commitments:instrument", arguments=(text_of("key"),)),
    InstrumentVersion: titled(
        "instrument__title_de",
        "instrument__title_en",
        reference=text_of("number"),
        page="commitments:instrument",
        arguments=(text_of("instrument__key"),),
    ),
    Provision: Naming(
        german=text_of("version__instrument__short_de", "number"),
        english=Concat(SHORT, Value(" "), text_of("number"), output_field=TextField()),
        page="reporting:provision",
        arguments=(text_of("version__instrument__key"), text_of("version__number"), text_of("number")),
    ),
    Recommendation: titled("key"),
    Scale: titled("name_de", "name_en"),
    Grade: titled("label_de", "label_en", reference=text_of("code")),
    GlossaryTerm: titled("term_de", "term_en"),
    City: titled("name_de", "name_en"),
    OrganisationalUnit: titled("name_de", "name_en"),
    User: titled("name"),
    ReviewCycle: titled("year", page="reviews:cycle", arguments=(text_of("year"),)),
    Confirmation: titled(
        "unit__name_de",
        "unit__name_en",
        reference=either("measure__reference", "commitment__reference"),
        page="reviews:unit",
        arguments=(text_of("cycle__year"), text_of("unit__key")),
    ),
    Assessment: titled(
        "cycle__year",
        reference=text_of("commitment__reference"),
        page="reporting:commitment",
        arguments=(text_of("commitment__reference"),),
    ),
    FollowUp: titled(
        "action_de",
        "action_en",
        reference=text_of("commitment__reference"),
        page="reviews:follow-up",
        arguments=(Cast(F("pk"), TextField()),),
    ),
    ReportEdition: Naming(
        german=Concat(text_of("cycle__year"), Value("/"), text_of("number"), output_field=TextField()),
        page="reporting:edition",
        arguments=(text_of("cycle__year"), text_of("number")),
    ),
    CouncilDecision: titled("reference"),
    LedgerSeal: titled("size"),
    Erasure: titled("pk", page="reporting:erasure", arguments=(text_of("pk"),)),
}

ABOUT: Mapping[str, tuple[str, ...]] = {
    "measureunit": ("measure_id", "unit_id"),
    "measurebudget": ("measure_id",),
    "engagementpart": ("engagement_id", "unit_id"),
    "engagementbudget": ("engagement_id",),
    "projectpartner": ("project_id",),
    "projectamendment": ("project_id",),
    "measurelink": ("measure_id", "commitment_id"),
    "measureprovision": ("measure_id", "provision_id"),
    "dismissedsuggestion": ("measure_id", "commitment_id", "provision_id"),
    "commitmentprovision": ("commitment_id", "provision_id"),
    "commitmentunit": ("commitment_id", "unit_id"),
    "evidenceread": ("evidence_id",),
    "protecteduse": ("reader_id", "measure_id", "commitment_id", "engagement_id"),
    "erasedrow": ("erasure_id",),
    "lockededition": ("edition_id",),
    "indicatorvalue": ("indicator_id",),
    "reminder": ("confirmation_id",),
    "reminderdate": ("cycle_id",),
    "assessmentmeasure": ("assessment_id", "measure_id"),
    "dissent": ("assessment_id", "unit_id"),
    "followupreport": ("follow_up_id",),
    "reviewentry": ("commitment_id",),
    "statement": ("commitment_id",),
    "reportdocument": ("edition_id",),
    "reporttext": ("cycle_id",),
    "correction": ("edition_id",),
    "proposedcorrection": ("edition_id",),
    "councilmandate": ("decision_id",),
    "assignment": ("user_id", "unit_id"),
    "protectedaccess": ("user_id",),
    "unitsuccession": ("unit_id", "successor_id"),
    "instrumentbasis": ("instrument_id", "basis_id"),
    "provisionlink": ("source_id", "target_id"),
    "recommendationprovision": ("recommendation_id", "provision_id"),
    "recommendationcommitment": ("recommendation_id", "commitment_id"),
}
"""Rows without a name of their own are called after what they are about."""


@dataclass(frozen=True)
class Name:
    reference: str
    words: str
    url: str

    @property
    def short(self) -> str:
        return self.reference or self.words

    @property
    def full(self) -> str:
        return f"{self.reference} {self.words}".strip()


def named_as(model: Model) -> Model | None:
    """The model under which the rows of a model have their names; None where they have none."""
    if model in NAMINGS:
        return model
    return next((parent for parent in model._meta.get_parent_list() if parent in NAMINGS), None)


class Names:
    """Names of the rows that a page mentions; ``wanted`` lists numbers of rows by their model."""

    def __init__(self, wanted: Mapping[Model, Iterable[int]], user: User) -> None:
        parts = [self._part(model, ids, user) for model, ids in wanted.items() if model in NAMINGS]
        rows = parts[0].union(*parts[1:], all=True) if parts else ()
        self._known = {(label, pk): self._name(label, *rest) for label, pk, *rest in rows}

    def _part(self, model: Model, ids: Iterable[int], user: User) -> "QuerySet[Any]":
        part, hidden = NAMINGS[model].part(model, ids), withheld_rows(model, user)
        return part if hidden is None else part.exclude(pk__in=hidden.values("pk"))

    def _name(self, label: str, reference: str, german: str, english: str, *arguments: str) -> Name:
        naming = BY_LABEL[label]
        words = texts.localized({"name_de": german, "name_en": english}, "name")
        given = [_typed(each) for each in arguments[: len(naming.arguments)]]
        return Name(reference, words, reverse(naming.page, args=given) if naming.page else "")

    def get(self, model: Model | None, pk: int | None) -> Name | None:
        return self._known.get((model._meta.label, pk)) if model and pk is not None else None

    def shown(self, model: Model, pk: int | None) -> str:
        """The name as a value of a column; nothing is said of what the reader may not see."""
        if pk is None:
            return ""
        found = self.get(model, pk)
        return found.full if found else _("(not shown)")


BY_LABEL = {model._meta.label: naming for model, naming in NAMINGS.items()}


def _typed(argument: str) -> str | int:
    """Numbers in addresses are numbers to the converters of Django."""
    return int(argument) if argument.isdecimal() else argument


def columns_about(model: Model) -> tuple[str, ...]:
    return ABOUT.get(model._meta.model_name or "", ())


def reference_of(model: Model, column: str) -> Model | None:
    """The model that a column of another model refers to."""
    fields: dict[str, models.Field[Any, Any]] = {field.attname: field for field in model._meta.concrete_fields}
    target = fields[column].related_model if column in fields else None
    return target if isinstance(target, type) else None
