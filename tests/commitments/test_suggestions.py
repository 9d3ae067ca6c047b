"""What the mapping editor suggests, why, and what it never does by itself."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from commitments import suggestions
from commitments.models import DismissedSuggestion, MeasureLink, MeasureProvision, Protection, Relation, Role
from commitments.similarity import likeness, rarity, stem, stems
from commitments.suggestions import Known, for_commitment, for_measure, listed
from commitments.workflow import suggestions as workflow
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_adoption,
    make_article,
    make_commitment,
    make_engagement,
    make_instrument,
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

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _german():
    with translation.override("de"):
        yield


def make_covenant():
    return make_provision(make_instrument(short_de="UN-Sozialpakt"), number="Art. 11")


def known_of(measure):
    links = MeasureLink.objects.current().filter(measure=measure)
    provisions = MeasureProvision.objects.current().filter(measure=measure)
    return Known(
        frozenset(links.values_list("commitment_id", flat=True)),
        frozenset(provisions.values_list("provision_id", flat=True)),
    )


def suggested(measure, user=None):
    found = for_measure(measure, user or make_officer(), known_of(measure), [])
    return {str(each.target).split(" ", maxsplit=1)[0]: each.reasons for each in found}


def codes(user, measure):
    return [item.code for item in get(user, "commitments:mapping-suggestions", measure.reference).context["suggested"]]


# Why something is suggested


class TestKinProvisions:
    def test_a_commitment_that_rests_on_a_kin_provision_is_suggested_with_the_link_as_its_reason(self):
        article, covenant = (
            make_article(25),
            make_provision(make_instrument(short_de="UN-Sozialpakt"), number="Art. 11"),
        )
        make_provision_link(covenant, article, relation=Relation.EQUIVALENT)
        measure, kin = make_measure(), make_commitment(covenant)
        make_link(measure, make_commitment(article))

        assert suggested(measure)[kin.reference] == ["UN-Sozialpakt Art. 11 und AEMR Art. 25 sich entsprechen"]

    @pytest.mark.parametrize(
        ("relation", "sentence"),
        [
            (Relation.SUBSET, "UN-Sozialpakt Art. 11 in AEMR Art. 25 enthalten ist"),
            (Relation.SUPERSET, "AEMR Art. 25 in UN-Sozialpakt Art. 11 enthalten ist"),
            (Relation.INTERSECTS, "UN-Sozialpakt Art. 11 und AEMR Art. 25 sich berühren"),
        ],
    )
    def test_each_relation_says_what_it_is(self, relation, sentence):
        article, covenant = (
            make_article(25),
            make_provision(make_instrument(short_de="UN-Sozialpakt"), number="Art. 11"),
        )
        make_provision_link(covenant, article, relation=relation)
        measure, kin = make_measure(), make_commitment(covenant)
        make_link(measure, make_commitment(article))

        assert suggested(measure)[kin.reference] == [sentence]

    def test_a_link_that_has_ended_suggests_nothing(self):
        article, covenant = make_article(25), make_provision()
        make_provision_link(covenant, article, ended_on="2026-01-01")
        measure = make_measure()
        make_commitment(covenant)
        make_link(measure, make_commitment(article))

        assert suggested(measure) == {}

    def test_the_commitment_on_a_provision_that_the_measure_serves_itself_comes_first(self):
        article, kin = make_article(25), make_provision()
        make_provision_link(kin, article, relation=Relation.EQUIVALENT)
        measure, on_kin, on_article = make_measure(), make_commitment(kin), make_commitment(article)
        saved(MeasureProvision(measure=measure, provision=article, contribution="direct", rationale_de="Weil."))

        assert list(suggested(measure)) == [on_article.reference, on_kin.reference]

    def test_a_kin_provision_is_suggested_itself_only_where_no_commitment_rests_on_it(self):
        article, first, second = make_article(25), make_provision(), make_provision()
        for provision in (first, second):
            make_provision_link(provision, article)
        measure = make_measure()
        make_link(measure, make_commitment(article))
        carried = make_commitment(first)

        found = for_measure(measure, make_officer(), known_of(measure), [])

        assert [each.target for each in found] == [carried, second]

    def test_what_the_city_did_not_adopt_is_not_offered(self):
        charter = make_instrument(kind="charter")
        article, principle = make_article(25), make_provision(charter)
        make_provision_link(principle, article)
        measure, officer = make_measure(), make_officer()
        make_link(measure, make_commitment(article))

        before = codes(officer, measure)
        make_adoption(charter)

        assert (before, codes(officer, measure)) == ([], [f"p{principle.pk}"])


class TestSimilarMeasures:
    def test_measures_of_the_same_engagement_say_what_they_contribute_to(self):
        network, commitment = make_engagement(), make_commitment()
        measure = make_measure(engagement=network)
        peers = [make_measure(engagement=network) for _ in range(2)]
        for peer in peers:
            make_link(peer, commitment)

        first, second = (peer.reference for peer in peers)
        assert suggested(measure)[commitment.reference] == [
            f"{first} und {second} desselben Engagements dazu beitragen"
        ]

    def test_an_engagement_that_someone_may_not_see_is_no_reason(self):
        """Rule 10: that two measures share a protected engagement is not told."""
        hidden = make_partnership(protection=Protection.PROTECTED)
        measure = make_measure(engagement=hidden, field="europe")
        make_link(make_measure(engagement=hidden, field="development"), make_commitment())

        assert suggested(measure) == {}
        assert suggested(measure, make_trusted()) != {}

    def test_shared_words_are_named_the_rarest_first(self):
        measure = make_measure(title_de="Sauberes Trinkwasser für Corinto", title_en="")
        alike = make_measure(title_de="Trinkwasser für Schulen in Corinto", title_en="")
        commitment = make_commitment()
        make_link(alike, commitment)

        (reason,) = suggested(measure)[commitment.reference]

        assert reason.startswith(f"{alike.reference} dazu beiträgt und ähnlich beschrieben ist: ")
        assert {"Corinto", "Trinkwasser"} <= set(reason.split(": ")[1].split(", "))

    def test_a_measure_of_another_field_and_unit_is_not_compared(self):
        measure = make_measure(title_de="Trinkwasser für Corinto", field="development")
        make_link(make_measure(title_de="Trinkwasser für Corinto", field="europe"), make_commitment())

        assert suggested(measure) == {}

    def test_the_same_unit_is_compared_across_fields(self):
        unit, commitment = make_unit(), make_commitment()
        measure = make_measure(unit, title_de="Trinkwasser für Corinto", field="development")
        make_link(make_measure(unit, title_de="Trinkwasser für Corinto", field="europe"), commitment)

        assert commitment.reference in suggested(measure)

    @pytest.mark.parametrize("state", ["proposed", "ended"])
    def test_only_accepted_links_of_others_count(self, state):
        network = make_engagement()
        make_link(make_measure(engagement=network), make_commitment(), state=state)

        assert suggested(make_measure(engagement=network)) == {}

    def test_a_proposed_measure_is_no_example(self):
        network = make_engagement()
        make_link(make_measure(engagement=network, accepted_on=None), make_commitment())

        assert suggested(make_measure(engagement=network)) == {}


def test_rule_10_a_protected_commitment_is_never_suggested():
    network = make_engagement()
    measure, hidden = make_measure(engagement=network), make_commitment(protection=Protection.PROTECTED)
    make_link(make_measure(engagement=network), hidden)

    assert suggested(measure) == {}
    assert list(suggested(measure, make_trusted())) == [hidden.reference]


def test_rule_10_a_protected_measure_is_no_example_and_is_not_named():
    network = make_engagement()
    measure = make_measure(engagement=network)
    make_link(make_measure(engagement=network, protection=Protection.PROTECTED), make_commitment())

    assert suggested(measure) == {}


def test_what_is_on_the_board_is_not_suggested():
    network, commitment = make_engagement(), make_commitment()
    measure = make_measure(engagement=network)
    make_link(make_measure(engagement=network), commitment)
    make_link(measure, commitment)

    assert suggested(measure) == {}


# From a commitment


class TestFromACommitment:
    def test_measures_of_kin_commitments_are_suggested(self):
        article, covenant = (
            make_article(25),
            make_provision(make_instrument(short_de="UN-Sozialpakt"), number="Art. 11"),
        )
        make_provision_link(covenant, article, relation=Relation.EQUIVALENT)
        commitment, kin = make_commitment(article), make_commitment(covenant)
        measure = make_link(commitment=kin).measure

        (found,) = for_commitment(commitment, make_officer(), Known(), [])

        assert found.target == measure
        assert found.reasons == [
            f"sie zu {kin.reference} beiträgt und UN-Sozialpakt Art. 11 und AEMR Art. 25 sich entsprechen"
        ]

    def test_measures_with_its_words_are_suggested(self):
        commitment = make_commitment(title_de="Trinkwasser in Partnerstädten", wording_de="Wasser.")
        measure = make_measure(title_de="Trinkwasser in Partnerstädten", title_en="")

        (found,) = for_commitment(commitment, make_officer(), Known(), [])

        assert found.target == measure
        assert "Trinkwasser" in found.reasons[0]

    def test_a_contact_is_offered_measures_of_their_units_only(self):
        unit = make_unit()
        commitment = make_commitment(title_de="Trinkwasser in Partnerstädten", wording_de="Wasser.")
        own = make_measure(unit, title_de="Trinkwasser in Partnerstädten", title_en="")
        make_measure(title_de="Trinkwasser in Partnerstädten", title_en="")

        found = for_commitment(commitment, make_user(Role.CONTACT, unit), Known(), [])

        assert [each.target for each in found] == [own]


# Taking and dismissing


class TestTheEditor:
    def test_a_suggestion_that_is_taken_stands_on_the_board_unfilled_and_saves_nothing(self):
        measure, commitment = make_measure(), make_commitment()
        url = f"/measures/{measure.reference}/mapping/"

        page = client_of(make_officer()).post(url, {"take": f"c{commitment.pk}"})

        (item,) = page.context["board"].items
        assert (item.target, item.form["rationale_de"].value(), item.is_fresh) == (commitment, None, True)
        assert not MeasureLink.objects.exists()

    def test_it_is_not_saved_without_a_rationale(self):
        measure, commitment = make_measure(), make_commitment()
        code = f"c{commitment.pk}"
        fields = {"target": code, f"{code}-contribution": "direct", "save": "1"}

        client_of(make_officer()).post(f"/measures/{measure.reference}/mapping/", fields)

        assert not MeasureLink.objects.exists()

    def test_what_does_not_fit_is_suggested_no_more_to_anyone_until_it_is_taken_back(self):
        network, commitment, officer = make_engagement(), make_commitment(), make_officer()
        measure = make_measure(engagement=network)
        make_link(make_measure(engagement=network), commitment)
        url, code = f"/measures/{measure.reference}/mapping/", f"c{commitment.pk}"

        client_of(officer).post(url, {"dismiss": code})
        hidden = codes(make_officer(), measure)
        row = DismissedSuggestion.objects.get()
        client_of(officer).post(url, {"restore": row.pk})

        assert (hidden, codes(officer, measure)) == ([], [code])
        row.refresh_from_db()
        assert row.ended_on is not None
        assert row.history.count() == 2

    def test_what_does_not_fit_is_hidden_from_the_other_side_too(self):
        commitment = make_commitment(title_de="Trinkwasser in Partnerstädten", wording_de="Wasser.")
        measure = make_measure(title_de="Trinkwasser in Partnerstädten", title_en="")
        officer = make_officer()

        client_of(officer).post(f"/commitments/{commitment.reference}/mapping/", {"dismiss": f"m{measure.pk}"})

        assert (
            get(officer, "commitments:commitment-mapping-suggestions", commitment.reference).context["suggested"] == []
        )
        assert DismissedSuggestion.objects.get().commitment == commitment

    def test_what_was_typed_survives_a_dismissal(self):
        measure, first, second = make_measure(), make_commitment(), make_commitment()
        code = f"c{first.pk}"
        fields = {"target": code, f"{code}-rationale_de": "Halb geti", "dismiss": f"c{second.pk}"}

        page = client_of(make_officer()).post(f"/measures/{measure.reference}/mapping/", fields)

        assert "Halb geti" in page.content.decode()

    @pytest.mark.parametrize("code", ["x1", "c", "c99999999", "m1", "p²", "\x00", "c" * 100_000])
    def test_nonsense_dismisses_nothing(self, code):
        page = client_of(make_officer()).post(f"/measures/{make_measure().reference}/mapping/", {"dismiss": code})

        assert page.status_code == 200
        assert not DismissedSuggestion.objects.exists()

    def test_rule_10_a_dismissed_commitment_is_not_named_to_whom_may_not_see_it(self):
        measure, hidden = make_measure(), make_commitment(title_de="Geheime Zusage", protection=Protection.PROTECTED)
        workflow.dismiss(measure, hidden, actor=make_officer(), at=timezone.now())

        assert "Geheime" not in text(make_officer(), "commitments:mapping-suggestions", measure.reference)
        assert "Geheime" in text(make_trusted(), "commitments:mapping-suggestions", measure.reference)

    def test_a_contact_of_another_unit_dismisses_nothing(self):
        measure = make_measure()

        with pytest.raises(PermissionDenied):
            workflow.dismiss(measure, make_commitment(), actor=make_user(Role.CONTACT), at=timezone.now())
        assert get(make_user(Role.CONTACT), "commitments:mapping-suggestions", measure.reference).status_code == 403

    def test_the_database_refuses_the_same_dismissal_twice(self):
        measure, commitment = make_measure(), make_commitment()
        saved(DismissedSuggestion(measure=measure, commitment=commitment))

        with pytest.raises(Exception) as refused, transaction.atomic():  # noqa: PT011 - either of the two below
            saved(DismissedSuggestion(measure=measure, commitment=commitment))

        assert isinstance(refused.value, IntegrityError) or "nicht passend" in str(refused.value)

    def test_without_a_script_a_button_shows_them(self):
        network, commitment = make_engagement(), make_commitment()
        measure = make_measure(engagement=network)
        make_link(make_measure(engagement=network), commitment)

        page = client_of(make_officer()).post(f"/measures/{measure.reference}/mapping/", {"suggest": "1"})

        assert [item.target for item in page.context["suggested"]] == [commitment]

    def test_english_readers_read_english_reasons(self):
        network, commitment = make_engagement(), make_commitment()
        measure = make_measure(engagement=network)
        peer = make_measure(engagement=network)
        make_link(peer, commitment)
        client = client_of(make_officer())
        client.cookies["django_language"] = "en"

        page = client.get(f"/measures/{measure.reference}/mapping/suggestions/").content.decode()

        assert f"because {peer.reference} of the same engagement contributes to it" in " ".join(page.split())


# Cost


@pytest.mark.parametrize("page", ["commitments:mapping-suggestions", "commitments:commitment-mapping-suggestions"])
def test_the_cost_of_suggestions_does_not_grow(page):
    unit, network, article = make_unit(), make_engagement(), make_article(25)
    measure = make_measure(unit, engagement=network, title_de="Wasser für Corinto")
    commitment = make_link(measure, make_commitment(article, title_de="Wasser für alle")).commitment
    contact = make_user(Role.CONTACT, unit)
    reference = measure.reference if page == "commitments:mapping-suggestions" else commitment.reference

    def grow():
        kin = make_provision()
        make_provision_link(kin, article)
        make_link(make_measure(unit, engagement=network, title_de="Wasser für Masaya"), make_commitment(kin))
        other = make_provision()
        make_provision_link(other, article)
        saved(DismissedSuggestion(measure=measure, commitment=make_commitment()))
        saved(DismissedSuggestion(measure=make_measure(unit), commitment=commitment))

    grow()
    few = cost(contact, page, reference)
    for _ in range(4):
        grow()

    assert cost(contact, page, reference) == few <= MOST_QUERIES


def test_no_more_rows_are_compared_than_the_limit(monkeypatch):
    monkeypatch.setattr(suggestions, "CANDIDATES", 2)
    network = make_engagement()
    measure = make_measure(engagement=network)
    for _ in range(4):
        make_link(make_measure(engagement=network), make_commitment())

    assert len(suggested(measure)) == 2


# Likeness


@pytest.mark.parametrize(
    ("one", "other"), [("städten", "städte"), ("partnerschaften", "partnerschaft"), ("projects", "project")]
)
def test_forms_of_a_word_have_one_stem(one, other):
    assert stem(one) == stem(other)


def test_common_and_short_words_do_not_count():
    assert stems("Die Stadt und ihre Maßnahmen") == {}


def test_a_rare_word_weighs_more_than_a_common_one():
    common, rare = stems("Wasser Corinto"), stems("Wasser Masaya")
    weights = rarity([stems("Wasser"), stems("Wasser"), stems("Wasser"), common, rare])

    assert weights[stem("corinto")] > weights[stem("wasser")]


def test_likeness_lies_between_nothing_and_all():
    words = stems("Trinkwasser Corinto")

    assert likeness(words, words, {}).score == pytest.approx(1)
    assert likeness(words, stems("Musikschule"), {}).score == 0
    assert likeness(words, {}, {}).score == 0


def test_long_lists_are_cut():
    assert listed(["M-1"]) == "M-1"
    assert listed(["M-1", "M-2", "M-1"]) == "M-1 und M-2"
    assert listed([f"M-{n}" for n in range(6)]) == "M-0, M-1, M-2 und 3 weitere"
