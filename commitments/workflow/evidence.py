"""What people do to evidence: add it, say more about it, replace and withdraw it, and read what is protected.

A piece of evidence counts as strict as the strictest of its own class and those of the rows it belongs to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments import filestore
from commitments.ledger import save_as
from commitments.models import Commitment, Evidence, EvidenceKind, EvidenceRead, Measure, Protection, User
from commitments.permissions import OfUnits, Verb, can, require
from commitments.uploads import Received
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since

Owner = Measure | Commitment
ORDER = list(Protection)
"""The classes, from the most open to the strictest."""


@dataclass(frozen=True)
class Given:
    """What someone says about a piece of evidence; a file comes with what was received."""

    kind: EvidenceKind
    title: str
    protection: str
    expires_on: date | None = None
    url: str = ""
    reference: str = ""
    received: Received | None = None

    def as_columns(self) -> dict[str, Any]:
        columns: dict[str, Any] = {
            "kind": self.kind,
            "title": self.title or (self.received.stem if self.received else ""),
            "protection": self.protection,
            "expires_on": self.expires_on,
            "url": self.url,
            "reference": self.reference,
        }
        if self.received:
            names = ("media_type", "size", "sha256")
            columns |= {name: getattr(self.received, name) for name in names}
        return columns


def owner_of(row: Evidence) -> Owner:
    """The measure or commitment that a piece of evidence bears out."""
    owner = row.measure or row.commitment
    assert owner is not None  # a constraint of the table
    return owner


def classes_for(owner: Owner) -> list[Protection]:
    """The classes that evidence of a row may have: at least as strict as the row itself."""
    return ORDER[ORDER.index(Protection(owner.protection)) :]


@transaction.atomic
def add(owner: Owner, given: Given, *, actor: User, at: datetime, under: OfUnits | None = None) -> Evidence:
    """Add a file, a link or a council paper to a measure or commitment.

    ``under``: something else by which the actor's unit answers for it, for instance a promise on that commitment.
    """
    owner = locked(owner)
    role = require(actor, Verb.ADD_EVIDENCE, under or owner, on=day(at))
    row = Evidence(**given.as_columns(), **_belongs_to(owner))
    _refuse_laxer_than(owner, row.protection)
    _refuse_past(row.expires_on, at)
    _refuse_twice(row, actor)
    _store(given)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=_("Evidence added"), at=at)
    return row


@transaction.atomic
def change(row: Evidence, edit: Edit, *, actor: User, at: datetime) -> Evidence:
    """Change title, class, expiry or address; the file itself is replaced, never changed."""
    row = locked(row)
    owner = owner_of(row)
    role = require(actor, Verb.ADD_EVIDENCE, owner, on=day(at))
    _refuse_settled(row)
    unchanged_since(row, edit.seen)
    before = row.protection
    changed = apply(row, edit.changes)
    _refuse_laxer_than(owner, row.protection)
    _refuse_opening(before, row.protection, actor, at)
    if "expires_on" in changed:
        _refuse_past(row.expires_on, at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    tighten_earlier(row, actor=actor, acting_for=role.acting_for, at=at)
    return row


@transaction.atomic
def replace(row: Evidence, given: Given, *, actor: User, at: datetime) -> Evidence:
    """A new version of a file. The earlier one stays, and is never more open than the one that follows it."""
    row = locked(row)
    owner = owner_of(row)
    role = require(actor, Verb.ADD_EVIDENCE, owner, on=day(at))
    _refuse_settled(row)
    if row.kind != EvidenceKind.FILE or given.received is None:
        raise ValidationError(_("Only files have versions. Change the address of a link instead."))
    if given.received.sha256 == row.sha256:
        raise ValidationError({"file": _("This is the very file that stands here already. Choose the new one.")})
    new = Evidence(**given.as_columns(), measure=row.measure, commitment=row.commitment, replaces=row)
    _refuse_laxer_than(owner, new.protection)
    _refuse_opening(row.protection, new.protection, actor, at)
    _refuse_past(new.expires_on, at)
    _refuse_twice(new, actor)
    _store(given)
    save_as(new, actor=actor, acting_for=role.acting_for, reason=_("New version"), at=at)
    tighten_earlier(new, actor=actor, acting_for=role.acting_for, at=at)
    return new


@transaction.atomic
def withdraw(row: Evidence, reason: str, *, actor: User, at: datetime) -> Evidence:
    """Say that this no longer bears anything out, and why. The file and its history stay."""
    row = locked(row)
    role = require(actor, Verb.ADD_EVIDENCE, owner_of(row), on=day(at))
    _refuse_settled(row)
    if not reason.strip():
        raise ValidationError({"reason": _("Say in one sentence why this is withdrawn.")})
    row.withdrawn_on = day(at)
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row


@transaction.atomic
def note_reading(row: Evidence, *, actor: User, at: datetime) -> EvidenceRead | None:
    """Write into the ledger that someone is handed protected evidence; of other evidence nothing is noted."""
    if row.strictest != Protection.PROTECTED:
        return None
    read = EvidenceRead(evidence=row, reader=actor, read_at=at)
    save_as(read, actor=actor, reason=_("Protected evidence was read"), at=at)
    return read


def _belongs_to(owner: Owner) -> Mapping[str, Owner]:
    return {"measure": owner} if isinstance(owner, Measure) else {"commitment": owner}


def _store(given: Given) -> None:
    """The file first, the row after it: a row never speaks of a file that is not there."""
    if given.kind == EvidenceKind.FILE and given.received is None:
        raise ValidationError({"file": _("Choose a file.")})
    if given.received:
        filestore.put_parts(given.received.parts(), given.received.sha256)


def _refuse_settled(row: Evidence) -> None:
    if row.withdrawn_on is not None:
        raise ValidationError(_("This evidence has been withdrawn. Add it again if it counts after all."))
    if hasattr(row, "replaced_by"):
        raise ValidationError(_("There is a later version of this file. Change that one."))


def _refuse_laxer_than(owner: Owner, protection: str) -> None:
    if protection not in classes_for(owner):
        raise ValidationError(
            {"protection": _("Evidence is at least as protected as what it belongs to. Choose a stricter class.")}
        )


def _refuse_opening(before: str, after: str, actor: User, at: datetime) -> None:
    """Opening what was closed is the officer's decision."""
    is_opened = ORDER.index(Protection(after)) < ORDER.index(Protection(before))
    if is_opened and not can(actor, Verb.EDIT_REGISTER, on=day(at)):
        raise ValidationError(
            {"protection": _("Only the human-rights officer can make evidence more open than it was.")}
        )


