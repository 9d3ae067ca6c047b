"""How the city took instruments on, in and out: a row for each adoption of a version."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import clock
from commitments.dates import PartialDate
from commitments.exchange.comparing import STAND, Candidate, Work
from commitments.exchange.engagements import Address
from commitments.exchange.keyed import Key, KeyedSubject
from commitments.exchange.kinds import Day, Line, One, Partial, Text, YesNo
from commitments.exchange.measures import AS_KNOWN, SAID_IN_ENGLISH
from commitments.exchange.subjects import Column, Record
from commitments.models import Adoption, InstrumentVersion, User
from commitments.workflow.adoptions import contradictions


class Adoptions(KeyedSubject):
    """Known by version and day; without that day among them, the one that runs is meant: of a version only one does."""

    key, label = "adoptions", gettext_lazy("Adoptions of instruments")
    model = Adoption
    identity = ("version_id",)
    columns = (
        Column(
            "version_id",
            gettext_lazy("Instrument"),
            One("version"),
            gettext_lazy("Short name of the instrument; of one with several versions, with the name of the version."),
            required=True,
            example="CEDAW",
            width=36,
        ),
        Column("adopted_on", gettext_lazy("Date of the adoption"), Partial(), AS_KNOWN, example="2010-05", width=14),
        Column(
            "label_de",
            gettext_lazy("Name of the adoption"),
            Line(200),
            gettext_lazy("Only where it has one of its own."),
            width=30,
        ),
        Column("label_en", gettext_lazy("Name of the adoption in English"), Line(200), SAID_IN_ENGLISH, width=30),
        Column(
            "council_reference",
            gettext_lazy("Council paper"),
            Line(300),
            gettext_lazy("Its number."),
            example="1234/2011",
            width=20,
        ),
        Column(
            "council_url",
            gettext_lazy("Address of the council paper"),
            Address(),
            gettext_lazy("Address of a page, with https://."),
            width=30,
        ),
        Column(
            "renewal_due_on",
            gettext_lazy("Renewal due on"),
            Day(),
            gettext_lazy("Only where it has to be renewed."),
            width=14,
        ),
        Column("ended_on", gettext_lazy("Ended on"), Day(), gettext_lazy("From then on it no longer holds."), width=12),
        Column(
            "end_reason",
            gettext_lazy("Reason for the end"),
            Text(),
            gettext_lazy("Needed where the adoption has ended."),
            width=30,
        ),
        Column(
            "verified",
            gettext_lazy("Proved by a source"),
            YesNo(),
            gettext_lazy("Whether a source proves the adoption."),
            width=12,
        ),
        Column("note", gettext_lazy("Note"), Text(), gettext_lazy("What else is to be known."), width=40),
        STAND,
    )

    def visible(self, user: User | None) -> "QuerySet[Any]":
        return Adoption.objects.order_by("version__instrument__order", "version__number", "adopted_on", "pk")

    def watched(self) -> tuple[int, ...]:
        return super().watched() + self.marks(InstrumentVersion)

    def is_compared(self, column: Column) -> bool:
        return column is not STAND and column.code != "version_id"

    def key_of(self, row: Any) -> Key:
        return (row.version_id, row.adopted_on)

    def key_in(self, record: Record, work: Work) -> Key | None:
        version, written = record.values.get("version_id"), record.values.get("adopted_on")
        return None if version is None else (version, PartialDate.parse(written).first if written else None)

    def prepare(self, work: Work) -> None:
        super().prepare(work)
        for row in work.rows.values():
            work.index["latest", row.version_id] = row
            if row.ended_on is None:
                work.index["running", row.version_id] = row

    def find(self, record: Record, work: Work) -> Any:
        version = record.values.get("version_id")
        running = work.index.get(("running", version))
        if "adopted_on" not in work.has:
            return running or work.index.get(("latest", version))
        exact = super().find(record, work)
        if exact is not None or record.values.get("ended_on"):
            return exact
        return running

    def remember(self, row: Any, work: Work) -> Any:
        return row.ended_on

    def name(self, candidate: Candidate, work: Work) -> str:
        return self.name_of(candidate, work, "version_id", "adopted_on")

    def check(self, candidate: Candidate, work: Work) -> None:
        super().check(candidate, work)
        row, today = candidate.row, clock.today()
        for code, sentence in contradictions(row, today).items():
            candidate.error(self.heading(code), sentence)
        if row.ended_on is None:
            self._refuse_second(candidate, work)
            return
        if row.ended_on > today:
            sentence = _("This day lies in the future. Choose today or an earlier day.")
            candidate.error(self.heading("ended_on"), sentence)
        if row.ended_on != candidate.before and not row.end_reason.strip():
            candidate.error(self.heading("end_reason"), _("Say in one sentence why it ends."))

    def _refuse_second(self, candidate: Candidate, work: Work) -> None:
        """Of a version one adoption runs, in the register as in the file."""
        row = candidate.row
        running = work.index.get(("running", row.version_id))
        first = work.taken.setdefault(("running", row.version_id), candidate.record.number)
        if (running is not None and running is not row) or first != candidate.record.number:
            sentence = _(
                "An adoption of this version is running already. Change it, or end it before you enter another one."
            )
            candidate.error(self.heading("version_id"), sentence)
