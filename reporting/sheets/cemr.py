"""The report on the action plan under the European Charter for Equality of Women and Men in Local Life (CEMR)."""

from django.utils.translation import gettext_lazy as _

from reporting.sheets.points import CharterSheet, prepare, sheet_on
from reporting.sheets.source import Kind, Source

INSTRUMENT = "cemr-charter"


def content(source: Source, _subject: str) -> CharterSheet:
    return sheet_on(KIND.key, source, INSTRUMENT)


KIND = Kind(
    key="cemr",
    title=_("Equality action plan report (CEMR)"),
    purpose=_("For the Council of European Municipalities and Regions: goals, measures and dates by article."),
    content=content,
    prepare=prepare,
)
