"""Who we are: the city, its units, the people and what they may do."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import make_password
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from simple_history import register

from commitments import clock
from commitments.models.terms import Protection, in_order, known, text
from commitments.tracking import Searched, Tracked, TrackedModel, TrackedQuerySet, refuse


class Role(models.TextChoices):
    OFFICER = "officer", _("Human-rights officer")
    APPROVER = "approver", _("Approver")
    CONTACT = "contact", _("Contact")
    RELEASER = "releaser", _("Releasing person")
    COUNCIL = "council", _("Council member")
    AUDITOR = "auditor", _("Auditor")
    DPO = "dpo", _("Data protection officer")
    ADMINISTRATOR = "administrator", _("Administrator")


UNIT_ROLES = (Role.CONTACT, Role.RELEASER)
CITY_WIDE_ROLES = frozenset({Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.DPO})


class City(TrackedModel):
    """The one city that this register belongs to; a register marked as sample says so on every page."""

    name_de = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    country = models.CharField(max_length=2)
    state = models.CharField(max_length=10, blank=True)
    pics = models.JSONField(default=list, blank=True, help_text=_("Participant identification codes with the EU."))
    is_sample = models.BooleanField(default=False)
    notice_de = text()
    notice_en = text()
    only = models.BooleanField(default=True, editable=False, unique=True)

    objects = TrackedQuerySet.as_manager()

    class Meta:
        constraints = (models.CheckConstraint(name="city_only_one", condition=Q(only=True)),)

    def __str__(self) -> str:
        return self.name_de


class OrganisationalUnitQuerySet(TrackedQuerySet["OrganisationalUnit"]):
    def existing(self, on: date) -> Self:
        """Units that exist on a day; an open validity counts."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=on), Q(valid_to__isnull=True) | Q(valid_to__gte=on)
        )


class UnitKind(models.TextChoices):
    DIRECTORATE = "directorate", _("Directorate")
    OFFICE = "office", _("Office")
    DISTRICT = "district", _("District")
    MUNICIPAL_COMPANY = "municipal_company", _("Municipal company")


class OrganisationalUnit(TrackedModel):
    """A directorate, office, district or municipal company (Dienststelle)."""

    SEARCHED = Searched(name=("name_de", "name_en", "key"))

    key = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=20, choices=UnitKind, default=UnitKind.OFFICE)
    name_de = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    is_officers_own = models.BooleanField(default=False, help_text=_("The human-rights officer works here."))
    verified = models.BooleanField(default=False)
    sources = models.JSONField(default=list, blank=True)
    note = text()

    objects = OrganisationalUnitQuerySet.as_manager()

    class Meta:
        ordering = ("name_de",)
        constraints = (known("unit", "kind", UnitKind), in_order("unit", "valid_from", "valid_to"))

    def __str__(self) -> str:
        return self.name_de


