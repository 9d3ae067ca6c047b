"""What every tracked model inherits: a history that is written by the ledger and by nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn, Self, TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from simple_history.manager import HistoricalQuerySet
from simple_history.models import HistoricalRecords

Model = TypeVar("Model", bound=models.Model, covariant=True)


@dataclass(frozen=True)
class FrozenWith:
    """Rows of a table that no longer change once a row they belong to is in one of some states.

    ``still_joined`` are those of the states in which a new row may still be added; what stands there does not change.
    """

    column: str
    table: str
    states: tuple[str, ...]
    still_joined: tuple[str, ...] = ()


@dataclass(frozen=True)
class Searched:
    """The columns by which people find a row.

    ``name`` is what it is called, what stands first in it before all else; ``text`` is what it says. A row is found by
    the name of what it stands ``within``, too: an article by its convention.
    """

    name: tuple[str, ...]
    text: tuple[str, ...] = ()
    within: str = ""

    def with_more(self, name: tuple[str, ...] = (), text: tuple[str, ...] = ()) -> "Searched":
        """The same for a kind of row that has further columns."""
        return Searched(self.name + name, self.text + text, self.within)


class UnrecordedWriteError(RuntimeError):
    """A tracked row was about to change without the ledger: without actor, reason and history."""


def refuse(model: type[models.Model], act: str) -> NoReturn:
    raise UnrecordedWriteError(f"{act} on {model._meta.label} leaves no history: use commitments.ledger.save_as().")


class TrackedQuerySet(models.QuerySet[Model]):
    """Refuses the bulk writes that django-simple-history cannot see; the ledger's bulk writer goes around it."""

    def update(self, **kwargs: Any) -> int:
        refuse(self.model, "update()")

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[Model]:
        refuse(self.model, "bulk_create()")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        refuse(self.model, "bulk_update()")

    def delete(self) -> tuple[int, dict[str, int]]:
        refuse(self.model, "delete()")


class HistoryQuerySet(HistoricalQuerySet):  # type: ignore[misc]
    """Reads the past in the order of insertion; ``history_date`` only says from when on a row holds."""

    def latest_of_each(self) -> "HistoryQuerySet":
        """The last inserted row of each object among these rows."""
        later = self.filter(Q(**{self._pk_attr: OuterRef(self._pk_attr)}), Q(history_id__gt=OuterRef("history_id")))
        latest: HistoryQuerySet = self.filter(~Exists(later))
        return latest


ERASED_DE, ERASED_EN = "Gelöscht am ", "Erased on "
"""What stands, with the day, where a text was erased."""

NEVER_EMPTY = {"finding_de": ("state", ("submitted", "approved")), "statement_de": ("result", ("disputed", "not_ours"))}
"""Texts that a row must have in some states: there, an empty one was erased."""


class HistoryRow(models.Model):
    """Columns that every history table has beside the content (DESIGN.md section 5).

    A row that was erased says so where it must have a text, whoever reads it: a page of the past, a redacted report.
    """

    recorded_at = models.DateTimeField(editable=False)
    acting_for_id = models.BigIntegerField(null=True, editable=False)
    schema = models.PositiveIntegerField(editable=False)
    salt = models.CharField(max_length=32, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    erased_on = models.DateField(null=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **options: Any) -> Self:
        row = super().from_db(*args, **options)
        if row.__dict__.get("erased_on") is not None:
            for field in row._meta.concrete_fields:
                if row.__dict__.get(field.attname) == "" and _is_missed(row, field):
                    notice = ERASED_EN if field.attname.endswith("_en") else ERASED_DE
                    setattr(row, field.attname, f"{notice}{row.erased_on:%d.%m.%Y}")
        return row


def _is_missed(row: models.Model, field: "models.Field[Any, Any]") -> bool:
    """Whether an empty text of an erased row stood there before."""
    if field.attname in NEVER_EMPTY:
        column, values = NEVER_EMPTY[field.attname]
        return row.__dict__.get(column) in values
    is_text = isinstance(field, models.CharField | models.TextField)
    return is_text and not field.blank and not field.flatchoices and field.attname not in OF_HISTORY


OF_HISTORY = frozenset({"salt", "digest", "history_type", "history_change_reason", "fingerprint"})


class Tracked(HistoricalRecords):  # type: ignore[misc]
    """django-simple-history's tables and reading side; its writing side is the ledger's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            bases=(HistoryRow,),
            history_id_field=models.BigAutoField(),
            history_user_id_field=models.BigIntegerField(null=True),
            historical_queryset=HistoryQuerySet,
            **options,
        )

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        """Order of insertion, never of date."""
        options: dict[str, Any] = super().get_meta_options(model)
        return options | {"ordering": ("-history_id",), "get_latest_by": ("history_id",)}

    def create_historical_record(self, instance: models.Model, history_type: str, using: str | None = None) -> None:
        """Called after each save: the ledger is writing the row, or nobody may have saved."""
        if not getattr(instance, "_in_ledger", False):
            refuse(type(instance), "save()")


class TrackedModel(models.Model):
    """A row whose every change is kept, with actor, reason and date, and which is never deleted."""

    history = Tracked(inherit=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not getattr(self, "_in_ledger", False):
            refuse(type(self), "save()")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse(type(self), "delete()")


@cache
def history_model(model: type[models.Model]) -> type[Any]:
    """The history table's model of a tracked model; asked once, because ``history`` builds a manager each time."""
    return model.history.model  # type: ignore[attr-defined,no-any-return]


def tracked_models(models_: Iterable[type[models.Model]]) -> list[type[models.Model]]:
    """Those of the given models that have a history of their own."""
    return [model for model in models_ if hasattr(model._meta, "simple_history_manager_attribute")]
