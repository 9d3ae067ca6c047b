"""Every change of a tracked row passes here: validated, with actor, reason and date, with history, leaf and words."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import search
from commitments.ledger import canonical
from commitments.models.audit import LedgerLeaf, LedgerSchema
from commitments.models.people import City, User
from commitments.models.portfolio import Engagement
from commitments.tracking import history_model

LATENESS = timedelta(minutes=15)
"""How long an act may take until its last row is written."""

BATCH = 500


@transaction.atomic
def save_as(
    obj: models.Model, *, actor: User | None, reason: str, at: datetime, acting_for: User | None = None
) -> None:
    """Validate and save ``obj``; its history row names who did it, for whom, when and why.

    ``actor`` is None where the system itself acts (a loader, the nightly seal). ``at`` is when the change holds;
    only a register marked as sample takes another moment than now. Raises ValidationError with sentences.
    """
    created = obj._state.adding
    moment = _moment(at)
    obj.full_clean()
    with _in_ledger([obj]), _explained(type(obj)):
        obj.save()
    record([obj], "+" if created else "~", Act(actor, acting_for, reason, moment))
    search.index([obj])


@transaction.atomic
def save_all_as(
    objs: Iterable[models.Model],
    *,
    actor: User | None,
    reason: str,
    at: datetime,
    acting_for: User | None = None,
) -> None:
    """The bulk sibling of ``save_as`` for rows of one model; new and changed ones may be mixed.

    Fields are validated one by one; rules over several rows are the database's constraints, whose sentences
    come back as ValidationError. Nothing is written where one row is wrong.
    """
    rows = list(objs)
    if not rows:
        return
    model = type(rows[0])
    if model._meta.parents:
        for row in rows:
            save_as(row, actor=actor, reason=reason, at=at, acting_for=acting_for)
        return
    act = Act(actor, acting_for, reason, _moment(at))
    for row in rows:
        row.clean_fields(exclude=[f.name for f in model._meta.fields if f.is_relation])
        row.clean()
    new = [row for row in rows if row._state.adding]
    changed = [row for row in rows if not row._state.adding]
    plain: models.QuerySet[models.Model] = models.QuerySet(model)
    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    with _explained(model):
        plain.bulk_create(new, batch_size=BATCH)
        if changed:
            plain.bulk_update(changed, columns, batch_size=BATCH // 5)
    record(new, "+", act)
    record(changed, "~", act)
    search.index(rows)


class Act:
    """Who does something, for whom, why and when."""

    def __init__(self, actor: User | None, acting_for: User | None, reason: str, at: datetime) -> None:
        if not reason.strip():
            raise ValidationError(_("Say why this is changed."))
        self.columns = {
            "history_user_id": actor.pk if actor else None,
            "acting_for_id": acting_for.pk if acting_for else None,
            "history_change_reason": reason,
            "history_date": at,
            "recorded_at": timezone.now(),
        }


def _moment(at: datetime) -> datetime:
    """The date for the history; another than now is for sample data only."""
    now = timezone.now()
    if now - LATENESS <= at <= now + timedelta(minutes=1):
        return at
    if City.objects.filter(is_sample=True).exists():
        return at
    raise ValidationError(_("Only a register that is marked as sample takes changes dated other than now."))


@contextmanager
def _in_ledger(objs: Sequence[models.Model]) -> Iterator[None]:
    for obj in objs:
        if type(obj) is Engagement:
            raise TypeError("Save the partnership, project, membership or training, not the bare engagement.")
        obj._in_ledger = True  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for obj in objs:
            del obj._in_ledger  # type: ignore[attr-defined]


def record(objs: Sequence[models.Model], history_type: str, act: Act) -> None:
    """Write history rows and their leaves for rows that were just saved."""
    if not objs:
        return
    history = history_model(type(objs[0]))
    fields = canonical.content_fields(history)
    schema = _schema(history._meta.db_table, fields)
    table, key = history._meta.db_table, type(objs[0])._meta.pk.attname
    rows = []
    for obj in objs:
        content = {f.attname: canonical.stored(f, getattr(obj, f.attname)) for f in history.tracked_fields}
        columns = act.columns | content | {"schema": schema, "salt": canonical.new_salt()}
        rows.append(
            history(history_type=history_type, digest=canonical.content_digest(table, fields, columns), **columns)
        )
    models.QuerySet(history).bulk_create(rows, batch_size=BATCH)
    leaves = [
        LedgerLeaf(table=table, history_id=row.history_id, hash=canonical.leaf_hash(table, key, row.__dict__))
        for row in rows
    ]
    LedgerLeaf.objects.bulk_create(leaves, batch_size=BATCH)


def _schema(table: str, fields: list[str]) -> int:
    """The number of the list of fields that a table's digests cover; a new list gets a new number."""
    known = LedgerSchema.objects.filter(table=table, fields=fields).order_by("pk").first()
    return (known or LedgerSchema.objects.create(table=table, fields=fields)).pk


@contextmanager
def _explained(model: type[models.Model]) -> Iterator[None]:
    """Give a broken constraint its sentence, also where the database is the first to notice (a race, a bulk write)."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        broken = _broken(model, str(error))
        if broken is None:
            raise
        raise ValidationError({NON_FIELD_ERRORS: [broken]}) from error


def _broken(model: type[models.Model], message: str) -> str | None:
    """The sentence of the constraint that a database message names, by its name or (SQLite) by its columns."""
    table = model._meta.db_table
    column_of = {field.name: f"{table}.{field.column}" for field in model._meta.concrete_fields}
    for constraint in model._meta.constraints:
        columns = ""
        if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
            columns = ", ".join(column_of[name] for name in constraint.fields)
        if constraint.name in message or (columns and message.endswith(columns)):
            return str(constraint.get_violation_error_message())
    for field in model._meta.concrete_fields:
        if field.unique and (message.endswith(f"{table}.{field.column}") or f"Key ({field.column})=" in message):
            return str(_("There is already an entry with this %(field)s.")) % {"field": field.verbose_name}
    return None
