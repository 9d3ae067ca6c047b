"""What measures serve, in and out: a row for each link of a measure to a commitment or to a provision."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from commitments.exchange.comparing import STAND, Candidate, RegisterSubject, Work
from commitments.exchange.kinds import Choice, One, Text
from commitments.exchange.lookups import seen
from commitments.exchange.plans import Act, Plan
from commitments.exchange.subjects import Column, Progress, Record, missing, quiet
from commitments.exchange.tables import CellError
from commitments.ledger import save_all_as
from commitments.models import Commitment, Contribution, LinkState, Measure, MeasureLink, MeasureProvision, User
from commitments.workflow.links import NEXT_STATES

MEASURE = Column(
    "measure_id",
    gettext_lazy("Measure"),
    One("measure"),
    gettext_lazy("Number of the measure."),
    required=True,
    example="M-012",
    width=10,
)
REASONS = (
    Column(
        "contribution",
        gettext_lazy("Contribution"),
        Choice(Contribution),
        gettext_lazy("How the measure contributes."),
        required=True,
        width=14,
    ),
    Column(
        "rationale_de",
        gettext_lazy("Rationale"),
        Text(2000),
        gettext_lazy("One sentence: why the measure contributes to this."),
        required=True,
        width=70,
    ),
    Column(
        "rationale_en",
        gettext_lazy("Rationale in English"),
        Text(2000),
        gettext_lazy("The same in English, where there is a text."),
        width=50,
    ),
    Column(
        "state",
        pgettext_lazy("link", "State"),
        Choice(LinkState),
        gettext_lazy("Empty in a new row: accepted. A link is never deleted: it ends."),
        width=14,
    ),
    STAND,
)


class Links(RegisterSubject):
    """Links to commitments; a subclass has those to provisions."""

    key, label = "links", gettext_lazy("Measures and commitments")
    model: type[Any] = MeasureLink
    target = Column(
        "commitment_id",
        gettext_lazy("Commitment"),
        One("commitment"),
        gettext_lazy("Number of the commitment."),
        required=True,
        example="K-031",
        width=14,
    )
    columns = (MEASURE, target, *REASONS)

    def visible(self, user: User | None) -> "QuerySet[Any]":
        return self.all_rows(user).exclude(state=LinkState.ENDED)

    def all_rows(self, user: User | None) -> "QuerySet[Any]":
        """A link is as visible as what it links."""
        rows = self.model.objects.filter(measure__in=seen(Measure.objects.all(), user))
        return self.of_visible_targets(rows, user).order_by("measure__reference", "pk")

    def of_visible_targets(self, rows: "QuerySet[Any]", user: User | None) -> "QuerySet[Any]":
        return rows.filter(commitment__in=seen(Commitment.objects.all(), user))

    def loaded(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        return rows.select_related("measure")

    def is_protected(self, row: Any) -> bool:
        return row.measure_id is not None and super().is_protected(row.measure)

    def missing(self, found: dict[int, Column]) -> list[CellError]:
        return missing([MEASURE, self.target], found)

    def is_compared(self, column: Column) -> bool:
        return column not in (MEASURE, self.target, STAND)

    def prepare(self, work: Work) -> None:
        """Of several links of the same two, the one that has not ended."""
        for row in work.rows.values():
            pair = (row.measure_id, getattr(row, self.target.code))
            if row.state != LinkState.ENDED:
                work.index["current", pair] = row
            else:
                work.index["ended", pair] = row
        work.extra["measures"] = seen(Measure.objects.all(), work.user).in_bulk()

    def find(self, record: Record, work: Work) -> Any:
        pair = (record.values.get("measure_id"), record.values.get(self.target.code))
        if None in pair:
            return None
        current = work.index.get(("current", pair))
        if current is None and record.values.get("state") == LinkState.ENDED:
            return work.index.get(("ended", pair))
        return current

    def new(self, record: Record, work: Work) -> Any:
        pair = (record.values.get("measure_id"), record.values.get(self.target.code))
        if None not in pair:
            first = work.taken.setdefault(("new", pair), record.number)
            if first != record.number:
                sentence = _("This row means the same entry as row %(row)s.") % {"row": first}
                record.errors.append(CellError(record.number, "", sentence))
        return self.model(state=LinkState.ACCEPTED)

    def put(self, row: Any, column: Column, value: Any) -> None:
        if column.code == "state":
            row.state = value or LinkState.ACCEPTED
        elif column.code == "measure_id":
            row.measure_id = value
        else:
            super().put(row, column, value)

    def name(self, candidate: Candidate, work: Work) -> str:
        measure = work.known["measure"].name(candidate.row.measure_id)
        target = self.target.kind.write(getattr(candidate.row, self.target.code), work.known)
        return f"{measure} → {target}"

    def remember(self, row: Any, work: Work) -> str:
        return str(row.state)

    def check(self, candidate: Candidate, work: Work) -> None:
        row = candidate.row
        if candidate.is_new:
            row.measure = work.extra["measures"].get(row.measure_id)
            if row.state == LinkState.ENDED:
                candidate.error(self.heading("state"), _("A link that is not there cannot end. Delete this row."))
            return
        if candidate.before == LinkState.ENDED:
            candidate.error("", _("This link has ended and can no longer be changed."))
        elif row.state != candidate.before and row.state not in NEXT_STATES[candidate.before]:
            words = {
                "state": str(LinkState(candidate.before).label).lower(),
                "next": str(LinkState(row.state).label).lower(),
            }
            candidate.error(self.heading("state"), _("A link that is %(state)s cannot become %(next)s.") % words)

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        """Links that end come before those that begin."""
        rows = [each.row for each in plan.work.written]
        progress(0, len(rows), _("Writing the rows"))
        save_all_as([row for row in rows if row.state == LinkState.ENDED], **act.columns)
        save_all_as([row for row in rows if row.state != LinkState.ENDED], **act.columns)


class ProvisionLinks(Links):
    key, label = "provision-links", gettext_lazy("Measures and provisions")
    model: type[Any] = MeasureProvision
    target = Column(
        "provision_id",
        gettext_lazy("Provision"),
        One("provision"),
        gettext_lazy("Short name of the instrument and number."),
        required=True,
        example="CEDAW Art. 5",
        width=24,
    )
    columns = (MEASURE, target, *REASONS)

    def of_visible_targets(self, rows: "QuerySet[Any]", user: User | None) -> "QuerySet[Any]":
        return rows
