"""A register that is in use is migrated: its tables are rebuilt, and what may not change still may not."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models

from commitments.ledger import triggers
from reviews.models import Assessment, CycleState, ReviewCycle

pytestmark = [pytest.mark.usefixtures("demo_db"), pytest.mark.slow]


def test_a_filled_register_is_migrated_back_and_forth_and_its_triggers_are_in_place():
    cycles, assessments = ReviewCycle.objects.count(), Assessment.objects.count()

    call_command("migrate", "reviews", "0001", verbosity=0)
    tables = {f"rechenschaft_{table}" for table in connection.introspection.table_names()}
    assert [name for name in triggers.missing(connection) if name.rpartition("_")[0] in tables] == []
    call_command("migrate", verbosity=0)

    assert triggers.missing(connection) == []
    assert (ReviewCycle.objects.count(), Assessment.objects.count()) == (cycles, assessments)
    frozen = Assessment.objects.filter(cycle__state=CycleState.CLOSED)
    with pytest.raises(IntegrityError):
        models.QuerySet(Assessment).filter(pk=frozen[0].pk).update(finding_de="Anders")


def test_asking_for_the_plan_changes_nothing():
    call_command("migrate", plan=True, verbosity=0)

    assert triggers.missing(connection) == []
