"""A person who leaves: name and address go for good; number and role stay, so that acts keep their author."""

from datetime import date, datetime
from typing import Any

from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import texts
from commitments.ledger.erasable import REASON
from commitments.ledger.erasing import Subject
from commitments.models import Assignment, Erasure, ErasureKind, Ground, ProtectedAccess, User
from commitments.workflow import erasure
from commitments.workflow.erasure import Proposal

COLUMNS = frozenset({"name", "email", REASON})


def obstacles(person: User, on: date) -> list[str]:
    """What somebody else must take over first, in sentences; other apps know of more. A constant number of queries."""
    if person.pseudonymised_on is not None:
        return [_("This person is pseudonymised already.")]
    running = models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=on)
    found = [
        _("The role still runs: %(role)s. End it first.") % {"role": _role(held)}
        for held in person.assignments.all()
        if held.valid_to is None or held.valid_to >= on
    ]
    found += [
        _("%(name)s still acts for this person: %(role)s. End this role first.")
        % {"name": held.user.name, "role": _role(held)}
        for held in person.deputies.filter(running).select_related("user", "unit")
    ]
    if person.protected_accesses.filter(valid_to__gte=on, given_by_officer__isnull=False).exists():
        found.append(_("The right to protected content still runs. Officer or data protection must end it first."))
    return found


def _role(held: Assignment) -> str:
    label = str(held.get_role_display())
    return f"{label}, {texts.localized(held.unit, 'name')}" if held.unit else label


@transaction.atomic
def propose_pseudonym(person: User, reason: str, *, actor: User, at: datetime) -> Erasure:
    """The first of two signatures, by administration or data protection."""
    if actor.pk == person.pk:
        raise ValidationError(_("Nobody can pseudonymise themselves. Ask somebody else."))
    if Erasure.objects.filter(person=person).exclude(state="dropped").exists():
        raise ValidationError(_("The pseudonymisation of this person is already under way."))
    proposal = Proposal(_subjects(person), Ground.NOT_NECESSARY, reason, ErasureKind.PERSON, person)
    return erasure.propose(proposal, actor=actor, at=at)


def _subjects(person: User) -> list[Subject]:
    """The person, and what was said of them where they were given roles and rights."""
    found = [Subject(User, person.pk, COLUMNS)]
    found += [
        Subject(Assignment, pk, frozenset({REASON}))
        for pk in person.assignments.order_by("pk").values_list("pk", flat=True)
    ]
    rights = person.protected_accesses.order_by("pk").values_list("pk", flat=True)
    return found + [Subject(ProtectedAccess, pk, frozenset({"reason", REASON})) for pk in rights]


def close_account(person: User) -> None:
    """No way in is left: password, sessions, addresses, second factors, single sign-on, tokens, kept views."""
    rows: models.QuerySet[User] = models.QuerySet(User)
    locked_person = User()
    locked_person.lock_password()
    rows.filter(pk=person.pk).update(password=locked_person.password, last_login=None)
    for relation in User._meta.related_objects:
        if relation.on_delete is models.CASCADE:  # theirs alone: addresses, factors, tokens
            related: Any = relation.related_model
            related._base_manager.filter(**{relation.field.name: person.pk}).delete()
    for session in Session.objects.filter(expire_date__gte=timezone.now()).iterator(chunk_size=500):
        if session.get_decoded().get("_auth_user_id") == str(person.pk):
            session.delete()
