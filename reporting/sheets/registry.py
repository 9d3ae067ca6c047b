"""The kinds of sheets, in the order in which they are offered. A new one is a module, a template and a line here."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from reporting.sheets import cemr, commitment, decisions, eccar, eu_funding, partner, sdg, unit
from reporting.sheets.source import Kind

KINDS: dict[str, Kind] = {
    module.KIND.key: module.KIND for module in (unit, commitment, partner, eu_funding, eccar, cemr, sdg, decisions)
}


def kind_of(key: str) -> Kind:
    """The kind of that name; raises ValidationError with those that there are."""
    if key not in KINDS:
        known = ", ".join(KINDS)
        raise ValidationError(_("There is no sheet “%(kind)s”. There are: %(known)s.") % {"kind": key, "known": known})
    return KINDS[key]
