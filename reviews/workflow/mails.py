"""Who is written to and why; and what became of each mail. Sending itself is the handler's.

A person gets one mail for one reason on one day, whatever restarts: the row says so before the mail leaves, and a mail
of which it is not known whether it left is not sent again by itself.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from commitments import renewals
from commitments.jobs import enqueue
from commitments.models import (
    Assignment,
    OrganisationalUnit,
    ProtectedAccess,
    Protection,
    Role,
    UnitSuccession,
    User,
)
from commitments.permissions import Verb, require
from reviews import business_days
from reviews.models import (
    ANSWERED,
    Confirmation,
    ConfirmationState,
    Mail,
    MailKind,
    MailState,
    ReminderKind,
    ReviewCycle,
)
from reviews.workflow.cycles import Opening, open_cycle
from reviews.workflow.scope import Scope
from reviews.workflow.steps import day_of

SEND_MAILS = "send-mails"
"""Kind of the job that runs the schedule and sends what waits."""

ATTEMPTS = 3
"""How often a mail is tried on its day where the mail server does not answer."""

AHEAD = tuple(timedelta(days=days) for days in (90, 30, 7, 0, -1))
"""How long before its due date a renewal is reminded of by mail, and once more when it has lapsed."""

LOST = timedelta(minutes=10)
"""After this time a mail that was being sent is taken for one of which nobody knows whether it left."""


@dataclass
class Owed:
    """What a unit still owes, apart from protected rows, which only some may count (rule 10)."""

    answers: int = 0
    releases: int = 0
    protected_answers: int = 0
    protected_releases: int = 0

    def answers_for(self, *, sees_protected: bool) -> int:
        return self.answers + (self.protected_answers if sees_protected else 0)

    def releases_for(self, *, sees_protected: bool) -> int:
        return self.releases + (self.protected_releases if sees_protected else 0)


@dataclass
class Letter:
    """One mail that is to be written: to whom, and what it counts."""

    address: str
    person: User | None = None
    units: list[OrganisationalUnit] = field(default_factory=list)
    answers: int = 0
    releases: int = 0
    renewals: int = 0

    @property
    def language(self) -> str:
        return self.person.language if self.person else "de"


@transaction.atomic
def open_and_ask(cycle: ReviewCycle, *, actor: User, at: datetime) -> Opening:
    """Open the cycle and write to every unit once; a cycle that is open already is not asked again."""
    opening = open_cycle(cycle, actor=actor, at=at)
    if not opening.was_open:
        _write_down(opening.cycle, MailKind.REQUEST, letters(opening.cycle, MailKind.REQUEST, day_of(at)), day_of(at))
        enqueue(SEND_MAILS, asked_by=actor)
    return opening


def prepare_reminders(cycle: ReviewCycle, kinds: Iterable[ReminderKind], *, at: datetime) -> None:
    """Write down the mails of a reminder; the job that called this sends them afterwards."""
    for kind in kinds:
        mail = MailKind.ESCALATION if kind == ReminderKind.ESCALATION else MailKind.REMINDER
        _write_down(cycle, mail, letters(cycle, mail, day_of(at)), day_of(at))


def prepare_renewals(cycle: ReviewCycle, *, at: datetime) -> None:
    """Tell the officers of renewals that come near or have lapsed (rule 17): on certain days before, and after a lapse.

    A day on which the administration does not work is made up for on the next one on which it does.
    """
    today = day_of(at)
    since = business_days.on_or_before(today - timedelta(days=1))
    wanted = []
    for officer in User.objects.holding(Role.OFFICER, today).order_by("email"):
        near = [each for each in renewals.until(officer, today, today + max(AHEAD)) if _is_told(each, since, today)]
        if near:
            wanted.append(Letter(officer.email, officer, renewals=len(near)))
    _write_down(cycle, MailKind.RENEWAL, wanted, today)


def prepare_handover(cycle: ReviewCycle, wanted: Iterable[Letter], *, at: datetime, asked_by: User) -> None:
    """Tell people of entries that were handed over to them; those that come while the mail still waits join it."""
    today, new = day_of(at), []
    for letter in wanted:
        same = Mail.objects.filter(cycle=cycle, kind=MailKind.HANDOVER, on=today, address=letter.address)
        waits = same.exclude(address="").filter(state=MailState.WAITING).first()
        if waits is None:
            new.append(letter)
            continue
        Mail.objects.filter(pk=waits.pk).update(open_answers=F("open_answers") + letter.answers)
        waits.units.add(*letter.units)
    _write_down(cycle, MailKind.HANDOVER, new, today)
    enqueue(SEND_MAILS, asked_by=asked_by)


def contacts_of(unit: OrganisationalUnit, today: date, *, is_protected: bool) -> list[Letter]:
    """The mails that tell a unit of one entry: to its contacts, else to its mailbox."""
    owed = Owed(protected_answers=1) if is_protected else Owed(answers=1)
    return _to_people({unit.pk: owed}, MailKind.REQUEST, today)


def _is_told(renewal: renewals.Renewal, since: date, today: date) -> bool:
    return any(since < renewal.due_on - ahead <= today for ahead in AHEAD)


def letters(cycle: ReviewCycle, kind: MailKind, today: date) -> list[Letter]:
    """The mails of this kind as of today, one a person. A constant number of queries, whatever the number of units."""
    owed = _owed(cycle)
    return _to_heads(owed) if kind == MailKind.ESCALATION else _to_people(owed, kind, today)


def letters_of(scope: Scope, today: date, kind: MailKind = MailKind.REQUEST) -> list[Letter]:
    """The requests that opening a cycle would send, or the reminders if nobody answered them."""
    owed: dict[int, Owed] = defaultdict(Owed)
    for request in scope.requests:
        if request.protection == Protection.PROTECTED:
            owed[request.unit.pk].protected_answers += 1
        else:
            owed[request.unit.pk].answers += 1
    return _to_heads(owed) if kind == MailKind.ESCALATION else _to_people(owed, kind, today)


def _owed(cycle: ReviewCycle) -> Mapping[int, Owed]:
    rows = Confirmation.objects.current().with_void().filter(cycle=cycle)
    open_ = rows.filter(~Q(state__in=ANSWERED) | Q(is_void=True))
    waiting = rows.filter(Q(is_void=False), state=ConfirmationState.SUBMITTED)
    found: dict[int, Owed] = defaultdict(Owed)
    for (unit, is_protected), number in _counted(open_).items():
        setattr(found[unit], "protected_answers" if is_protected else "answers", number)
    for (unit, is_protected), number in _counted(waiting).items():
        setattr(found[unit], "protected_releases" if is_protected else "releases", number)
    return found


def _counted(rows: Iterable[Confirmation]) -> Counter[tuple[int, bool]]:
    columns = ("unit_id", "measure__protection", "commitment__protection")
    listed = rows.order_by().values_list(*columns)  # type: ignore[attr-defined]
    return Counter((unit, Protection.PROTECTED in classes) for unit, *classes in listed)


def _to_people(owed: Mapping[int, Owed], kind: MailKind, today: date) -> list[Letter]:
    """Contacts of what is open, releasing persons of what waits for them; the unit's mailbox where nobody is named."""
    units = OrganisationalUnit.objects.in_bulk(list(owed))
    sees_protected = set(ProtectedAccess.objects.valid(today).values_list("user_id", flat=True))
    behind = _reaches(today)
    found: dict[str, Letter] = {}
    reached: set[int] = set()
    roles = Assignment.objects.valid(today).filter(role__in=(Role.CONTACT, Role.RELEASER), user__is_active=True)
    for role in roles.select_related("user").order_by("user__email", "pk"):
        for unit in sorted(behind.get(role.unit_id or 0, {role.unit_id or 0}) & owed.keys()):
            may = role.user_id in sees_protected
            answers = owed[unit].answers_for(sees_protected=may) if role.role == Role.CONTACT else 0
            releases = owed[unit].releases_for(sees_protected=may) if role.role == Role.RELEASER else 0
            releases = 0 if kind == MailKind.REQUEST else releases
            if role.role == Role.CONTACT:
                reached.add(unit)
            if answers or releases:
                letter = found.setdefault(role.user.email, Letter(role.user.email, role.user))
                _add(letter, units[unit], answers, releases)
    for pk in sorted(owed.keys() - reached):
        if owed[pk].answers:
            address = units[pk].email
            letter = found.setdefault(address, Letter(address)) if address else Letter("")
            _add(letter, units[pk], owed[pk].answers, 0)
            if not address:
                found[f"unit {pk}"] = letter
    return list(found.values())


