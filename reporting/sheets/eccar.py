"""The report on the Ten-Point Plan of Action of the European Coalition of Cities against Racism."""

from django.utils.translation import gettext_lazy as _

from reporting.sheets.points import CharterSheet, prepare, sheet_on
from reporting.sheets.source import Kind, Source

INSTRUMENT = "eccar"


def content(source: Source, _subject: str) -> CharterSheet:
    return sheet_on(KIND.key, source, INSTRUMENT)


KIND = Kind(
    key="eccar",
    title=_("Ten-point report (ECCAR)"),
    purpose=_("For the European Coalition of Cities against Racism: each of the ten points with what the city does."),
    content=content,
    prepare=prepare,
)
