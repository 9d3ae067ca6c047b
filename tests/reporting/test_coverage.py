"""How measures reach the thirty articles: each once in an article, direct before indirect."""

import pytest
from django.utils import timezone

from commitments.ledger import save_as
from commitments.models import CommitmentProvision, FieldOfAction, LinkState, MeasureStatus, Role
from reporting.coverage import Promise, coverage, direct_coverage, reach
from tests.factories import (
    make_article,
    make_commitment,
    make_link,
    make_measure,
    make_officer,
    make_partnership,
    make_provision,
    make_provision_link,
    make_unit,
    make_user,
    saved,
)


def promise(basis, kin=(), measures=()):
    return Promise(basis, set(kin), set(measures))


def test_a_measure_that_serves_one_article_twice_counts_once_in_it():
    """Rule 1."""
    found = reach([promise(2, measures=["M-001"]), promise(2, measures=["M-001", "M-002"])])

    assert found[2].direct == {"M-001", "M-002"}


def test_a_measure_that_serves_five_articles_counts_under_each_of_them():
    """Rule 1."""
    found = reach(promise(article, measures=["M-001"]) for article in (1, 2, 3, 4, 5))

    assert [article for article, row in found.items() if row.direct] == [1, 2, 3, 4, 5]


def test_what_arrives_through_kin_provisions_only_is_indirect():
    """Rule 16."""
    found = reach([promise(None, kin=[7], measures=["M-001"])])

    assert found[7].direct == set()
    assert found[7].indirect == {"M-001"}


def test_what_is_direct_is_not_counted_as_indirect_again():
    """Rule 16."""
    found = reach([promise(7, measures=["M-001"]), promise(2, kin=[7], measures=["M-001"])])

    assert found[7].direct == {"M-001"}
    assert found[7].indirect == set()


@pytest.mark.django_db
class TestTheRegister:
    def test_the_basis_of_a_commitment_decides_what_is_direct(self):
        commitment = make_commitment(make_article(19))
        saved(CommitmentProvision(commitment=commitment, provision=make_article(21), order=1))
        measure = make_measure()
        make_link(measure, commitment)

        found = coverage(make_officer())

        assert found.direct(19) == {measure.reference}
        assert found.direct(21) == set()
        assert found.indirect(21) == {measure.reference}

    def test_a_treaty_reaches_the_articles_its_provision_is_kin_to(self):
        provision = make_provision()
        make_provision_link(provision, make_article(25))
        make_provision_link(make_article(26), provision)
        measure = make_measure()
        make_link(measure, make_commitment(provision))

        found = coverage(make_officer())

        assert found.indirect(25) == found.indirect(26) == {measure.reference}
        assert not found.direct(25)

    def test_a_provision_that_no_longer_belongs_to_the_commitment_does_not_count(self):
        commitment = make_commitment(make_article(19))
        row = saved(CommitmentProvision(commitment=commitment, provision=make_article(21), order=1))
        row.ended_on = timezone.localdate()
        save_as(row, actor=None, reason="Ended for a test", at=timezone.now())
        make_link(make_measure(), commitment)

        assert not coverage(make_officer()).indirect(21)

    @pytest.mark.parametrize("state", [LinkState.PROPOSED, LinkState.ENDED])
    def test_only_accepted_links_count(self, state):
        make_link(make_measure(), make_commitment(make_article(19)), state=state)

        assert not coverage(make_officer()).direct(19)

    def test_a_proposed_measure_does_not_count(self):
        make_link(make_measure(accepted_on=None), make_commitment(make_article(19)))

        found = coverage(make_officer())

        assert not found.direct(19)
        assert not found.measures()

    def test_a_commitment_that_ended_does_not_count(self):
        make_link(make_measure(), make_commitment(make_article(19), ended_on=timezone.localdate()))

        assert not coverage(make_officer()).direct(19)

    def test_each_measure_has_the_field_it_is_in(self):
        measure = make_measure(field=FieldOfAction.EUROPE)
        make_link(measure, make_commitment(make_article(19)))

        found = coverage(make_officer())

        assert found.direct(19, "europe") == {measure.reference}
        assert not found.direct(19, "partnerships")
        assert found.fields(19) == ["europe"]

    def test_a_measure_of_a_paused_partnership_is_found_as_suspended(self):
        """Rule 18."""
        measure = make_measure(engagement=make_partnership(status="paused"))

        assert coverage(make_officer(), status=MeasureStatus.SUSPENDED).measures() == {measure.reference}

    @pytest.mark.parametrize("role", sorted(Role))
    def test_protected_rows_reach_no_count(self, role):
        """Rule 10."""
        make_link(make_measure(protection="protected"), make_commitment(make_article(19)))
        make_link(make_measure(), make_commitment(make_article(14), protection="protected"))

        found = coverage(make_user(role))

        assert not any(row.direct or row.indirect for row in found.articles.values())

    def test_internal_rows_count_for_those_who_see_the_work_of_all(self):
        unit = make_unit()
        make_link(make_measure(unit, protection="internal"), make_commitment(make_article(19)))

        assert coverage(make_officer()).direct(19)
        assert not coverage(make_user(Role.COUNCIL)).direct(19)
        assert coverage(make_user(Role.CONTACT, unit)).direct(19)
        assert not coverage(make_user(Role.CONTACT)).direct(19)

    def test_the_shorter_count_agrees_with_the_longer_one(self):
        for article in (1, 19, 19, 26):
            make_link(make_measure(), make_commitment(make_article(article)))
        user = make_officer()

        whole, short = coverage(user), direct_coverage(user)

        assert [row.direct for row in whole.articles.values()] == [row.direct for row in short.articles.values()]
        assert not any(row.indirect for row in short.articles.values())

    @pytest.mark.parametrize("size", [1, 6])
    def test_it_takes_four_queries_whatever_the_size(self, size, django_assert_num_queries):
        for article in range(1, size + 1):
            make_link(make_measure(), make_commitment(make_article(article)))
        user = make_officer()
        user.clearance()

        with django_assert_num_queries(4):
            coverage(user)
        with django_assert_num_queries(2):
            direct_coverage(user)
