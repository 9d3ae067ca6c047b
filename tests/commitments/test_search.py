"""Words that people type, and the rows that they find."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from commitments import folding, search
from commitments.ledger import save_all_as
from commitments.models import (
    Commitment,
    Engagement,
    FieldOfAction,
    Instrument,
    Measure,
    MeasureStatus,
    Protection,
    Provision,
    Role,
    SearchEntry,
)
from tests.commitments.pages import make_trusted
from tests.factories import (
    LONG_AGO,
    make_city,
    make_commitment,
    make_instrument,
    make_measure,
    make_partnership,
    make_provision,
    make_unit,
    make_user,
    saved,
)


def _hit(written, typed):
    """Whether a text has all the words that were typed."""
    text, words = folding.fold(written), folding.words(typed)
    return bool(words) and all(any(part in text for part in word.parts) for word in words)


@pytest.mark.parametrize("written", ["Köln", "Koeln", "koln", "KÖLN", "Ko\u0308ln", "KO\u0308LN"])
@pytest.mark.parametrize("typed", ["Köln", "Koeln", "koln", "KOELN", "Ko\u0308ln"])
def test_umlauts_are_one_however_they_are_written(written, typed):
    assert _hit(f"Stadt {written}", typed)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("strasse", "Straße"),
        ("Straße", "STRASSE"),
        ("Esch-sur-Alzette", "Esch sur Alzette"),
        ("Lodz", "Łódź"),
        ("resume", "Résumé"),
        ("Diskriminierung", "Diskrimi\u00adnierung"),
        ("Bürgerinnen", "Bürger*innen"),
        ("Bürger:innen", "Bürgerinnen"),
        ("Wohnungen", "Obdachlosenwohnung"),
        ("Städte", "Innenstadt"),
        ("Stadt", "Städtepartnerschaft"),
        ("Haus", "Frauenhäuser"),
        ("Förderungen", "Förderung der Jugend"),
        ("communities", "A community"),
        ("wasser brunnen", "Brunnen für sauberes Trinkwasser"),
        ("017", "K-017"),
        ("k-017", "K-017 Wohnen"),
        ("Art. 25", "Art. 25 Lebensstandard"),
        ("Artikel 25", "Art. 25 Lebensstandard"),
        ("article 25", "Nach Artikel 25 der Erklärung"),
        ("EU-Projekte", "Ein EU-Projekt"),
        ("100 %", "100 Familien"),
    ],
)
def test_what_means_the_same_is_found(typed, written):
    assert _hit(written, typed)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("%", "Anything at all"),
        ("_", "Anything at all"),
        ("\\", "Back\\slash"),
        ("a_b", "axb"),
        ("5", "Art. 25"),
        ("Art. 2", "Art. 25"),
        ("EU", "neue Leute"),
        ("Bürgerinnen", "Hamburg"),
        ("wasser brunnen", "Trinkwasser"),
    ],
)
def test_what_means_something_else_is_not_found(typed, written):
    assert not _hit(written, typed)


def marked(text, typed):
    return [piece.text for piece in folding.mark(text, folding.words(typed)) if piece.is_hit]


@pytest.mark.parametrize(
    ("typed", "text", "hits"),
    [
        ("wohnungen", "Die Obdachlosenwohnung", ["wohnung"]),
        ("koeln", "In Köln und Koeln", ["Köln", "Koeln"]),
        ("städte", "Städteappell, Stadtrat", ["Städte", "Stadt"]),
        ("strasse", "Straße", ["Straße"]),
        ("wasser", "Trinkwasser, Wassers", ["wasser", "Wassers"]),
        ("diskriminierung", "Diskrimi\u00adnierung", ["Diskrimi\u00adnierung"]),
        ("5", "Art. 25 und 5", ["5"]),
        ("%", "100 %", []),
    ],
)
def test_a_hit_is_marked_as_it_is_written(typed, text, hits):
    assert marked(text, typed) == hits
    assert "".join(piece.text for piece in folding.mark(text, folding.words(typed))) == text


def test_an_excerpt_shows_the_place_of_the_hit():
    text = "Anfang " + "und so weiter " * 60 + "Brunnen " + "und so fort " * 60

    excerpt = folding.excerpt(text, folding.words("brunnen"))

    assert any(piece.is_hit and piece.text == "Brunnen" for piece in excerpt)
    assert excerpt[0].text == "… "
    assert excerpt[-1].text == " …"
    assert sum(len(piece.text) for piece in excerpt) < 260


@pytest.mark.parametrize("text", ["ß*innen aee", "ﬁnanz ① İstanbul", "a--b%\u00ad c\x00d", "Ö:in", "", "   ", "🙂 ok"])
def test_the_places_of_letters_belong_to_the_folded_text(text):
    folded, origin = folding._folded_with_origin(text)

    assert folded.split() == folding.fold(text).split()
    assert len(origin) == len(folded)


def test_a_hundred_thousand_signs_are_cut(db):
    make_measure(title_de="Brunnen")

    assert list(search.matching(Measure.objects.all(), "x " * 50_000)) == []
    assert len(folding.words("wort " * 50_000)) == 1


@pytest.mark.django_db
class TestEntries:
    def entry(self, table, row):
        return SearchEntry.objects.get(table=table, object_id=row.pk)

    def test_a_saved_row_is_found_and_a_changed_one_by_its_new_words_only(self):
        measure = make_measure(title_de="Brunnen", target_groups_de=["Geflüchtete"])
        assert list(search.matching(Measure.objects.all(), "brunnen gefluechtete")) == [measure]

        measure.title_de = "Schule"
        saved(measure)

        assert list(search.matching(Measure.objects.all(), "brunnen")) == []
        assert list(search.matching(Measure.objects.all(), "schule")) == [measure]
        assert SearchEntry.objects.filter(table="measure").count() == 1

    def test_an_engagement_has_one_entry_with_the_words_of_its_kind(self):
        row = make_partnership(city_de="Łódź", name_de="Städtepartnerschaft")

        assert [each.pk for each in search.matching(Engagement.objects.all(), "lodz stadt")] == [row.pk]
        assert not SearchEntry.objects.filter(table="partnership").exists()

    def test_rows_written_in_bulk_are_found(self):
        make_city()
        rows = [
            Measure(
                key=f"m{n}",
                reference=f"M-{n:03}",
                title_de=f"Brunnen {n}",
                field=FieldOfAction.EUROPE,
                status=MeasureStatus.PLANNED,
                accepted_on=LONG_AGO,
            )
            for n in range(300)
        ]

        save_all_as(rows, actor=None, reason="Bulk", at=timezone.now())

        assert search.matching(Measure.objects.all(), "brunnen").count() == 300
        assert search.matching(Measure.objects.all(), "299").count() == 1

    def test_one_row_costs_one_statement_more_and_an_unsearched_one_none(self, django_assert_num_queries):
        measure, city = make_measure(), make_city()

        with django_assert_num_queries(1):
            search.index([measure])
        with django_assert_num_queries(0):
            search.index([city])

    def test_migrate_writes_what_is_missing_and_nothing_else(self):
        measure, partnership = make_measure(title_de="Brunnen"), make_partnership(city_de="Turku")
        kept = self.entry("measure", make_measure())
        SearchEntry.objects.exclude(pk=kept.pk).delete()
        SearchEntry.objects.filter(pk=kept.pk).update(text=" left as it is ")

        call_command("migrate", verbosity=0)

        assert list(search.matching(Measure.objects.all(), "brunnen")) == [measure]
        assert [each.pk for each in search.matching(Engagement.objects.all(), "turku")] == [partnership.pk]
        assert self.entry("measure", Measure.objects.get(pk=kept.object_id)).text == " left as it is "

    @pytest.mark.parametrize("typed", ["%", "_", "\\", "'", '"', "\x00"])
    def test_signs_find_nothing(self, typed):
        make_measure(title_de="100 % fair_trade \\ 'x' \"y\"")

        assert list(search.matching(Measure.objects.all(), typed)) == []

    def test_nothing_typed_leaves_all(self):
        make_measure()

        assert search.matching(Measure.objects.all(), "  ").count() == 1

    def test_a_provision_is_found_by_its_instrument(self):
        version = make_instrument("cedaw", short_de="UN-Frauenrechtskonvention")
        five = make_provision(version, number="Art. 5", order=5, title_de="Rollen")
        make_provision(version, number="Art. 15", order=15, text_de="Siehe Absatz 5 dort.")
        make_provision(number="Art. 5", order=5)

        ranked = search.ranked(Provision.objects.all(), "CEDAW 5").order_by("rank", "order")

        assert [(row.number, row.rank) for row in ranked] == [("Art. 5", 1), ("Art. 15", 2)]
        assert ranked[0] == five
        assert list(search.matching(Provision.objects.all(), "frauenrechte art. 5")) == [five]

    def test_what_is_called_so_stands_before_what_says_so(self):
        says = make_commitment(reference="K-1", title_de="Anderes", wording_de="Wohnen für alle")
        called = make_commitment(reference="K-2", title_de="Recht auf Wohnen")
        begins = make_commitment(reference="K-3", title_de="K")
        begins.reference = "WOHNEN"
        saved(begins)

        rows = search.ranked(Commitment.objects.all(), "Wohnen").order_by("rank", "reference")

        assert [row.pk for row in rows] == [begins.pk, called.pk, says.pk]

    def test_a_number_is_found_with_and_without_its_zeros(self):
        row = make_commitment(reference="K-017")
        make_commitment(reference="K-117")

        for typed in ("K-017", "k 017", "017", "17"):
            assert list(search.matching(Commitment.objects.all(), typed)) == [row]

    def test_instruments_and_units_are_found(self):
        make_instrument("cedaw", title_de="Übereinkommen zur Beseitigung jeder Form von Diskriminierung der Frau")

        assert search.matching(Instrument.objects.all(), "uebereinkommen frauen").count() == 1
        unit = make_unit(name_de="Amt für Wohnungswesen")
        assert search.matching(type(unit).objects.all(), "wohnung").count() == 1

    def test_rule_10_a_protected_row_is_a_hit_for_nobody_without_the_right(self):
        hidden = make_measure(title_de="Schutz von Frau X", protection=Protection.PROTECTED)

        for role in Role:
            assert not search.matching(Measure.objects.visible_to(make_user(role)), "Schutz").exists()
        assert list(search.matching(Measure.objects.visible_to(make_trusted()), "Schutz")) == [hidden]
