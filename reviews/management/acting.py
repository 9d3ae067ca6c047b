"""Who acts when an officer's act is done on the server: somebody with the right, never the server itself."""

from argparse import ArgumentParser
from datetime import date

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from commitments.models import Role, User
from reviews.models import ReviewCycle


def add_actor(parser: ArgumentParser) -> None:
    parser.add_argument("--as", dest="email", metavar="EMAIL", help="the officer who acts; needed if there are several")


def acting_officer(email: str | None, on: date) -> User:
    """The person named, or the one officer there is."""
    if email:
        named: User | None = User.objects.filter(email__iexact=email, is_active=True).first()
        if named is None:
            raise CommandError(_("Nobody with the address %(email)s can sign in.") % {"email": email})
        return named
    officers: list[User] = list(User.objects.holding(Role.OFFICER, on).order_by("email"))
    if len(officers) == 1:
        return officers[0]
    if not officers:
        raise CommandError(_("There is no human-rights officer yet. Give somebody that role first."))
    addresses = ", ".join(user.email for user in officers)
    raise CommandError(_("Say who acts, with --as EMAIL. Officers: %(addresses)s") % {"addresses": addresses})


def cycle_of(year: int) -> ReviewCycle:
    cycle = ReviewCycle.objects.filter(year=year).first()
    if cycle is None:
        raise CommandError(_("There is no review cycle %(year)s.") % {"year": year})
    return cycle
