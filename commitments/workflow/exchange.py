"""What people do with files: bring one in, take it over or discard it, take rows out. Each leaves a Transfer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.jobs import enqueue
from commitments.ledger import save_as
from commitments.models import Direction, Transfer, TransferState, User
from commitments.permissions import Verb, require
from commitments.workflow.downloads import noted_filter
from commitments.workflow.steps import day, locked

CHECK, APPLY, MAKE = "check-import", "apply-import", "make-export"
"""Kinds of the jobs; each knows its transfer by the transfer's ``job``."""


@dataclass(frozen=True)
class FileFacts:
    """What is kept of a file: its name, bytes and SHA-256."""

    name: str
    size: int
    sha256: str


@transaction.atomic
def begin_import(subject: str, file: FileFacts, *, actor: User, at: datetime) -> Transfer:
    """A file has come in; the background looks what it would do. The caller stores it within the same transaction."""
    role = require(actor, Verb.IMPORT, on=day(at))
    job = enqueue(CHECK, asked_by=actor)
    transfer = _transfer(Direction.IMPORT, subject, file, TransferState.CHECKING, actor, at)
    transfer.job = job.pk
    save_as(transfer, actor=actor, acting_for=role.acting_for, reason=_("File brought in"), at=at)
    return transfer


@transaction.atomic
def note_checked(transfer: Transfer, counts: dict[str, Any], *, refused: bool, protected: bool, at: datetime) -> None:
    """The preview is there."""
    transfer = locked(transfer)
    if transfer.state not in (TransferState.CHECKING, TransferState.CHECKED):
        return
    transfer.state = TransferState.REFUSED if refused else TransferState.CHECKED
    transfer.counts, transfer.holds_protected = counts, protected
    save_as(transfer, actor=transfer.by, reason=_("File checked"), at=at)


