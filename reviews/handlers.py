"""What the background jobs of a review cycle do."""

from typing import Any

from commitments import clock
from commitments.jobs import Progress, register
from commitments.models import City, User
from reviews import document_letters, letters, seal_letters
from reviews.models import MailKind, ReviewCycle
from reviews.workflow import mails, seal_mails
from reviews.workflow.mails import SEND_MAILS, open_and_ask
from reviews.workflow.reminders import remind_of_renewals, run_schedule

WORDS = {
    MailKind.SEAL: seal_letters.written,
    MailKind.SEALS: seal_letters.written,
    MailKind.DRAWN: document_letters.written,
}
"""Who writes the words of mails that are not about answers."""

OPEN_CYCLE = "open-cycle"
"""Kind of the job that opens a large cycle; its arguments are the ids of ``cycle`` and ``actor``."""


def open_a_cycle(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """All in one transaction, so a worker killed in the middle leaves nothing; a second run finds the cycle open."""
    progress(0, 1)
    cycle = ReviewCycle.objects.get(pk=arguments["cycle"])
    opening = open_and_ask(cycle, actor=User.objects.get(pk=arguments["actor"]), at=clock.now())
    progress(1, 1, str(opening))
    return {
        "confirmations": opening.confirmations,
        "assessments": opening.assessments,
        "units": opening.units,
        "was_open": opening.was_open,
    }


def send_mails(_arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Run the schedule of the cycles that run, then send what waits. A mail that fails stops no other one.

    A second run of the same job finds each mail taken, sent or failed, and sends none of them again.
    """
    for cycle in ReviewCycle.objects.running():
        run_schedule(cycle, at=clock.now())
    remind_of_renewals(at=clock.now())
    seal_mails.prepare(at=clock.now())
    city, waiting, sent, failed = City.objects.first(), mails.waiting(clock.today()), 0, 0
    with letters.post() as post:
        for done, pk in enumerate(waiting):
            progress(done, len(waiting))
            if (mail := mails.take(pk)) is None:
                continue
            words = WORDS.get(MailKind(mail.kind), letters.written)(mail, city)
            try:
                number = post.send(mail, words)
            except letters.NotSentError as error:
                mails.note_failed(mail, str(error), for_good=error.for_good, away=error.away)
                failed += 1
            else:
                mails.note_sent(mail, subject=words.subject, text=words.text, message_id=number)
                sent += 1
    progress(len(waiting), len(waiting))
    return {"sent": sent, "failed": failed}


register(OPEN_CYCLE, open_a_cycle)
register(SEND_MAILS, send_mails)
