"""Terms and column pairs that all models share."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Precision(models.TextChoices):
    """How exactly a date is known."""

    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class Protection(models.TextChoices):
    """Who may ever see a row or file (Schutzklasse)."""

    PUBLIC = "public", _("Public")
    COUNCIL = "council", _("Council only")
    INTERNAL = "internal", _("Internal")
    PROTECTED = "protected", _("Protected")


class FieldOfAction(models.TextChoices):
    PARTNERSHIPS = "partnerships", _("Partnerships")
    EUROPE = "europe", _("Europe")
    DEVELOPMENT = "development", _("Development cooperation")
    HUMAN_RIGHTS = "human_rights", _("Human rights across the fields")


class Part(models.TextChoices):
    """A unit's part in a measure."""

    LEAD = "lead", _("lead")
    CONTRIBUTING = "contributing", _("contributing")


def precision() -> "models.CharField[str, str]":
    """The column beside a date that may be known to the month or year only."""
    return models.CharField(max_length=5, choices=Precision, default=Precision.DAY, db_default=Precision.DAY)


def protection() -> "models.CharField[str, str]":
    return models.CharField(_("protection class"), max_length=9, choices=Protection, default=Protection.PUBLIC)


def text(label: Any = "") -> "models.TextField[str, str]":
    """A text that may be missing; the other language then stands in for it."""
    return models.TextField(label, blank=True, default="")


def known(table: str, field: str, choices: type[models.TextChoices], *, blank: bool = False) -> models.CheckConstraint:
    """``choices`` alone is not enforced by the database."""
    values = [*choices.values, ""] if blank else choices.values
    return models.CheckConstraint(
        name=f"{table}_{field}_known",
        condition=Q(**{f"{field}__in": values}),
        violation_error_message=_("This value is not one of those that can be chosen here."),
    )


def in_order(table: str, first: str, last: str) -> models.CheckConstraint:
    """An end does not come before its start; either may be unknown."""
    return models.CheckConstraint(
        name=f"{table}_{first}_before_{last}",
        condition=Q(**{f"{first}__isnull": True}) | Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__gte": F(first)}),
        violation_error_message=_("The end lies before the start. Please correct one of the two dates."),
    )


def euros(label: Any) -> "models.DecimalField[Any, Any]":
    """An amount of money in euros; empty where it is not known."""
    return models.DecimalField(
        label, max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )


def not_negative(table: str, *fields: str) -> models.CheckConstraint:
    condition = Q()
    for field in fields:
        condition &= Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": 0})
    return models.CheckConstraint(
        name=f"{table}_amounts_not_negative",
        condition=condition,
        violation_error_message=_("An amount of money is zero or more."),
    )
