"""What cells name: units, engagements, measures, commitments, provisions, known by key, number or name.

A name that two rows bear is refused with their keys, and an export writes the key there.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from commitments import texts
from commitments.exchange.tables import folded
from commitments.models import (
    Commitment,
    Engagement,
    Indicator,
    Instrument,
    InstrumentVersion,
    Measure,
    OrganisationalUnit,
    Protection,
    Provision,
    User,
)

SUGGESTED = 200
"""For how many wrong names of one import a near one is looked for."""


class Lookup:
    """Rows by the words that stand for them."""

    def __init__(self, entries: Iterable[tuple[int, str, Iterable[str]]], separators: str = ";\n") -> None:
        """``entries``: id, the one word that is always right (a key), and the names, the reader's first."""
        self._ids: defaultdict[str, set[int]] = defaultdict(set)
        self._keys: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._written: dict[str, str] = {}
        self._separators = separators
        self._suggestions: dict[str, str] = {}
        for pk, key, names in entries:
            self._keys[pk] = key
            self._by_key(pk, key)
            for name in filter(None, names):
                self._ids[folded(name)].add(pk)
                self._names.setdefault(pk, name)
                self._written.setdefault(folded(name), name)

    def _by_key(self, pk: int, key: str) -> None:
        self._ids[folded(key)] = {pk}
        self._written.setdefault(folded(key), key)

    def find(self, word: str) -> int:
        """The id of what a word names; raises ValidationError with a sentence, and the near word where there is one."""
        found = self._ids.get(folded(word), set())
        if len(found) == 1:
            return next(iter(found))
        if found:
            keys = ", ".join(sorted(self._keys[pk] for pk in found))
            sentence = _("“%(value)s” names several entries. Write one of these instead: %(keys)s.")
            raise ValidationError(sentence % {"value": _short(word), "keys": keys})
        near = self._near(folded(word))
        if near:
            sentence = _("“%(value)s” is not known here. Is “%(near)s” meant?")
            raise ValidationError(sentence % {"value": _short(word), "near": near})
        raise ValidationError(_("“%(value)s” is not known here.") % {"value": _short(word)})

    def _near(self, word: str) -> str:
        if word not in self._suggestions:
            if len(self._suggestions) >= SUGGESTED:
                return ""
            near = get_close_matches(word[:200], list(self._written), n=1)
            self._suggestions[word] = self._written[near[0]] if near else ""
        return self._suggestions[word]

    def name(self, pk: int | None) -> str:
        """How a row is written into a cell: by its name where no other has it, else by its key."""
        if pk is None:
            return ""
        name = self._names.get(pk, "")
        if not name or self._ids[folded(name)] != {pk} or any(each in name for each in self._separators):
            return self._keys.get(pk, "")
        return name

    def all_names(self) -> list[str]:
        """How all the rows are written into cells, in the order of the alphabet."""
        return sorted((self.name(pk) for pk in self._keys), key=str.casefold)

    def key(self, pk: int) -> str:
        return self._keys[pk]

    def __contains__(self, pk: object) -> bool:
        return pk in self._keys


def _short(word: str) -> str:
    return word if len(word) <= 60 else word[:59] + "…"


def seen(rows: "QuerySet[Any]", user: User | None) -> "QuerySet[Any]":
    """What a person may see; without a person (a command) everything but what is protected (rule 10)."""
    if user is not None:
        return rows.visible_to(user)  # type: ignore[attr-defined,no-any-return]
    return rows.exclude(protection=Protection.PROTECTED)


def seen_with_owner(rows: "QuerySet[Any]", user: User | None) -> "QuerySet[Any]":
    """The same for rows that belong to a measure or a commitment, and have no class of their own or a further one."""
    if user is not None:
        return rows.visible_to(user)  # type: ignore[attr-defined,no-any-return]
    for owner in ("measure", "commitment"):
        is_open = ~Q(**{f"{owner}__protection": Protection.PROTECTED})
        rows = rows.filter(Q(**{f"{owner}__isnull": True}) | is_open)
    return rows


def _both(german: str, english: str) -> tuple[str, str]:
    return (english, german) if texts.reader_language() == "en" else (german, english)


