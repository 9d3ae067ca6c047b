"""Size and root of seals go to the auditor by mail, so that they are known outside the server (DESIGN.md, section 5).

At a freeze and at a release of a report with the act itself; once a week all seals since the last such mail. Each at
most once: the row says so before the mail leaves. What was sealed is never in a mail.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from commitments.models import LedgerSeal, Role, User
from reviews import business_days
from reviews.models import Mail, MailKind, MailState, ReviewCycle
from reviews.models.mails import OF_SEALS
from reviews.workflow.steps import day_of, locked_cycle

KEPT_FOR = timedelta(days=30)
"""How long a mail of a seal waits for a mail server; older ones are those of a past that was entered later."""

MOST = 60
"""So many seals stand in a mail of the week; of more, the latest."""


def announce(cycle: ReviewCycle, seal: LedgerSeal, *, at: datetime) -> None:
    """Write down the mails of a freeze or a release with the act itself; the next run of ``send-mails`` sends them."""
    _write_down(cycle, MailKind.SEAL, seal, _auditors(day_of(at)), on=day_of(at))


@transaction.atomic
def prepare(*, at: datetime) -> None:
    """Bring waiting mails of seals to this day, and write this week's where nobody has yet; on working days."""
    today = day_of(at)
    cycle = ReviewCycle.objects.order_by("-year").first()
    if cycle is None or not business_days.is_business_day(today):
        return
    cycle = locked_cycle(cycle.pk)
    waiting = Mail.objects.filter(kind__in=OF_SEALS, state=MailState.WAITING, on__lt=today, on__gte=today - KEPT_FOR)
    waiting.update(on=today)
    last = LedgerSeal.objects.order_by("-pk").first()
    if last is None:
        return
    monday = today - timedelta(days=today.weekday())
    of_the_week = Mail.objects.filter(kind=MailKind.SEALS, on__gte=monday).values_list("address", flat=True)
    told = Mail.objects.filter(kind=MailKind.SEALS, seal=last).values_list("address", flat=True)
    known = {*of_the_week, *told}
    wanted = [auditor for auditor in _auditors(today) if auditor.email not in known]
    _write_down(cycle, MailKind.SEALS, last, wanted, on=today)


def seals_in(mail: Mail) -> list[LedgerSeal]:
    """The seals that a mail tells of, the oldest first: its own, or all since the mail of the week before."""
    if mail.kind == MailKind.SEAL:
        return [mail.seal] if mail.seal else []
    before = Mail.objects.filter(kind=MailKind.SEALS, address=mail.address, pk__lt=mail.pk).exclude(
        state=MailState.EXPIRED
    )
    previous = before.order_by("-pk").values_list("seal_id", flat=True).first() or 0
    found = LedgerSeal.objects.filter(pk__gt=previous, pk__lte=mail.seal_id or 0).order_by("-pk")[:MOST]
    return list(found)[::-1]


def _auditors(today: date) -> QuerySet[User]:
    found: QuerySet[User] = User.objects.holding(Role.AUDITOR, today).order_by("email")
    return found


def _write_down(cycle: ReviewCycle, kind: MailKind, seal: LedgerSeal, to: Iterable[User], *, on: date) -> None:
    Mail.objects.bulk_create(
        Mail(cycle=cycle, kind=kind, on=on, address=each.email, person=each, language=each.language, seal=seal)
        for each in to
    )
