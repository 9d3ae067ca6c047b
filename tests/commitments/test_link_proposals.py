"""Links that units propose: the officer decides on several at once."""

import pytest

from commitments.models import LinkState, MeasureProvision, Protection, Role
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import make_article, make_commitment, make_link, make_measure, make_officer, make_user, saved

pytestmark = pytest.mark.django_db

URL = "/links/proposed/"


def proposed(**fields):
    return make_link(state=LinkState.PROPOSED, **fields)


def code_of(link):
    return f"{'p' if isinstance(link, MeasureProvision) else 'c'}{link.pk}"


def decide(links, act, reason=""):
    fields = {"link": [code_of(link) for link in links], act: "1", "reason": reason}
    return client_of(make_officer()).post(URL, fields)


def states(*links):
    for link in links:
        link.refresh_from_db()
    return [link.state for link in links]


def test_proposals_are_listed_with_their_rationale_and_accepted_links_are_not():
    link = proposed(rationale_de="Sie bringt Wasser.")
    make_link(rationale_de="Schon angenommen.")

    page = text(make_officer(), "commitments:link-proposals")

    assert "Sie bringt Wasser." in page
    assert link.measure.reference in page
    assert "Schon angenommen." not in page


def test_several_are_accepted_at_once_and_the_others_wait():
    first, second, third = proposed(), proposed(), proposed()
    provision = MeasureProvision(
        measure=make_measure(), provision=make_article(5), contribution="direct", rationale_de="Weil."
    )
    saved(provision)

    response = decide([first, second, provision], "accept")

    assert response.status_code == 302
    assert states(first, second, third, provision) == ["accepted", "accepted", "proposed", "accepted"]


def test_several_are_declined_for_one_reason_that_stays_in_the_history():
    """Rule 11."""
    first, second = proposed(), proposed()

    decide([first, second], "decline", "Gehört zu einer anderen Verpflichtung.")

    assert states(first, second) == ["ended", "ended"]
    assert first.history.first().history_change_reason == "Gehört zu einer anderen Verpflichtung."


@pytest.mark.parametrize("reason", ["", "   "])
def test_declining_without_a_reason_changes_nothing_and_keeps_the_choice(reason):
    link = proposed()

    page = decide([link], "decline", reason)

    assert states(link) == ["proposed"]
    assert "Begründen Sie in einem Satz, warum die Vorschläge abgelehnt werden." in page.content.decode()
    assert f'id="link-{code_of(link)}" checked' in " ".join(page.content.decode().split())


def test_without_a_choice_a_sentence_says_what_to_do():
    proposed()

    assert "Wählen Sie mindestens einen Vorschlag" in decide([], "accept").content.decode()


def test_an_accepted_link_is_not_declined_here():
    link = make_link()

    decide([link], "decline", "Zu spät.")

    assert states(link) == ["accepted"]


@pytest.mark.parametrize("code", ["x", "c", "c²", "p99999999999999999999", "c-1", "\x00"])
def test_nonsense_is_no_choice(code):
    page = client_of(make_officer()).post(URL, {"link": code, "accept": "1"})

    assert page.status_code == 200


def test_a_reason_too_long_comes_back_as_a_sentence():
    link = proposed()

    page = decide([link], "decline", "x" * 100_000)

    assert (page.status_code, states(link)) == (200, ["proposed"])


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER}))
def test_nobody_but_the_officer_decides(role):
    link = proposed()
    user = make_user(role)

    assert get(user, "commitments:link-proposals").status_code == 403
    assert client_of(user).post(URL, {"link": code_of(link), "accept": "1"}).status_code == 403
    assert states(link) == ["proposed"]


def test_rule_10_a_proposal_on_something_protected_is_not_told_and_not_decided():
    hidden = proposed(commitment=make_commitment(protection=Protection.PROTECTED), rationale_de="Verfolgte.")
    other = proposed(measure=make_measure(protection=Protection.PROTECTED), rationale_de="Minderjährige.")

    page = text(make_officer(), "commitments:link-proposals")
    decide([hidden, other], "accept")

    assert "Verfolgte." not in page
    assert "Minderjährige." not in page
    assert states(hidden, other) == ["proposed", "proposed"]
    assert "Verfolgte." in text(make_trusted(), "commitments:link-proposals")


def test_english_readers_read_english():
    proposed()
    client = client_of(make_officer())
    client.cookies["django_language"] = "en"

    assert "One link waits for you" in client.get(URL).content.decode()


def test_the_cost_does_not_grow():
    officer = make_officer()
    proposed()
    few = cost(officer, "commitments:link-proposals")
    for _ in range(5):
        proposed()

    assert cost(officer, "commitments:link-proposals") == few <= MOST_QUERIES
