"""Whoever asked for documents of a report is told once all of them are ready, with the address of their page."""

from datetime import datetime

from commitments.models import User
from reviews.models import Mail, MailKind, ReviewCycle
from reviews.workflow.steps import day_of


def tell(cycle: ReviewCycle, person: User, leads_to: str, *, since: datetime, at: datetime) -> Mail | None:
    """Write down the mail, unless one was written since they asked; the next run of ``send-mails`` sends it."""
    told = Mail.objects.filter(kind=MailKind.DRAWN, person=person, leads_to=leads_to, changed_at__gte=since)
    if told.exists() or not person.email:
        return None
    return Mail.objects.create(
        cycle=cycle,
        kind=MailKind.DRAWN,
        on=day_of(at),
        address=person.email,
        person=person,
        language=person.language,
        leads_to=leads_to,
    )
