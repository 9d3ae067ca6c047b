"""Every page of the portal is valid HTML, as the Nu Html Checker (npm ``vnu-jar``) sees it."""

import json
import subprocess

import pytest
from django.conf import settings
from django.test import Client

from reporting.models import ReportEdition
from reporting.portal.sections import SECTIONS
from tests.reporting.test_portal import PAGES

CHECKER = settings.BASE_DIR / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss2m")


@pytest.mark.slow
def test_every_page_in_both_languages_is_valid_html(demo_db, tmp_path):
    edition = ReportEdition.objects.filter(state="released").select_related("cycle").get()
    own = f"/portal/de/reports/{edition.cycle.year}/{edition.number}/"
    german = [*(path for path in PAGES if "/de/" in path and "/reports/2025" not in path), own]
    german += [f"{own}{section.slug}/" for section in SECTIONS] + [
        "/portal/de/commitments/K-001/",
        "/portal/de/nothing/",
    ]
    files = []
    for number, path in enumerate([*german, *(path.replace("/de/", "/en/") for path in german)]):
        page = tmp_path / f"{number:02}.html"
        page.write_bytes(Client().get(path).content)
        files.append(page)

    done = subprocess.run(
        ["java", *SHORT_LIVED, "-jar", CHECKER, "--format", "json", *files], capture_output=True, text=True, check=False
    )

    found = [f"{each['url'][-7:]} {each['message']}" for each in json.loads(done.stderr)["messages"]]
    assert found == []
    assert len(files) > 40
