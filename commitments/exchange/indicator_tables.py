"""Indicators in and out, and what was counted."""

from typing import Any

from django.db import models
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments import clock
from commitments.dates import PartialDate
from commitments.exchange.comparing import STAND, Candidate, Work
from commitments.exchange.keyed import Key, KeyedSubject
from commitments.exchange.kinds import Amount, Choice, Day, Line, One, Partial, Text
from commitments.exchange.lookups import seen_with_owner
from commitments.exchange.measures import AS_KNOWN, SAID_IN_ENGLISH
from commitments.exchange.subjects import Column, Record, missing
from commitments.exchange.tables import CellError, folded
from commitments.models import Commitment, Indicator, IndicatorKind, IndicatorValue, Measure, Protection, User
from commitments.workflow.indicators import contradictions

OWNERS: dict[str, type[Any]] = {"measure_id": Measure, "commitment_id": Commitment}
OF_MEASURE = Column(
    "measure_id",
    gettext_lazy("Measure"),
    One("measure"),
    gettext_lazy("Number of the measure it belongs to; or a commitment."),
    example="M-012",
    width=10,
)
OF_COMMITMENT = Column(
    "commitment_id",
    gettext_lazy("Commitment"),
    One("commitment"),
    gettext_lazy("Number of the commitment it belongs to; or a measure."),
    example="K-031",
    width=10,
)


class Better(models.TextChoices):
    """Which way an indicator is to go."""

    MORE = "more", gettext_lazy("More is better")
    LESS = "less", gettext_lazy("Less is better")


def figure() -> Amount:
    """A counted number: up to 14 digits, and four decimal places."""
    return Amount(places=4, negative=True, digits=18)