def _add(letter: Letter, unit: OrganisationalUnit, answers: int, releases: int) -> None:
    """Count a unit once for a person, also where they hold the role twice, for themselves and for somebody else."""
    if unit not in letter.units:
        letter.units.append(unit)
        letter.answers += answers
        letter.releases += releases
    elif releases and not letter.releases:
        letter.releases += releases
    elif answers and not letter.answers:
        letter.answers += answers


def _to_heads(owed: Mapping[int, Owed]) -> list[Letter]:
    units = OrganisationalUnit.objects.in_bulk([pk for pk, what in owed.items() if what.answers])
    return [Letter(unit.email, None, [unit], owed[unit.pk].answers) for unit in units.values()]


def _reaches(today: date) -> dict[int, set[int]]:
    """Each unit that succeeded others, with all whose duties came to it (rule 7). One query."""
    before: dict[int, set[int]] = defaultdict(set)
    for unit, successor in UnitSuccession.objects.filter(on__lte=today).values_list("unit_id", "successor_id"):
        before[successor].add(unit)
    found = {}
    for unit in before:
        reached, new = {unit}, {unit}
        while new:
            new = {earlier for each in new for earlier in before.get(each, ())} - reached
            reached |= new
        found[unit] = reached
    return found


def _write_down(cycle: ReviewCycle, kind: MailKind, wanted: Iterable[Letter], on: date) -> None:
    """One row a mail; what already stands there for this day stays as it is."""
    rows = Mail.objects.filter(cycle=cycle, kind=kind, on=on)
    known = set(rows.exclude(address="").values_list("address", flat=True))
    for letter in wanted:
        if letter.address in known:
            continue
        mail = Mail.objects.create(
            cycle=cycle,
            kind=kind,
            on=on,
            address=letter.address,
            person=letter.person,
            language=letter.language,
            open_answers=letter.answers,
            waiting_releases=letter.releases,
            renewals=letter.renewals,
            state=MailState.WAITING if letter.address else MailState.FAILED,
            error="" if letter.address else _("Nobody answers for this unit, and no address is known for it."),
        )
        mail.units.set(letter.units)


