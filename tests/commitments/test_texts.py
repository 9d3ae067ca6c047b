from datetime import date, datetime
from decimal import Decimal

import pytest
from django.utils import translation

from commitments import texts


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ({"title_de": "Rat", "title_en": "Council"}, "en", ("Council", "en")),
        ({"title_de": "Rat", "title_en": ""}, "en", ("Rat", "de")),
        ({"title_de": "Rat", "title_en": "Council"}, "de", ("Rat", "de")),
        ({"title_de": None, "title_en": None}, "en", ("", "de")),
    ],
)
def test_a_missing_translation_falls_back_to_german(text, language, expected):
    assert texts.localized_pair(text, "title", language) == expected


def test_long_words_part_at_syllables_and_short_ones_stay_whole():
    with translation.override("de"):
        shown = texts.hyphenated("Amt für Gleichstellung & Kulturamt")

    assert shown == "Amt für Gleich\u00adstel\u00adlung & Kulturamt"


def test_a_german_text_on_an_english_page_says_so_to_screen_readers():
    assert texts.localized_html({"title_de": "Rat & Tat"}, "title", "en") == '<span lang="de">Rat &amp; Tat</span>'


@pytest.mark.parametrize(
    ("precision", "language", "expected"),
    [
        ("day", "de", "14. März 2026"),
        ("month", "de", "März 2026"),
        ("year", "de", "2026"),
        ("day", "en", "14 March 2026"),
        ("month", "en", "March 2026"),
    ],
)
def test_a_date_is_shown_as_exactly_as_it_is_known(precision, language, expected):
    assert texts.partial_date(date(2026, 3, 14), precision, language) == expected


def test_a_missing_date_or_number_is_an_empty_text():
    assert texts.partial_date(None) == texts.long_date(None) == texts.moment(None) == texts.number(None) == ""


def test_a_deadline_names_its_weekday():
    assert texts.weekday_date(date(2027, 2, 19), "de") == "Freitag, 19. Februar 2027"


def test_a_moment_has_date_and_time():
    assert texts.moment(datetime(2027, 2, 4, 9, 20), "de") == "4. Februar 2027, 09:20"  # noqa: DTZ001 - shown, not stored


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (texts.number(12408, "de"), "12.408"),
        (texts.number(12408, "en"), "12,408"),
        (texts.percent(0.66, "de"), "66\u00a0%"),
        (texts.euro(Decimal("72500.00"), "de"), "72.500\u00a0€"),
        (texts.euro(Decimal("9.5"), "de"), "9,50\u00a0€"),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(written, expected):
    assert written.replace(" ", "\u00a0") == expected.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("gleich", "gleich", [("equal", "gleich")]),
        ("", "neu", [("insert", "neu")]),
        ("alt", "", [("delete", "alt")]),
        ("48.000 Euro", "31.500 Euro", [("delete", "48.000"), ("insert", "31.500"), ("equal", " Euro")]),
        ("ein alter Text", "ein neuer Satz", [("equal", "ein "), ("delete", "alter Text"), ("insert", "neuer Satz")]),
    ],
)
def test_a_difference_is_told_word_by_word(old, new, expected):
    assert texts.word_diff(old, new) == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [("Die Stadt kauft fair ein.", "Die Stadt kauft, wo es geht, fair."), (" a  b ", "b a"), ("x", " x")],
)
def test_a_difference_holds_both_texts_whole(old, new):
    segments = texts.word_diff(old, new)

    assert "".join(text for op, text in segments if op != "insert") == old
    assert "".join(text for op, text in segments if op != "delete") == new


def test_markdown_keeps_lists_and_links_and_no_scripts():
    html = texts.markdown(
        "- **fair**\n- [UN](https://www.un.org/)\n\n<script>alert(1)</script> [x](javascript:alert(1))"
    )

    assert "<strong>fair</strong>" in html
    assert 'href="https://www.un.org/"' in html
    assert "<script" not in html
    assert "href=\"javascript" not in html  # fmt: skip


def test_each_article_has_a_short_name_in_both_languages():
    assert sorted(texts.ARTICLE_LABELS) == list(range(1, 31))
    assert texts.article_label(14, "en") == "Asylum"
    assert all(german and english for german, english in texts.ARTICLE_LABELS.values())