class Indicators(KeyedSubject):
    """Known by the measure or commitment and the name; by the key, where the name itself is to change."""

    key, label = "indicators", gettext_lazy("Indicators")
    model = Indicator
    owners = tuple(OWNERS)
    identity = ("measure_id", "commitment_id", "name_de")
    columns = (
        OF_MEASURE,
        OF_COMMITMENT,
        Column("name_de", gettext_lazy("Name"), Line(300), gettext_lazy("What is counted."), required=True, width=40),
        Column("name_en", gettext_lazy("Name in English"), Line(300), SAID_IN_ENGLISH, width=40),
        Column(
            "kind",
            gettext_lazy("Kind"),
            Choice(IndicatorKind),
            gettext_lazy("What the city has put in place, what it does, or what changes for people."),
            required=True,
            width=20,
        ),
        Column(
            "unit_of_measure",
            gettext_lazy("Unit of measurement"),
            Line(40),
            gettext_lazy("For instance per cent, people or euros."),
            required=True,
            width=16,
        ),
        Column(
            "better",
            gettext_lazy("What is better?"),
            Choice(Better),
            gettext_lazy("Empty in a new row: more."),
            width=16,
        ),
        Column("baseline", gettext_lazy("Baseline"), figure(), gettext_lazy("The number at the start."), width=12),
        Column("baseline_on", gettext_lazy("Day of the baseline"), Partial(), AS_KNOWN, example="2022", width=12),
        Column("target", gettext_lazy("Target"), figure(), gettext_lazy("The number to be reached."), width=12),
        Column("target_on", gettext_lazy("Day of the target"), Partial(), AS_KNOWN, example="2030", width=12),
        Column(
            "ended_on", gettext_lazy("Ended on"), Day(), gettext_lazy("From then on it is no longer counted."), width=12
        ),
        Column(
            "key",
            gettext_lazy("Key"),
            Line(80),
            gettext_lazy("Needed only where the name is to change, or two of one measure are called the same."),
            width=16,
        ),
        STAND,
    )

    def visible(self, user: User | None) -> "QuerySet[Any]":
        rows = seen_with_owner(Indicator.objects.all(), user)
        return rows.order_by("measure__reference", "commitment__reference", "pk")

    def key_of(self, row: Any) -> Key:
        return (row.measure_id, row.commitment_id, folded(row.name_de))

    def key_in(self, record: Record, work: Work) -> Key | None:
        key = super().key_in(record, work)
        if key is None or key[:2] == (None, None):
            return None
        return (*key[:2], folded(key[2]))

    def missing(self, found: dict[int, Column]) -> list[CellError]:
        """Either owner will do; with neither there is no knowing what is meant."""
        has_owner = bool(OWNERS.keys() & {column.code for column in found.values()})
        names = [column for column in self.columns if column.code == "name_de"]
        return missing(names if has_owner else [OF_MEASURE, *names], found)

    def is_compared(self, column: Column) -> bool:
        """The name is: with the key it can change. The owners are not: an indicator stays where it is."""
        return column is not STAND and column.code not in {*OWNERS, "key"}

    def get(self, row: Any, column: Column) -> Any:
        if column.code == "better":
            return Better.MORE if row.more_is_better else Better.LESS
        return super().get(row, column)

    def put(self, row: Any, column: Column, value: Any) -> None:
        if column.code == "better":
            row.more_is_better = value != Better.LESS
        elif column.code != "key":
            super().put(row, column, value)

    def attnames(self, column: Column) -> set[str]:
        return {"more_is_better"} if column.code == "better" else super().attnames(column)

    def prepare(self, work: Work) -> None:
        """Of several that are called the same the running one is meant, if it is one."""
        super().prepare(work)
        same: dict[Key, list[Any]] = {}
        for row in work.rows.values():
            work.index["key", row.key] = row
            same.setdefault(self.key_of(row), []).append(row)
        for key, rows in same.items():
            running = [row for row in rows if row.ended_on is None] or rows
            work.index["row", key] = running[0] if len(running) == 1 else None
            work.index["twins", key] = [row.key for row in running]
        keys = Indicator.objects.values_list("key", flat=True)
        work.extra["keys"] = set(keys)

    def find(self, record: Record, work: Work) -> Any:
        if written := record.values.get("key"):
            return self._by_key(str(written), record, work)
        twins = work.index.get(("twins", self.key_in(record, work)), [])
        if len(twins) > 1:
            sentence = _("Several are called like this. Write the key of the one that is meant: %(keys)s.")
            self._refuse(record, "key", sentence % {"keys": ", ".join(twins)})
        return super().find(record, work)

    def _by_key(self, written: str, record: Record, work: Work) -> Any:
        row = work.index.get(("key", written))
        if row is None:
            self._refuse(record, "key", _("There is no entry with this key here. Leave it empty for a new one."))
            return None
        for code in OWNERS:
            if code in record.values and record.values[code] != getattr(row, code):
                self._refuse(record, code, _("An indicator stays with its measure or commitment. Enter a new one."))
        return row

    def _refuse(self, record: Record, code: str, sentence: str) -> None:
        record.errors.append(CellError(record.number, self.heading(code), sentence))

    def fresh(self, record: Record, work: Work) -> Indicator:
        return Indicator(more_is_better=True)

    def remember(self, row: Any, work: Work) -> Any:
        return row.ended_on

    def name(self, candidate: Candidate, work: Work) -> str:
        return self.name_of(candidate, work, *self.identity)

    def check(self, candidate: Candidate, work: Work) -> None:
        super().check(candidate, work)
        row = candidate.row
        if candidate.before is not None:
            candidate.error("", _("This indicator has ended. Give the measure or commitment a new one."))
        if (row.measure_id is None) == (row.commitment_id is None) and candidate.is_new:
            self._refuse_owner(candidate)
        if row.ended_on and row.ended_on > clock.today():
            sentence = _("This day lies in the future. Choose today or an earlier day.")
            candidate.error(self.heading("ended_on"), sentence)
        for code, sentence in contradictions(row, clock.today()).items():
            candidate.error(self.heading(code), sentence)
        if candidate.is_new and not candidate.record.errors:
            row.key = self._free_key(row, candidate, work)

    def _refuse_owner(self, candidate: Candidate) -> None:
        wrong = {error.column for error in candidate.record.errors}
        if not wrong & {self.heading(code) for code in OWNERS}:
            sentence = _("Give a measure or a commitment: one of the two.")
            candidate.error(self.heading("measure_id"), sentence)

    def _free_key(self, row: Any, candidate: Candidate, work: Work) -> str:
        """As the page makes it: the key of what it belongs to, with the next number."""
        stems = work.extra.setdefault("stems", {})
        for code, model in OWNERS.items():
            if code not in stems:
                stems[code] = dict(model.objects.values_list("pk", "key"))
        code = next(code for code in OWNERS if getattr(row, code) is not None)
        stem, taken = stems[code][getattr(row, code)][:70], work.extra["keys"]
        number = work.index.get(("number", stem), 1)
        while f"{stem}-i{number}" in taken:
            number += 1
        work.index["number", stem] = number + 1
        taken.add(f"{stem}-i{number}")
        return f"{stem}-i{number}"


