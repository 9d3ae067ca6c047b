"""The first screen answers each role: what needs me today?"""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from commitments.ledger.sealing import seal
from commitments.models import (
    Erasure,
    ErasureKind,
    Ground,
    Job,
    JobState,
    LinkState,
    ProtectedAccess,
    Role,
    SealOccasion,
)
from commitments.models.people import CITY_WIDE_ROLES
from reporting.audit import verification
from reporting.tables import changes, home, offices
from reviews.models import AssessmentState, ConfirmationState, CycleState
from tests.factories import (
    make_adoption,
    make_article,
    make_assessment,
    make_city,
    make_commitment,
    make_confirmation,
    make_cycle,
    make_engagement,
    make_follow_up,
    make_link,
    make_measure,
    make_officer,
    make_unit,
    make_user,
    saved,
)
from tests.reporting.editions import make_edition, make_frozen_cycle, make_released
from tests.reviews.pages import queries, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    with translation.override("en"):
        yield


def today():
    return timezone.localdate()


def titles(tasks):
    return [task.title for task in tasks]


def officer_home():
    return home.officer_home(make_officer(), today())


class TestTheOfficer:
    def test_without_a_cycle_the_first_task_is_to_plan_one(self):
        assert titles(officer_home().tasks) == ["No review cycle has been opened yet"]

    def test_where_nothing_waits_the_page_says_so(self):
        make_city()
        make_cycle()

        page = signed_in(make_officer()).get("/", headers={"accept-language": "en"}).content.decode()

        assert officer_home().tasks == []
        assert "Nothing waits for you" in page

    def test_rule_10_a_protected_commitment_is_neither_counted_nor_named(self):
        row = make_assessment(make_cycle(state=CycleState.ASSESSING), make_commitment(protection="protected"))

        assert row.state == AssessmentState.DRAFT
        assert officer_home().tasks == []

    def test_a_disputed_answer_is_to_be_decided(self):
        make_confirmation(
            make_cycle(), state=ConfirmationState.RELEASED, result="disputed", statement_de="Das ist nicht unseres."
        )

        assert titles(officer_home().tasks) == ["1 unit disputes an entry"]

    def test_an_answer_whose_measure_changed_is_asked_for_again(self):
        make_confirmation(make_cycle(), state=ConfirmationState.RELEASED, fingerprint="0" * 64)

        assert titles(officer_home().tasks) == ["1 answer has become void"]

    def test_silence_after_the_last_reminder_is_seen(self):
        day = today()
        cycle = make_cycle(confirm_by=day - timedelta(days=9), last_reminder_on=day - timedelta(days=2))
        make_confirmation(cycle)

        assert titles(officer_home().tasks) == ["1 unit was reminded and still owes answers"]

    def test_a_returned_assessment_is_to_be_revised(self):
        make_assessment(make_cycle(), state=AssessmentState.RETURNED, verdict="")

        assert titles(officer_home().tasks) == ["1 assessment was returned"]

    def test_drafts_are_to_be_done_once_the_assessment_has_begun(self):
        cycle = make_cycle(state=CycleState.ASSESSING)
        make_assessment(cycle)

        assert titles(officer_home().tasks) == ["1 commitment is to be assessed"]

    def test_an_overdue_promise_is_named_with_its_days(self):
        make_follow_up(make_cycle(), due_on=today() - timedelta(days=35))

        found = officer_home()

        assert titles(found.tasks) == ["1 promise is overdue"]
        assert found.tasks[0].state == "For 35 days"
        assert found.overdue[0].days_late == 35

    def test_proposals_of_units_wait_for_a_decision(self):
        make_cycle()
        make_measure(accepted_on=None)
        make_link(state=LinkState.PROPOSED)

        assert titles(officer_home().tasks) == ["1 measure is proposed", "1 link is proposed"]

    def test_a_protected_proposal_is_not_counted(self):
        """Rule 10."""
        make_cycle()
        make_measure(accepted_on=None, protection="protected")
        make_link(make_measure(protection="protected"), state=LinkState.PROPOSED)

        assert officer_home().tasks == []

    def test_renewals_stand_among_the_deadlines(self):
        """Rule 17."""
        make_adoption(renewal_due_on=today() + timedelta(days=100))
        membership = make_engagement(renewal_due_on=today() + timedelta(days=10))

        coming = officer_home().deadlines.coming

        assert [row.day for row in coming] == [today() + timedelta(days=10), today() + timedelta(days=100)]
        assert coming[0].url == reverse("commitments:engagement", args=[membership.key])

    def test_rule_17_a_lapsed_renewal_is_a_task_until_it_is_renewed(self):
        make_cycle()
        membership = make_engagement(renewal_due_on=today() - timedelta(days=3), name_de="Eurocities")

        found = officer_home()

        assert titles(found.tasks) == ["1 renewal has lapsed"]
        assert found.tasks[0].state == "For 3 days"
        assert "Eurocities" in found.tasks[0].text
        assert membership.renewal_due_on not in [row.day for row in found.deadlines.coming]
        membership.renewal_due_on = today() + timedelta(days=300)
        saved(membership)
        assert officer_home().tasks == []

    def test_a_protected_membership_is_in_no_deadline_and_no_task(self):
        """Rule 10."""
        make_cycle()
        make_engagement(renewal_due_on=today() - timedelta(days=3), protection="protected")
        make_engagement(renewal_due_on=today() + timedelta(days=3), protection="protected", name_de="Geheim")

        found = officer_home()

        assert found.tasks == []
        assert not any("Geheim" in row.label for row in found.deadlines.coming)

    def test_the_units_with_the_most_answers_come_first(self):
        cycle, small, large = make_cycle(), make_unit(), make_unit()
        for unit in (small, large, large):
            make_confirmation(cycle, make_measure(unit))

        lines = officer_home().progress.lines

        assert [line.unit.key for line in lines] == [large.key, small.key]