@transaction.atomic
def ask_to_take_over(transfer: Transfer, *, actor: User, at: datetime, reason: str) -> Transfer:
    """The importer has read the preview and wants it so; the background writes it."""
    transfer = _own(transfer, actor, at)
    if transfer.state != TransferState.CHECKED:
        raise ValidationError(_("This file is no longer waiting. Bring it in again."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why you change this.")})
    transfer.job = enqueue(APPLY, asked_by=actor, reason=reason.strip()).pk
    save_as(transfer, actor=actor, reason=_("File is to be taken over"), at=at)
    return transfer


def still_waiting(pk: int) -> bool:
    """Whether a file may still be written; holds its transfer until the transaction ends."""
    return Transfer.objects.select_for_update().get(pk=pk).state == TransferState.CHECKED


def note_taken_over(transfer: Transfer, counts: dict[str, Any], *, at: datetime, reason: str) -> None:
    """Said within the transaction that writes the rows."""
    transfer = locked(transfer)
    transfer.state, transfer.counts = TransferState.APPLIED, counts
    save_as(transfer, actor=transfer.by, reason=reason, at=at)


@transaction.atomic
def discard(transfer: Transfer, *, actor: User, at: datetime) -> Transfer:
    transfer = _own(transfer, actor, at)
    if transfer.state not in (TransferState.CHECKING, TransferState.CHECKED, TransferState.REFUSED):
        raise ValidationError(_("This file is no longer waiting. Bring it in again."))
    transfer.state = TransferState.DISCARDED
    save_as(transfer, actor=actor, reason=_("File discarded"), at=at)
    return transfer


@transaction.atomic
def expire(pks: list[int], *, at: datetime) -> None:
    """Nobody took these over, or downloaded them, in time; their files are removed."""
    reasons = {
        TransferState.CHECKING: _("Not taken over within a day; the file is removed"),
        TransferState.CHECKED: _("Not taken over within a day; the file is removed"),
        TransferState.MAKING: _("Not downloaded within a day; the file is removed"),
        TransferState.READY: _("Not downloaded within a day; the file is removed"),
    }
    for transfer in Transfer.objects.filter(pk__in=pks, state__in=reasons).select_for_update():
        reason = reasons[TransferState(transfer.state)]
        transfer.state = TransferState.DISCARDED
        save_as(transfer, actor=None, reason=reason, at=at)


@dataclass(frozen=True)
class Taken:
    """What went out: how many rows, by which filter, and whether protected ones were among them."""

    rows: int
    query: str
    holds_protected: bool


@transaction.atomic
def note_export(subject: str, file: FileFacts, taken: Taken, *, actor: User | None, at: datetime) -> Transfer:
    role = require(actor, Verb.EXPORT, on=day(at)) if actor is not None else None
    transfer = _transfer(Direction.EXPORT, subject, file, TransferState.MADE, actor, at)
    transfer.counts, transfer.query = {"rows": taken.rows}, noted_filter(taken.query, actor)
    transfer.holds_protected = taken.holds_protected
    acting_for = role.acting_for if role else None
    save_as(transfer, actor=actor, acting_for=acting_for, reason=_("Rows taken out as a file"), at=at)
    return transfer


@transaction.atomic
def begin_export(subject: str, file_name: str, query: str, *, actor: User, at: datetime) -> Transfer:
    """A long table is asked for; the background makes it. The caller stores the order within the same transaction."""
    role = require(actor, Verb.EXPORT, on=day(at))
    transfer = _transfer(Direction.EXPORT, subject, FileFacts(file_name, 0, ""), TransferState.MAKING, actor, at)
    transfer.job, transfer.query = enqueue(MAKE, asked_by=actor).pk, noted_filter(query, actor)
    save_as(transfer, actor=actor, acting_for=role.acting_for, reason=_("Table asked for"), at=at)
    return transfer


@transaction.atomic
def note_made(transfer: Transfer, file: FileFacts, taken: Taken, *, at: datetime) -> None:
    """The file lies there for whoever asked; a worker that comes second says nothing."""
    transfer = locked(transfer)
    if transfer.state != TransferState.MAKING:
        return
    transfer.state, transfer.size, transfer.sha256 = TransferState.READY, file.size, file.sha256
    transfer.counts, transfer.holds_protected = {"rows": taken.rows}, taken.holds_protected
    save_as(transfer, actor=transfer.by, reason=_("Table ready to be downloaded"), at=at)


@transaction.atomic
def note_downloaded(transfer: Transfer, *, actor: User, at: datetime) -> bool:
    """Whoever asked for the file takes it, now for the first time or again; whether it was the first."""
    transfer = locked(transfer)
    role = require(actor, Verb.EXPORT, on=day(at))
    if transfer.by_id != actor.pk:
        raise PermissionDenied(_("Only the person who asked for the file can download it."))
    if transfer.state != TransferState.READY:
        return False
    transfer.state = TransferState.MADE
    save_as(transfer, actor=actor, acting_for=role.acting_for, reason=_("Rows taken out as a file"), at=at)
    return True


@transaction.atomic
def note_import_by_system(subject: str, file: FileFacts, counts: dict[str, Any], *, at: datetime) -> Transfer:
    """An import by the command, which runs on the server and in nobody's name."""
    transfer = _transfer(Direction.IMPORT, subject, file, TransferState.APPLIED, None, at)
    transfer.counts = counts
    save_as(transfer, actor=None, reason=_("File brought in"), at=at)
    return transfer


def _own(transfer: Transfer, actor: User, at: datetime) -> Transfer:
    transfer = locked(transfer)
    require(actor, Verb.IMPORT, on=day(at))
    if transfer.by_id != actor.pk:
        raise PermissionDenied(_("Only the person who brought the file in can do this."))
    return transfer


def _transfer(
    direction: Direction, subject: str, file: FileFacts, state: TransferState, by: User | None, at: datetime
) -> Transfer:
    return Transfer(
        direction=direction,
        subject=subject,
        file_name=file.name[:200],
        size=file.size,
        sha256=file.sha256,
        state=state,
        by=by,
        at=at,
    )
