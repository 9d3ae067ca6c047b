"""Texts around the tables: who writes them, what stands beside them, and until when they may change."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from commitments.models import Role
from commitments.workflow.steps import last_change
from reporting.content.build import build_content
from reporting.content.canonical import content_hash
from reporting.models import ReportText
from reporting.workflow import texts
from reporting.workflow.texts import LONGEST_TEXT, PLACES, Writing, take_over, take_over_missing, write_text
from reviews.models import CycleState
from tests.factories import make_approver, make_cycle, make_officer, make_unit, make_user, saved
from tests.reporting.editions import make_edition, make_frozen_cycle, make_released
from tests.reviews.pages import MOST_QUERIES, queries, signed_in

pytestmark = pytest.mark.django_db

READERS = (Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.DPO)
OTHERS = (Role.CONTACT, Role.RELEASER, Role.COUNCIL, Role.ADMINISTRATOR)


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def write(cycle, key="introduction", actor=None, reason="Erste Fassung", seen=None, **columns):
    said = columns or {"text_de": "Worum es **geht**.", "text_en": "What it is **about**."}
    return write_text(cycle, key, Writing(said, reason, seen), actor=actor or make_officer(), at=timezone.now())


def of_year(year, key="introduction", **columns):
    return saved(ReportText(cycle=make_cycle(year), key=key, **(columns or {"text_de": f"Text {year}"})))


def page(cycle, key=""):
    return (
        reverse("reporting:text", args=[cycle.year, key]) if key else reverse("reporting:text-list", args=[cycle.year])
    )


class TestWriting:
    def test_the_officer_writes_and_the_report_prints_it(self):
        cycle = make_cycle()

        write(cycle)

        assert build_content(cycle).words.introduction.en == "What it is **about**."

    def test_the_history_says_who_and_why(self):
        officer = make_officer()

        row = write(make_cycle(), actor=officer, reason="Nach der Sitzung")

        entry = row.history.latest()
        assert (entry.history_user_id, entry.history_change_reason) == (officer.pk, "Nach der Sitzung")

    @pytest.mark.parametrize("role", set(Role) - {Role.OFFICER})
    def test_nobody_else_writes(self, role):
        with pytest.raises(PermissionDenied):
            write(make_cycle(), actor=make_user(role))

    def test_a_place_that_the_report_does_not_have_is_refused(self):
        with pytest.raises(ValidationError, match=r"place|Stelle"):
            write(make_cycle(), key="surprise")

    def test_saving_the_same_again_is_refused(self):
        cycle = make_cycle()
        write(cycle)

        with pytest.raises(ValidationError) as refusal:
            write(cycle)

        assert refusal.value.error_list[0].code == "unchanged"

    def test_nobody_writes_over_what_they_have_not_read(self):
        cycle = make_cycle()
        row = write(cycle, seen=0)

        with pytest.raises(ValidationError) as at_first:
            write(cycle, seen=0, text_de="Anders")
        seen = last_change(row)
        write(cycle, seen=seen, text_de="Neu")
        with pytest.raises(ValidationError) as later:
            write(cycle, seen=seen, text_de="Anders")

        assert [refusal.value.error_list[0].code for refusal in (at_first, later)] == ["changed", "changed"]

    def test_control_characters_are_refused_beside_the_field(self):
        with pytest.raises(ValidationError) as refusal:
            write(make_cycle(), text_de="Null\x00byte")

        assert list(refusal.value.error_dict) == ["text_de"]

    def test_the_foreword_is_printed_with_the_name_below_it(self):
        cycle = make_cycle()

        write(cycle, "foreword", title_de="Die Oberbürgermeisterin", text_de="Liebe Leserinnen und Leser")

        words = build_content(cycle).words
        assert (words.foreword.de, words.foreword_by.de) == ("Liebe Leserinnen und Leser", "Die Oberbürgermeisterin")

    @pytest.mark.parametrize("place", PLACES, ids=lambda place: place.key)
    def test_every_place_is_read_by_the_report(self, place):
        cycle = make_cycle()
        before = content_hash(build_content(cycle))

        write(cycle, place.key, **{"text_de" if place.has_text else "title_de": "Ein Satz, der nirgends sonst steht"})

        assert content_hash(build_content(cycle)) != before


class TestOnceReleased:
    def test_the_texts_stay_as_they_are(self):
        cycle = make_frozen_cycle()
        write(cycle)
        make_released(cycle)

        with pytest.raises(ValidationError, match=str(cycle.year)):
            write(cycle, text_de="Nachträglich")

    def test_a_frozen_cycle_still_takes_texts(self):
        cycle = make_frozen_cycle()
        make_edition(cycle)

        assert write(cycle).pk

    @pytest.mark.parametrize("act", ["change", "add", "move"])
    def test_the_database_refuses_it_too(self, act):
        cycle, other = make_frozen_cycle(), make_cycle(2026)
        row, elsewhere = write(cycle), write(other, "method")
        make_released(cycle)
        table = ReportText._meta.db_table
        statement = {
            "change": (f"UPDATE {table} SET text_de = 'x' WHERE id = %s", [row.pk]),
            "add": (
                f"INSERT INTO {table} (cycle_id, key, title_de, title_en, text_de, text_en) "
                "VALUES (%s, 'x', '', '', '', '')",
                [cycle.pk],
            ),
            "move": (f"UPDATE {table} SET cycle_id = %s WHERE id = %s", [cycle.pk, elsewhere.pk]),
        }[act]

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(*statement)

    def test_nothing_is_offered_for_writing(self):
        cycle = make_frozen_cycle()
        write(cycle)
        make_released(cycle)

        shown = signed_in(make_officer()).get(page(cycle, "introduction")).content.decode()

        assert "<textarea" not in shown
        assert "<strong>geht</strong>" in shown


class TestTakingOver:
    def test_the_text_of_the_latest_report_before_comes_over(self):
        of_year(2023)
        of_year(2024)
        cycle = make_cycle(2025)

        row = take_over(cycle, "introduction", actor=make_officer(), at=timezone.now())

        assert (row.cycle, row.text_de) == (cycle, "Text 2024")
        assert "2024" in row.history.latest().history_change_reason

    def test_what_is_written_here_is_not_overwritten(self):
        of_year(2024)
        cycle = make_cycle(2025)
        write(cycle)

        with pytest.raises(ValidationError):
            take_over(cycle, "introduction", actor=make_officer(), at=timezone.now())

    def test_a_later_report_is_nothing_to_begin_with(self):
        of_year(2026)

        with pytest.raises(ValidationError):
            take_over(make_cycle(2025), "introduction", actor=make_officer(), at=timezone.now())

    def test_all_that_is_missing_comes_over_at_once(self):
        earlier = of_year(2024).cycle
        saved(ReportText(cycle=earlier, key="method", text_de="So wurde geprüft."))
        saved(ReportText(cycle=earlier, key="no-place", text_de="Verwaist"))
        cycle = make_cycle(2025)
        write(cycle, "method", text_de="Anders geprüft.")

        count = take_over_missing(cycle, actor=make_officer(), at=timezone.now())

        texts_here = dict(ReportText.objects.filter(cycle=cycle).values_list("key", "text_de"))
        assert (count, texts_here) == (1, {"introduction": "Text 2024", "method": "Anders geprüft."})
        with pytest.raises(ValidationError):
            take_over_missing(cycle, actor=make_officer(), at=timezone.now())

    @pytest.mark.parametrize("role", [Role.APPROVER, Role.AUDITOR])
    def test_only_the_officer_takes_over(self, role):
        of_year(2024)
        cycle, client = make_cycle(2025), signed_in(make_user(role))

        answers = [
            client.post(reverse("reporting:text-take-over-missing", args=[2025])),
            client.post(reverse("reporting:text-take-over", args=[2025, "introduction"])),
        ]

        assert [answer.status_code for answer in answers] == [403, 403]
        assert not cycle.texts.exists()


class TestThePages:
    @pytest.mark.parametrize("role", READERS)
    def test_those_who_see_all_read_them(self, role):
        cycle = make_cycle()
        write(cycle)
        client = signed_in(make_user(role))

        assert client.get(page(cycle)).status_code == 200
        shown = client.get(page(cycle, "introduction")).content.decode()
        assert ("<textarea" in shown) == (role == Role.OFFICER)
        assert "geht" in shown

    @pytest.mark.parametrize("role", OTHERS)
    def test_for_all_others_they_do_not_exist(self, role):
        cycle = make_cycle()
        write(cycle)
        user = make_user(role, make_unit()) if role in (Role.CONTACT, Role.RELEASER) else make_user(role)
        client = signed_in(user)

        answers = [
            client.get(page(cycle)),
            client.get(page(cycle, "introduction")),
            client.post(page(cycle, "introduction"), {"text_de": "x", "reason": "x", "seen": 0}),
            client.post(reverse("reporting:text-take-over-missing", args=[cycle.year])),
        ]

        assert {answer.status_code for answer in answers} == {404}

    def test_the_approver_does_not_write(self):
        cycle = make_cycle()

        answer = signed_in(make_approver()).post(
            page(cycle, "introduction"), {"text_de": "x", "reason": "x", "seen": 0}
        )

        assert answer.status_code == 403
        assert not cycle.texts.exists()

    @pytest.mark.parametrize("key", ["surprise", "field-x"])
    def test_a_place_that_does_not_exist_is_not_found(self, key):
        assert signed_in(make_officer()).get(page(make_cycle(), key)).status_code == 404

    def test_a_year_that_does_not_exist_is_not_found(self):
        assert signed_in(make_officer()).get(reverse("reporting:text-list", args=[1999])).status_code == 404

    def test_the_form_saves_and_leads_back_to_the_list(self):
        cycle = make_cycle()
        said = {"text_de": "Worum es geht.", "text_en": "", "reason": "Erste Fassung", "seen": "0"}

        answer = signed_in(make_officer()).post(page(cycle, "introduction"), said)

        assert answer["Location"] == page(cycle)
        assert cycle.texts.get().text_de == "Worum es geht."

    def test_a_preview_shows_what_would_be_printed_and_saves_nothing(self):
        cycle = make_cycle()
        said = {
            "text_de": "**fett** <b>x</b> ![Bild](http://example.org/b.png)",
            "reason": "",
            "seen": "0",
            "preview": "1",
        }

        shown = signed_in(make_officer()).post(page(cycle, "introduction"), said).content.decode()

        assert "<strong>fett</strong> &lt;b&gt;x&lt;/b&gt; Bild" in shown
        assert not cycle.texts.exists()

    def test_a_missing_reason_loses_nothing(self):
        cycle = make_cycle()
        said = {"text_de": "Ein langer Text.", "reason": "", "seen": "0"}

        answer = signed_in(make_officer()).post(page(cycle, "introduction"), said)

        assert answer.status_code == 422
        assert "Ein langer Text." in answer.content.decode()

    @pytest.mark.parametrize("wording", ["Null\x00byte", "x" * (LONGEST_TEXT + 1)], ids=["null byte", "too long"])
    def test_what_cannot_be_printed_is_refused_with_a_sentence(self, wording):
        cycle = make_cycle()

        answer = signed_in(make_officer()).post(
            page(cycle, "introduction"), {"text_de": wording, "reason": "x", "seen": "0"}
        )

        assert answer.status_code == 422
        assert "kern-error" in answer.content.decode()
        assert not cycle.texts.exists()

    def test_fifty_thousand_characters_are_taken(self):
        cycle = make_cycle()

        answer = signed_in(make_officer()).post(
            page(cycle, "introduction"), {"text_de": "x" * LONGEST_TEXT, "reason": "x", "seen": "0"}
        )

        assert answer.status_code == 302

    def test_whoever_was_slower_keeps_what_they_wrote_and_may_save_again(self):
        cycle, client = make_cycle(), signed_in(make_officer())
        row = write(cycle)
        said = {"text_de": "Meine Fassung.", "text_en": "", "reason": "Klarer", "seen": "0"}

        refused = client.post(page(cycle, "introduction"), said)
        seen = last_change(row)
        again = client.post(page(cycle, "introduction"), said | {"seen": str(seen)})

        assert refused.status_code == 422
        assert f'name="seen" value="{seen}"' in refused.content.decode()
        assert "Meine Fassung." in refused.content.decode()
        assert again.status_code == 302

    def test_the_earlier_text_stands_beside_the_form(self):
        of_year(2024, text_de="Der Text von 2024.")
        cycle = make_cycle(2025)

        shown = signed_in(make_officer()).get(page(cycle, "introduction")).content.decode()

        assert "Der Text von 2024." in shown
        assert reverse("reporting:text-take-over", args=[2025, "introduction"]) in shown

    def test_queries_do_not_grow_with_the_texts(self):
        earlier, cycle, officer = make_cycle(2024), make_cycle(2025), make_officer()
        before = queries(officer, page(cycle))
        for place in PLACES:
            for year in (earlier, cycle):
                saved(ReportText(cycle=year, key=place.key, title_de="T", text_de="x"))

        assert queries(officer, page(cycle)) <= before <= MOST_QUERIES
        assert queries(officer, page(cycle, "method")) <= MOST_QUERIES


def test_the_places_follow_the_names_that_the_report_reads():
    assert len({place.key for place in PLACES}) == len(PLACES)
    assert texts.place_of("foreword") is not None
    assert CycleState.CLOSED.value in ReportText.frozen_with.states
