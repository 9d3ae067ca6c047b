"""The ledger: who changed what, when and why, and that nothing was altered afterwards."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from commitments.ledger import canonical, merkle, save_all_as, save_as, triggers
from commitments.ledger.sealing import NodeStore, enter_older_seals, seal
from commitments.ledger.verification import findings
from commitments.models import Engagement, LedgerLeaf, LedgerSeal, OrganisationalUnit, SealOccasion, User
from commitments.tracking import UnrecordedWriteError, history_model
from tests.factories import make_city, make_commitment, make_measure, make_officer, make_partnership, make_unit

pytestmark = pytest.mark.django_db


def rename(unit: OrganisationalUnit, name: str) -> None:
    unit.name_de = name
    save_as(unit, actor=None, reason="Renamed", at=timezone.now())


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def without_trigger(name: str, table: str, statement: str) -> None:
    """What somebody does who owns the database: drop the guard, change the past, put the guard back."""
    sql(f"DROP TRIGGER {name}" + (f" ON {table}" if connection.vendor == "postgresql" else ""))
    sql(statement)
    triggers.install(connection)


def first_finding() -> str:
    return next(findings()).code


def test_history_names_actor_person_acted_for_and_reason():
    unit, officer, absent = make_unit(), make_officer(), make_officer()

    unit.name_de = "Amt für Neues"
    save_as(unit, actor=officer, reason="New name", at=timezone.now(), acting_for=absent)

    row = unit.history.latest()
    assert (row.history_user, row.acting_for_id, row.history_change_reason) == (officer, absent.pk, "New name")


def test_a_change_without_a_reason_is_refused():
    unit = make_unit()

    with pytest.raises(ValidationError):
        save_as(unit, actor=None, reason=" ", at=timezone.now())

    assert unit.history.count() == 1


@pytest.mark.parametrize(
    "write",
    [
        lambda unit: unit.save(),
        lambda unit: unit.delete(),
        lambda unit: OrganisationalUnit.objects.update(name_de="x"),
        lambda unit: OrganisationalUnit.objects.all().delete(),
        lambda unit: OrganisationalUnit.objects.bulk_create([OrganisationalUnit(key="x")]),
        lambda unit: OrganisationalUnit.objects.bulk_update([unit], ["name_de"]),
        lambda unit: OrganisationalUnit.objects.create(key="x", name_de="x"),
    ],
)
def test_nothing_is_written_past_the_ledger(write):
    unit = make_unit()

    with pytest.raises(UnrecordedWriteError):
        write(unit)

    assert OrganisationalUnit.objects.get().name_de == unit.name_de


def test_signing_in_stores_the_last_login_without_a_history_row():
    user = make_officer()

    user.last_login = timezone.now()
    user.save()

    assert User.objects.get(pk=user.pk).last_login == user.last_login
    assert history_model(User).objects.filter(id=user.pk).count() == 1


def test_a_person_cannot_be_changed_past_the_ledger():
    user = make_officer()

    user.email = "another@example.org"
    with pytest.raises(UnrecordedWriteError):
        user.save()

    assert not User.objects.filter(email="another@example.org").exists()


def test_only_a_sample_register_takes_another_date_than_now():
    unit = make_unit()

    with pytest.raises(ValidationError):
        save_as(unit, actor=None, reason="Earlier", at=timezone.now() - timedelta(days=30))

    make_city(is_sample=True)
    save_as(unit, actor=None, reason="Earlier", at=timezone.now() - timedelta(days=30))
    row = unit.history.latest()
    assert timezone.now() - row.history_date > timedelta(days=29)
    assert timezone.now() - row.recorded_at < timedelta(minutes=1)


def test_the_past_is_read_in_order_of_insertion():
    make_city(is_sample=True)
    unit = make_unit(name_de="Erst")
    same_moment = timezone.now()
    for name in ("Dann", "Zuletzt"):
        unit.name_de = name
        save_as(unit, actor=None, reason="Renamed", at=same_moment)

    assert unit.history.as_of(same_moment).name_de == "Zuletzt"
    assert [past.name_de for past in OrganisationalUnit.history.as_of(same_moment)] == ["Zuletzt"]


def test_rows_are_written_in_bulk_with_history_and_leaves(django_assert_max_num_queries):
    units = [OrganisationalUnit(key=f"bulk-{n}", name_de=f"Amt {n}") for n in range(400)]

    with django_assert_max_num_queries(40):  # batches, as many as SQLite's 999 parameters a statement ask for
        save_all_as(units, actor=None, reason="Imported", at=timezone.now())

    assert OrganisationalUnit.history.count() == 400
    assert LedgerLeaf.objects.filter(table="commitments_historicalorganisationalunit").count() == 400


def test_a_bulk_write_with_one_wrong_row_writes_nothing_and_gives_the_sentence():
    make_unit(key="taken")
    rows = [OrganisationalUnit(key="new", name_de="Neu"), OrganisationalUnit(key="taken", name_de="Doppelt")]

    with pytest.raises(ValidationError, match="key"):
        save_all_as(rows, actor=None, reason="Imported", at=timezone.now())

    assert OrganisationalUnit.objects.count() == 1


def test_a_bare_engagement_cannot_be_saved():
    partnership = make_partnership()

    with pytest.raises(TypeError):
        save_as(Engagement.objects.get(pk=partnership.pk), actor=None, reason="x", at=timezone.now())


@pytest.mark.parametrize("statement", ["UPDATE {table} SET name_de = 'x'", "DELETE FROM {table}", "TRUNCATE {table}"])
def test_history_refuses_to_be_changed(statement):
    if connection.vendor == "sqlite" and statement.startswith("TRUNCATE"):
        statement = "DELETE FROM {table} WHERE history_id > 0"
    make_unit()
    table = history_model(OrganisationalUnit)._meta.db_table

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        sql(statement.format(table=table))

    assert OrganisationalUnit.history.count() == 1


@pytest.mark.parametrize("table", ["commitments_ledgerleaf", "commitments_ledgernode", "commitments_ledgerseal"])
def test_leaves_nodes_and_seals_refuse_to_be_removed(table):
    make_unit()
    seal(SealOccasion.DEMAND, at=timezone.now())

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        sql(f"DELETE FROM {table}")


def test_every_trigger_is_in_place_and_a_dropped_one_is_noticed():
    assert triggers.missing(connection) == []

    name = "rechenschaft_commitments_ledgerleaf_delete"
    sql(f"DROP TRIGGER {name}" + (" ON commitments_ledgerleaf" if connection.vendor == "postgresql" else ""))

    assert triggers.missing(connection) == [name]
    assert first_finding() == "trigger"


def test_canonical_form_is_the_same_for_ever():
    """Golden vector: a digest that was written once must come out again after every migration, on every database."""
    row = {
        "key": "u",
        "name_de": "Amt für Köln",
        "valid_from": date(2026, 3, 1),
        "sources": ["b", "a"],
        "share": Decimal("12.5000"),
        "history_change_reason": "Grund",
        "salt": "00" * 16,
    }
    fields = ["key", "name_de", "share", "sources", "valid_from"]

    digest = canonical.content_digest("t", fields, row)

    assert digest == "f9410d4a217f7ab15cc5e938bd15d851ce187e84ff2f181b71995e1852e0ab4a"
    moment = datetime(2026, 11, 23, 9, 30, 0, 12, tzinfo=UTC)
    meta = {"history_id": 7, "history_type": "+", "history_date": moment, "recorded_at": moment}
    meta |= {"history_user_id": 3, "acting_for_id": None, "schema": 1, "digest": digest, "id": 5}
    assert canonical.leaf_hash("t", "id", meta) == "f12823f5b2bdb2dbf17f9b80247cfcef5f4bc6004fe286d47a489cc8388f1f7f"


def test_digests_written_by_the_application_come_out_again_from_the_database():
    make_measure(starts_on=date(2022, 11, 1), starts_on_precision="month", sources=["https://example.org/ä"])
    make_commitment()
    make_partnership()

    assert list(findings()) == []


def test_sealing_takes_new_leaves_only_and_gives_the_root_of_all():
    rename(make_unit(), "Neu")
    first = seal(SealOccasion.DEMAND, at=timezone.now())
    make_unit()
    second = seal(SealOccasion.DEMAND, at=timezone.now())

    leaves = [bytes.fromhex(leaf) for leaf in LedgerLeaf.objects.values_list("hash", flat=True)]
    assert (first.size, second.size) == (2, 4)  # the first seal's own entry stands under the second
    left = merkle.node_hash(leaves[0], leaves[1])
    assert first.root == left.hex()
    assert second.root == merkle.node_hash(left, merkle.node_hash(leaves[2], leaves[3])).hex()


def test_sealing_an_empty_ledger_gives_the_empty_root():
    assert seal(SealOccasion.DEMAND, at=timezone.now()).root == merkle.EMPTY_ROOT.hex()


def test_changed_content_is_found():
    rename(make_unit(), "Neu")
    table = "commitments_historicalorganisationalunit"

    without_trigger(f"rechenschaft_{table}_update", table, f"UPDATE {table} SET name_de = 'Alt' WHERE name_de = 'Neu'")

    assert first_finding() == "content"


def test_what_is_called_erased_although_no_erasure_was_entered_is_found():
    rename(make_unit(), "Neu")
    table = "commitments_historicalorganisationalunit"
    change = f"UPDATE {table} SET erased_on = '2026-01-01', name_de = '' WHERE name_de = 'Neu'"

    without_trigger(f"rechenschaft_{table}_update", table, change)

    assert first_finding() == "erased"


def test_a_changed_person_is_found():
    rename(make_unit(), "Neu")
    table = "commitments_historicalorganisationalunit"

    without_trigger(f"rechenschaft_{table}_update", table, f"UPDATE {table} SET history_user_id = 99")

    assert first_finding() == "metadata"


def test_a_missing_row_is_found():
    rename(make_unit(), "Neu")
    table = "commitments_historicalorganisationalunit"

    without_trigger(f"rechenschaft_{table}_delete", table, f"DELETE FROM {table} WHERE name_de = 'Neu'")

    assert first_finding() == "missing"


def test_a_row_changed_past_its_history_is_found():
    measure = make_measure()

    sql(f"UPDATE commitments_measure SET title_de = 'Anders' WHERE id = {measure.pk}")

    assert first_finding() == "live"


def test_a_leaf_rewritten_after_the_seal_is_found():
    rename(make_unit(), "Neu")
    seal(SealOccasion.DEMAND, at=timezone.now())
    table = "commitments_ledgernode"
    wrong = "0" * 64

    without_trigger(f"rechenschaft_{table}_update", table, f"UPDATE {table} SET hash = '{wrong}' WHERE level = 0")

    assert first_finding() == "leaf"


def test_a_rewritten_node_of_the_tree_is_found():
    rename(make_unit(), "Neu")
    seal(SealOccasion.DEMAND, at=timezone.now())
    table = "commitments_ledgernode"

    without_trigger(f"rechenschaft_{table}_update", table, f"UPDATE {table} SET hash = '{'0' * 64}' WHERE level = 1")

    assert first_finding() == "node"


def test_a_leaf_added_past_the_ledger_is_found():
    make_unit()

    sql(f"INSERT INTO commitments_ledgerleaf (\"table\", history_id, hash) VALUES ('elsewhere', 1, '{'0' * 64}')")

    assert first_finding() == "table"


def test_a_rewritten_root_is_found():
    make_unit()
    seal(SealOccasion.DEMAND, at=timezone.now())
    table = "commitments_ledgerseal"

    without_trigger(f"rechenschaft_{table}_update", table, f"UPDATE {table} SET root = '{'1' * 64}'")

    assert [finding.code for finding in findings()] == ["live", "seal"]  # unlike its own history, and unlike the tree


def test_the_command_says_that_the_ledger_holds_or_names_the_first_row():
    make_unit()
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    assert "The ledger holds" in out.getvalue()

    sql("UPDATE commitments_organisationalunit SET name_de = 'Anders'")

    error = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_ledger", stdout=StringIO(), stderr=error)
    assert "commitments_organisationalunit" in error.getvalue()


def test_seals_are_made_on_demand_by_the_command():
    make_unit()

    call_command("seal_ledger", stdout=StringIO())

    assert LedgerSeal.objects.get().size == LedgerLeaf.objects.count() - 1  # all but its own entry


def test_a_seal_of_an_earlier_version_gets_its_entry_once_when_the_database_is_migrated():
    make_unit()
    seal(SealOccasion.NIGHTLY, at=timezone.now())
    last = LedgerSeal.objects.get()
    older = LedgerSeal(size=last.size, root=last.root, sealed_at=timezone.now(), occasion=SealOccasion.DEMAND)
    rows: models.QuerySet[LedgerSeal] = models.QuerySet(LedgerSeal)
    rows.bulk_create([older])
    assert first_finding() == "orphan"

    assert (enter_older_seals(), enter_older_seals()) == (1, 0)

    assert list(findings()) == []


def test_sealing_keeps_the_frontier_alone_in_memory():
    units = [OrganisationalUnit(key=f"bulk-{n}", name_de=f"Amt {n}") for n in range(300)]
    save_all_as(units, actor=None, reason="Imported", at=timezone.now())
    store = NodeStore()
    size = 0
    for leaf in LedgerLeaf.objects.order_by("index"):
        store.leaf = leaf.pk
        size = merkle.append(store.get, store.put, size, bytes.fromhex(leaf.hash))

    assert size == 300
    assert len(store.known) <= size.bit_length()
