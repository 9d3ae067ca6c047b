"""Why articles have no measure, in and out: a row for each article and field of action."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments.exchange.comparing import STAND, Candidate, Work
from commitments.exchange.keyed import KeyedSubject
from commitments.exchange.kinds import Choice, Day, Line, One, Text
from commitments.exchange.measures import SAID_IN_ENGLISH
from commitments.exchange.plans import Act, Plan
from commitments.exchange.subjects import Column, Progress, quiet
from commitments.models import FieldOfAction, GapCode, GapReason, User
from commitments.workflow.steps import day


class GapReasons(KeyedSubject):
    """Whoever brings the file in says so, on that day: as on the page, a later reason takes the place of an earlier."""

    key, label = "gap-reasons", gettext_lazy("Reasons for gaps")
    model = GapReason
    identity = ("article_id", "field")
    columns = (
        Column(
            "article_id",
            gettext_lazy("Article"),
            One("article"),
            gettext_lazy("Article of the Universal Declaration of Human Rights."),
            required=True,
            example="Art. 25",
            width=12,
        ),
        Column(
            "field",
            gettext_lazy("Field of action"),
            Choice(FieldOfAction, blank=True),
            gettext_lazy("One of the four fields of action; empty for all of them."),
            width=28,
        ),
        Column(
            "code",
            gettext_lazy("Reason"),
            Choice(GapCode),
            gettext_lazy("Why there is no measure."),
            required=True,
            width=20,
        ),
        Column(
            "text_de",
            gettext_lazy("Explanation"),
            Text(2000),
            gettext_lazy("One or two sentences. They are printed in the report."),
            required=True,
            width=60,
        ),
        Column("text_en", gettext_lazy("Explanation in English"), Text(2000), SAID_IN_ENGLISH, width=50),
        Column("next_step_de", gettext_lazy("Next step"), Text(1000), gettext_lazy("What is to be done."), width=40),
        Column("next_step_en", gettext_lazy("Next step in English"), Text(1000), SAID_IN_ENGLISH, width=40),
        Column("due_on", gettext_lazy("Due on"), Day(), gettext_lazy("Until when the next step is done."), width=12),
        Column(
            "stated_by",
            gettext_lazy("Said by"),
            Line(200),
            gettext_lazy("Is not read: who brings the file in says so."),
            exported=True,
            width=24,
        ),
        Column(
            "stated_on",
            gettext_lazy("Said on"),
            Day(),
            gettext_lazy("Is not read: it is the day of the import."),
            exported=True,
            width=12,
        ),
        STAND,
    )

    def visible(self, user: User | None) -> "QuerySet[Any]":
        return GapReason.objects.order_by("article__order", "field")

    def loaded(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        return rows.select_related("stated_by")

    def get(self, row: Any, column: Column) -> Any:
        if column.code == "stated_by":
            return row.stated_by.name if row.stated_by else ""
        return super().get(row, column)

    def name(self, candidate: Candidate, work: Work) -> str:
        return self.name_of(candidate, work, *self.identity)

    def check(self, candidate: Candidate, work: Work) -> None:
        super().check(candidate, work)
        if candidate.row.due_on and not candidate.row.next_step_de.strip():
            candidate.error(self.heading("next_step_de"), _("Say what is to be done by that date."))

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        for each in plan.work.written:
            each.row.stated_by, each.row.stated_on = act.actor, day(act.at)
        super().apply(plan, act, progress)
