"""Builds the sample city into an empty database, act by act in the order of time."""

import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as
from commitments.loading import enter_sample_city, load_catalogue, load_city
from commitments.models import City, Instrument, Scale, User
from reporting.demo.assessed import assess_all, cycle_dates, import_past
from reporting.demo.calendar import Act, Calendar, moment
from reporting.demo.confirmed import answer_all
from reporting.demo.people import People, enter_people, write_sign_ins
from reporting.demo.sample import CYCLES, Sample, read_sample
from reporting.models import ReportEdition, ReportText
from reporting.workflow import prepare_edition, release_edition
from reviews.models import Confirmation, ConfirmationState, ReviewCycle
from reviews.workflow import confirmations, cycles, schedule

SCALE = "hrc_followup_grades"
SIGN_INS = "sign-ins.txt"
CLOSED_YEAR, RUNNING_YEAR = 2025, 2026
FOUNDED = date(2022, 1, 10)
ADDED = date(2025, 6, 2)
PLANNED = date(2025, 9, 15)
ASSESSING = date(2025, 12, 1)
ENTERED = date(2026, 3, 2)
PREPARED = date(2026, 3, 9)
PLANNED_NEXT = date(2026, 9, 14)
TODAY = date(2026, 11, 23)

Say = Callable[[str], None]


class Build:
    """What the steps share: the files, the calendar, and the people once they are entered."""

    def __init__(self, folder: Path, say: Say) -> None:
        self.folder = folder
        self.sample = read_sample(folder)
        self.calendar = Calendar()
        self.people = People({})
        self._say = say
        self._started = time.monotonic()

    def tell(self, what: str) -> None:
        self._say(f"{time.monotonic() - self._started:5.1f} s  {what}")


