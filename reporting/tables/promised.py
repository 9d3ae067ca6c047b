"""Promises on the first screen: what is overdue, what the units said of theirs, what somebody works on."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet, Window
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reviews.models import FollowUp, FollowUpState
from reviews.views.follow_ups import waits_for_officer


def for_officer(rows: QuerySet[FollowUp], today: date, most: int) -> list[FollowUp]:
    """Promises that are overdue, the longest first, and those of which a unit says that they are done or declined.

    One query; each row knows how many there are of either kind (``n_late``, ``n_said``).
    """
    late = Q(state=FollowUpState.OPEN, due_on__lt=today)
    found = rows.annotate(
        is_late=ExpressionWrapper(late, output_field=BooleanField()),
        is_said=ExpressionWrapper(waits_for_officer(), output_field=BooleanField()),
    ).filter(Q(is_late=True) | Q(is_said=True))
    counted = {"n_late": Q(is_late=True), "n_said": Q(is_said=True)}
    found = found.annotate(**{name: Window(Count("pk", filter=condition)) for name, condition in counted.items()})
    return list(found.select_related("commitment", "unit").order_by("-is_late", "due_on", "pk")[:most])


def overdue_task(count: int, since: date, today: date, text: str) -> tuple[str, str, str]:
    """Title, text and badge of the task that promises are overdue."""
    title = ngettext("%(n)s promise is overdue", "%(n)s promises are overdue", count) % {"n": count}
    days = (today - since).days
    badge = ngettext("For %(days)s day", "For %(days)s days", days) % {"days": days}
    return title, text, badge


def late_of(rows: Iterable[FollowUp], today: date) -> Sequence[FollowUp]:
    return [row for row in rows if row.is_overdue(today)]


def said_title(count: int) -> str:
    return ngettext("%(n)s unit has reported on a promise", "Units have reported on %(n)s promises", count) % {
        "n": count
    }


def said_text() -> str:
    return _("They say it is done, or decline it. Say what came of it, or give it a new day.")
