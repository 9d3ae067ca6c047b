"""A long table on its way out: it is made in the background, and handed over while whoever asked may still see it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from commitments import clock, texts
from commitments.exchange.lookups import Known
from commitments.exchange.stands import history_of
from commitments.exchange.storage import Order
from commitments.exchange.subjects import Progress, Subject, quiet
from commitments.exchange.tables import Cell
from commitments.exchange.writing import About, Written, write_file
from commitments.models import (
    City,
    Commitment,
    DevelopmentProject,
    EUProject,
    Evidence,
    Measure,
    NetworkMembership,
    Partnership,
    Protection,
    Training,
    User,
)

AT_ONCE = 2_000
"""So many rows are made while their reader waits; more are made in the background."""

STEP = 2_000
CLASSED: tuple[type[Any], ...] = (
    Commitment,
    Measure,
    Evidence,
    Partnership,
    EUProject,
    NetworkMembership,
    DevelopmentProject,
    Training,
)
"""What has a class of its own: a table can name it."""


def ordered(rows: "QuerySet[Any]", user: User, form: str, filters: str) -> Order:
    """The rows that are to be in a table, and what its reader may see at this time."""
    pks = list(rows.values_list("pk", flat=True))
    return Order(form, texts.reader_language(), filters, pks, sight_of(user), _marks())


def sight_of(user: User) -> list[Any]:
    """By what it is decided which rows somebody sees."""
    return [sorted(str(each) for each in user.clearance()), sorted(user.unit_ids), user.is_city_wide]


def is_still_seen(order: Order, user: User) -> bool:
    """Whether nothing has become protected since, and whoever asked may see what they could see then (rule 10)."""
    return order.sight == sight_of(user) and not _has_become_protected(order.marks)


def _marks() -> list[int]:
    newest = (_history(model).order_by().aggregate(newest=Max("history_id"))["newest"] for model in CLASSED)
    return [number or 0 for number in newest]


def _has_become_protected(marks: list[int]) -> bool:
    first, *others = (
        _history(model).order_by().filter(history_id__gt=mark, protection=Protection.PROTECTED).values("history_id")
        for model, mark in zip(CLASSED, marks, strict=True)
    )
    return bool(first.union(*others))


def _history(model: type[Any]) -> "QuerySet[Any]":
    return QuerySet(history_of(model))


def make(subject: Subject, order: Order, user: User, folder: Path, progress: Progress = quiet) -> tuple[Path, Written]:
    """Write the table; whoever looks for it meanwhile finds none."""
    path = folder / f"table.{order.form}"
    new = folder / f"new.{order.form}"
    os.close(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
    with translation.override(order.language):
        about = about_city(user.name, order.filters)
        written = write_file(new, order.form, subject, _rows(subject, order, user, progress), about)
    new.replace(path)
    return path, written


def _rows(subject: Subject, order: Order, user: User, progress: Progress) -> Iterator[tuple[list[Cell], bool]]:
    """In the order in which they were asked for, some at a time; what can no longer be seen is left out."""
    known, words, done = Known(user), _("Reading the rows"), 0
    for some in rows_of(subject, order, user):
        for row in subject.rows_for_export(some, known):
            if done % 200 == 0:
                progress(done, len(order.pks), words)
            done += 1
            yield row


def rows_of(subject: Subject, order: Order, user: User) -> "Iterator[QuerySet[Any]]":
    """The rows of a table, some at a time."""
    for start in range(0, len(order.pks), STEP):
        yield subject.visible(user).filter(pk__in=order.pks[start : start + STEP])


def about_city(by: str = "", filters: str = "") -> About:
    city = City.objects.first()
    return About(
        city=texts.localized(city, "name") if city else str(settings.CITY_NAME),
        day=clock.today(),
        by=by,
        filters=filters,
        notice=texts.localized(city, "notice") if city else "",
    )
