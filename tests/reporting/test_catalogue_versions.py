"""Rule 2 where the register meets the report: an amended instrument does not touch what was frozen."""

import pytest
from django.utils import timezone

from commitments.workflow import adoptions, catalogue, provision_links
from commitments.workflow.catalogue import Line
from commitments.workflow.provision_links import Kinship
from reporting.content.build import build_content
from reporting.content.canonical import canonical_json
from reviews.models import AssessmentState, CycleState
from tests.factories import (
    make_adoption,
    make_article,
    make_assessment,
    make_commitment,
    make_cycle,
    make_instrument,
    make_link,
    make_officer,
    make_provision,
    make_provision_link,
    saved,
)

pytestmark = pytest.mark.django_db


def test_rule_02_a_frozen_cycle_keeps_its_numbers_after_a_new_version_is_entered():
    version = make_instrument("charter", kind="charter")
    provision = make_provision(version, number="Art. 22", title_de="Geschlechtsspezifische Gewalt")
    make_provision_link(provision, make_article(3))
    commitment = make_commitment(provision, adoption=make_adoption(version))
    make_link(commitment=commitment)
    cycle = make_cycle()
    make_assessment(cycle, commitment, AssessmentState.APPROVED, "B")
    cycle.state, cycle.frozen_at = CycleState.FROZEN, timezone.now()
    saved(cycle)
    before = canonical_json(build_content(cycle))
    officer, at = make_officer(), timezone.now()

    amended = catalogue.add_version(version.instrument, {}, [Line("Art. 22", "Anders gezählt")], actor=officer, at=at)
    provision_links.link_same_numbers(amended, Kinship("intersects", "Nach der Nummer"), actor=officer, at=at)
    adoptions.adopt(amended, {"adopted_on": timezone.localdate()}, actor=officer, at=at)

    assert canonical_json(build_content(cycle)) == before
    assert "Art. 22" in str(before)
    assert "Anders gezählt" not in str(before)
