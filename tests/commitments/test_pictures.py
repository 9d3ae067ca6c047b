import pytest

from commitments import pictures


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (("A",), ("v-a", "A")),
        (("E",), ("v-e", "E")),
        (("out_of_competence",), ("v-out", "Z")),
        (("too_early",), ("v-early", "F")),
        ((None,), ("v-gap", "L")),
        (("complete", 1, 5), ("v-a", "1/5")),
        (("limited", 3, 5), ("v-c", "3/5")),
        (("no", 2, 2), ("v-e", "2/2")),
    ],
)
def test_a_verdict_has_a_pattern_and_a_letter(verdict, expected):
    assert pictures.verdict_mark(*verdict) == expected


def test_the_portico_holds_each_article_once():
    picture = pictures.portico([{"number": number} for number in range(1, 31)])

    placed = [
        tile["number"] for tiles in (picture.roof, *(c.tiles for c in picture.columns), picture.base) for tile in tiles
    ]
    assert sorted(placed) == list(range(1, 31))
    assert [len(column.tiles) for column in picture.columns] == [9, 6, 4, 6]


def test_a_bar_fills_up_and_says_its_numbers():
    bar = pictures.bar([("released", 1), ("draft", 0), ("open", 3)])

    assert [(part["state"], part["x"], part["width"]) for part in bar.parts] == [
        ("released", "0.00", "25.00"),
        ("open", "25.00", "75.00"),
    ]
    assert "1" in bar.sentence
    assert "3" in bar.sentence


def test_a_bar_of_nothing_says_so():
    assert pictures.bar([]).parts == []
    assert pictures.bar([]).sentence


def test_a_trend_goes_down_where_the_verdict_falls():
    line = pictures.trend([{"year": 2024, "code": "A", "rank": 1}, {"year": 2025, "code": "C", "rank": 3}], "ABCDE")

    first, second = line.points
    assert second["y"] > first["y"]
    assert line.lines[0]["y"] == first["y"]
    assert "2024 A, 2025 C" in line.sentence


def test_what_is_not_graded_lies_below_all_grades():
    line = pictures.trend([{"year": 2025, "code": "too_early", "rank": None}], "ABCDE")

    assert line.points[0]["y"] > line.lines[-1]["y"]
    assert line.year_y > line.points[0]["y"]


def test_a_trend_without_years_draws_nothing():
    assert pictures.trend([], "ABCDE", small=True).path == ""
