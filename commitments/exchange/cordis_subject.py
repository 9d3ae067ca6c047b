"""EU projects from CORDIS as a subject of the exchange, with what is asked beside the files."""

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import clock
from commitments.exchange import cordis
from commitments.exchange.cordis_projects import ORIGIN, ForNew, apply_projects, plan_projects
from commitments.exchange.imported import reason_of
from commitments.exchange.kinds import Amount, Day, Line
from commitments.exchange.plans import Act, Plan
from commitments.exchange.subjects import Column, Progress, Subject, quiet
from commitments.exchange.tables import DEFAULT_LIMITS, MEBIBYTE, CellError, Limits, Table, TableError, refused
from commitments.ledger import save_as
from commitments.models import City, EUProject, OrganisationalUnit, ProjectPartner, RunBy, User
from commitments.permissions import Verb
from commitments.tracking import history_model

OPTIONS = "options.json"
UPLOAD_LIMIT = 200 * MEBIBYTE
"""How large the ZIP, or the two files together, may be; the ZIP of Horizon Europe has about 40 MB."""


@dataclass(frozen=True)
class Options:
    """What the files do not say: the city's codes, and who keeps and runs projects that are new here."""

    pics: tuple[str, ...] = ()
    unit: str = ""
    run_by: str = RunBy.DEPARTMENT

    def save(self, folder: Path) -> None:
        """Write them beside the files that they belong to."""
        (folder / OPTIONS).write_text(
            json.dumps({"pics": self.pics, "unit": self.unit, "run_by": self.run_by}), encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> "Options":
        """Those beside a file; without any the codes of the city and the officer's own unit."""
        path = folder / OPTIONS
        if path.is_file():
            known = json.loads(path.read_text("utf-8"))
            return cls(tuple(known["pics"]), known["unit"], known["run_by"])
        return cls.usual()

    @classmethod
    def usual(cls) -> "Options":
        city = City.objects.first()
        own = OrganisationalUnit.objects.filter(is_officers_own=True).existing(clock.today()).first()
        pics = tuple(city.pics) if city else ()
        return cls(pics, own.key, RunBy.OFFICE) if own else cls(pics)

    def for_new(self) -> ForNew:
        unit = OrganisationalUnit.objects.existing(clock.today()).filter(key=self.unit).first()
        if unit is None:
            raise refused(_("Choose the unit that is to keep the projects that are new here."))
        return ForNew(unit, RunBy(self.run_by))


@dataclass
class Files(Table):
    """The files, not read yet: that is done row by row while the plan is made."""

    projects: Path = Path()
    organisations: Path | None = None
    options: Options = field(default_factory=Options)


class CordisProjects(Subject):
    """project.csv and organization.csv in one ZIP; the city is known by its code alone."""

    key = "cordis"
    label = gettext_lazy("EU projects from CORDIS")
    verb = Verb.IMPORT
    suffixes = (".zip",)
    is_exported = False
    ignores_unknown = True
    upload_page = "commitments:exchange-cordis"
    columns = (
        Column(
            "id", "id", Line(40), gettext_lazy("The grant agreement; by it a project is known again."), required=True
        ),
        Column("acronym", "acronym", Line(80), required=True),
        Column("title", "title", Line(300), required=True),
        Column("startDate", "startDate", Day()),
        Column("endDate", "endDate", Day()),
        Column("totalCost", "totalCost", Amount()),
        Column("ecMaxContribution", "ecMaxContribution", Amount()),
        Column("organisationID", "organisationID", Line(9), gettext_lazy("The code of each partner."), required=True),
        Column("role", "role", Line(40), required=True),
        Column("netEcContribution", "netEcContribution", Amount()),
    )

    def __init__(self, options: Options | None = None, organisations: Path | None = None) -> None:
        """For the command: what the page keeps beside the ZIP, and the second file where there is no ZIP."""
        self.options = options
        self.organisations = organisations

    def read(self, path: Path, limits: Limits = DEFAULT_LIMITS) -> Table:
        return Files([], [], [], path, self.organisations, self.options or Options.load(path.parent))

    def plan(self, table: Table, user: User | None, progress: Progress = quiet) -> Plan:
        if not isinstance(table, Files):
            return Plan(errors=[CellError(0, "", _("Give both files, project.csv and organization.csv."))])
        words = _("Looking for the city's projects")
        try:
            for_new = table.options.for_new()
            dataset = cordis.read_dataset(
                table.projects,
                table.organisations,
                table.options.pics,
                lambda done, total: progress(done // MEBIBYTE, total // MEBIBYTE, words),
            )
        except TableError as error:
            return Plan(errors=error.errors)
        plan = plan_projects(dataset, for_new, user, clock.today())
        plan.work = (plan.work, table.options.pics)
        return plan

    def apply(self, plan: Plan, act: Act, progress: Progress = quiet) -> None:
        works, pics = plan.work
        apply_projects(works, act)
        _remember(pics, act)

    def watched(self) -> tuple[int, ...]:
        histories = (history_model(model).objects for model in (EUProject, ProjectPartner))
        return tuple(
            rows.order_by("-history_id").values_list("history_id", flat=True).first() or 0 for rows in histories
        )


def _remember(pics: tuple[str, ...], act: Act) -> None:
    """The codes stay with the city, for the next import."""
    city = City.objects.select_for_update().first()
    if city is not None and not set(pics) <= set(city.pics):
        city.pics = [*city.pics, *(pic for pic in pics if pic not in city.pics)]
        save_as(city, **{**act.columns, "reason": f"{reason_of(ORIGIN)}: {act.reason}"})


def pack(projects: Path, organisations: Path, target: Path) -> None:
    """Two files as the one ZIP that is read."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(projects, cordis.PROJECTS)
        archive.write(organisations, cordis.ORGANISATIONS)
