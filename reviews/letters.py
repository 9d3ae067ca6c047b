"""The words of a mail, as text and as HTML in the reader's language, and how it leaves.

A mail counts what is owed and leads to the sign-in; titles and texts stay behind it (rules 10 and 21).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import make_msgid
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import City
from reviews.models import Mail, MailKind, ReviewCycle
from reviews.workflow.mails import Letter

PERMANENT = 500
"""From this answer of a mail server on, the same mail will be refused again (RFC 5321, section 4.2.1)."""


@dataclass(frozen=True)
class Written:
    subject: str
    text: str
    html: str


class NotSentError(Exception):
    """Why a mail did not leave, in a sentence; ``for_good`` where trying again does not help.

    ``away``: there was no server to refuse it, so this was no attempt.
    """

    def __init__(self, why: str, *, for_good: bool, away: bool = False) -> None:
        super().__init__(why)
        self.for_good, self.away = for_good, away


def write(cycle: ReviewCycle, kind: str, letter: Letter, city: City | None) -> Written:
    """The mail of this kind, in the language of the one who reads it."""
    with translation.override(letter.language):
        context = {
            "cycle": cycle,
            "kind": kind,
            "units": [texts.localized(unit, "name") for unit in letter.units],
            "name": letter.person.name if letter.person else "",
            "answers": letter.answers,
            "releases": letter.releases,
            "renewals": letter.renewals,
            "own_words": _own_words(cycle, kind),
            "url": f"{settings.BASE_URL}{'/' if kind == MailKind.RENEWAL else reverse('reviews:answers')}",
            "city": texts.localized(city, "name") if city else settings.CITY_NAME,
            "notice": texts.localized(city, "notice") if city and city.is_sample else "",
        }
        return Written(
            _subject(cycle, kind),
            render_to_string("mails/letter.txt", context).strip() + "\n",
            render_to_string("mails/letter.html", context).strip() + "\n",
        )


def written(mail: Mail, city: City | None) -> Written:
    """The words of a mail that was written down."""
    counts = (mail.open_answers, mail.waiting_releases, mail.renewals)
    return write(mail.cycle, mail.kind, Letter(mail.address, mail.person, list(mail.units.all()), *counts), city)


def _own_words(cycle: ReviewCycle, kind: str) -> str:
    """What the officer wrote for this kind of mail, or else for the requests; nothing where officers are written to."""
    own = {MailKind.REMINDER: "reminder", MailKind.ESCALATION: "escalation"}.get(MailKind(kind), "letter")
    if kind == MailKind.RENEWAL:
        return ""
    return texts.localized(cycle, own) or texts.localized(cycle, "letter")


def _subject(cycle: ReviewCycle, kind: str) -> str:
    subjects = {
        MailKind.REQUEST: _("Please confirm your measures by %(day)s (human rights, %(year)s)"),
        MailKind.REMINDER: _("Reminder: answers due on %(day)s (human rights, %(year)s)"),
        MailKind.RENEWAL: _("Renewals of memberships and titles"),
        MailKind.HANDOVER: _("Entries were handed over to you, due on %(day)s (human rights, %(year)s)"),
        MailKind.ESCALATION: _("Answers of your unit are missing, they were due on %(day)s (human rights, %(year)s)"),
    }
    return subjects[MailKind(kind)] % {"day": texts.long_date(cycle.confirm_by), "year": cycle.year}


class Post:
    """A way to the mail server, kept open for several mails and opened anew after a failure."""

    def __init__(self, connection: BaseEmailBackend) -> None:
        self.connection = connection

    def send(self, mail: Mail, words: Written) -> str:
        """Hand the mail over and give its Message-ID; raises NotSentError with a sentence."""
        number = make_msgid(idstring=str(mail.pk), domain=urlsplit(settings.BASE_URL).hostname or "localhost")
        message = EmailMultiAlternatives(
            words.subject,
            words.text,
            to=[mail.address],
            connection=self.connection,
            headers={"Message-ID": number, "Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(words.html, "text/html")
        try:
            message.send()
        except SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise NotSentError(_refused(said), for_good=code >= PERMANENT) from error
        except SMTPResponseException as error:
            raise NotSentError(_refused(error.smtp_error), for_good=error.smtp_code >= PERMANENT) from error
        except (OSError, SMTPException) as error:
            self.connection.close()
            why = _("The mail server cannot be reached (%(why)s).") % {"why": type(error).__name__}
            raise NotSentError(why, for_good=False, away=not isinstance(error, SMTPException)) from error
        except ValueError as error:  # an address that cannot stand in a header
            raise NotSentError(_("This address cannot be written to."), for_good=True) from error
        return number


@contextmanager
def post() -> Iterator[Post]:
    connection = get_connection()
    try:
        yield Post(connection)
    finally:
        connection.close()


def _refused(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return _("The mail server refused this mail: %(said)s") % {"said": " ".join(text.split())[:500]}
