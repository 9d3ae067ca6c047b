"""The sample city's sheets, as those get them for whom they are made."""

import pytest

from reporting import printing
from reporting.documents.press import silent
from reporting.models import ReportEdition
from reporting.sheets import drawing
from reporting.sheets.drawing import Order
from reporting.sheets.registry import KINDS
from tests.machine import needs
from tests.verapdf import verdicts

pytestmark = [pytest.mark.slow, pytest.mark.verapdf]


@needs("default-jdk-headless")
@needs("libjaxb-java")
def test_every_sheet_of_the_sample_city_holds_pdf_ua_and_pdf_a(demo_db, tmp_path):
    edition = ReportEdition.objects.select_related("cycle__scale", "freeze_seal").get(cycle__year=2025)
    content = printing.content_of(edition)
    paths = []
    for kind in KINDS.values():
        subjects = kind.choices(content)
        for language in printing.LANGUAGES:
            order = Order(kind.key, subjects[0].key if subjects else "", language)
            sheet, stamp = drawing.sheet_of(edition, order)
            path = tmp_path / f"{kind.key}-{language}.pdf"
            path.write_bytes(drawing.draw(sheet, stamp, order, silent).data)
            paths.append(path)

    compliant, said = verdicts(paths, tmp_path)

    assert compliant, said
    assert said.count("compliant=true") == 2 * len(paths)
