"""A provision as it stood on a day, and its history."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from commitments import clock
from commitments.ledger import save_as
from commitments.models import (
    GapReason,
    LinkState,
    MeasureProvision,
    Protection,
    Recommendation,
    RecommendationProvision,
    Role,
)
from reviews.models import AssessmentState
from tests.commitments.pages import MOST_QUERIES, cost, get, make_trusted, text
from tests.factories import (
    make_article,
    make_assessment,
    make_city,
    make_commitment,
    make_cycle,
    make_instrument,
    make_link,
    make_measure,
    make_officer,
    make_provision,
    make_provision_link,
    make_user,
    saved,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_sample")]

PAGE, HISTORY = "reporting:provision", "reporting:provision-history"


@pytest.fixture
def _sample():
    make_city()


@pytest.fixture
def then():
    return timezone.now() - timedelta(days=100)


@pytest.fixture
def on(then):
    return timezone.localtime(then).date().isoformat()


def address(provision):
    return provision.version.instrument.key, provision.version.number, provision.number


def touch(measure, provision):
    row = MeasureProvision(measure=measure, provision=provision, contribution="direct", rationale_de="Weil.")
    row.state = LinkState.ACCEPTED
    return saved(row)


def served(article, **fields):
    """A measure linked to a commitment under the article; all three as they are kept."""
    commitment = make_commitment(article)
    return [commitment, commitment.commitment_provisions.get(), *_linked(commitment, **fields)]


def _linked(commitment, **fields):
    measure = make_measure(**fields)
    return [measure, make_link(measure, commitment)]


def test_rule_13_a_provision_is_shown_with_text_kin_commitments_measures_and_reasons_of_a_day(then, on):
    article, kin = make_article(25, text_de="Alter Wortlaut."), make_provision(make_instrument("cescr"))
    link = make_provision_link(kin, article)
    gap = GapReason(article=article, field="partnerships", code="not_looked_at", text_de="Damals keine Zeit.")
    gap.stated_on = date(2026, 1, 1)
    known = [article, link, saved(gap), *served(article, title_de="Damals getan")]
    for row in known:
        saved(row, at=then)
    article.text_de, link.ended_on, gap.text_de = "Neuer Wortlaut.", clock.today(), "Jetzt fehlt Geld."
    for row in (article, link, gap):
        saved(row)
    served(article, title_de="Erst heute getan")
    officer = make_officer()

    before, now = (get(officer, PAGE, *address(article), **day).content.decode() for day in ({"on": on}, {}))

    for told in ("Alter Wortlaut.", "Damals keine Zeit.", "Damals getan", "cescr"):
        assert told in before
    for told in ("Neuer Wortlaut.", "Jetzt fehlt Geld.", "Erst heute getan"):
        assert told not in before
        assert told in now
    assert "/edit/" not in before


def test_rule_13_verdicts_are_those_that_had_been_approved_by_then(on):
    article = make_article(25)
    commitment, ground, *_rest = served(article)
    for row in (article, commitment, ground):
        saved(row, at=timezone.now() - timedelta(days=200))
    verdict = make_assessment(make_cycle(2025), commitment, AssessmentState.APPROVED)
    officer, today = make_officer(), clock.today().isoformat()

    (before,) = get(officer, PAGE, *address(article), on=on).context["promises"]
    (now,) = get(officer, PAGE, *address(article), on=today).context["promises"]

    assert before.points == []
    assert [point["year"] for point in now.points] == [verdict.cycle.year]


def test_a_measure_of_the_provision_itself_is_direct_and_one_that_only_touches_it_is_not():
    article = make_article(25)
    own = make_measure()
    touch(own, article)
    touched = make_commitment(make_article(3))
    saved(type(touched.commitment_provisions.get())(commitment=touched, provision=article, order=1))
    other, _link = _linked(touched)
    today = clock.today().isoformat()

    rows = get(make_officer(), PAGE, *address(article), on=today).context["measures"]

    assert [(row.measure.reference, row.is_direct, row.through) for row in rows] == [
        (own.reference, True, ""),
        (other.reference, False, touched.reference),
    ]


def test_rule_10_what_is_protected_today_stays_out_of_the_past_and_of_the_history():
    article, today = make_article(25), clock.today().isoformat()
    commitment, _ground, measure, _link = served(article, title_de="Geheime Tat", protection=Protection.PROTECTED)
    touch(measure, article)
    hidden = make_commitment(article, title_de="Geheime Zusage", protection=Protection.PROTECTED)

    for user, shows in ((make_officer(), False), (make_trusted(), True)):
        page, history = text(user, PAGE, *address(article), on=today), text(user, HISTORY, *address(article))
        assert commitment.reference in page
        assert ("Geheime Tat" in page, "Geheime Tat" in history) == (shows, shows)
        assert (hidden.reference in page, hidden.reference in history) == (shows, shows)


def test_the_history_tells_links_and_reasons_with_what_changed_and_why():
    article, officer = make_article(25), make_officer()
    gap = GapReason(article=article, field="europe", code="no_resources", text_de="Keine Stelle.")
    gap.stated_on = date(2026, 1, 1)
    saved(gap)
    gap.text_de = "Zwei Stellen fehlen."
    save_as(gap, actor=officer, reason="Nachgezählt", at=timezone.now())
    commitment, *_rest = served(article)
    recommendation = saved(Recommendation(key="E-900", source="upr", text_de="Mehr tun.", document="A/HRC/1"))
    saved(RecommendationProvision(recommendation=recommendation, provision=article))

    page = text(officer, HISTORY, *address(article))

    for told in ("Begründung der Lücke geändert: Europa", "Nachgezählt", "Empfehlung A/HRC/1", commitment.reference):
        assert told in page


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("language", ["de", "en"])
def test_every_role_reads_the_provision_of_a_day(client, role, language):
    article = make_article(25)
    client.force_login(make_user(role))
    client.cookies["django_language"] = language
    words = {"de": "stand der Eintrag nicht im Register", "en": "not in the register on that day"}

    page = client.get(f"/instruments/udhr/1/{article.number.replace(' ', '_')}/", {"on": "2001-01-01"})

    assert page.status_code == 200
    assert words[language] in " ".join(page.content.decode().split())


@pytest.mark.parametrize("day", ["2999-01-01", "31.12.", "\x00", ""])
def test_a_day_that_is_none_is_refused_with_a_sentence(day):
    response = get(make_officer(), PAGE, *address(make_article(25)), on=day)

    assert response.status_code == 200
    assert response.context["form"].errors


def test_the_state_on_a_day_costs_the_same_with_many_rows():
    article, officer, today = make_article(25), make_officer(), clock.today().isoformat()

    def grow():
        served(article)
        make_provision_link(make_provision(), article)
        touch(make_measure(), article)
        return cost(officer, PAGE, *address(article), on=today)

    few = grow()
    many = [grow() for _ in range(3)][-1]

    assert many == few <= MOST_QUERIES