class TestTheApprover:
    def test_submitted_assessments_wait(self):
        make_assessment(make_cycle(), state=AssessmentState.SUBMITTED)

        found = home.approver_home(make_user(Role.APPROVER), today())

        assert titles(found.tasks) == ["1 assessment waits for you"]
        assert found.tasks[0].url.endswith("/decide/")

    def test_an_edition_of_a_frozen_cycle_is_to_be_released(self):
        make_edition()

        found = home.approver_home(make_user(Role.APPROVER), today())

        assert titles(found.tasks) == ["Report 2025, edition 1, is to be released"]
        assert found.tasks[0].state == "Release"


class TestTheUnit:
    def tasks(self, role, unit):
        found = home.unit_home(
            make_user(role, unit), today(), answers=role == Role.CONTACT, releases=role == Role.RELEASER
        )
        return titles(found.tasks)

    def test_the_contact_sees_what_is_open(self):
        cycle, unit = make_cycle(), make_unit()
        make_confirmation(cycle, make_measure(unit))
        make_confirmation(cycle, make_measure(unit), state=ConfirmationState.SUBMITTED)

        assert self.tasks(Role.CONTACT, unit) == ["1 answer is open"]

    def test_what_was_returned_comes_first(self):
        cycle, unit = make_cycle(), make_unit()
        make_confirmation(cycle, make_measure(unit))
        make_confirmation(cycle, make_measure(unit), state=ConfirmationState.RETURNED)

        assert self.tasks(Role.CONTACT, unit) == ["1 answer was returned to you", "1 answer is open"]

    def test_rule_10_a_protected_measure_is_not_counted_for_its_own_unit_either(self):
        cycle, unit = make_cycle(), make_unit()
        hidden = make_measure(unit, protection="protected")
        make_confirmation(cycle, hidden, state=ConfirmationState.RETURNED)

        assert self.tasks(Role.CONTACT, unit) == []

    def test_the_releasing_person_sees_what_was_submitted(self):
        cycle, unit = make_cycle(), make_unit()
        make_confirmation(cycle, make_measure(unit))
        make_confirmation(cycle, make_measure(unit), state=ConfirmationState.SUBMITTED)

        assert self.tasks(Role.RELEASER, unit) == ["1 answer waits for your release"]

    def test_other_units_are_not_seen(self):
        make_confirmation(make_cycle(), make_measure(make_unit()))

        assert self.tasks(Role.CONTACT, make_unit()) == []

    def test_once_the_cycle_is_frozen_nothing_is_open(self):
        cycle, unit = make_frozen_cycle(), make_unit()
        del cycle

        assert self.tasks(Role.CONTACT, unit) == []


def test_the_council_finds_the_released_report_in_its_language():
    edition = make_released()
    from_store = home.council_home(make_user(Role.COUNCIL), "de")

    assert from_store.edition == edition
    assert from_store.documents == []


def test_the_council_does_not_find_a_draft():
    make_edition()

    assert home.council_home(make_user(Role.COUNCIL), "de").edition is None


def test_the_auditor_sees_what_is_sealed_and_what_is_not():
    make_frozen_cycle()
    make_measure()

    found = offices.auditor_home()

    assert found.latest
    assert found.unsealed == found.leaves - found.latest.size > 0


def test_the_data_protection_officer_sees_what_waits_for_a_signature():
    saved(
        ProtectedAccess(
            user=make_user(Role.COUNCIL),
            valid_from=today(),
            valid_to=today() + timedelta(days=30),
            reason="Prüfung",
            given_by_officer=make_officer(),
        )
    )

    found = offices.dpo_home(today())

    assert (len(found.waiting), len(found.valid)) == (1, 0)


