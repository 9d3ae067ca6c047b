"""What the auditor, the data protection officer and the administration find when they sign in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from commitments.models import (
    Assignment,
    Erasure,
    LedgerLeaf,
    LedgerSeal,
    OrganisationalUnit,
    ProtectedAccess,
    Role,
    User,
)
from reporting.audit import verification
from reporting.audit.verification import Verification
from reporting.models import ReportEdition
from reporting.portal import statements

SHOWN = 8


@dataclass(frozen=True)
class AuditorHome:
    """The head of the ledger: how much is sealed, and what came after the last seal."""

    seals: Sequence[LedgerSeal]
    leaves: int
    editions: Sequence[ReportEdition]
    verification: Verification

    @property
    def latest(self) -> LedgerSeal | None:
        return self.seals[0] if self.seals else None

    @property
    def unsealed(self) -> int:
        return self.leaves - (self.latest.size if self.latest else 0)


def auditor_home() -> AuditorHome:
    editions = ReportEdition.objects.exclude(release_seal=None).select_related("cycle", "release_seal", "freeze_seal")
    return AuditorHome(
        seals=list(LedgerSeal.objects.order_by("-pk")[:SHOWN]),
        leaves=LedgerLeaf.objects.count(),
        editions=list(editions[:SHOWN]),
        verification=verification.latest(),
    )


@dataclass(frozen=True)
class DpoHome:
    """Rights to protected content: those that wait for the second signature, and those that hold; waiting erasures."""

    waiting: Sequence[ProtectedAccess]
    valid: Sequence[ProtectedAccess]
    erasures: Sequence[Erasure] = ()

    @property
    def count(self) -> int:
        """How much waits for a signature."""
        return len(self.waiting) + len(self.erasures)


def dpo_home(today: date) -> DpoHome:
    rows = ProtectedAccess.objects.select_related("user", "given_by_officer", "given_by_dpo").order_by("valid_to")
    return DpoHome(
        waiting=list(rows.filter(given_by_dpo__isnull=True, valid_to__gte=today)[:SHOWN]),
        valid=list(rows.valid(today)[:SHOWN]),
        erasures=list(Erasure.objects.waiting().exclude(proposed_as=Role.DPO).order_by("pk")[:SHOWN]),
    )


@dataclass(frozen=True)
class AdministratorHome:
    """People and units, and where something is missing. No content."""

    people: int
    without_role: Sequence[User]
    units: int
    without_contact: Sequence[OrganisationalUnit]
    without_releaser: Sequence[OrganisationalUnit]
    unwritten: Sequence[str]
    """What the portal still lacks: files of statements, and the setting with the city's address."""

    @property
    def contact_kind(self) -> str:
        return "warn" if self.without_contact else ""

    @property
    def releaser_kind(self) -> str:
        return "warn" if self.without_releaser else ""


def administrator_home(today: date) -> AdministratorHome:
    valid = Assignment.objects.valid(today)
    units = OrganisationalUnit.objects.existing(today)
    held = units.annotate(
        has_contact=Exists(valid.filter(unit=OuterRef("pk"), role=Role.CONTACT)),
        has_releaser=Exists(valid.filter(unit=OuterRef("pk"), role=Role.RELEASER)),
    )
    rows = list(held.filter(Q(has_contact=False) | Q(has_releaser=False)))
    people = User.objects.filter(is_active=True)
    return AdministratorHome(
        people=people.count(),
        without_role=list(people.exclude(pk__in=valid.values("user"))[:SHOWN]),
        units=units.count(),
        without_contact=[row for row in rows if not row.has_contact],  # type: ignore[attr-defined]
        without_releaser=[row for row in rows if not row.has_releaser],  # type: ignore[attr-defined]
        unwritten=statements.missing(),
    )
