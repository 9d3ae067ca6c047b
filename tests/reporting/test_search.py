"""The page that searches everything: what it finds, in what order, for whom, and what it costs."""

from datetime import date

import pytest
from django.urls import reverse

from commitments.models import (
    GlossaryTerm,
    Measure,
    Protection,
    Role,
)
from reviews.models import AssessmentState, CycleState, ReviewCycle
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import (
    make_article,
    make_assessment,
    make_commitment,
    make_cycle,
    make_evidence,
    make_follow_up,
    make_instrument,
    make_measure,
    make_officer,
    make_partnership,
    make_provision,
    make_recommendation,
    make_unit,
    make_user,
    saved,
)

pytestmark = pytest.mark.django_db

SEARCH = "reporting:search"


def groups(user, typed, **query):
    """What was found: for each group how many, in the order of the page."""
    return {group.key: group.total for group in get(user, SEARCH, q=typed, **query).context["groups"]}


def one_of_each(word="Brunnen"):
    commitment = make_commitment(make_article(), title_de=f"{word} sichern")
    measure = make_measure(title_de=f"{word} bauen")
    make_provision(title_de=f"Recht auf {word}")
    make_partnership(name_de=f"{word}stadt")
    make_recommendation(text_de=word)
    make_evidence(measure, title=f"{word}bericht")
    cycle = ReviewCycle.objects.first() or make_cycle(state=CycleState.ASSESSING)
    make_follow_up(cycle=cycle, commitment=commitment, action_de=f"{word} prüfen")
    make_assessment(cycle=cycle, commitment=commitment, finding_de=f"{word} fehlen.")
    make_instrument(title_de=f"Übereinkommen über {word}")
    make_unit(name_de=f"Amt für {word}")
    saved(GlossaryTerm(term_de=f"{word} {commitment.pk}", text_de="Erklärt"))


ALL = {
    "commitments",
    "measures",
    "provisions",
    "engagements",
    "recommendations",
    "evidence",
    "follow-ups",
    "findings",
    "instruments",
    "units",
    "glossary",
}


def test_everything_is_found_by_one_word():
    one_of_each()

    assert groups(make_officer(), "brunnen") == dict.fromkeys(ALL, 1)


def test_the_page_takes_as_many_queries_for_many_rows_as_for_few():
    one_of_each()
    officer, contact = make_officer(), make_user(Role.CONTACT)
    few, fewer = cost(officer, SEARCH, q="brunnen"), cost(contact, SEARCH, q="brunnen")

    for _ in range(7):
        one_of_each()

    assert cost(officer, SEARCH, q="brunnen") == few <= MOST_QUERIES
    assert cost(contact, SEARCH, q="brunnen") == fewer <= MOST_QUERIES


@pytest.mark.parametrize("only", sorted(ALL))
def test_a_group_alone_is_paged_and_costs_the_same(only):
    one_of_each()
    officer = make_officer()
    few = cost(officer, SEARCH, q="brunnen", only=only)
    for _ in range(2):
        one_of_each()

    group = get(officer, SEARCH, q="brunnen", only=only, page="99").context["group"]

    assert group.total == 3
    assert len(group.hits) == 3
    assert cost(officer, SEARCH, q="brunnen", only=only) == few <= MOST_QUERIES


def test_a_group_shows_its_best_hits_and_how_many_there_are():
    for _ in range(7):
        make_measure(title_de="Brunnen")

    page = text(make_officer(), SEARCH, q="Brunnen")

    assert "5 von 7" in page
    assert f'href="{reverse("commitments:measure-list")}?q=Brunnen"' in page


def test_what_cannot_be_listed_elsewhere_is_listed_here():
    version = make_instrument()
    for n in range(30):
        make_provision(version, number=f"Art. {n}", order=n, title_de="Wasser")

    page = text(make_officer(), SEARCH, q="Wasser")
    second = get(make_officer(), SEARCH, q="Wasser", only="provisions", page="2")

    assert "?q=Wasser&amp;only=provisions" in page
    assert len(second.context["group"].hits) == 5


@pytest.mark.parametrize(
    ("typed", "first"),
    [("K-017", "commitments"), ("M-003", "measures"), ("Art. 25", "provisions"), ("CEDAW 5", "provisions")],
)
def test_an_exact_number_stands_at_the_top(typed, first):
    make_commitment(make_article(25), reference="K-017", wording_de="Wie M-003 nach Art. 25, CEDAW 5")
    make_measure(reference="M-003", description_de="Für K-017 nach Art. 25 und CEDAW 5")
    make_provision(make_instrument("cedaw"), number="Art. 5", order=5, text_de="Siehe K-017 und M-003")

    shown = get(make_officer(), SEARCH, q=typed).context["groups"]

    assert shown[0].key == first
    assert len(shown) > 1


