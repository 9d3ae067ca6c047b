"""The partner cities on a map and in a table, and the outlines that the map is drawn from."""

import math
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from commitments import placing, worldmap
from commitments.models import EngagementStatus, PartnershipForm, Protection, Role
from tests.commitments.pages import MOST_QUERIES, client_of, cost, get, make_trusted, text
from tests.factories import make_officer, make_partnership, make_user

MAP = "commitments:partner-map"
TURIN, TURKU, CORK, KYOTO = (45.07, 7.69), (60.45, 22.27), (51.90, -8.47), (35.01, 135.77)


def make_partner(city="Turin", place=TURIN, **fields):
    latitude, longitude = (Decimal(str(each)) for each in place) if place else (None, None)
    return make_partnership(city_de=city, latitude=latitude, longitude=longitude, **({"country": "IT"} | fields))


def marks(user, **query):
    """The cities that are links, on each of the maps."""
    context = get(user, MAP, **query).context
    pictures = [context["world"], *context["enlarged"]]
    return [[mark.partner.city for mark in picture.marks if mark.is_link] for picture in pictures]


# The page


@pytest.mark.django_db
class TestPage:
    def test_each_city_leads_to_its_page_from_the_map_and_from_the_table(self):
        row = make_partner()

        page = text(make_officer(), MAP)

        assert page.count(f'href="{reverse("commitments:engagement", args=[row.key])}"') == 2
        assert 'aria-label="Turin, Italien: Aktiv"' in page

    def test_where_partners_crowd_the_part_is_enlarged_and_each_is_one_link(self):
        for city, place in (("Turin", TURIN), ("Turku", TURKU), ("Cork", CORK), ("Kyoto", KYOTO)):
            make_partner(city, place)

        assert marks(make_officer()) == [["Kyoto"], ["Cork", "Turin", "Turku"]]

    def test_two_in_europe_need_no_second_map(self):
        make_partner("Turin", TURIN)
        make_partner("Cork", CORK)

        assert marks(make_officer()) == [["Cork", "Turin"]]

    def test_who_has_no_place_is_named_and_in_the_table(self):
        make_partner("Igny", None)

        response = get(make_officer(), MAP)

        assert [each.city for each in response.context["without_place"]] == ["Igny"]
        assert [each.city for each in response.context["partners"]] == ["Igny"]
        assert '<svg class="chart map"' not in response.content.decode()

    def test_place_zero_is_a_place(self):
        make_partner("Null", (0, 0))

        assert marks(make_officer()) == [["Null"]]

    def test_the_table_is_sorted_by_country_and_city_as_the_reader_calls_them(self):
        make_partner("Turku", TURKU, country="FI")
        make_partner("Österstad", None, country="AT")
        make_partner("Lille", None, country="FR")
        make_partner("Amiens", None, country="FR")

        german = [each.city for each in get(make_officer(), MAP).context["partners"]]
        page = client_of(make_officer()).get(reverse(MAP), headers={"accept-language": "en"})

        assert german == ["Turku", "Amiens", "Lille", "Österstad"]
        assert [each.city for each in page.context["partners"]] == ["Österstad", "Turku", "Amiens", "Lille"]

    @pytest.mark.parametrize("status", EngagementStatus)
    def test_a_status_has_a_shape_of_its_own(self, status):
        make_partner(status=status)

        page = text(make_officer(), MAP)

        shapes = {"active": 'class="dot" r="6"', "paused": "M-2-3V3", "dormant": "M0-7", "ended": "M-5-5"}
        assert [name for name, shape in shapes.items() if shape in page] == [status.value]
        assert str(status.label) in page

    def test_filters_stand_in_the_address(self):
        make_partner("Turin")
        make_partner("Igny", status=EngagementStatus.DORMANT, form=PartnershipForm.INCORPORATION)

        assert marks(make_officer(), status="dormant") == [["Igny"]]
        assert marks(make_officer(), form="twinning") == [["Turin"]]
        assert marks(make_officer(), q="turin") == [["Turin"]]
        assert marks(make_officer(), form="nonsense", status="x" * 1000, q="\x00") == [["Igny", "Turin"]]
        assert "Keine Partnerstadt passt" in text(make_officer(), MAP, q="gibtesnicht")

    def test_it_says_how_many_of_the_partnerships_are_active(self):
        make_partner("Turin")
        make_partner("Igny", status=EngagementStatus.DORMANT)
        make_partner("Brive", status=EngagementStatus.ENDED)

        assert "3 Partnerschaften, davon 1 aktiv" in text(make_officer(), MAP)

    def test_a_partnership_that_ended_on_an_unknown_day_is_not_said_to_run(self):
        make_partner("Brive", status=EngagementStatus.ENDED, starts_on=date(1959, 1, 1), starts_on_precision="year")

        page = text(make_officer(), MAP)

        assert "Beginn 1959; beendet, Datum nicht bekannt" in page
        assert "seit 1959" not in page

    def test_the_numbers_of_the_drawing_have_points_in_german_too(self):
        make_partner()

        drawn = text(make_officer(), MAP).split('<g transform="translate(')[1].split(")")[0]

        assert all(float(number) > 0 for number in drawn.split())

    @pytest.mark.parametrize("role", Role)
    def test_every_role_that_may_see_partnerships_sees_the_map(self, role):
        make_partner()

        assert marks(make_user(role)) == [[] if role == Role.ADMINISTRATOR else ["Turin"]]

    def test_rule_10_a_protected_partner_is_on_no_map(self):
        make_partner("Geheim", protection=Protection.PROTECTED)

        for role in Role:
            assert "Geheim" not in text(make_user(role), MAP)
        assert marks(make_trusted()) == [["Geheim"]]

    def test_many_partners_cost_as_much_as_one(self):
        make_partner()
        officer = make_officer()
        one = cost(officer, MAP)

        for n in range(12):
            make_partner(f"Stadt {n}", (40 + n, n))

        assert cost(officer, MAP) == one <= MOST_QUERIES

    def test_a_name_is_written_as_text(self):
        make_partner("<script>alert(1)</script>")

        assert "<script>alert(1)" not in text(make_officer(), MAP)


