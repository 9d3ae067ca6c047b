"""Everybody who ever held a role, so that an act can be shown in the role that its author held on that day."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import Assignment


class People:
    """All people with their roles, in one query."""

    def __init__(self) -> None:
        self.roles: dict[int, list[Assignment]] = {}
        for held in Assignment.objects.select_related("user", "unit").order_by("user__name", "pk"):
            self.roles.setdefault(held.user_id, []).append(held)

    def choices(self) -> list[tuple[str, str]]:
        """Numbers and names, for a filter."""
        return [(str(pk), held[0].user.name) for pk, held in self.roles.items()]

    def shown(self, pk: int | None, at: datetime) -> str:
        """Someone's role on a day with its unit; their name where they held none; the system where nobody acted."""
        if pk is None:
            return _("System")
        roles = self.roles.get(pk, [])
        day = timezone.localtime(at).date()
        held = next((role for role in roles if role.is_valid(day)), None)
        if held is None:
            return roles[0].user.name if roles else _("Person without a role")
        label = str(held.get_role_display())
        return f"{label}, {texts.localized(held.unit, 'name')}" if held.unit else label