def test_a_hit_is_marked_and_its_place_in_the_text_shown():
    make_measure(title_de="Köln", description_de="Anfang " + "und weiter " * 60 + "Obdachlosenwohnung hier")

    page = text(make_officer(), SEARCH, q="koeln wohnungen")

    assert '<mark class="marked">Köln</mark>' in page
    assert 'Obdachlosen<mark class="marked">wohnung</mark>' in page


def test_the_other_languages_text_is_shown_where_the_word_stands_there():
    make_measure(title_de="A", title_en="B", description_de="Deutscher Text", description_en="A well is built")

    assert '<mark class="marked">well</mark>' in text(make_officer(), SEARCH, q="well")


@pytest.mark.parametrize(("typed", "words"), [("gibtesnicht", "Jedes der Wörter"), ("%", "Nach Zeichen allein")])
def test_nothing_found_says_what_to_do(typed, words):
    one_of_each()

    page = text(make_officer(), SEARCH, q=typed)

    assert words in page


def test_nothing_typed_asks_for_a_word():
    assert "Geben Sie oben ein Wort" in text(make_officer(), SEARCH)


@pytest.mark.parametrize("typed", ["\x00", "x" * 100_000, "' OR 1=1 --", "<script>alert(1)</script>", "_" * 200])
def test_odd_words_do_no_harm(typed):
    page = text(make_officer(), SEARCH, q=typed)

    assert "<script>alert" not in page


@pytest.mark.parametrize("only", ["nonsense", "", "\x00"])
def test_a_group_that_is_none_shows_all(only):
    one_of_each()

    assert groups(make_officer(), "brunnen", only=only) == dict.fromkeys(ALL, 1)


def test_an_ended_commitment_and_a_withdrawn_piece_of_evidence():
    make_commitment(reference="K-900", title_de="Brunnen", ended_on=date(2026, 1, 1))
    make_evidence(make_measure(), title="Brunnenbild", withdrawn_on=date(2026, 1, 1))

    assert groups(make_officer(), "brunnen") == {"commitments": 1}
    assert "beendet" in text(make_officer(), SEARCH, q="brunnen")


def test_a_finding_is_found_by_others_once_it_is_approved_and_the_cycle_closed():
    draft = make_cycle(state=CycleState.ASSESSING)
    make_assessment(cycle=draft, commitment=make_commitment(), state=AssessmentState.DRAFT, finding_de="Brunnen fehlen")

    assert groups(make_officer(), "brunnen") == {"findings": 1}
    assert groups(make_user(Role.COUNCIL), "brunnen") == {}


def test_rule_10_what_is_protected_is_no_hit_and_not_counted():
    commitment = make_commitment(make_article(), title_de="Brunnen", protection=Protection.PROTECTED)
    measure = make_measure(title_de="Brunnen", protection=Protection.PROTECTED)
    make_partnership(name_de="Brunnen", protection=Protection.PROTECTED)
    make_evidence(measure, title="Brunnen")
    cycle = make_cycle(state=CycleState.ASSESSING)
    make_follow_up(cycle=cycle, commitment=commitment, action_de="Brunnen")
    make_assessment(cycle=cycle, commitment=commitment, finding_de="Brunnen")
    open_one = make_measure(title_de="Brunnen für alle")

    for role in Role:
        user = make_user(role)
        assert groups(user, "brunnen") == ({} if role == Role.ADMINISTRATOR else {"measures": 1})
        assert len(get(user, SEARCH, q="brunnen", only="evidence").context["group"].hits) == 0
    seen = groups(make_trusted(), "brunnen")
    assert seen == {
        "commitments": 1,
        "measures": 2,
        "engagements": 1,
        "evidence": 1,
        "follow-ups": 1,
        "findings": 1,
    }
    assert Measure.objects.visible_to(make_officer()).get() == open_one


@pytest.mark.parametrize(("language", "word"), [("de", "gefunden"), ("en", "found for")])
def test_the_page_is_in_the_readers_language(language, word):
    one_of_each()

    page = client_of(make_officer()).get(reverse(SEARCH), {"q": "brunnen"}, headers={"accept-language": language})

    assert word in page.content.decode()