# The outlines


@pytest.mark.parametrize("frame", [worldmap.world, worldmap.europe])
def test_the_land_is_drawn_within_its_frame(frame):
    drawn = frame()

    numbers = [float(each) for each in drawn.land.replace("M", "L").replace("Z", "").replace("L", ",").split(",")[1:]]

    assert 20_000 < len(drawn.land) < 80_000
    assert min(numbers) >= -2
    assert max(numbers[::2]) <= drawn.width + 2
    assert max(numbers[1::2]) <= drawn.height + 2


def test_places_are_where_they_are_in_the_world():
    world = worldmap.world()

    assert world.spot(0, 0) == (480.0, 250.0)
    assert world.spot(*KYOTO)[0] > world.spot(*TURIN)[0] > world.spot(*CORK)[0]
    assert world.spot(*TURKU)[1] < world.spot(*TURIN)[1]
    assert not worldmap.europe().holds(*KYOTO)
    assert worldmap.europe().holds(*TURIN)


def test_without_the_package_there_is_no_land_and_no_failure(settings, tmp_path):
    settings.WORLD_ATLAS = tmp_path

    assert list(worldmap._rings("land-110m.json", (-180, -90, 180, 90))) == []


def test_arcs_are_joined_backwards_where_their_number_says_so():
    arcs = [[(0.0, 0.0), (1.0, 0.0)], [(2.0, 2.0), (1.0, 0.0)], [(2.0, 2.0), (0.0, 0.0)]]

    assert worldmap.joined([0, ~1, 2], arcs) == [(0, 0), (1, 0), (2, 2), (0, 0)]


def test_a_ring_across_the_date_line_becomes_one_piece_at_each_edge():
    parts = list(worldmap.parted([(170, 10), (-170, 10), (-170, -10), (170, -10)]))

    assert sorted((min(x for x, _ in part), max(x for x, _ in part)) for part in parts) == [(-180, -170), (170, 180)]


def test_what_lies_outside_a_box_is_cut_off():
    assert sorted(worldmap.clipped([(-5, -5), (5, -5), (5, 5), (-5, 5)], (0, 0, 9, 9))) == [
        (0, 0),
        (0, 5),
        (5, 0),
        (5, 5),
    ]
    assert worldmap.clipped([(-5, -5), (-1, -5), (-1, -1)], (0, 0, 9, 9)) == []


def test_marks_keep_their_distance():
    moved = placing.apart([(10, 10), (10, 10), (12, 10), (100, 100)], 13)

    assert moved[0] == (10, 10)
    assert moved[3] == (100, 100)
    assert all(math.dist(a, b) >= 12.9 for i, a in enumerate(moved) for b in moved[:i])


def test_names_stand_where_they_hide_no_other_and_not_outside():
    first, second, third = placing.named([(10, 10), (90, 12), (50, 50)], ["Turin", "Turku", "x" * 99], (0, 0, 100, 100))

    assert (first.anchor, second.anchor) == ("start", "end")
    assert first.has_room
    assert second.has_room
    assert not third.has_room
