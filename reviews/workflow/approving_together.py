"""Many verdicts approved at once, as the approver saw them: what was written or submitted since is left (rule 9)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy

from commitments.models import User
from commitments.permissions import Verb, require
from commitments.tracking import history_model
from commitments.workflow.steps import last_changes
from reviews.models import Assessment, ReviewCycle
from reviews.workflow.assessments_together import Together, approve_all
from reviews.workflow.steps import day_of, locked_cycle

CHANGED = gettext_lazy("it was changed after you opened the page; please look at it once more")


def newest_change(cycle: ReviewCycle) -> int:
    """Number of the newest history row of a cycle's assessments; in a cycle one is written after the other."""
    past = history_model(Assessment).objects.filter(cycle_id=cycle.pk).order_by()
    return past.aggregate(newest=Max("history_id"))["newest"] or 0


@transaction.atomic
def approve_seen(rows: Iterable[Assessment], seen: int, *, actor: User, at: datetime) -> Together:
    """``approve_all`` of those that nobody changed after ``seen``, the cycle's ``newest_change`` on the page.

    The others are named. While the cycle is locked nobody writes an assessment of it.
    """
    require(actor, Verb.DECIDE_ASSESSMENT, on=day_of(at))
    wanted = list(rows)
    if wanted:
        locked_cycle(wanted[0].cycle_id)
    last = last_changes(wanted)
    changed = [row.pk for row in wanted if last[row.pk] > seen]
    same = [row for row in wanted if last[row.pk] <= seen]
    told = approve_all(same, actor=actor, at=at) if same or not changed else Together()
    left = Assessment.objects.filter(pk__in=changed).order_by("commitment__reference")
    if changed:
        told.left[str(CHANGED)] = list(left.values_list("commitment__reference", flat=True))
    return told
