"""The first person of a register: an administrator, made on the machine itself, who then enters everybody else."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from commitments.ledger import save_as
from commitments.models.people import Assignment, Role, User


def has_administrator(at: datetime) -> bool:
    return bool(User.objects.holding(Role.ADMINISTRATOR, localdate(at)).exists())


@transaction.atomic
def create_administrator(*, email: str, name: str, password: str, at: datetime) -> User:
    """Raises ValidationError where the address is taken or the password too weak."""
    user = User(email=email, name=name)
    validate_password(password, user)
    user.set_password(password)
    reason = _("Entered on the server as administrator")
    save_as(user, actor=None, reason=reason, at=at)
    role = Assignment(user=user, role=Role.ADMINISTRATOR, valid_from=localdate(at))
    save_as(role, actor=None, reason=reason, at=at)
    return user
