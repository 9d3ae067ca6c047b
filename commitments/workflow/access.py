"""The right to see protected content: personal, dated, given by the officer and data protection together (rule 10)."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Value
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as, save_as
from commitments.models import (
    Assignment,
    Commitment,
    Engagement,
    Measure,
    ProtectedAccess,
    ProtectedUse,
    Protection,
    Role,
    User,
)
from commitments.permissions import Verb, require
from commitments.workflow.steps import day, locked

LONGEST = 366
"""Days; whoever needs it longer is given it again."""


OPENED = ("measure_id", "commitment_id", "engagement_id")
"""What a row's own page is about."""


@transaction.atomic
def give_access(
    person: User, valid_from: date, valid_to: date, *, actor: User, at: datetime, reason: str
) -> ProtectedAccess:
    """Sign for somebody's right; it holds once the other one has signed as well."""
    role = require(actor, Verb.GRANT_PROTECTED, on=day(at))
    _require_other(person, role)
    if valid_from < day(at):
        raise ValidationError({"valid_from": _("A right is not given for days that are over.")})
    if (valid_to - valid_from).days > LONGEST:
        raise ValidationError({"valid_to": _("A right holds for one year at most. It can be given again.")})
    row = ProtectedAccess(user=person, valid_from=valid_from, valid_to=valid_to, reason=reason)
    _sign(row, role.role, actor)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def sign_access(access: ProtectedAccess, *, actor: User, at: datetime) -> ProtectedAccess:
    """The second signature, by the one of the two who has not signed yet."""
    row = locked(access)
    role = require(actor, Verb.GRANT_PROTECTED, on=day(at))
    _require_other(row.user, role)
    if row.valid_to < day(at):
        raise ValidationError(_("This right is over. Give a new one."))
    _sign(row, role.role, actor)
    if _hands(row) & {role.user_id, role.acting_for_id}:
        raise PermissionDenied(_("Somebody else gives the second signature, and not for the one who signed first."))
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Second signature"), at=at)
    return row


@transaction.atomic
def end_access(access: ProtectedAccess, *, actor: User, at: datetime, reason: str) -> ProtectedAccess:
    """End a right with this day; the officer or data protection alone may do so. From now on nothing is shown."""
    row = locked(access)
    role = require(actor, Verb.GRANT_PROTECTED, on=day(at))
    if row.valid_to < day(at):
        raise ValidationError(_("This right is over already. Nothing was changed."))
    row.given_by_officer, row.given_by_dpo = None, None
    row.valid_to = max(row.valid_from, day(at))
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


def _require_other(person: User, role: Assignment) -> None:
    """Nobody signs for themselves, nor does their deputy for them."""
    if person.pk == role.user_id:
        raise PermissionDenied(_("Nobody can give a right to themselves."))
    if person.pk == role.acting_for_id:
        raise PermissionDenied(_("A deputy cannot give a right to the person they stand in for."))


def _hands(row: ProtectedAccess) -> set[int]:
    """Everyone who signed so far, or in whose place that was done; one query."""
    past = row.history.order_by().values_list("history_user_id", "acting_for_id")
    return {pk for pair in past for pk in pair if pk}


def _sign(row: ProtectedAccess, role: str, actor: User) -> None:
    column = "given_by_officer" if role == Role.OFFICER else "given_by_dpo"
    if getattr(row, column) is not None:
        raise ValidationError(_("Your side has signed already. The other one is still missing."))
    setattr(row, column, actor)


def note_use(reader: User, *, reference: str, key: str, at: datetime) -> list[ProtectedUse]:
    """Write into the ledger that somebody used the right on a day, and which row they opened; each once a day.

    ``reference`` is that of a measure or commitment, ``key`` that of an engagement, where a page is one row's own.
    """
    wanted: list[dict[str, int]] = [{}, *_opened(reference, key)]
    known = set(ProtectedUse.objects.filter(reader=reader, on=day(at)).values_list(*OPENED))
    rows = [
        ProtectedUse(reader=reader, on=day(at), **columns)
        for columns in wanted
        if tuple(columns.get(name) for name in OPENED) not in known
    ]
    save_all_as(rows, actor=reader, reason=_("Protected content could be read"), at=at)
    return rows


def _opened(reference: str, key: str) -> list[dict[str, int]]:
    """The protected row whose page was opened; one query, none for a list."""
    if reference:
        measures = Measure.objects.filter(reference=reference, protection=Protection.PROTECTED)
        rows = Commitment.objects.filter(reference=reference, protection=Protection.PROTECTED)
        found = (
            measures.order_by()
            .values_list(Value("measure_id"), "pk")
            .union(rows.order_by().values_list(Value("commitment_id"), "pk"))
        )
        return [{name: pk} for name, pk in found]
    if key:
        engagements = Engagement.objects.filter(key=key, protection=Protection.PROTECTED)
        return [{"engagement_id": pk} for pk in engagements.values_list("pk", flat=True)]
    return []
