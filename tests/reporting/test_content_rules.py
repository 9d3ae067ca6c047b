"""How a report counts (DESIGN.md section 4, rules 1 and 16)."""

from reporting.content import rules
from reporting.content.facts import Link, Provision, Text, Verdict
from tests.reporting.contents import GRADES, article, make_commitment, make_measure, small_content


def only(content, number):
    return next(row for row in content.articles if row.number == number)


def test_a_measure_reaches_an_article_directly_through_its_basis():
    article_1 = only(small_content(), 1)

    assert article_1.direct == 1
    assert article_1.commitments == ("K-001",)


def test_what_comes_through_kin_provisions_is_indirect():
    article_1 = only(small_content(), 1)

    assert article_1.indirect == 1
    assert article_1.kin == ("K-003",)


def test_what_is_direct_is_not_counted_as_indirect_again():
    link = Link("M-001", "direct")
    both = (
        make_commitment(1, links=(link,)),
        make_commitment(2, links=(link,), provisions=(article(2), article(1))),
    )
    content = small_content(commitments=both, measures=(make_measure(1),), follow_ups=())

    assert (only(content, 1).direct, only(content, 1).indirect) == (1, 0)


def test_a_provision_of_another_instrument_is_no_basis_of_an_article():
    pledge = Provision("eccar", "Punkt 1", Text("Punkt 1"), (2, 7))
    row = make_commitment(101, provisions=(pledge,))

    assert rules.basis_article(row) is None
    assert rules.kin_articles(row) == {2, 7}


def test_an_article_carries_the_weakest_verdict():
    assert rules.weakest(["A", "C", "B"], GRADES) == "C"
    assert rules.weakest(["A", "too_early"], GRADES) == "A"
    assert rules.weakest(["out_of_competence", "too_early"], GRADES) == "too_early"
    assert rules.weakest(["out_of_competence"], GRADES) == "out_of_competence"
    assert rules.weakest([], GRADES) == "gap"


def test_an_article_that_is_not_assessed_yet_is_no_gap():
    assert rules.weakest([""], GRADES) == ""
    assert rules.weakest(["", "B"], GRADES) == "B"


def test_the_rate_leaves_out_what_is_too_early_or_out_of_competence():
    rows = [
        make_commitment(n, outcome) for n, outcome in enumerate(("A", "B", "C", "too_early", "out_of_competence"), 1)
    ]

    year = rules.years(rows, GRADES)[-1]

    assert (year.fulfilled, year.rated) == (2, 3)


def test_a_change_of_grade_is_a_move_and_a_new_commitment_is_not():
    moves = small_content().moves

    assert [(move.commitment, move.before, move.after, move.direction) for move in moves] == [
        ("K-001", "B", "A", "better"),
        ("K-002", "B", "D", "worse"),
    ]


def test_totals_count_a_measure_once():
    links = (Link("M-001", "direct"),)
    rows = (make_commitment(1, links=links), make_commitment(2, links=links))
    content = small_content(commitments=rows, measures=(make_measure(1),), follow_ups=())

    assert [total.direct for total in content.field_totals] == [1, 0, 0, 0]


def test_silence_is_counted_with_its_reminders():
    row = small_content().answers[1]

    assert (row.unit, row.counts[0].outcome, row.counts[0].count) == ("planung", "no_reply", 1)
    assert len(row.reminders) == 3
    assert row.escalated_on is not None


def test_a_finding_stands_in_the_volume_of_the_field_where_most_of_its_measures_are():
    links = tuple(Link(name, "direct") for name in ("a", "b", "c"))
    row = make_commitment(1, links=links)

    assert rules.main_field(row, {"a": "europe", "b": "europe", "c": "partnerships"}) == "europe"
    assert rules.main_field(make_commitment(2), {}) == "human_rights"


def test_the_verdicts_of_earlier_years_are_kept():
    row = make_commitment(1, verdicts=(Verdict(2022, "C"), Verdict(2025, "A")))

    assert [year.year for year in rules.years([row], GRADES)] == [2022, 2025]