def units(user: User | None) -> Lookup:
    rows = OrganisationalUnit.objects.values_list("pk", "key", "name_de", "name_en")
    return Lookup((pk, key, _both(german, english)) for pk, key, german, english in rows)


def engagements(user: User | None) -> Lookup:
    rows = seen(Engagement.objects.all(), user).values_list("pk", "key", "name_de", "name_en")
    return Lookup((pk, key, _both(german, english)) for pk, key, german, english in rows)


def measures(user: User | None) -> Lookup:
    rows = seen(Measure.objects.all(), user).values_list("pk", "reference")
    return Lookup((pk, reference, ()) for pk, reference in rows)


def commitments(user: User | None) -> Lookup:
    rows = seen(Commitment.objects.all(), user).values_list("pk", "reference")
    return Lookup((pk, reference, ()) for pk, reference in rows)


def instruments(user: User | None) -> Lookup:
    rows = Instrument.objects.values_list("pk", "key", "short_de", "short_en", "title_de", "title_en")
    return Lookup((pk, key, (*_both(de, en), *_both(german, english))) for pk, key, de, en, german, english in rows)


def provisions(user: User | None) -> Lookup:
    """ "AEMR Art. 25": short name and number, of the version that no other has replaced; of older ones with the key."""
    rows = Provision.objects.values_list(
        "pk",
        "number",
        "version__number",
        "version__replaced_by",
        "version__instrument__key",
        "version__instrument__short_de",
        "version__instrument__short_en",
    )
    entries = []
    for pk, number, version, replaced, key, german, english in rows.distinct():
        names = [f"{short} {number}" for short in (*_both(german, english), key) if short]
        entries.append((pk, f"{key} {version} {number}".replace("  ", " "), [] if replaced else names))
    return Lookup(entries)


def versions(user: User | None) -> Lookup:
    """By the instrument's short name where it has one version; of several each with its name or number."""
    rows = list(
        InstrumentVersion.objects.values_list(
            "pk",
            "number",
            "label_de",
            "label_en",
            "instrument__key",
            "instrument__short_de",
            "instrument__short_en",
        )
    )
    several = Counter(row[4] for row in rows)
    entries = []
    for pk, number, german, english, key, short_de, short_en in rows:
        shorts = [short for short in (*_both(short_de, short_en), key) if short]
        label = next(filter(None, _both(german, english)), str(number))
        full = [f"{short}, {label}" for short in shorts]
        entries.append((pk, f"{key} {number}", full + shorts if several[key] > 1 else shorts + full))
    return Lookup(entries)


def articles(user: User | None) -> Lookup:
    """The thirty articles: "Art. 25", "AEMR Art. 25" or 25."""
    rows = Provision.objects.articles().values_list(
        "pk", "number", "order", "version__instrument__short_de", "version__instrument__short_en"
    )
    return Lookup(
        (pk, str(order), (number, *(f"{short} {number}" for short in _both(german, english) if short)))
        for pk, number, order, german, english in rows
    )


def indicators(user: User | None) -> Lookup:
    """ "M-012: name", where that is said of one alone."""
    rows = seen_with_owner(Indicator.objects.all(), user).values_list(
        "pk", "key", "name_de", "name_en", "measure__reference", "commitment__reference"
    )
    return Lookup(
        (pk, key, [f"{measure or commitment}: {name}" for name in _both(german, english) if name])
        for pk, key, german, english, measure, commitment in rows
    )


LOADERS: dict[str, Callable[[User | None], Lookup]] = {
    "unit": units,
    "engagement": engagements,
    "measure": measures,
    "commitment": commitments,
    "instrument": instruments,
    "provision": provisions,
    "version": versions,
    "article": articles,
    "indicator": indicators,
}


class Known:
    """What one run knows of the register; each table is read once, when it is first asked for."""

    def __init__(self, user: User | None) -> None:
        self.user = user
        self._lookups: dict[str, Lookup] = {}

    def __getitem__(self, name: str) -> Lookup:
        if name not in self._lookups:
            self._lookups[name] = LOADERS[name](self.user)
        return self._lookups[name]
