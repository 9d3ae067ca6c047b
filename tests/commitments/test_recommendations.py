"""What people do to recommendations: entering, answering, linking, and what is refused."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone

from commitments.models import Recommendation, RecommendationProvision, RecommendationResponse, Role
from commitments.workflow import Edit, last_change
from commitments.workflow import recommendations as workflow
from tests.factories import (
    make_article,
    make_commitment,
    make_officer,
    make_recommendation,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

COUNCIL = {"source": "council", "body": "Rat", "text_de": "Die Verwaltung wird gebeten zu berichten."}


def now():
    return timezone.now()


def test_a_recommendation_of_the_council_gets_the_next_key():
    officer = make_officer()
    make_recommendation(key="E-007")

    row = workflow.enter(COUNCIL, actor=officer, at=now())

    assert row.key == "E-008"
    assert row.history.latest().history_user_id == officer.pk


def test_a_recommendation_without_any_text_is_refused():
    with pytest.raises(ValidationError) as refused:
        workflow.enter(COUNCIL | {"text_de": ""}, actor=make_officer(), at=now())

    assert "Wortlaut der Empfehlung" in str(refused.value)


def test_a_recommendation_is_not_made_in_the_future():
    tomorrow = timezone.localdate() + timedelta(days=1)

    with pytest.raises(ValidationError) as refused:
        workflow.enter(COUNCIL | {"made_on": tomorrow}, actor=make_officer(), at=now())

    assert "made_on" in refused.value.error_dict


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OFFICER])
def test_nobody_but_the_officer_changes_recommendations(role):
    user, row = make_user(role), make_recommendation()
    article = make_article()
    link = saved(RecommendationProvision(recommendation=row, provision=make_article(2)))

    for act in (
        lambda: workflow.enter(COUNCIL, actor=user, at=now()),
        lambda: workflow.edit(row, Edit({"body": "x"}, "y"), actor=user, at=now()),
        lambda: workflow.respond(row, workflow.Response("supported"), actor=user, at=now()),
        lambda: workflow.link(row, article, actor=user, at=now()),
        lambda: workflow.unlink(link, reason="x", actor=user, at=now()),
    ):
        with pytest.raises(PermissionDenied):
            act()


@pytest.mark.parametrize("code", RecommendationResponse.values)
def test_every_response_but_support_asks_for_a_reason(code):
    row, officer = make_recommendation(), make_officer()
    response = workflow.Response(code)

    if code == RecommendationResponse.SUPPORTED:
        workflow.respond(row, response, actor=officer, at=now())
    else:
        with pytest.raises(ValidationError) as refused:
            workflow.respond(row, response, actor=officer, at=now())
        assert set(refused.value.error_dict) == {"response_note_de"}
        workflow.respond(row, workflow.Response(code, "Weil es so ist."), actor=officer, at=now())

    row.refresh_from_db()
    assert (row.response, row.responded_on) == (code, timezone.localdate())


@pytest.mark.parametrize(
    ("response", "field"),
    [
        (workflow.Response("perhaps", "Grund"), "response"),
        (workflow.Response("noted", "Grund", on=date(2023, 5, 29)), "responded_on"),
        (workflow.Response("noted", "Grund", on=date(2999, 1, 1)), "responded_on"),
    ],
)
def test_a_response_that_cannot_be_is_refused_at_its_field(response, field):
    with pytest.raises(ValidationError) as refused:
        workflow.respond(make_recommendation(), response, actor=make_officer(), at=now())

    assert set(refused.value.error_dict) == {field}


def test_a_response_over_somebody_elses_is_refused():
    row, officer = make_recommendation(), make_officer()
    seen = last_change(row)
    workflow.respond(row, workflow.Response("supported"), actor=officer, at=now())

    with pytest.raises(ValidationError) as refused:
        workflow.respond(row, workflow.Response("noted", "Grund", seen=seen), actor=officer, at=now())

    assert refused.value.code == "changed"


def test_a_link_is_made_once_and_again_after_it_has_ended():
    row, article, officer = make_recommendation(), make_article(), make_officer()
    link = workflow.link(row, article, actor=officer, at=now())

    with pytest.raises(ValidationError):
        workflow.link(row, article, actor=officer, at=now())
    workflow.unlink(link, reason="Passt nicht.", actor=officer, at=now())
    workflow.link(row, article, actor=officer, at=now())

    assert sorted(row.provision_links.values_list("ended_on", flat=True), key=str) == [timezone.localdate(), None]


def test_rule_11_a_link_ends_with_a_reason_and_only_once():
    officer = make_officer()
    link = workflow.link(make_recommendation(), make_commitment(), actor=officer, at=now())

    with pytest.raises(ValidationError):
        workflow.unlink(link, reason=" ", actor=officer, at=now())
    ended = workflow.unlink(link, reason="Erledigt.", actor=officer, at=now())
    with pytest.raises(ValidationError):
        workflow.unlink(link, reason="Noch einmal.", actor=officer, at=now())

    assert ended.history.latest().history_change_reason == "Erledigt."


def test_a_commitment_that_has_ended_answers_nothing():
    ended = make_commitment(ended_on=timezone.localdate())

    with pytest.raises(ValidationError):
        workflow.link(make_recommendation(), ended, actor=make_officer(), at=now())


def test_the_database_knows_the_responses():
    row = make_recommendation()

    with pytest.raises(IntegrityError):
        QuerySet(Recommendation).filter(pk=row.pk).update(response="perhaps")
