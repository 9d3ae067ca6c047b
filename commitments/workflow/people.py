"""Who may sign in, and in which role."""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models import Assignment, OrganisationalUnit, Role, User
from commitments.permissions import Verb, require
from commitments.workflow.steps import day


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