# What becomes of a mail


def waiting(today: date) -> list[int]:
    """Mails to send now. A request waits until it can be sent; a reminder only on its day."""
    now = timezone.now()
    lost = Mail.objects.filter(state=MailState.SENDING, changed_at__lt=now - LOST)
    lost.update(
        state=MailState.FAILED,
        changed_at=now,
        error=_("The server stopped while it sent this mail, so it may have left. It is not sent again by itself."),
    )
    late = Mail.objects.filter(state=MailState.WAITING, on__lt=today)
    late = late.exclude(kind__in=(MailKind.REQUEST, MailKind.HANDOVER, MailKind.DRAWN))
    late.update(state=MailState.EXPIRED, changed_at=now)
    return list(Mail.objects.filter(state=MailState.WAITING, on__lte=today).order_by("pk").values_list("pk", flat=True))


def take(pk: int) -> Mail | None:
    """Take a mail to send it, unless somebody else has; one UPDATE decides."""
    free = Mail.objects.filter(pk=pk, state=MailState.WAITING)
    if not free.update(state=MailState.SENDING, attempts=F("attempts") + 1, changed_at=timezone.now()):
        return None
    return Mail.objects.select_related("cycle", "person").prefetch_related("units").get(pk=pk)


def note_sent(mail: Mail, *, subject: str, text: str, message_id: str) -> None:
    now = timezone.now()
    Mail.objects.filter(pk=mail.pk).update(
        state=MailState.SENT, subject=subject, text=text, message_id=message_id, sent_at=now, changed_at=now, error=""
    )


def note_failed(mail: Mail, why: str, *, for_good: bool, away: bool = False) -> None:
    """What went wrong, in a sentence; unless the address was refused, the mail is tried again later that day.

    While the server is ``away``, nothing counts as an attempt: a request waits for it, however many days that takes.
    """
    if away:
        mail.attempts -= 1
        Mail.objects.filter(pk=mail.pk).update(attempts=mail.attempts)
    again = not for_good and mail.attempts < ATTEMPTS
    state = MailState.WAITING if again else MailState.FAILED
    Mail.objects.filter(pk=mail.pk).update(state=state, error=why, changed_at=timezone.now())


def note_bounced(message_id: str, why: str) -> bool:
    """A mail came back; False where no mail with this number went out."""
    sent = Mail.objects.filter(message_id=message_id).exclude(message_id="")
    return bool(sent.update(state=MailState.BOUNCED, error=why[:2000], changed_at=timezone.now()))


@transaction.atomic
def send_again(mail: Mail, *, actor: User, at: datetime) -> Mail:
    """The officer has a mail that did not arrive sent once more, after the address was mended."""
    require(actor, Verb.ASK_AGAIN, on=day_of(at))
    row = Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
    if row.state not in (MailState.FAILED, MailState.BOUNCED):
        raise ValidationError(_("Only a mail that did not arrive is sent again."))
    row.address = row.person.email if row.person else _mailbox(row)
    if not row.address:
        raise ValidationError(_("Nobody answers for this unit, and no address is known for it."))
    same = Mail.objects.filter(cycle=row.cycle, kind=row.kind, on=day_of(at), address=row.address)
    if same.exclude(pk=row.pk).exists():
        raise ValidationError(_("A mail for this reason has gone to this address today already."))
    row.on, row.state, row.attempts, row.error = day_of(at), MailState.WAITING, 0, ""
    row.save()
    enqueue(SEND_MAILS, asked_by=actor)
    return row


def _mailbox(mail: Mail) -> str:
    unit = mail.units.first()
    return unit.email if unit else ""