def find_folder() -> Path:
    """The one city below ``cities/`` that has sample cycles."""
    found = sorted(path.parent for path in (Path(settings.BASE_DIR) / "cities").glob(f"*/{CYCLES}"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise ValidationError(_("No folder below cities/ has sample cycles (%(file)s)."), params={"file": CYCLES})
    names = ", ".join(path.name for path in found)
    raise ValidationError(_("Several cities have sample cycles: %(names)s. Name a folder."), params={"names": names})


def build_demo(folder: Path, say: Say) -> None:
    """All or nothing; raises ValidationError where the register is not empty. Texts of the acts are German."""
    if User.objects.exists() or City.objects.exists() or Instrument.objects.exists():
        raise ValidationError(
            _("This register is not empty. Sample data never mixes with a real register: use an empty database.")
        )
    if not (folder / CYCLES).is_file():
        raise ValidationError(
            _("%(folder)s has no sample cycles (%(file)s)."), params={"folder": folder, "file": CYCLES}
        )
    build = Build(folder, say)
    with transaction.atomic(), translation.override("de"):
        _enter_register(build)
        _go_through_the_years_before(build)
        _go_through_the_closed_year(build)
        _report(build)
        _go_through_the_running_year(build)
        write_sign_ins(Path(settings.DATA_DIR) / SIGN_INS)


def _enter_register(build: Build) -> None:
    at = moment(FOUNDED, 9)
    enter_sample_city(build.folder)
    load_catalogue(Path(settings.BASE_DIR) / "catalogue", at=at)
    build.tell(_("Catalogue loaded"))
    load_city(build.folder, at=at, registered_until=FOUNDED, overrides=build.sample.values_before)
    build.people = enter_people(at)
    build.tell(_("City loaded, %(count)s people entered") % {"count": len(build.people.by_name)})


def _go_through_the_years_before(build: Build) -> None:
    scale = Scale.objects.get(key=SCALE)
    import_past(build.calendar, build.sample, scale, build.people)
    build.calendar.add(
        moment(ADDED, 9), lambda at: load_city(build.folder, at=at, overrides=build.sample.values_before)
    )
    _plan_and_open(build, CLOSED_YEAR, PLANNED, scale)
    build.tell(_("Verdicts of earlier years imported"))


def _plan_and_open(build: Build, year: int, planned: date, scale: Scale | None = None) -> None:
    days, officer = cycle_dates(build.sample, str(year)), build.people["officer"]
    opened = moment(days.opens_on, 8)
    build.calendar.add(moment(planned, 10), lambda at: cycles.plan_cycle(year, days, scale, actor=officer, at=at))
    build.calendar.add(opened, lambda at: cycles.open_cycle(_cycle(year), actor=officer, at=at))
    build.calendar.run(until=opened)


def _go_through_the_closed_year(build: Build) -> None:
    calendar, officer, cycle = build.calendar, build.people["officer"], _cycle(CLOSED_YEAR)
    answer_all(calendar, cycle, build.sample.replies[str(CLOSED_YEAR)], build.people)
    calendar.add(moment(ASSESSING, 8), lambda at: cycles.begin_assessing(cycle, actor=officer, at=at))
    assess_all(calendar, cycle, build.sample, build.people)
    frozen = moment(build.sample.dates[str(CLOSED_YEAR)]["frozen_on"], 16)
    calendar.add(moment(ASSESSING, 7), lambda at: schedule.note_sent(cycle, cycle.last_reminder_on, at=at))
    calendar.add(frozen, lambda at: cycles.freeze_cycle(cycle, actor=officer, at=at))
    acts = calendar.run(until=frozen)
    build.tell(_("Cycle %(year)s answered, assessed and frozen: %(count)s acts") % {"year": cycle.year, "count": acts})


def _report(build: Build) -> None:
    calendar, cycle = build.calendar, _cycle(CLOSED_YEAR)
    officer, approver = build.people["officer"], build.people["approver"]
    reported = Confirmation.objects.filter(cycle=cycle, state=ConfirmationState.RELEASED).exclude(changes={})
    for number, row in enumerate(reported.order_by("pk")):
        calendar.add(moment(ENTERED, 9, number), _entered(row, officer))
    calendar.add(moment(PREPARED, 9), lambda at: _write_texts(build.sample, cycle, officer, at))
    calendar.add(moment(PREPARED, 15), lambda at: prepare_edition(cycle, actor=officer, at=at))
    released = moment(build.sample.dates[str(CLOSED_YEAR)]["released_on"], 10)
    calendar.add(
        released,
        lambda at: release_edition(ReportEdition.objects.get(cycle=cycle), actor=approver, at=at),
    )
    calendar.run(until=released)
    build.tell(_("Report %(year)s released") % {"year": cycle.year})


def _entered(row: Confirmation, officer: User) -> Act:
    return lambda at: confirmations.apply_changes(row, actor=officer, at=at)


def _write_texts(sample: Sample, cycle: ReviewCycle, officer: User, at: datetime) -> None:
    texts = sample.texts
    rows = [
        ReportText(cycle=cycle, key=key, title_de=texts[f"{key}_de"], title_en=texts[f"{key}_en"])
        for key in ("title", "subtitle")
    ]
    rows += [
        ReportText(cycle=cycle, key=key.replace("_", "-"), text_de=texts[f"{key}_de"], text_en=texts[f"{key}_en"])
        for key in ("introduction", "method", "reading_guide", "plain_summary")
    ]
    rows += [
        ReportText(
            cycle=cycle,
            key=f"field-{field['key'].replace('_', '-')}",
            title_de=field["title_de"],
            title_en=field["title_en"],
            text_de=field["text_de"],
            text_en=field["text_en"],
        )
        for field in texts["fields"]
    ]
    save_all_as(rows, actor=officer, reason=_("Texts of the report written"), at=at)


def _go_through_the_running_year(build: Build) -> None:
    _plan_and_open(build, RUNNING_YEAR, PLANNED_NEXT)
    cycle = _cycle(RUNNING_YEAR)
    answer_all(build.calendar, cycle, build.sample.replies[str(RUNNING_YEAR)], build.people)
    build.calendar.add(moment(TODAY, 6), lambda at: schedule.note_sent(cycle, TODAY, at=at))
    acts = build.calendar.run()
    build.tell(_("Cycle %(year)s open: %(count)s acts") % {"year": cycle.year, "count": acts})


def _cycle(year: int) -> ReviewCycle:
    return ReviewCycle.objects.get(year=year)