@pytest.mark.parametrize("language", ["de", "en"])
def test_data_protection_is_told_that_nothing_waits_only_where_nothing_does(language):
    make_city()
    nothing = {"de": "Nichts wartet auf Sie", "en": "Nothing waits for you"}[language]
    dpo, headers = signed_in(make_user(Role.DPO)), {"accept-language": language}
    assert nothing in dpo.get("/", headers=headers).content.decode()

    saved(
        Erasure(
            kind=ErasureKind.CONTENT,
            ground=Ground.values[0],
            reason="Name einer Person",
            subjects=[["measure", make_measure().pk]],
            proposed_by=make_officer(),
            proposed_as=Role.OFFICER,
            proposed_at=timezone.now(),
        )
    )

    page = dpo.get("/", headers=headers)
    assert nothing not in page.content.decode()
    assert page.context["dpo"].count == 1


@pytest.mark.parametrize("finding", [None, {"code": "content", "sentence": "", "table": "x", "row": 1}])
def test_the_auditor_is_led_to_the_verification_and_told_how_the_last_one_ended(finding):
    make_city()
    seal(SealOccasion.DEMAND, at=timezone.now())
    now, result = timezone.now(), {"finding": finding, "rows": 3, "seals": 1}
    fields = {"asked_at": now, "sent_at": now, "finished_at": now}
    Job.objects.create(kind=verification.KIND, state=JobState.DONE, result=result, **fields)

    page = signed_in(make_user(Role.AUDITOR)).get("/", headers={"accept-language": "en"}).content.decode()

    assert 'href="/ledger/#verification"' in page
    assert "manage.py verify_ledger" not in page
    assert ("The history is unchanged" in page) == (finding is None)
    assert ("The history does not hold" in page) == (finding is not None)


def test_the_administrator_sees_which_units_lack_people():
    unit = make_unit()
    make_user(Role.CONTACT, unit)
    make_user()

    found = offices.administrator_home(today())

    assert (len(found.without_contact), [row.key for row in found.without_releaser]) == (0, [unit.key])
    assert len(found.without_role) == 1


@pytest.mark.parametrize("role", sorted(Role))
def test_every_role_has_a_first_screen(role):
    make_city()

    assert signed_in(make_user(role)).get("/").status_code == 200


def test_who_has_no_role_is_told_so():
    make_city()

    page = signed_in(make_user()).get("/", headers={"accept-language": "en"}).content.decode()

    assert "You do not have a role yet" in page


@pytest.mark.parametrize("role", sorted(Role))
def test_the_number_of_queries_does_not_grow(role):
    make_city()
    unit = make_unit() if role in (Role.CONTACT, Role.RELEASER) else None
    user, cycle = make_user(role, unit), make_cycle()
    fill(cycle, unit)
    before = queries(user, "/")

    for _ in range(3):
        fill(cycle, unit)

    assert queries(user, "/") == before <= 15


def fill(cycle, unit):
    measure = make_measure(unit)
    commitment = make_commitment(make_article(19))
    make_link(measure, commitment)
    make_link(make_measure(), commitment, state=LinkState.PROPOSED)
    make_confirmation(cycle, measure, state=ConfirmationState.SUBMITTED)
    make_confirmation(cycle, make_measure(unit))
    make_assessment(cycle, commitment, AssessmentState.SUBMITTED)
    make_assessment(cycle, state=AssessmentState.RETURNED)
    make_follow_up(cycle, commitment, due_on=today() - timedelta(days=3))
    make_adoption(renewal_due_on=today() + timedelta(days=30))


class TestSinceYesterday:
    def since(self, user):
        return changes.since(timezone.now() - timedelta(days=1), user)

    def test_answers_are_counted_by_unit(self):
        cycle, unit = make_cycle(), make_unit(name_en="Office of Bread")
        for _ in range(2):
            make_confirmation(cycle, make_measure(unit), state=ConfirmationState.RELEASED)

        told = [(entry.who, entry.title) for entry in self.since(make_officer())]

        assert ("Office of Bread", "has released 2 answers") in told

    def test_a_unit_s_answers_are_a_page_that_its_reader_may_open(self):
        make_confirmation(make_cycle(), make_measure(make_unit(name_en="Bread")), state=ConfirmationState.RELEASED)
        officer = make_officer()

        [address] = [entry.url for entry in self.since(officer) if entry.who == "Bread"]

        assert signed_in(officer).get(address).status_code == 200

    def test_a_protected_measure_is_not_told(self):
        """Rule 10."""
        make_measure(title_de="Schutz einer Verfolgten", title_en="", protection="protected")

        assert not any("Schutz" in entry.title for entry in self.since(make_officer()))

    @pytest.mark.parametrize("role", sorted(Role))
    def test_seals_are_told_to_those_who_see_all(self, role):
        make_frozen_cycle()

        sealed = [entry for entry in self.since(make_user(role)) if entry.title.startswith("Sealed")]

        assert bool(sealed) == (role in CITY_WIDE_ROLES)

    def test_it_is_a_page_and_a_fragment_of_the_first_screen(self):
        make_city()
        client = signed_in(make_officer())

        page = client.get(reverse("reporting:changes")).content.decode()
        fragment = client.get(reverse("reporting:changes"), headers={"hx-request": "true"}).content.decode()

        assert "<html" in page
        assert "<html" not in fragment