def _refuse_past(expires_on: date | None, at: datetime) -> None:
    if expires_on is not None and expires_on < day(at):
        raise ValidationError({"expires_on": _("This day has passed. Give a later one, or leave it empty.")})


def _refuse_twice(row: Evidence, actor: User) -> None:
    """The same thing once on each row; of what the actor may not see nothing is said."""
    name, column = {
        EvidenceKind.FILE: ("file", "sha256"),
        EvidenceKind.LINK: ("url", "url"),
        EvidenceKind.COUNCIL_PAPER: ("reference", "reference"),
    }[EvidenceKind(row.kind)]
    same = Evidence.objects.visible_to(actor).current().filter(kind=row.kind, **{column: getattr(row, column)})
    known = same.filter(measure=row.measure, commitment=row.commitment).first()
    if known is not None and getattr(row, column):
        raise ValidationError({name: _("This already stands here as “%(title)s”.") % {"title": known.title}})


def tighten_earlier(row: Evidence, *, actor: User | None, acting_for: User | None, at: datetime) -> None:
    """The versions before a row are at least as strict as the row itself (rule 10, for the past as well)."""
    while row.replaces is not None:
        earlier = locked(row.replaces)
        if ORDER.index(Protection(earlier.protection)) < ORDER.index(Protection(row.protection)):
            earlier.protection = row.protection
            reason = _("As strict as the version that follows")
            save_as(earlier, actor=actor, acting_for=acting_for, reason=reason, at=at)
        row = earlier
