"""What the database itself refuses. Rules that need the people who act are tested with the workflow."""

from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from commitments.models import (
    Adoption,
    Assignment,
    Contribution,
    GapCode,
    GapReason,
    MeasureLink,
    MeasureUnit,
    Part,
    Role,
)
from reviews.models import AssessmentState, Confirmation, ConfirmationState
from tests.factories import (
    make_adoption,
    make_article,
    make_assessment,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_provision,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

OURS = ("commitments", "reviews", "reporting")
OUR_MODELS = [model for app in OURS for model in apps.get_app_config(app).get_models()]
CONSTRAINED = [model for model in OUR_MODELS if model._meta.constraints]
UNTRACKED = {"CalendarFeed", "Job", "Mail", "SavedView", "SearchEntry"}
UNTRACKED |= {"LedgerLeaf", "LedgerNode", "LedgerSchema"}


def insert(row):
    """Past every check in Python: what would happen in a race, or to somebody with a console."""
    with transaction.atomic():
        models.QuerySet(type(row)).bulk_create([row])


@pytest.mark.parametrize("model", CONSTRAINED, ids=lambda model: model.__name__)
def test_every_constraint_of_a_model_is_one_of_the_database(model):
    with connection.cursor() as cursor:
        present = connection.introspection.get_constraints(cursor, model._meta.db_table)

    assert {constraint.name for constraint in model._meta.constraints} <= set(present)


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model.__name__)
def test_every_model_of_the_domain_keeps_its_history(model):
    is_history = hasattr(model, "history_id")
    tracked = hasattr(model._meta, "simple_history_manager_attribute")

    assert tracked or is_history or model.__name__ in UNTRACKED


def test_the_same_number_stands_once_in_a_version_and_side_by_side_in_others():
    """Rule 2: UDHR Art. 5 and CEDAW Art. 5 live side by side; a second Art. 5 in one version does not."""
    first, second = make_instrument(), make_instrument()
    make_provision(first, number="Art. 5")
    make_provision(second, number="Art. 5")

    with pytest.raises(ValidationError, match=r"number|Nummer"):
        make_provision(first, number="Art. 5")


@pytest.mark.parametrize("adopted_on", [date(2011, 8, 8), None])
def test_an_adoption_is_entered_once(adopted_on):
    version = make_adoption(adopted_on=adopted_on).version

    with pytest.raises(IntegrityError):
        insert(Adoption(version=version, adopted_on=adopted_on))


@pytest.mark.parametrize("with_unit", [True, False])
@pytest.mark.parametrize("as_deputy", [True, False])
def test_a_role_is_held_once_from_a_day(with_unit, as_deputy):
    user, day = make_user(), date(2026, 1, 1)
    role = Role.CONTACT if with_unit else Role.APPROVER
    held = {
        "user": user,
        "role": role,
        "unit": make_unit() if with_unit else None,
        "acting_for": make_user() if as_deputy else None,
        "valid_from": day,
    }
    saved(Assignment(**held))

    with pytest.raises(IntegrityError):
        insert(Assignment(**held))


def test_a_unit_is_asked_once_about_a_measure_and_once_about_a_commitment():
    cycle = make_cycle()
    about_measure = make_confirmation(cycle)
    commitment = make_commitment()
    about_commitment = make_confirmation(cycle, commitment=commitment)

    for asked in (about_measure, about_commitment):
        again = Confirmation(
            cycle=cycle,
            unit=asked.unit,
            measure=asked.measure,
            commitment=asked.commitment,
            requested_at=timezone.now(),
        )
        with pytest.raises(IntegrityError):
            insert(again)


def test_a_measure_has_one_lead():
    measure = make_measure()

    with pytest.raises(IntegrityError):
        insert(MeasureUnit(measure=measure, unit=make_unit(), part=Part.LEAD))


def test_a_link_without_a_rationale_is_refused():
    with pytest.raises(IntegrityError):
        insert(MeasureLink(measure=make_measure(), commitment=make_commitment(), contribution=Contribution.DIRECT))


def test_a_link_is_made_once():
    link = make_link()

    with pytest.raises(ValidationError):
        make_link(link.measure, link.commitment)


def test_an_end_does_not_come_before_its_start():
    with pytest.raises(ValidationError, match=r"end|Ende"):
        make_measure(starts_on=date(2024, 1, 1), ends_on=date(2023, 12, 31))


def test_a_gap_has_one_reason_in_a_field():
    today = timezone.localdate()
    reason = {"article": make_article(1), "code": GapCode.NOT_LOOKED_AT, "text_de": "Offen.", "stated_on": today}
    saved(GapReason(**reason))

    with pytest.raises(IntegrityError):
        insert(GapReason(**reason))


@pytest.mark.parametrize("state", ["unknown", "void", ""])
def test_an_unknown_state_is_refused(state):
    confirmation = make_confirmation()

    with pytest.raises(IntegrityError), transaction.atomic():
        models.QuerySet(Confirmation).filter(pk=confirmation.pk).update(state=state)


def test_an_answer_without_a_result_cannot_be_submitted():
    confirmation = make_confirmation()

    with pytest.raises(IntegrityError), transaction.atomic():
        models.QuerySet(Confirmation).filter(pk=confirmation.pk).update(
            state=ConfirmationState.SUBMITTED, submitted_at=timezone.now(), submitted_by=make_user()
        )


def test_rule_09_the_database_refuses_an_author_who_approves():
    officer = make_officer()

    with pytest.raises(ValidationError, match=r"author|verfasst"):
        make_assessment(state=AssessmentState.APPROVED, author=officer, approver=officer)
    approved = make_assessment(make_cycle(2030), state=AssessmentState.APPROVED)
    with pytest.raises(IntegrityError), transaction.atomic():
        models.QuerySet(type(approved)).filter(pk=approved.pk).update(approver=approved.author)


def test_a_cycle_runs_through_its_dates_in_order():
    today = timezone.localdate()

    with pytest.raises(ValidationError):
        make_cycle(confirm_by=today, last_reminder_on=today - timedelta(days=1))
