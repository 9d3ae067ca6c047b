"""Before the freeze: what stands in its way, and what will be in the report all the same.

Whatever ``freeze_cycle`` refuses is a point of kind danger here; all others are warnings that it does not heed.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, CharField, Value, When
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commitments.models import Commitment, User
from commitments.permissions import Verb, can
from commitments.texts import long_date
from reviews.models import (
    AssessmentState,
    CycleState,
    FollowUp,
    ReminderDate,
    ReviewCycle,
)
from reviews.views import progress
from reviews.workflow.schedule import in_words


@dataclass(frozen=True)
class Check:
    """One thing to look at before the freeze; ``kind`` is danger where it stands in the way."""

    kind: str
    title: str
    text: str = ""
    url: str = ""


def freezing(user: User, cycle: ReviewCycle, today: date, facts: progress.Facts, pending: int = 0) -> dict[str, Any]:
    """What ``reviews/_checks.html`` takes. ``pending``: answers whose reported changes are not in the register."""
    found = checks(user, cycle, today, facts, pending)
    return {"checks": found, "is_blocked": any(check.kind == "danger" for check in found)}


def checks(user: User, cycle: ReviewCycle, today: date, facts: progress.Facts, pending: int) -> list[Check]:
    """What stands in the way of the freeze, and what will be in the report all the same."""
    if cycle.is_final:
        return []
    counts, unsent = _counts(user, cycle, today)
    found = [_begun(cycle), _assessed(cycle, counts["waiting"], counts["seen"])]
    if counts["unseen"]:
        text = _("Somebody with the right to protected content writes and approves them.")
        found.append(Check("danger", _("Protected assessments are not approved yet"), text))
    if unsent:
        found.append(_unsent(user, cycle, today, in_words(unsent)))
    found.append(_released(cycle, facts))
    if facts.disputed:
        found.append(_disputed(cycle, facts.disputed))
    if facts.void:
        found.append(_void(cycle, facts.void))
    if pending:
        found.append(_pending(cycle, pending))
    if overdue := counts["overdue"]:
        title = ngettext("%(n)d promise is overdue", "%(n)d promises are overdue", overdue) % {"n": overdue}
        text = _("This does not stop the freeze, but the report will say so.")
        found.append(Check("warning", title, text, f"{reverse('reviews:follow-up-list')}?state=overdue"))
    return found


def _counts(user: User, cycle: ReviewCycle, today: date) -> tuple[Counter[str], set[date]]:
    """Assessments seen, those of them that wait, those unseen that wait, and overdue promises; beside them the days
    whose reminders are due and did not go out. One query.
    """
    visible = When(commitment__in=Commitment.objects.visible_to(user), then=Value("seen"))
    rows = cycle.assessments.order_by().annotate(who=Case(visible, default=Value("unseen")))
    late = FollowUp.objects.visible_to(user).overdue(today).order_by()
    due = ReminderDate.objects.due(today).filter(cycle=cycle).order_by()
    days = due.annotate(day=Cast("on", CharField())).values_list(Value("unsent"), "day", "pk")
    others = [late.values_list(Value("overdue"), "state", "pk"), days]
    found: Counter[str] = Counter()
    unsent: set[date] = set()
    for what, said, _pk in rows.values_list("who", "state", "pk").union(*others, all=True):
        if what == "unsent":
            unsent.add(date.fromisoformat(said))
            continue
        is_open = said != AssessmentState.APPROVED
        found["seen"] += what == "seen"
        found["waiting"] += what == "seen" and is_open
        found["unseen"] += what == "unseen" and is_open
        found["overdue"] += what == "overdue"
    return found, unsent


def _begun(cycle: ReviewCycle) -> Check:
    if cycle.state == CycleState.ASSESSING:
        return Check("success", _("The assessment has begun"))
    text = _("It can begin with the last reminder on %(day)s.") % {"day": long_date(cycle.last_reminder_on)}
    return Check("danger", _("The assessment has not begun"), text, reverse("reviews:cycle", args=[cycle.year]))


def _assessed(cycle: ReviewCycle, waiting: int, total: int) -> Check:
    if not waiting:
        return Check("success", _("All assessments are approved"))
    title = ngettext(
        "%(n)d of %(total)d assessments is not approved", "%(n)d of %(total)d assessments are not approved", waiting
    ) % {"n": waiting, "total": total}
    text = _("They are due on %(day)s.") % {"day": long_date(cycle.assess_by)}
    return Check("danger", title, text, reverse("reviews:assessment-list", args=[cycle.year]))


def _unsent(user: User, cycle: ReviewCycle, today: date, days: str) -> Check:
    text = _(
        "They were planned for %(days)s. They go out by themselves on working days between 7 and 18 o'clock; if they "
        "are not to go out, take them off with a reason."
    )
    url = reverse("reviews:mails", args=[cycle.year]) if can(user, Verb.READ_LEDGER, on=today) else ""
    return Check("danger", _("Planned reminders have not gone out"), text % {"days": days}, url)


def _released(cycle: ReviewCycle, facts: progress.Facts) -> Check:
    missing = facts.unreleased
    if not missing:
        return Check("success", _("All answers are released"))
    title = ngettext("%(n)d answer is not released", "%(n)d answers are not released", missing) % {"n": missing}
    text = _("After %(day)s they count as “no reply”, with the dates of the reminders.") % {
        "day": long_date(cycle.last_reminder_on)
    }
    return Check("warning", title, text, f"{reverse('reviews:board', args=[cycle.year])}?state=open#units")


def _void(cycle: ReviewCycle, count: int) -> Check:
    title = ngettext("%(n)d answer is no longer valid", "%(n)d answers are no longer valid", count) % {"n": count}
    text = _("The measure was changed after the answer. Ask the unit again.")
    return Check("warning", title, text, f"{reverse('reviews:board', args=[cycle.year])}?state=void#units")


def _disputed(cycle: ReviewCycle, count: int) -> Check:
    title = ngettext("%(n)d answer disputes an entry", "%(n)d answers dispute an entry", count) % {"n": count}
    text = _("This does not stop the freeze. Both texts are printed; the verdict remains the officer's.")
    return Check("warning", title, text, f"{reverse('reviews:board', args=[cycle.year])}?state=disputed#units")


def _pending(cycle: ReviewCycle, count: int) -> Check:
    title = ngettext(
        "%(n)d answer reports changes that are not in the register",
        "%(n)d answers report changes that are not in the register",
        count,
    ) % {"n": count}
    text = _("This does not stop the freeze. They can be entered into the register afterwards as well.")
    return Check("warning", title, text, reverse("reviews:reported-changes", args=[cycle.year]))
