"""EU projects of the city from the datasets of CORDIS: known again by grant agreement, partners by their code.

What the office alone knows - the unit that keeps a project, who runs it, its German name - is said once for new
projects and never overwritten. What a person or a city's files gave a project otherwise stays, and is listed.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commitments import texts
from commitments.exchange import cordis
from commitments.exchange.imported import Author, Comparison, as_import, authors, compare, first_values
from commitments.exchange.lookups import seen
from commitments.exchange.plans import Act, Change, Plan, PlannedRow, RowOutcome
from commitments.exchange.tables import CellError
from commitments.ledger import save_all_as, save_as
from commitments.models import (
    EngagementKind,
    EngagementStatus,
    EUProject,
    FieldOfAction,
    OrganisationalUnit,
    PartnerRole,
    ProjectPartner,
    RunBy,
    User,
)
from commitments.workflow.steps import day

ORIGIN = "CORDIS"
"""By it the import knows its own writing again."""

ADDRESS = "https://cordis.europa.eu/project/id/"
YIELDING = ("acronym", "name_en", "programme", "call", "city_role", "url")
"""What the city's own files may call otherwise than CORDIS does."""

ROLES = {
    PartnerRole.COORDINATOR: "coordinator",
    PartnerRole.PARTICIPANT: "participant",
    PartnerRole.ASSOCIATED: "associated partner",
    PartnerRole.THIRD_PARTY: "affiliated third party",
}
LABELS = {
    "acronym": gettext_lazy("Acronym"),
    "name_en": gettext_lazy("Name in English"),
    "programme": gettext_lazy("Programme"),
    "call": gettext_lazy("Call for proposals"),
    "starts_on": gettext_lazy("Begin"),
    "ends_on": gettext_lazy("End"),
    "status": gettext_lazy("Status"),
    "status_since": gettext_lazy("Status since"),
    "total_cost": gettext_lazy("Total cost"),
    "eu_contribution": gettext_lazy("EU contribution"),
    "city_contribution": gettext_lazy("EU contribution to the city"),
    "city_role": gettext_lazy("Role of the city"),
    "url": gettext_lazy("Web page"),
    "grant_agreement_verified": gettext_lazy("Grant agreement checked"),
    "name": gettext_lazy("Name"),
    "place": gettext_lazy("Place"),
    "country": gettext_lazy("Country"),
    "role": gettext_lazy("Role"),
    "pic": gettext_lazy("Participant identification code"),
    "is_city": gettext_lazy("The city itself"),
    "ended_on": gettext_lazy("Participation"),
}


@dataclass(frozen=True)
class ForNew:
    """What the files do not say of a project that is new here."""

    unit: OrganisationalUnit
    run_by: RunBy = RunBy.DEPARTMENT


@dataclass
class Work:
    """A project to write and its partners; ``ending`` leave with the day of the import."""

    project: EUProject
    is_changed: bool = False
    partners: list[ProjectPartner] = field(default_factory=list)
    ending: list[ProjectPartner] = field(default_factory=list)


@dataclass(frozen=True)
class _Register:
    """What the register holds of the projects in the files."""

    projects: dict[str, EUProject]
    hidden: frozenset[str]
    wrote: dict[Any, dict[str, Author]]
    partners: dict[int, list[ProjectPartner]]
    partners_wrote: dict[Any, dict[str, Author]]


def plan_projects(dataset: cordis.Dataset, for_new: ForNew, user: User | None, today: date) -> Plan:
    """What the files would do, written nowhere. Five queries, however many projects there are."""
    register = _register({project.grant_agreement for project in dataset.projects}, user)
    plan = Plan(work=[])
    plan.notes.append(
        _("%(read)s projects and %(rows)s participations were read; the city takes part in %(count)s of the projects.")
        % {
            "read": texts.number(dataset.projects_read),
            "rows": texts.number(dataset.participations_read),
            "count": texts.number(len(dataset.projects)),
        }
    )
    for project in dataset.projects:
        if project.grant_agreement not in register.hidden:
            plan.rows += _project(project, register, for_new, today, plan.work)
    plan.rows += [PlannedRow(error.row, "", RowOutcome.ERROR, errors=[error]) for error in dataset.errors]
    if not dataset.projects and not dataset.errors:
        plan.errors.append(CellError(0, "", _("The city takes part in none of these projects. Check the codes.")))
    return plan


@transaction.atomic
def apply_projects(works: Iterable[Work], act: Act) -> None:
    """Write what was planned, all of it or nothing; raises ValidationError with sentences."""
    works = list(works)
    columns = as_import(act, ORIGIN, act.reason).columns
    for work in works:
        if work.is_changed:
            save_as(work.project, **columns)
        for partner in work.ending:
            partner.ended_on = day(act.at)
        for partner in work.partners:
            partner.project = work.project
    partners = [partner for work in works for partner in [*work.ending, *work.partners]]
    save_all_as({id(partner): partner for partner in partners}.values(), **columns)


def _register(numbers: Collection[str], user: User | None) -> _Register:
    rows: Any = EUProject.objects.filter(grant_agreement__in=numbers)
    held: list[EUProject] = list(rows.order_by("-pk"))
    may = set(seen(rows, user).values_list("pk", flat=True))
    projects = {row.grant_agreement: row for row in held if row.pk in may}
    partners: dict[int, list[ProjectPartner]] = {}
    for row in ProjectPartner.objects.filter(project__in=may).order_by("pk"):
        partners.setdefault(row.project_id, []).append(row)
    return _Register(
        projects=projects,
        hidden=frozenset(row.grant_agreement for row in held if row.pk not in may) - projects.keys(),
        wrote=authors(EUProject, list(projects.values()), ORIGIN),
        partners=partners,
        partners_wrote=authors(ProjectPartner, [row for rows in partners.values() for row in rows], ORIGIN),
    )


