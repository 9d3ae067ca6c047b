"""The generated metropolis: the same city again, in the proportions of DESIGN.md section 9, whole in the ledger."""

import pytest
from django.core.exceptions import ValidationError

from commitments.ledger.verification import findings
from commitments.models import City, Commitment, Measure, MeasureLink
from reporting.metropolis import generate
from reviews.models import Assessment, Confirmation, CycleState, ReviewCycle
from tests.factories import make_article, make_measure, make_scale

pytestmark = pytest.mark.django_db


def test_a_metropolis_keeps_its_proportions_and_its_ledger_holds():
    for number in range(1, 6):
        make_article(number)
    make_scale()

    generate(0.005, seed=3, say=lambda line: None)

    assert (Commitment.objects.count(), Measure.objects.count()) == (10, 50)
    assert MeasureLink.objects.count() == 200
    assert Confirmation.objects.count() == 15 * 50
    assert Assessment.objects.count() == 15 * 10
    assert ReviewCycle.objects.filter(state=CycleState.CLOSED).count() == 14
    assert City.objects.get().is_sample
    assert list(findings()) == []


def test_content_is_never_generated_into_a_register_that_has_some():
    make_measure()

    with pytest.raises(ValidationError, match=r"empty|leer"):
        generate(0.005, seed=3, say=lambda line: None)

    assert Measure.objects.count() == 1
