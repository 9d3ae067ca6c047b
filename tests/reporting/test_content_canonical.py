"""The canonical form: one sequence of bytes for one content, and the way back."""

from dataclasses import replace
from datetime import date

import pytest

from reporting.content.canonical import canonical_json, content_hash, from_json
from reporting.content.facts import City, PartialDate, Text
from tests.reporting.contents import small_content

GOLDEN = "a6550c29b574f619789592f0faf2d823f4427e1866f324c1682590bebbbcaa49"
"""Of the small content, as it was hashed before the foreword came."""


def test_the_way_back_gives_the_same_content():
    content = small_content()

    assert from_json(canonical_json(content)) == content


def test_canonical_bytes_are_sorted_compact_and_utf8():
    written = canonical_json(small_content())

    assert written.startswith(b'{"answers":')
    assert b"Musterstadt" in written


def test_the_hash_follows_every_fact():
    content = small_content()
    changed = replace(content, city=City(Text("Andere Stadt")))

    assert content_hash(content) == content_hash(small_content())
    assert content_hash(changed) != content_hash(content)
    assert len(content_hash(content)) == 64


def test_the_hash_of_a_content_stored_before_later_fields_came_stays_what_it_was():
    content = small_content()

    assert b"foreword" not in canonical_json(content)
    assert content_hash(content) == GOLDEN


def test_a_later_field_counts_once_it_says_something():
    content = small_content()
    greeted = replace(content, words=replace(content.words, foreword=Text("Liebe Kölnerinnen und Kölner")))

    assert content_hash(greeted) != GOLDEN
    assert from_json(canonical_json(greeted)) == greeted


def test_a_float_is_refused():
    broken = replace(small_content(), audience=0.5)  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="float"):
        canonical_json(broken)


def test_another_schema_is_refused():
    with pytest.raises(ValueError, match="not a report content"):
        from_json(b'{"schema":"something/else/1"}')


def test_an_unknown_fact_is_refused():
    written = canonical_json(small_content()).replace(b'"audience":', b'"surprise":')

    with pytest.raises(ValueError, match="surprise"):
        from_json(written)


@pytest.mark.parametrize("written", ["2017", "2017-09", "2017-09-28"])
def test_a_date_is_as_exact_as_it_is_known(written):
    assert str(PartialDate.parse(written)) == written


def test_a_date_known_to_the_year_shows_no_more():
    assert str(PartialDate.known(date(1985, 1, 1), "year")) == "1985"
    assert PartialDate.known(None, "day") is None


def test_nonsense_is_no_date():
    with pytest.raises(ValueError, match="is not a date"):
        PartialDate.parse("28.9.2017")