class UnitSuccession(TrackedModel):
    """A unit that took over another's duties on a day (dissolved, merged, renamed)."""

    unit = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="successions")
    successor = models.ForeignKey(OrganisationalUnit, on_delete=models.PROTECT, related_name="predecessions")
    on = models.DateField()

    objects = TrackedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                name="succession_once",
                fields=("unit", "successor"),
                violation_error_message=_("This unit already has that successor."),
            ),
            models.CheckConstraint(
                name="succession_of_another",
                condition=~Q(unit=F("successor")),
                violation_error_message=_("A unit cannot succeed itself."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit} → {self.successor}"

    @classmethod
    def with_predecessors(cls, unit_ids: Iterable[int]) -> frozenset[int]:
        """These units and all whose duties came to them, over any number of steps."""
        found = set(unit_ids)
        rows = list(cls.objects.filter(on__lte=clock.today()).values_list("successor_id", "unit_id"))
        while True:
            more = {unit for successor, unit in rows if successor in found} - found
            if not more:
                return frozenset(found)
            found |= more


class UserQuerySet(TrackedQuerySet["User"]):
    def holding(self, role: Role, on: date) -> Self:
        """Active people who hold a role on a day."""
        return self.filter(is_active=True, assignments__in=Assignment.objects.valid(on).filter(role=role)).distinct()


class UserManager(models.Manager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Finds people by address, as Django's sign-in asks for; accounts are made by the workflow."""

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email__iexact=email)  # type: ignore[no-any-return]


class User(AbstractBaseUser):
    """A person who signs in. Rights come from assignments alone."""

    UNTRACKED: ClassVar = ("password", "last_login")
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    email = models.EmailField(_("e-mail address"), unique=True, max_length=254)
    name = models.CharField(_("name"), max_length=200)
    language = models.CharField(max_length=2, choices=(("de", "Deutsch"), ("en", "English")), default="de")
    is_active = models.BooleanField(default=True)
    pseudonymised_on = models.DateField(null=True, blank=True)

    objects = UserManager()

    class Meta:
        ordering = ("email",)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Sign-in may store a password or a last login; everything else goes through the ledger."""
        if not getattr(self, "_in_ledger", False):
            stored = User.objects.filter(pk=self.pk).first()
            fields = {field.attname for field in self._meta.concrete_fields} - set(self.UNTRACKED)
            if stored is None or any(getattr(stored, name) != getattr(self, name) for name in fields):
                refuse(User, "save()")
            kwargs["update_fields"] = self.UNTRACKED
            self.skip_history_when_saving = True
        try:
            super().save(*args, **kwargs)
        finally:
            self.__dict__.pop("skip_history_when_saving", None)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        refuse(User, "delete()")

    def lock_password(self) -> None:
        """No password: this person signs in by code, passkey or the city's single sign-on."""
        self.password = make_password(None)

    def assignments_on(self, on: date) -> list["Assignment"]:
        """The roles held on a day; one query for the life of this object."""
        if not hasattr(self, "_assignments"):
            self._assignments = list(self.assignments.select_related("unit", "acting_for"))
        return [held for held in self._assignments if held.is_valid(on)]

    @property
    def roles(self) -> frozenset[str]:
        """The roles held today."""
        return frozenset(held.role for held in self.assignments_on(clock.today()))

    @property
    def _own_units(self) -> set[int]:
        return {held.unit_id for held in self.assignments_on(clock.today()) if held.unit_id}

    @property
    def unit_ids(self) -> frozenset[int]:
        """The units one answers for today, with those that they succeeded (rule 7)."""
        if not hasattr(self, "_unit_ids"):
            held = self._own_units
            self._unit_ids = UnitSuccession.with_predecessors(held) if held else frozenset()
        return self._unit_ids

    def reach(self, unit_id: int) -> frozenset[int]:
        """A unit with those that it succeeded; one query for the life of this object."""
        if not hasattr(self, "_reach"):
            self._reach: dict[int, frozenset[int]] = {}
        if self._own_units == {unit_id}:
            return self.unit_ids
        if unit_id not in self._reach:
            self._reach[unit_id] = UnitSuccession.with_predecessors({unit_id})
        return self._reach[unit_id]

    @property
    def is_city_wide(self) -> bool:
        """Sees the work of all units, drafts included."""
        return bool(self.roles & CITY_WIDE_ROLES)

    def clearance(self) -> frozenset[str]:
        """The protection classes that this person may see city-wide today (rule 10)."""
        if not hasattr(self, "_clearance"):
            seen = {Protection.PUBLIC} if self.roles - {Role.ADMINISTRATOR} else set()
            if Role.COUNCIL in self.roles:
                seen |= {Protection.COUNCIL}
            if self.is_city_wide:
                seen |= {Protection.COUNCIL, Protection.INTERNAL}
            if self.protected_accesses.valid(clock.today()).exists():
                seen |= {Protection.PROTECTED}
            self._clearance = frozenset(str(value) for value in seen)
        return self._clearance


register(User, records_class=Tracked, excluded_fields=list(User.UNTRACKED))


class AssignmentQuerySet(TrackedQuerySet["Assignment"]):
    def valid(self, on: date) -> Self:
        return self.filter(valid_from__lte=on).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on))


class Assignment(TrackedModel):
    """A person's role, in one unit or city-wide, for a time; a deputy's names the person acted for."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(_("role"), max_length=13, choices=Role)
    unit = models.ForeignKey(
        OrganisationalUnit, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    acting_for = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="deputies")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ("user", "role")
        constraints = (
            known("assignment", "role", Role),
            in_order("assignment", "valid_from", "valid_to"),
            models.UniqueConstraint(
                "user",
                "role",
                Coalesce("unit", 0),
                Coalesce("acting_for", 0),
                "valid_from",
                name="assignment_once",
                violation_error_message=_("This person already holds that role from that day on."),
            ),
            models.CheckConstraint(
                name="assignment_unit_roles_have_a_unit",
                condition=Q(role__in=UNIT_ROLES, unit__isnull=False) | (~Q(role__in=UNIT_ROLES) & Q(unit__isnull=True)),
                violation_error_message=_("Contacts and releasing persons belong to a unit; all other roles do not."),
            ),
            models.CheckConstraint(
                name="assignment_deputy_of_another",
                condition=Q(acting_for__isnull=True) | ~Q(acting_for=F("user")),
                violation_error_message=_("Nobody can be their own deputy."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"

    def is_valid(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or self.valid_to >= on)


class ProtectedAccessQuerySet(TrackedQuerySet["ProtectedAccess"]):
    def valid(self, on: date) -> Self:
        return self.filter(
            valid_from__lte=on, valid_to__gte=on, given_by_officer__isnull=False, given_by_dpo__isnull=False
        )


class ProtectedAccess(TrackedModel):
    """One person's right to see protected content: dated, and given by officer and data protection officer."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="protected_accesses")
    valid_from = models.DateField()
    valid_to = models.DateField()
    reason = models.TextField()
    given_by_officer = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    given_by_dpo = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = ProtectedAccessQuerySet.as_manager()

    class Meta:
        constraints = (
            in_order("protected_access", "valid_from", "valid_to"),
            models.CheckConstraint(
                name="protected_access_by_two_others",
                condition=(Q(given_by_officer__isnull=True) | ~Q(given_by_officer=F("user")))
                & (Q(given_by_dpo__isnull=True) | ~Q(given_by_dpo=F("user")))
                & (
                    Q(given_by_officer__isnull=True)
                    | Q(given_by_dpo__isnull=True)
                    | ~Q(given_by_officer=F("given_by_dpo"))
                ),
                violation_error_message=_("The right to protected content is given by two other people."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.valid_from} - {self.valid_to}"
