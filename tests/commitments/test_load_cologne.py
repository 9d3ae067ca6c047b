"""load_city on the sample city as delivered: what is in the register afterwards, and that a second run adds nothing."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from commitments.dates import get_partial
from commitments.loading import Outcome, load_catalogue, load_city
from commitments.models import (
    Adoption,
    Commitment,
    CommitmentProvision,
    DevelopmentProject,
    Engagement,
    EngagementStatus,
    EUProject,
    GapReason,
    GlossaryTerm,
    LedgerLeaf,
    LinkState,
    Measure,
    MeasureLink,
    MeasureProvision,
    MeasureUnit,
    NetworkMembership,
    OrganisationalUnit,
    Part,
    Partnership,
    PartnershipForm,
)

pytestmark = pytest.mark.django_db

BASE = Path(settings.BASE_DIR)
COLOGNE = BASE / "cities" / "cologne"


@pytest.fixture(scope="module")
def cologne(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Outcome]:
    """Loaded once for all tests of this module, each of which leaves it as it was."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_catalogue(BASE / "catalogue", at=timezone.now())
        yield load_city(COLOGNE, at=timezone.now())
        transaction.set_rollback(True)


def test_the_sample_city_is_loaded_whole(cologne):
    counts: dict[Any, int] = {
        OrganisationalUnit: 36,
        Partnership: 30,
        EUProject: 12,
        NetworkMembership: 14,
        DevelopmentProject: 11,
        Measure: 75,
        Adoption: 15,
        Commitment: 118,
        MeasureLink: 251,
        GlossaryTerm: 27,
        GapReason: 12,
    }

    assert {model: model.objects.count() for model in counts} == counts
    assert not cologne.conflicts
    assert not cologne.absent


def test_every_commitment_of_the_sample_city_has_one_basis_and_every_measure_one_lead(cologne):
    bases = CommitmentProvision.objects.filter(is_basis=True).values_list("commitment", flat=True)
    leads = MeasureUnit.objects.filter(part=Part.LEAD).values_list("measure", flat=True)

    assert sorted(bases) == sorted(Commitment.objects.values_list("pk", flat=True))
    assert sorted(leads) == sorted(Measure.objects.values_list("pk", flat=True))


def test_links_are_accepted_with_their_rationale(cologne):
    links = [*MeasureLink.objects.all(), *MeasureProvision.objects.all()]

    assert {link.state for link in links} == {LinkState.ACCEPTED}
    assert all(link.rationale_de and link.rationale_en for link in links)


def test_29_commitments_of_the_sample_city_have_no_measure(cologne):
    assert Commitment.objects.filter(links__isnull=True).count() == 29


def test_the_charter_that_was_perhaps_never_signed_is_not_adopted(cologne):
    assert not Adoption.objects.filter(version__instrument__key="saint-denis").exists()
    assert Adoption.objects.filter(version__instrument__key="cemr-charter").get().adopted_on == date(2011, 8, 8)


def test_a_commitment_from_a_pledge_stands_under_the_adoption_and_one_from_a_treaty_under_none(cologne):
    assert Commitment.objects.get(key="fair-02-steering-group").adoption is not None
    assert Commitment.objects.get(key="cedaw-11-employment").adoption is None


def test_a_suspended_twinning_is_paused_with_its_reason(cologne):
    volgograd = Partnership.objects.get(key="volgograd")

    assert volgograd.status == EngagementStatus.PAUSED
    assert volgograd.status_reason_de.startswith("Die offiziellen Kontakte ruhen")


def test_dates_are_as_exact_as_known(cologne):
    def since(key):
        return get_partial(Engagement.objects.get(key=key), "starts_on")

    assert since("lille") == "1958-07-03"
    assert since("liverpool") == "1952"
    assert since("rainbow") == "2015-05"
    assert since("eurocities") is None


def test_a_project_whose_end_has_passed_has_ended(cologne):
    assert set(EUProject.objects.values_list("status", flat=True)) == {EngagementStatus.ENDED}
    assert DevelopmentProject.objects.get(key="project-dnipro").status == EngagementStatus.ENDED
    assert DevelopmentProject.objects.get(key="hrd-scholarship").status == EngagementStatus.ACTIVE


def test_partnerships_through_incorporation_keep_the_former_municipality(cologne):
    dunstable = Partnership.objects.get(key="dunstable")

    assert dunstable.form == PartnershipForm.INCORPORATION
    assert dunstable.former_municipality == "Porz"
    assert dunstable.unit.key == "bezirk7"


def test_measures_are_numbered_in_the_order_of_the_file(cologne):
    assert Measure.objects.get(reference="M-001").key == "m-ring-65"
    assert Measure.objects.get(reference="M-075").key == "m-gewaltschutz"


def test_a_fingerprint_is_that_of_the_content_and_the_units(cologne):
    measure = Measure.objects.get(key="m-dnipro-school")
    units = [(row.unit.key, row.part) for row in measure.measure_units.select_related("unit")]

    assert measure.fingerprint == measure.substance(units)


def test_what_is_uncertain_about_a_record_is_kept(cologne):
    school = Measure.objects.get(key="m-dnipro-school")

    assert (school.note_en, school.note_de) == ("Start year assumed.", "Beginnjahr angenommen.")
    assert school.verified
    assert school.sources
    assert school.unit_basis


def test_a_second_run_changes_nothing_and_asks_little(cologne):
    leaves = LedgerLeaf.objects.count()

    with CaptureQueriesContext(connection) as queries:
        outcome = load_city(COLOGNE, at=timezone.now())

    assert not outcome.is_change
    assert LedgerLeaf.objects.count() == leaves
    assert len(queries) <= 30
