"""The words of the mails that carry seals to the auditor: numbers, roots, and how to use them; no content."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import City, LedgerSeal
from reviews.letters import Written
from reviews.models import Mail, MailKind
from reviews.workflow.seal_mails import seals_in

SEALS = "/ledger/seals/"
"""The page of all seals; it belongs to an app above this one."""


def written(mail: Mail, city: City | None) -> Written:
    """The mail in the language of the one who reads it."""
    with translation.override(mail.language):
        seals = seals_in(mail)
        context = {
            "name": mail.person.name if mail.person else "",
            "is_weekly": mail.kind == MailKind.SEALS,
            "seals": [_told(seal) for seal in seals],
            "noted": f"{seals[-1].size}:{seals[-1].root}" if seals else "",
            "url": f"{settings.BASE_URL}{SEALS}",
            "city": texts.localized(city, "name") if city else settings.CITY_NAME,
            "notice": texts.localized(city, "notice") if city and city.is_sample else "",
        }
        return Written(
            _subject(mail, seals),
            render_to_string("mails/seal.txt", context).strip() + "\n",
            render_to_string("mails/seal.html", context).strip() + "\n",
        )


def _subject(mail: Mail, seals: list[LedgerSeal]) -> str:
    if mail.kind == MailKind.SEALS:
        return _("Seals of the audit ledger, week of %(day)s") % {"day": texts.long_date(mail.on)}
    told = {"occasion": seals[0].get_occasion_display() if seals else "", "year": mail.cycle.year}
    return _("Seal of the audit ledger: %(occasion)s (human rights, %(year)s)") % told


def _told(seal: LedgerSeal) -> dict[str, str]:
    return {
        "at": texts.moment(timezone.localtime(seal.sealed_at)),
        "occasion": str(seal.get_occasion_display()),
        "size": texts.number(seal.size),
        "root": seal.root,
    }
