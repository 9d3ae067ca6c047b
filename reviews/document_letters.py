"""The words of the mail that says that documents of a report are ready: where they lie, never what they say."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from commitments import texts
from commitments.models import City
from reviews.letters import Written
from reviews.models import Mail


def written(mail: Mail, city: City | None) -> Written:
    """The mail in the language of the one who reads it."""
    with translation.override(mail.language):
        context = {
            "name": mail.person.name if mail.person else "",
            "year": mail.cycle.year,
            "url": f"{settings.BASE_URL}{mail.leads_to}",
            "city": texts.localized(city, "name") if city else settings.CITY_NAME,
            "notice": texts.localized(city, "notice") if city and city.is_sample else "",
        }
        return Written(
            _("The documents of the report %(year)s are ready (human rights)") % {"year": mail.cycle.year},
            render_to_string("mails/drawn.txt", context).strip() + "\n",
            render_to_string("mails/drawn.html", context).strip() + "\n",
        )