def _project(
    project: cordis.Project, register: _Register, for_new: ForNew, today: date, works: list[Work]
) -> list[PlannedRow]:
    """What becomes of the project and of each of its partners; whatever is to be written goes into ``works``."""
    row = register.projects.get(project.grant_agreement)
    wanted = _wanted(project)
    name = f"{project.columns['acronym']} ({project.grant_agreement})"
    if row is None:
        work = Work(_new(project, wanted, for_new, today), is_changed=True)
        planned = PlannedRow(project.row, name, RowOutcome.NEW, first_values(work.project, LABELS))
    else:
        if project.has_ended:
            wanted |= {"status": EngagementStatus.ENDED} | _date("status_since", project.columns["ends_on"])
        found = compare(row, wanted, register.wrote[row.pk], LABELS, YIELDING)
        work = Work(row, is_changed=_set(row, found))
        planned = PlannedRow(project.row, name, _outcome(found), found.changes)
    known = register.partners.get(row.pk, []) if row is not None else []
    partners = [_partner(each, known, register, work, name) for each in project.partners]
    partners += _left(known, project, register, work, name)
    works.append(work)
    return [planned, *partners]


def _date(name: str, value: date | None) -> dict[str, Any]:
    return {name: value, f"{name}_precision": "day"}


def _wanted(project: cordis.Project) -> dict[str, Any]:
    columns = dict(project.columns)
    starts, ends = columns.pop("starts_on"), columns.pop("ends_on")
    city = sorted(project.city, key=lambda each: each.has_ended)
    wanted = {name: value for name, value in columns.items() if value not in (None, "")}
    return (
        wanted
        | ({} if starts is None else _date("starts_on", starts))
        | ({} if ends is None else _date("ends_on", ends))
        | {
            "city_role": ROLES[city[0].columns["role"]] if city else "",
            "url": f"{ADDRESS}{project.grant_agreement}",
            "grant_agreement_verified": True,
        }
    )


def _new(project: cordis.Project, wanted: dict[str, Any], for_new: ForNew, today: date) -> EUProject:
    ends = project.columns["ends_on"]
    has_ended = project.has_ended or (ends is not None and ends < today)
    return EUProject(
        key=f"{slugify(wanted['acronym'])[:60] or 'project'}-{project.grant_agreement}",
        kind=EngagementKind.EU_PROJECT,
        field=FieldOfAction.EUROPE,
        name_de=wanted["acronym"],
        unit=for_new.unit,
        run_by=for_new.run_by,
        status=EngagementStatus.ENDED if has_ended else EngagementStatus.ACTIVE,
        grant_agreement=project.grant_agreement,
        verified=True,
        sources=[f"{ADDRESS}{project.grant_agreement}"],
        **wanted,
    )


def _set(row: Any, found: Comparison) -> bool:
    for name, value in found.values.items():
        setattr(row, name, value)
    return bool(found.values)


def _outcome(found: Comparison) -> RowOutcome:
    if found.is_kept:
        return RowOutcome.CONFLICT
    return RowOutcome.CHANGED if found.changes else RowOutcome.UNCHANGED


def _partner(
    partner: cordis.Partner, known: Iterable[ProjectPartner], register: _Register, work: Work, name: str
) -> PlannedRow:
    title = f"{name}: {partner.columns['name']}"
    row = _same(partner, known)
    if row is None:
        row = ProjectPartner(**partner.columns)
        work.partners.append(row)
        if partner.has_ended:
            work.ending.append(row)
        return PlannedRow(partner.row, title, RowOutcome.NEW, first_values(row, LABELS))
    wrote = register.partners_wrote[row.pk]
    found = compare(row, {name: value for name, value in partner.columns.items() if value != ""}, wrote, LABELS)
    _ending(row, found, wrote, work, has_left=partner.has_ended)
    if _set(row, found):
        work.partners.append(row)
    return PlannedRow(partner.row, title, _outcome(found), found.changes)


def _same(partner: cordis.Partner, known: Iterable[ProjectPartner]) -> ProjectPartner | None:
    """The row with that code, a running one first; the city also where it was entered by hand without its code."""
    rows = sorted(known, key=lambda row: row.ended_on is not None)
    by_code = (row for row in rows if row.pic == partner.columns["pic"])
    by_hand = (row for row in rows if partner.columns["is_city"] and row.is_city and not row.pic)
    return next(by_code, None) or next(by_hand, None)


def _ending(row: ProjectPartner, found: Comparison, wrote: dict[str, Author], work: Work, *, has_left: bool) -> None:
    """An organisation leaves, or takes part again."""
    if has_left == (row.ended_on is not None):
        return
    words = (_("ended"), _("takes part")) if row.ended_on else (_("takes part"), _("ended"))
    kept = wrote.get("ended_on") is Author.PERSON
    found.changes.append(Change(str(LABELS["ended_on"]), *words, kept))
    if not kept and has_left:
        work.ending.append(row)
    elif not kept:
        found.values["ended_on"] = None


def _left(
    known: Iterable[ProjectPartner], project: cordis.Project, register: _Register, work: Work, name: str
) -> list[PlannedRow]:
    """Partners that an earlier import brought in and that the files no longer name have ended."""
    named = {partner.columns["pic"] for partner in project.partners}
    planned = []
    for row in known:
        ours = register.partners_wrote[row.pk].get("pic") is Author.IMPORT
        if row.ended_on is None and ours and row.pic not in named:
            work.ending.append(row)
            change = Change(str(LABELS["ended_on"]), _("takes part"), _("ended"))
            planned.append(PlannedRow(project.row, f"{name}: {row.name}", RowOutcome.CHANGED, [change]))
    return planned
