"""Corrections laid over a content: only what can be corrected, everything that is counted counted anew."""

from dataclasses import replace
from datetime import date

import pytest

from reporting.content.canonical import canonical_json, content_hash, from_json
from reporting.content.correcting import NotCorrectable, Targets, checked, counted, laid_over
from reporting.content.facts import Corrected
from tests.reporting.contents import small_content

OUTCOME = "assessment.outcome"


def correction(target="commitment:K-001", field=OUTCOME, old="A", new="C", **fields):
    return Corrected(
        **{
            "edition": 1,
            "target": target,
            "field": field,
            "old": old,
            "new": new,
            "reason": "Verwechselt.",
            "corrected_on": date(2026, 11, 20),
        }
        | fields
    )


def test_a_content_without_corrections_keeps_its_hash_from_before_there_were_any():
    stored = canonical_json(small_content())

    assert b'"corrections"' not in stored
    assert content_hash(from_json(stored)) == content_hash(small_content())


def test_counting_a_stored_content_anew_changes_nothing():
    content = small_content()

    assert counted(content) == content


def test_a_content_with_corrections_comes_back_from_its_canonical_form():
    content = laid_over(small_content(), [correction()])

    assert from_json(canonical_json(content)) == content
    assert content.corrections == (correction(),)


class TestAVerdict:
    def test_it_stands_in_the_row_of_years_the_rate_the_article_and_the_trend(self):
        before, after = small_content(), laid_over(small_content(), [correction()])

        first = after.commitments[0]
        assert first.assessment
        assert (first.outcome, first.verdicts[-1].outcome, first.assessment.trend) == ("C", "C", "worse")
        assert (before.years[-1].fulfilled, after.years[-1].fulfilled) == (1, 0)
        assert after.articles[0].outcome == "C"
        assert "K-001" in {move.commitment for move in after.moves}

    def test_its_neighbours_stay_as_they_are(self):
        before, after = small_content(), laid_over(small_content(), [correction()])

        assert after.commitments[1:] == before.commitments[1:]
        assert after.measures == before.measures

    @pytest.mark.parametrize(
        ("new", "trend"), [("B", "same"), ("E", "worse"), ("too_early", "first"), ("out_of_competence", "first")]
    )
    def test_the_trend_follows_from_the_verdict_of_last_year(self, new, trend):
        after = laid_over(small_content(), [correction(new=new)])

        assessment = after.commitments[0].assessment
        assert assessment
        assert assessment.trend == trend


PLACES = [
    ("commitment:K-002", "assessment.finding.de", "Keine Antwort kam.", "Eine Antwort kam zu spät."),
    ("measure:M-001", "title.en", "Measure 1", "The first measure"),
    ("measure:M-001", "starts_on", "2012", "2013-05"),
    ("measure:M-001", "status", "ongoing", "completed"),
    ("engagement:projekt", "ends_on", "2017-06", "2018"),
    ("follow-up:K-002:1", "due_on", "2025-12-15", "2026-01-31"),
    ("follow-up:K-001:1", "state", "done", "open"),
    ("gap:2:", "text.de", "Noch nicht betrachtet.", "Wird betrachtet."),
    ("words", "introduction.de", "Worum es **geht**.", "Worum es wirklich geht."),
]


@pytest.mark.parametrize(("target", "field", "old", "new"), PLACES)
def test_each_kind_of_place_is_corrected_and_nothing_else_is(target, field, old, new):
    before = small_content()

    after = laid_over(before, [correction(target, field, old, new)])

    assert Targets(after).place(target, field).value == new
    back = laid_over(replace(after, corrections=()), [correction(target, field, new, old)])
    assert replace(back, corrections=()) == before


@pytest.mark.parametrize(
    ("target", "field", "code"),
    [
        ("commitment:K-999", OUTCOME, "target"),
        ("nonsense", "title.de", "target"),
        ("commitment:K-001", "reference", "field"),
        ("commitment:K-001", "assessment", "field"),
        ("measure:M-001", "answers", "field"),
        ("measure:M-001", "__class__", "field"),
    ],
)
def test_nothing_else_in_a_content_can_be_reached(target, field, code):
    with pytest.raises(NotCorrectable) as refusal:
        laid_over(small_content(), [correction(target, field)])

    assert refusal.value.code == code


def test_a_place_that_holds_something_else_is_refused():
    with pytest.raises(NotCorrectable) as refusal:
        laid_over(small_content(), [correction(old="B")])

    assert refusal.value.code == "stale"


def test_a_content_read_anew_leaves_out_what_is_not_there_any_more():
    content = small_content()

    after = laid_over(content, [correction("measure:M-099", "title.de"), correction(old="B", new="D")], strict=False)

    assert after == content


def test_a_correction_is_listed_once():
    once = laid_over(small_content(), [correction()])

    assert laid_over(once, [correction()]) == once


@pytest.mark.parametrize(
    ("target", "field", "value", "code"),
    [
        ("commitment:K-001", OUTCOME, "A", "unchanged"),
        ("commitment:K-001", OUTCOME, "Z", "code"),
        ("commitment:K-001", "title.de", "  ", "empty"),
        ("commitment:K-001", "title.de", "x" * 301, "long"),
        ("commitment:K-001", "title.de", "eins\nzwei", "lines"),
        ("commitment:K-001", "wording.de", "x" * 50_001, "long"),
        ("commitment:K-001", "wording.de", "\x07", "unprintable"),
        ("measure:M-001", "starts_on", "2012-13", "date"),
        ("measure:M-001", "starts_on", "gestern", "date"),
        ("measure:M-001", "status", "vergessen", "code"),
        ("engagement:projekt", "ends_on", "2012", "order"),
        ("follow-up:K-002:1", "due_on", "2026-02-30", "date"),
    ],
)
def test_a_value_that_cannot_stand_there_is_refused(target, field, value, code):
    targets = Targets(small_content())

    with pytest.raises(NotCorrectable) as refusal:
        checked(targets.place(target, field), targets.rows[target], value)

    assert refusal.value.code == code


def test_a_date_known_to_the_year_only_may_begin_and_end_something_in_one_year():
    targets = Targets(small_content())

    assert checked(targets.place("engagement:projekt", "ends_on"), targets.rows["engagement:projekt"], "2013") == "2013"
