"""Who may sign in, and in which role."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Assignment, OrganisationalUnit, Role, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import Edit, apply, day, locked, unchanged_since


@transaction.atomic
def enter_person(*, email: str, name: str, actor: User | None, at: datetime, reason: str, language: str = "de") -> User:
    """A new person who may sign in, without a password: they get in by code, passkey or the city's sign-on."""
    if actor is not None:
        require(actor, Verb.MANAGE_PEOPLE, on=day(at))
    person = User(email=email.strip().lower(), name=name.strip(), language=language)
    person.lock_password()
    save_as(person, actor=actor, reason=reason, at=at)
    return person


@dataclass(frozen=True)
class Post:
    """A role, in a unit or city-wide, from a day on; a deputy's names the person acted for."""

    role: Role
    valid_from: date
    unit: OrganisationalUnit | None = None
    acting_for: User | None = None
    valid_to: date | None = None


@transaction.atomic
def assign_role(person: User, post: Post, *, actor: User | None, at: datetime, reason: str) -> Assignment:
    """Give someone a role. Nobody gives a role to themselves."""
    if actor is not None:
        require(actor, Verb.MANAGE_PEOPLE, on=day(at))
        if actor == person:
            raise PermissionDenied(_("Nobody can give a role to themselves."))
    columns = {"unit": post.unit, "acting_for": post.acting_for, "valid_to": post.valid_to}
    held = Assignment(user=person, role=post.role, valid_from=post.valid_from, **columns)
    save_as(held, actor=actor, reason=reason, at=at)
    return held


@transaction.atomic
def edit_person(person: User, edit: Edit, *, actor: User, at: datetime) -> User:
    """Change name, address or language, or close the account; nobody closes their own."""
    person = locked(person)
    role = require(actor, Verb.MANAGE_PEOPLE, on=day(at))
    unchanged_since(person, edit.seen)
    if actor == person and edit.changes.get("is_active") is False:
        raise ValidationError({"is_active": _("You cannot close your own account. Ask another administrator.")})
    apply(person, edit.changes)
    save_as(person, actor=actor, acting_for=role.acting_for, reason=edit.reason, at=at)
    return person


@transaction.atomic
def end_role(held: Assignment, on: date, *, actor: User, at: datetime, reason: str) -> Assignment:
    """A role ends with a day; what was done in it keeps its name."""
    row = locked(held)
    role = require(actor, Verb.MANAGE_PEOPLE, on=day(at))
    if actor.pk == row.user_id:
        raise PermissionDenied(_("Nobody can end a role of their own. Ask another administrator."))
    if row.valid_to is not None and row.valid_to < day(at):
        raise ValidationError(_("This role has ended already. Nothing was changed."))
    if on < row.valid_from:
        raise ValidationError({"on": _("The end lies before the start. Please correct one of the two dates.")})
    row.valid_to = on
    save_as(row, actor=actor, acting_for=role.acting_for, reason=reason, at=at)
    return row
