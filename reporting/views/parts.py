"""What pages of the report share."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from commitments import clock, texts
from commitments.models import User
from commitments.permissions import Verb, can


def require_part(user: User) -> None:
    """Whoever may see no content at all would see nothing but gaps. Raises PermissionDenied with a sentence."""
    if not user.clearance():
        raise PermissionDenied(_("Your role has no part in the content of the register."))


def may_explain(user: User) -> bool:
    return can(user, Verb.GIVE_GAP_REASON, on=clock.today())


def state_of_today() -> str:
    return _("State of %(day)s") % {"day": texts.long_date(clock.today())}
