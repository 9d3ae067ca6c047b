"""The main volume of the sample city's report, as a council would get it."""

import pytest

from reporting.content.build import build_content
from reporting.documents.stamp import Stamp, template_version
from reporting.documents.volumes import print_main_volume
from reviews.models import ReviewCycle
from tests.machine import needs
from tests.verapdf import verdicts

pytestmark = [pytest.mark.slow, pytest.mark.verapdf]

MOST_PAGES = 80


@needs("default-jdk-headless")
@needs("libjaxb-java")
def test_the_sample_report_holds_pdf_ua_and_pdf_a_and_stays_short(demo_db, tmp_path):
    content = build_content(ReviewCycle.objects.select_related("scale").get(year=2025))
    stamp = Stamp(1, "released", content.cycle.frozen_on, "ab" * 32, 4711, template_version())

    printed = print_main_volume(content, stamp, "de")

    path = tmp_path / "main-de.pdf"
    path.write_bytes(printed.data)
    compliant, said = verdicts([path], tmp_path)
    assert compliant, said
    assert said.count("compliant=true") == 2
    assert printed.pages <= MOST_PAGES