class IndicatorValues(KeyedSubject):
    """What was counted; one value a day and indicator."""

    key, label = "indicator-values", gettext_lazy("Values of indicators")
    model = IndicatorValue
    identity = ("indicator_id", "on")
    columns = (
        Column(
            "indicator_id",
            gettext_lazy("Indicator"),
            One("indicator"),
            gettext_lazy("Number of the measure or commitment, a colon and the name; or its key."),
            required=True,
            example="M-012: …",
            width=50,
        ),
        Column("on", gettext_lazy("Counted on"), Partial(), AS_KNOWN, required=True, example="2026", width=12),
        Column(
            "value",
            pgettext_lazy("indicator", "Value"),
            figure(),
            gettext_lazy("The number, without a unit."),
            required=True,
            width=12,
        ),
        Column("note", gettext_lazy("Note"), Text(), gettext_lazy("Where the number comes from."), width=50),
        STAND,
    )

    def visible(self, user: User | None) -> "QuerySet[Any]":
        rows = IndicatorValue.objects.filter(indicator__in=seen_with_owner(Indicator.objects.all(), user))
        return rows.order_by("indicator__measure__reference", "indicator__commitment__reference", "indicator_id", "on")

    def loaded(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Two classes count: those of what the indicator belongs to."""
        paths = {"class_of_measure": "measure", "class_of_commitment": "commitment"}
        classes: QuerySet[Any] = rows.annotate(**{name: F(f"indicator__{p}__protection") for name, p in paths.items()})
        return classes

    def is_protected(self, row: Any) -> bool:
        classes = (getattr(row, "class_of_measure", ""), getattr(row, "class_of_commitment", ""))
        return Protection.PROTECTED in classes

    def watched(self) -> tuple[int, ...]:
        return super().watched() + self.marks(Indicator, Measure, Commitment)

    def key_of(self, row: Any) -> Key:
        return (row.indicator_id, row.on)

    def key_in(self, record: Record, work: Work) -> Key | None:
        """One value a day, however exactly the day is known: 2022 is the first of January 2022."""
        key = super().key_in(record, work)
        return None if key is None else (key[0], PartialDate.parse(key[1]).first)

    def is_compared(self, column: Column) -> bool:
        return column is not STAND and column.code != "indicator_id"

    def prepare(self, work: Work) -> None:
        super().prepare(work)
        rows = Indicator.objects.values_list("pk", "ended_on", "measure__protection", "commitment__protection")
        work.extra["indicators"] = {pk: rest for pk, *rest in rows}

    def name(self, candidate: Candidate, work: Work) -> str:
        return self.name_of(candidate, work, *self.identity)

    def check(self, candidate: Candidate, work: Work) -> None:
        super().check(candidate, work)
        row = candidate.row
        if row.indicator_id:
            ended, row.class_of_measure, row.class_of_commitment = work.extra["indicators"][row.indicator_id]
            if ended:
                sentence = _("This indicator has ended. Give the measure or commitment a new one.")
                candidate.error(self.heading("indicator_id"), sentence)
        if row.on and row.on > clock.today():
            sentence = _("This day lies in the future. Enter what has been counted by now.")
            candidate.error(self.heading("on"), sentence)
