"""The ledger attacked by SQL, as one who owns the database could: each attack is found, and named by the command.

The numbers are those of the table in docs/verify.md. An owner takes the guards away first and puts them back after;
where a guard is the target it stays as the attack left it.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.utils import timezone

from commitments.ledger import canonical, merkle, save_as, triggers
from commitments.ledger.sealing import seal
from commitments.models import (
    Engagement,
    LedgerLeaf,
    LedgerNode,
    LedgerSeal,
    MeasureUnit,
    OrganisationalUnit,
    SealOccasion,
)
from commitments.tracking import history_model
from tests.factories import make_measure, make_partnership, make_unit

pytestmark = pytest.mark.django_db

UNITS = "commitments_organisationalunit"
HISTORY = "commitments_historicalorganisationalunit"
OF_M2M = "commitments_historicalmeasureunit"
LEAVES, NODES, SEALS = "commitments_ledgerleaf", "commitments_ledgernode", "commitments_ledgerseal"
SEAL_HISTORY = "commitments_historicalledgerseal"
WRONG = "0" * 64


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def unguarded(*statements: str) -> None:
    """The attack of an owner: the guards of the tables away, the past changed, the guards back as they were."""
    words = set(re.findall(r"\w+", " ".join(statements)))
    fallen = [trigger for trigger in triggers.triggers() if trigger.table in words]
    for trigger in fallen:
        on = f' ON "{trigger.table}"' if connection.vendor == "postgresql" else ""
        sql(f'DROP TRIGGER IF EXISTS "{trigger.name}"{on}')
    for statement in statements:
        sql(statement)
    for trigger in fallen:
        for statement in triggers.statements(connection.vendor, trigger):
            sql(statement)


def is_sqlite() -> bool:
    return connection.vendor == "sqlite"


@dataclass
class Past:
    """Two units with three entries each, a measure with its units, sealed, and sealed once more after a change."""

    first: OrganisationalUnit
    second: OrganisationalUnit

    def entry(self, unit: OrganisationalUnit, place: int = 0) -> int:
        number: int = (
            history_model(OrganisationalUnit).objects.filter(id=unit.pk).order_by("history_id")[place].history_id
        )
        return number

    def leaf(self, unit: OrganisationalUnit, place: int = 0) -> LedgerLeaf:
        return LedgerLeaf.objects.get(table=HISTORY, history_id=self.entry(unit, place))


def rename(unit: OrganisationalUnit, name: str) -> None:
    unit.name_de = name
    save_as(unit, actor=None, reason=f"Umbenannt in {name}", at=timezone.now())


@pytest.fixture
def past() -> Past:
    found = Past(make_unit(name_de="Erstes"), make_unit(name_de="Zweites"))
    make_measure(found.first, contributing=(found.second,))
    make_partnership()
    for unit in (found.first, found.second):
        rename(unit, "Mitte")
        rename(unit, f"Ende {unit.pk}")
    seal(SealOccasion.NIGHTLY, at=timezone.now())
    rename(found.first, "Danach")
    seal(SealOccasion.NIGHTLY, at=timezone.now())
    rename(found.second, "Noch nicht gesiegelt")
    return found


def told() -> list[tuple[str, str]]:
    """What the command names: the code and the place of each finding. It must end with exit status 1."""
    error = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("verify_ledger", "--all", stdout=StringIO(), stderr=error)
    assert ended.value.returncode == 1
    lines = [line.split(": ") for line in error.getvalue().splitlines() if ": " in line]
    return [(code, place) for code, place, *_sentence in lines]


def test_what_nobody_attacked_holds(past):
    call_command("verify_ledger", stdout=StringIO())


def forged(past: Past, unit: OrganisationalUnit, place: int) -> tuple[str, str, str]:
    """Salt, digest and leaf that fit another content, as somebody computes them who has read the code."""
    history = history_model(OrganisationalUnit)
    row = history.objects.filter(history_id=past.entry(unit, place)).values().get()
    salt = "ab" * 16
    row |= {"name_de": "Gefälscht", "salt": salt}
    digest = canonical.content_digest(HISTORY, canonical.content_fields(history), row)
    return salt, digest, canonical.leaf_hash(HISTORY, "id", row | {"digest": digest})


def rewrite(past: Past, place: int = 1) -> list[str]:
    """The statements that put another content into a row, with digest and leaf to match."""
    number = past.entry(past.first, place)
    salt, digest, leaf = forged(past, past.first, place)
    return [
        f"UPDATE {HISTORY} SET name_de = 'Gefälscht', salt = '{salt}', digest = '{digest}' WHERE history_id = {number}",
        f"UPDATE {LEAVES} SET hash = '{leaf}' WHERE \"table\" = '{HISTORY}' AND history_id = {number}",
    ]


def rebuilt_tree(leaves: dict[int, bytes]) -> list[str]:
    """The statements that make every node follow from the leaves anew; ``leaves`` replaces some by their position."""
    nodes = {(n.level, n.position): bytes.fromhex(n.hash) for n in LedgerNode.objects.all()}
    nodes |= {(0, position): leaf for position, leaf in leaves.items()}
    for level, position in sorted(nodes):
        if level:
            nodes[level, position] = merkle.node_hash(
                nodes[level - 1, 2 * position], nodes[level - 1, 2 * position + 1]
            )
    return [
        f"UPDATE {NODES} SET hash = '{node.hex()}' WHERE level = {level} AND position = {position}"
        for (level, position), node in nodes.items()
    ]


# 1 to 12: rows of a history


@pytest.mark.parametrize(
    ("number", "change", "code"),
    [
        ("01 content", "name_de = 'Gefälscht'", "content"),
        ("02 reason", "history_change_reason = 'Anderer Grund'", "content"),
        ("03 person", "history_user_id = 99", "metadata"),
        ("03 person acted for", "acting_for_id = 99", "metadata"),
        ("04 date", "history_date = '2020-01-01 00:00:00+00:00'", "metadata"),
        ("05 true time", "recorded_at = '2020-01-01 00:00:00+00:00'", "metadata"),
        ("06 kind of act", "history_type = '-'", "metadata"),
        ("07 salt", "salt = 'no salt at all'", "content"),
        ("07 digest", f"digest = '{WRONG}'", "content"),
        ("08 other object", "id = 4711", "content"),
        ("09 called erased", "erased_on = '2026-01-01', name_de = '', salt = ''", "erased"),
        ("10 another list of fields", "schema = 4711", "schema"),
    ],
)
def test_a_changed_row_of_the_history_is_found_and_named(past, number, change, code):
    changed = past.entry(past.first, 1)
    if is_sqlite():
        change = change.replace("+00:00", "")

    unguarded(f"UPDATE {HISTORY} SET {change} WHERE history_id = {changed}")

    assert (code, f"{HISTORY}, row {changed}") in told()


def test_11_a_removed_row_is_found_and_named(past):
    removed = past.entry(past.first, 1)

    unguarded(f"DELETE FROM {HISTORY} WHERE history_id = {removed}")

    assert told()[0] == ("missing", f"{HISTORY}, row {removed}")


def copied(past: Past, number: int) -> str:
    columns = [field.column for field in history_model(OrganisationalUnit)._meta.concrete_fields]
    wanted = ", ".join(str(number) if name == "history_id" else f'"{name}"' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return f"INSERT INTO {HISTORY} ({names}) SELECT {wanted} FROM {HISTORY} WHERE history_id = {past.entry(past.first)}"


def test_12_an_added_row_is_found_and_named(past):
    sql(copied(past, 4711))  # the guards let new rows in: no trigger needs to fall

    assert ("added", f"{HISTORY}, row 4711") in told()


def test_13_a_row_put_back_in_another_place_is_found_and_named(past):
    taken = past.entry(past.first, 1)

    unguarded(f"UPDATE {HISTORY} SET history_id = 4711 WHERE history_id = {taken}")

    found = told()
    assert ("missing", f"{HISTORY}, row {taken}") in found
    assert ("added", f"{HISTORY}, row 4711") in found


def test_14_two_rows_that_changed_places_are_found_and_named(past):
    one, other = past.entry(past.first, 1), past.entry(past.second, 1)

    unguarded(
        f"UPDATE {HISTORY} SET history_id = -1 WHERE history_id = {one}",
        f"UPDATE {HISTORY} SET history_id = {one} WHERE history_id = {other}",
        f"UPDATE {HISTORY} SET history_id = {other} WHERE history_id = -1",
    )

    found = told()
    assert ("metadata", f"{HISTORY}, row {one}") in found
    assert ("metadata", f"{HISTORY}, row {other}") in found


def test_15_the_history_of_a_relation_is_guarded_like_any_other(past):
    row = history_model(MeasureUnit).objects.latest("history_id").history_id

    unguarded(f"UPDATE {OF_M2M} SET unit_id = {past.first.pk} WHERE history_id = {row}")

    assert ("content", f"{OF_M2M}, row {row}") in told()


def test_16_an_emptied_table_is_found_and_every_row_of_it_named(past):
    rows = history_model(MeasureUnit).objects.count()

    unguarded(f"DELETE FROM {OF_M2M}" if is_sqlite() else f"TRUNCATE {OF_M2M}")

    assert [place.split(",")[0] for code, place in told() if code == "missing"] == [OF_M2M] * rows


def test_17_a_row_replaced_without_any_trigger_falling_is_found(past):
    """SQLite passes over the triggers of a delete where a row is replaced."""
    number = past.entry(past.first, 1)
    columns = [field.column for field in history_model(OrganisationalUnit)._meta.concrete_fields]
    wanted = ", ".join("'Gefälscht' AS name_de" if name == "name_de" else f'"{name}"' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    from_itself = f"({names}) SELECT {wanted} FROM {HISTORY} WHERE history_id = {number}"

    if is_sqlite():
        sql(f"INSERT OR REPLACE INTO {HISTORY} {from_itself}")
    else:
        unguarded(
            f"CREATE TEMPORARY TABLE kept AS SELECT {wanted} FROM {HISTORY} WHERE history_id = {number}",
            f"DELETE FROM {HISTORY} WHERE history_id = {number}",
            f"INSERT INTO {HISTORY} ({names}) SELECT {names} FROM kept",
        )

    assert ("content", f"{HISTORY}, row {number}") in told()


# 18 to 23: leaves and nodes


def test_18_a_changed_leaf_is_found_and_named(past):
    leaf = past.leaf(past.first, 1)

    unguarded(f"UPDATE {LEAVES} SET hash = '{WRONG}' WHERE \"index\" = {leaf.index}")

    found = told()
    assert ("metadata", f"{HISTORY}, row {leaf.history_id}") in found
    assert ("leaf", f"{LEAVES}, row {leaf.index}") in found


def test_19_two_leaves_that_changed_their_order_are_found(past):
    """Both with the nodes that give them their place, so that every hash still holds."""
    one, other = past.leaf(past.first, 0), past.leaf(past.second, 2)
    places = {leaf.pk: LedgerNode.objects.get(leaf=leaf).pk for leaf in (one, other)}

    unguarded(
        f"UPDATE {NODES} SET leaf_id = NULL WHERE id IN ({places[one.pk]}, {places[other.pk]})",
        f'UPDATE {LEAVES} SET "index" = -1 WHERE "index" = {one.index}',
        f'UPDATE {LEAVES} SET "index" = {one.index} WHERE "index" = {other.index}',
        f'UPDATE {LEAVES} SET "index" = {other.index} WHERE "index" = -1',
        f"UPDATE {NODES} SET leaf_id = {other.index} WHERE id = {places[one.pk]}",
        f"UPDATE {NODES} SET leaf_id = {one.index} WHERE id = {places[other.pk]}",
    )

    assert "leaf" in dict(told())


def test_20_a_removed_leaf_is_found(past):
    leaf = past.leaf(past.first, 1)
    unguarded(
        f"UPDATE {NODES} SET leaf_id = NULL WHERE leaf_id = {leaf.index}",
        f'DELETE FROM {LEAVES} WHERE "index" = {leaf.index}',
    )

    found = told()
    assert ("added", f"{HISTORY}, row {leaf.history_id}") in found
    assert "leaf" in dict(found)


def test_21_a_sealed_row_removed_with_its_leaf_and_its_node_is_found(past):
    leaf = past.leaf(past.first, 1)

    unguarded(
        f"DELETE FROM {HISTORY} WHERE history_id = {leaf.history_id}",
        f"DELETE FROM {NODES} WHERE leaf_id = {leaf.index}",
        f'DELETE FROM {LEAVES} WHERE "index" = {leaf.index}',
    )

    assert {"leaf", "node"} & dict(told()).keys()


def test_22_a_node_that_was_changed_or_removed_is_found(past):
    node = LedgerNode.objects.filter(level=1).earliest("pk")

    unguarded(f"UPDATE {NODES} SET hash = '{WRONG}' WHERE id = {node.pk}")
    assert ("node", f"{NODES}, row {node.pk}") in told()

    unguarded(f"DELETE FROM {NODES} WHERE id = {node.pk}")
    assert "node" in dict(told())


def test_23_content_digest_and_leaf_replaced_to_match_after_a_seal_are_found(past):
    unguarded(*rewrite(past))

    assert ("leaf", f"{LEAVES}, row {past.leaf(past.first, 1).index}") in told()


# 24 to 29: seals


def test_24_a_whole_tree_rebuilt_over_a_forged_leaf_does_not_fit_its_seals(past):
    leaf = past.leaf(past.first, 1)
    position = LedgerNode.objects.get(leaf=leaf).position
    forged_leaf = bytes.fromhex(forged(past, past.first, 1)[2])

    unguarded(*rewrite(past), *rebuilt_tree({position: forged_leaf}))

    seals = LedgerSeal.objects.order_by("pk")
    assert [pair for pair in told() if pair[0] == "seal"] == [("seal", f"{SEALS}, row {each.pk}") for each in seals]


@pytest.mark.parametrize(
    "change", [f"root = '{WRONG}'", "size = size - 1", "sealed_at = '2020-01-01 00:00:00+00:00'", "occasion = 'demand'"]
)
def test_25_a_changed_seal_is_found_and_named(past, change):
    changed = LedgerSeal.objects.earliest("pk")
    if is_sqlite():
        change = change.replace("+00:00", "")

    unguarded(f"UPDATE {SEALS} SET {change} WHERE id = {changed.pk}")

    assert ("live", f"{SEALS}, row {changed.pk}") in told()


@pytest.mark.parametrize("which", ["earliest", "latest"])
def test_26_a_removed_seal_is_found_and_named(past, which):
    removed = getattr(LedgerSeal.objects, which)("pk")

    unguarded(f"DELETE FROM {SEALS} WHERE id = {removed.pk}")

    assert ("orphan", f"{SEALS}, row {removed.pk}") in told()


def test_27_an_added_seal_is_found_and_named(past):
    last = LedgerSeal.objects.latest("pk")
    sql(
        f"INSERT INTO {SEALS} (id, size, root, sealed_at, occasion) "
        f"SELECT 4711, size, root, sealed_at, 'freeze' FROM {SEALS} WHERE id = {last.pk}"
    )

    assert ("orphan", f"{SEALS}, row 4711") in told()


def test_28_all_seals_taken_away_with_the_tree_are_found(past):
    first = LedgerSeal.objects.earliest("pk").pk

    unguarded(f"DELETE FROM {NODES}", f"DELETE FROM {SEALS}")

    assert told() == [("orphan", f"{SEALS}, row {first}")]


def test_29_a_past_rewritten_with_all_seals_is_found_by_a_root_that_was_noted(past):
    """Nothing in the database contradicts itself any more: only what was known outside the server does."""
    noted = LedgerSeal.objects.earliest("pk")
    everything_rewritten(past)

    call_command("verify_ledger", stdout=StringIO())
    error = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("verify_ledger", noted=[f"{noted.size}:{noted.root}"], stdout=StringIO(), stderr=error)

    assert ended.value.returncode == 1
    assert f"noted: {SEALS}, row {noted.size}" in error.getvalue()
    holds = LedgerSeal.objects.earliest("pk")
    call_command("verify_ledger", noted=[f"{holds.size}:{holds.root}"], stdout=StringIO())


def node_of(nodes: dict[tuple[int, int], bytes]) -> merkle.Get:
    return lambda level, position: nodes[level, position]


def everything_rewritten(past: Past) -> None:
    """A forged row, its leaf, the tree, the seals, the history of the seals and the leaves of that, all consistent."""
    changed = {LedgerNode.objects.get(leaf=past.leaf(past.first, 1)).position: forged(past, past.first, 1)[2]}
    unguarded(*rewrite(past))
    history = history_model(LedgerSeal)
    for each in LedgerSeal.objects.order_by("pk"):
        unguarded(*rebuilt_tree({position: bytes.fromhex(leaf) for position, leaf in changed.items()}))
        nodes = {(n.level, n.position): bytes.fromhex(n.hash) for n in LedgerNode.objects.all()}
        root = merkle.root(node_of(nodes), each.size).hex()
        row = history.objects.filter(id=each.pk).values().get() | {"root": root}
        row["digest"] = canonical.content_digest(SEAL_HISTORY, canonical.content_fields(history), row)
        leaf, number = canonical.leaf_hash(SEAL_HISTORY, "id", row), row["history_id"]
        unguarded(
            f"UPDATE {SEALS} SET root = '{root}' WHERE id = {each.pk}",
            f"UPDATE {SEAL_HISTORY} SET root = '{root}', digest = '{row['digest']}' WHERE history_id = {number}",
            f"UPDATE {LEAVES} SET hash = '{leaf}' WHERE \"table\" = '{SEAL_HISTORY}' AND history_id = {number}",
        )
        node = LedgerNode.objects.filter(leaf__table=SEAL_HISTORY, leaf__history_id=number).first()
        if node:
            changed[node.position] = leaf
    unguarded(*rebuilt_tree({position: bytes.fromhex(leaf) for position, leaf in changed.items()}))


def test_29_a_ledger_cut_off_behind_a_seal_is_found_by_a_root_that_was_noted(past):
    error = StringIO()
    last = LedgerSeal.objects.latest("pk")

    with pytest.raises(CommandError):
        call_command("verify_ledger", noted=[f"{last.size + 5}:{last.root}"], stdout=StringIO(), stderr=error)

    assert "had more entries" in error.getvalue() or "mehr Einträge" in error.getvalue()


@pytest.mark.parametrize("noted", ["12", "x:y", f"-1:{WRONG}", f"12:{WRONG}0", ":"])
def test_a_note_that_cannot_be_read_is_refused_with_a_sentence(noted):
    with pytest.raises(CommandError, match="number of entries, a colon and the root"):
        call_command("verify_ledger", noted=[noted], stdout=StringIO())


# 30 to 33: rows as they stand


def copied_row(model: type[models.Model], number: int) -> str:
    """The statement that adds a copy of the first row under another number and key."""
    columns = [field.column for field in model._meta.concrete_fields]
    wanted = ", ".join({"id": str(number), "key": "'heimlich'"}.get(str(name), f'"{name}"') for name in columns)
    names, table = ", ".join(f'"{name}"' for name in columns), model._meta.db_table
    return f"INSERT INTO {table} ({names}) SELECT {wanted} FROM {table} WHERE id = (SELECT MIN(id) FROM {table})"


def test_30_a_row_changed_without_a_history_is_found_and_named(past):
    sql(f"UPDATE {UNITS} SET name_de = 'Heimlich' WHERE id = {past.second.pk}")

    assert told() == [("live", f"{UNITS}, row {past.second.pk}")]


def test_31_a_row_added_without_a_history_is_found_and_named(past):
    sql(copied_row(OrganisationalUnit, 4711))

    assert told() == [("orphan", f"{UNITS}, row 4711")]


def test_32_a_row_removed_although_its_history_stands_is_found_and_named(past):
    row = MeasureUnit.objects.latest("pk")
    sql(f"DELETE FROM commitments_measureunit WHERE id = {row.pk}")

    assert told() == [("orphan", f"commitments_measureunit, row {row.pk}")]


def test_33_half_an_engagement_is_found_and_named(past):
    sql(copied_row(Engagement, 4711))

    assert told() == [("orphan", "commitments_engagement, row 4711")]


# 34 to 38: the guards themselves


def on(table: str) -> str:
    return f" ON {table}" if connection.vendor == "postgresql" else ""


def test_34_a_dropped_trigger_is_found_and_named(past):
    name = f"rechenschaft_{HISTORY}_delete"

    sql(f"DROP TRIGGER {name}{on(HISTORY)}")

    assert told() == [("trigger", name)]


def altered() -> list[str]:
    name = f"rechenschaft_{HISTORY}_delete"
    if is_sqlite():
        return [
            f"DROP TRIGGER {name}",
            f"CREATE TRIGGER {name} BEFORE DELETE ON {HISTORY} WHEN 0 BEGIN SELECT RAISE(ABORT, 'never'); END",
        ]
    body = "BEGIN RETURN COALESCE(NEW, OLD); END"
    return [f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"]


def test_35_a_trigger_with_another_body_is_found_and_named(past):
    for statement in altered():
        sql(statement)

    assert told() == [("trigger", f"rechenschaft_{HISTORY}_delete")]


def test_36_a_trigger_of_somebody_else_is_found_and_named(past):
    if is_sqlite():
        act = f"UPDATE {UNITS} SET name_en = name_en WHERE id = 0"
        sql(f"CREATE TRIGGER helpful AFTER INSERT ON {HISTORY} BEGIN {act}; END")
    else:
        sql("CREATE FUNCTION helpful() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")
        sql(f"CREATE TRIGGER helpful BEFORE INSERT ON {HISTORY} FOR EACH ROW EXECUTE FUNCTION helpful()")

    assert told() == [("trigger", "helpful")]


@pytest.mark.parametrize("how", ["DISABLE", "ENABLE REPLICA"])
def test_37_a_trigger_that_was_switched_off_is_found_and_named(past, how):
    """SQLite has no switch; there the trigger is made one of another act, or one that comes too late."""
    name = f"rechenschaft_{HISTORY}_update"
    if is_sqlite():
        act = "BEFORE INSERT" if how == "DISABLE" else "AFTER UPDATE"
        sql(f"DROP TRIGGER {name}")
        sql(f"CREATE TRIGGER {name} {act} ON {HISTORY} WHEN 0 BEGIN SELECT RAISE(ABORT, 'never'); END")
    else:
        sql(f"ALTER TABLE {HISTORY} {how} TRIGGER {name}")

    assert told() == [("trigger", name)]


def test_38_a_way_around_the_triggers_is_found_and_named(past):
    """On PostgreSQL a rule and a setting; on SQLite a trigger of somebody else that swallows the act before ours."""
    if is_sqlite():
        sql(f"CREATE TRIGGER quietly BEFORE DELETE ON {HISTORY} BEGIN SELECT RAISE(IGNORE); END")
        assert told() == [("trigger", "quietly")]
        return
    sql(f"CREATE RULE quietly AS ON DELETE TO {HISTORY} DO INSTEAD NOTHING")
    assert told() == [("trigger", "quietly")]

    sql(f"DROP RULE quietly ON {HISTORY}")
    sql("SET LOCAL session_replication_role = replica")
    assert told() == [("trigger", "session_replication_role")]


# 39 and 40: what is not sealed yet, and what digests rest on


def test_39_an_entry_of_today_removed_with_its_leaf_is_found(past):
    """Before its seal an entry stands under no root. The row as it stands shows it, on SQLite the gap does, too."""
    row, leaf = past.entry(past.second, 3), past.leaf(past.second, 3)

    unguarded(f"DELETE FROM {HISTORY} WHERE history_id = {row}", f'DELETE FROM {LEAVES} WHERE "index" = {leaf.index}')

    found = told()
    assert ("live", f"{UNITS}, row {past.second.pk}") in found
    assert ("gap" in dict(found)) == is_sqlite()


def test_40_a_list_of_fields_shortened_so_that_a_column_is_free_is_found(past):
    unguarded(f"UPDATE commitments_ledgerschema SET fields = '[\"id\"]' WHERE \"table\" = '{HISTORY}'")

    assert ("content", f"{HISTORY}, row {past.entry(past.first)}") in told()


def test_seals_and_their_entries_are_not_confused_with_time(past):
    """The fixture itself is honest: its seals are not older than a minute and each covers more than the one before."""
    seals = list(LedgerSeal.objects.order_by("pk"))

    assert all(timezone.now() - each.sealed_at < timedelta(minutes=5) for each in seals)
    assert seals[0].size < seals[1].size
