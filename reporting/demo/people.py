"""The people of a sample city: named by their roles, with one password for all."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _

from commitments.ledger import save_all_as
from commitments.models import Assignment, OrganisationalUnit, Role, User

DOMAIN = "demo.example"
PASSWORD = "Menschenrechte-1948"  # noqa: S105 - printed for everybody to use
SHOWN_UNIT = "aiv"
"""The unit whose people sign in as ``contact@`` and ``releaser@``."""

FROM = date(2022, 1, 1)
CITY_WIDE = (
    ("officer", Role.OFFICER, "Menschenrechtsbeauftragte"),
    ("approver", Role.APPROVER, "Genehmigung, Amt des Oberbürgermeisters"),
    ("council", Role.COUNCIL, "Mitglied des Rates"),
    ("auditor", Role.AUDITOR, "Rechnungsprüfung"),
    ("dpo", Role.DPO, "Datenschutzbeauftragte"),
    ("admin", Role.ADMINISTRATOR, "Administration"),
)
IN_A_UNIT = (("contact", "Ansprechperson"), ("releaser", "Freigabe"), ("deputy", "Vertretung der Ansprechperson"))


@dataclass(frozen=True)
class People:
    """Everybody, by the name before the @."""

    by_name: dict[str, User]

    def __getitem__(self, name: str) -> User:
        return self.by_name[name]

    def of(self, unit: str, part: str) -> User:
        """A unit's ``contact``, ``releaser`` or ``deputy``."""
        return self.by_name[_name(part, unit)]


def enter_people(at: datetime) -> People:
    """Enter everybody with their roles; the password is hashed once, because hashing is slow on purpose."""
    secret = make_password(PASSWORD)
    units = list(OrganisationalUnit.objects.order_by("key"))
    users = {name: User(email=f"{name}@{DOMAIN}", name=title, password=secret) for name, _role, title in CITY_WIDE}
    for unit in units:
        for part, title in IN_A_UNIT:
            name = _name(part, unit.key)
            users[name] = User(email=f"{name}@{DOMAIN}", name=f"{title}, {unit.name_de}", password=secret)
    reason = _("Sample city built")
    save_all_as(users.values(), actor=None, reason=reason, at=at)
    roles = [Assignment(user=users[name], role=role, valid_from=FROM) for name, role, _title in CITY_WIDE]
    for unit in units:
        contact, releaser, deputy = (users[_name(part, unit.key)] for part, _title in IN_A_UNIT)
        roles += [
            Assignment(user=contact, role=Role.CONTACT, unit=unit, valid_from=FROM),
            Assignment(user=releaser, role=Role.RELEASER, unit=unit, valid_from=FROM),
            Assignment(user=deputy, role=Role.CONTACT, unit=unit, acting_for=contact, valid_from=FROM),
        ]
    save_all_as(roles, actor=None, reason=reason, at=at)
    return People(users)


def sign_ins() -> str:
    """A table of roles, addresses and the password, as it is printed."""
    shown = OrganisationalUnit.objects.get(key=SHOWN_UNIT).name_de
    rows = [(str(role.label), f"{name}@{DOMAIN}") for name, role, _title in CITY_WIDE]
    rows[2:2] = [
        (f"{Role.CONTACT.label}, {shown}", f"contact@{DOMAIN}"),
        (f"{Role.RELEASER.label}, {shown}", f"releaser@{DOMAIN}"),
    ]
    width = max(len(label) for label, _address in rows)
    lines = [f"{label:{width}}  {address}" for label, address in rows]
    others = _("Every other unit: contact.UNIT@, releaser.UNIT@ and deputy.UNIT@%(domain)s, e.g. %(example)s")
    lines += ["", others % {"domain": DOMAIN, "example": f"contact.jugend@{DOMAIN}"}]
    lines += [_("Password for all of them: %(password)s") % {"password": PASSWORD}]
    return "\n".join(lines) + "\n"


def write_sign_ins(path: Path) -> None:
    path.write_text(sign_ins())


def _name(part: str, unit: str) -> str:
    return part if unit == SHOWN_UNIT else f"{part}.{unit}"
