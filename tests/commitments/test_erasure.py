"""Content that is erased for good: who may, what the database then admits, and that nobody can guess it back."""

import itertools

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from commitments.ledger import canonical, save_as, triggers
from commitments.ledger.erasable import REASON
from commitments.ledger.sealing import seal
from commitments.ledger.verification import erased_rows, findings
from commitments.models import (
    ErasedRow,
    Erasure,
    ErasureState,
    Evidence,
    Ground,
    LedgerLeaf,
    LedgerSchema,
    Measure,
    Role,
    SealOccasion,
    SearchEntry,
    User,
)
from commitments.tracking import history_model
from commitments.workflow import erasure as acts
from commitments.workflow.erasure import Proposal, subject_of
from reviews.models import Assessment, AssessmentState, CycleState
from tests.factories import make_assessment, make_cycle, make_evidence, make_measure, make_user

pytestmark = pytest.mark.django_db

NOW = timezone.now
TODAY = timezone.localdate
NAME = "Frau Amira Beispiel"
HISTORY = "commitments_historicalmeasure"


@pytest.fixture
def officer() -> User:
    return make_user(Role.OFFICER)


@pytest.fixture
def dpo() -> User:
    return make_user(Role.DPO)


@pytest.fixture
def measure() -> Measure:
    """Named in its note from the second of three states on."""
    row = make_measure(title_de="Beratung", description_de="Beratung für alle")
    for note, reason in ((f"Ansprechpartnerin: {NAME}", f"Gespräch mit {NAME}"), (f"{NAME}, Zimmer 4", "Umzug")):
        row.note_de = note
        save_as(row, actor=None, reason=reason, at=NOW())
    return row


def propose(actor, *subjects, reason="Antrag auf Löschung"):
    return acts.propose(Proposal(subjects, Ground.CONSENT_WITHDRAWN, reason), actor=actor, at=NOW())


def erased(officer, dpo, *subjects) -> Erasure:
    return acts.carry_out(propose(officer, *subjects), actor=dpo, at=NOW()).erasure


def sql(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def refused(statement: str) -> bool:
    try:
        with transaction.atomic():
            sql(statement)
    except IntegrityError:
        return True
    return False


def past(row):
    """The states of a measure, the first one first."""
    return list(history_model(Measure).objects.filter(id=row.pk).order_by("history_id"))


def entered_past_the_ledger(**columns):
    """An event as somebody with a console would write it."""
    events: models.QuerySet[ErasedRow] = models.QuerySet(ErasedRow)
    events.bulk_create([ErasedRow(emptied_on=TODAY(), **columns)])


class TestTheAct:
    def test_chosen_columns_go_from_the_row_and_from_its_past(self, officer, dpo, measure):
        erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de", REASON]))

        row = Measure.objects.get(pk=measure.pk)
        assert row.note_de == f"Gelöscht am {TODAY():%d.%m.%Y}"
        assert (row.title_de, row.description_de) == ("Beratung", "Beratung für alle")
        states = past(measure)
        assert [state.note_de for state in states] == ["", "", "", row.note_de]
        assert [state.erased_on for state in states] == [TODAY()] * 3 + [None]  # the first one for its reason
        assert NAME not in str([list(model.values_list()) for model in (history_model(Measure).objects.all(),)])
        assert states[1].title_de == "Beratung"

    def test_the_database_holds_the_words_nowhere_any_more(self, officer, dpo, measure):
        erased(officer, dpo, subject_of(Measure, measure.pk, [*acts.columns_of(Measure), REASON]))

        assert not SearchEntry.objects.filter(text__contains="amira").exists()
        for model in (Measure, history_model(Measure), Erasure, ErasedRow, history_model(ErasedRow)):
            assert "Amira" not in str(list(model.objects.values()))

    def test_the_whole_row_keeps_its_number_its_units_and_its_dates(self, officer, dpo, measure):
        erased(officer, dpo, subject_of(Measure, measure.pk, acts.columns_of(Measure)))

        row = Measure.objects.get(pk=measure.pk)
        assert (row.reference, row.status, row.field) == (measure.reference, measure.status, measure.field)
        assert row.title_de == row.description_de == f"Gelöscht am {TODAY():%d.%m.%Y}"
        assert row.title_en == f"Erased on {TODAY():%d.%m.%Y}"
        assert row.key == f"erased-{row.pk}"
        assert row.target_groups_de == []

    def test_the_hash_over_the_texts_follows_so_that_they_cannot_be_tried(self, officer, dpo, measure):
        before = measure.fingerprint

        erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de"]))

        row = Measure.objects.get(pk=measure.pk)
        told = measure.substance([(unit.unit.key, unit.part) for unit in measure.measure_units.all()])
        kept = [state.fingerprint for state in past(measure)]
        assert (kept[1:3], kept[3]) == (["", ""], row.fingerprint)
        assert row.fingerprint not in ("", before, told)

    def test_nothing_is_erased_before_the_second_signature(self, officer, measure):
        propose(officer, subject_of(Measure, measure.pk, ["note_de"]))

        assert Measure.objects.get(pk=measure.pk).note_de == f"{NAME}, Zimmer 4"
        assert not ErasedRow.objects.exists()

    def test_an_erasure_that_was_dropped_is_over(self, officer, dpo, measure):
        row = propose(officer, subject_of(Measure, measure.pk, ["note_de"]))

        acts.drop(row, "Der Antrag wurde zurückgezogen.", actor=dpo, at=NOW())

        with pytest.raises(ValidationError):
            acts.carry_out(row, actor=dpo, at=NOW())
        assert Measure.objects.get(pk=measure.pk).note_de == f"{NAME}, Zimmer 4"

    def test_the_same_erasure_is_not_carried_out_twice(self, officer, dpo, measure):
        row = erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de"]))

        with pytest.raises(ValidationError):
            acts.carry_out(row, actor=make_user(Role.DPO), at=NOW())

    def test_a_later_erasure_takes_more_of_the_same_rows(self, officer, dpo, measure):
        erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de"]))
        erased(officer, dpo, subject_of(Measure, measure.pk, ["description_de"]))

        assert {state.description_de for state in past(measure)[:-1]} == {""}
        assert list(findings()) == []

    @pytest.mark.parametrize("reason", ["", "  ", f"Wunsch: {NAME}, Zimmer 4"])
    def test_the_reason_is_given_and_does_not_say_again_what_goes(self, officer, measure, reason):
        with pytest.raises(ValidationError) as error:
            propose(officer, subject_of(Measure, measure.pk, ["note_de"]), reason=reason)

        assert "reason" in error.value.message_dict
        assert not Erasure.objects.exists()

    def test_where_nothing_stands_nothing_is_proposed(self, officer, measure):
        with pytest.raises(ValidationError):
            propose(officer, subject_of(Measure, measure.pk, ["decline_reason"]))


class TestTheTwoSignatures:
    @pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER, Role.DPO}))
    def test_rule_10_no_other_office_erases(self, dpo, officer, measure, role):
        waiting = propose(officer, subject_of(Measure, measure.pk, ["note_de"]))
        other = make_user(role)

        for act in (
            lambda: propose(other, subject_of(Measure, measure.pk, ["note_de"])),
            lambda: acts.carry_out(waiting, actor=other, at=NOW()),
            lambda: acts.drop(waiting, "Nein.", actor=other, at=NOW()),
        ):
            with pytest.raises(PermissionDenied):
                act()

    def test_nobody_signs_twice_and_no_office_does(self, officer, measure):
        waiting = propose(officer, subject_of(Measure, measure.pk, ["note_de"]))

        for actor in (officer, make_user(Role.OFFICER)):
            with pytest.raises(PermissionDenied):
                acts.carry_out(waiting, actor=actor, at=NOW())
        assert Erasure.objects.get().state == ErasureState.PROPOSED

    def test_data_protection_may_propose_and_the_officer_sign(self, officer, dpo, measure):
        waiting = propose(dpo, subject_of(Measure, measure.pk, ["note_de"]))

        acts.carry_out(waiting, actor=officer, at=NOW())

        assert (waiting.proposed_as, Erasure.objects.get().signed_as) == (Role.DPO, Role.OFFICER)

    def test_the_database_refuses_one_signature_alone(self, officer, measure):
        waiting = propose(officer, subject_of(Measure, measure.pk, ["note_de"]))
        rows: models.QuerySet[Erasure] = models.QuerySet(Erasure).filter(pk=waiting.pk)

        for columns in (
            {"state": "carried_out"},
            {"state": "carried_out", "signed_by": officer, "signed_as": "dpo", "carried_out_at": NOW()},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(carried_out_on=TODAY(), **columns)


class TestTheTriggers:
    @pytest.mark.parametrize(
        "change",
        [
            "title_de = ''",
            "status = 'planned'",
            "history_user_id = 99",
            "digest = ''",
            "history_date = recorded_at",
            "note_de = 'Anderes'",
            "salt = ''",
            "erased_on = NULL",
            "note_de = '', salt = '', erased_on = '2026-01-01'",
            "id = 99",
        ],
    )
    def test_rule_11_an_erased_row_takes_no_other_change(self, officer, dpo, measure, change):
        erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de"]))
        row = past(measure)[1]

        assert refused(f"UPDATE {HISTORY} SET {change} WHERE history_id = {row.history_id}")

    def test_rule_11_without_an_event_nothing_is_erased(self, measure):
        row = past(measure)[1]
        change = f"note_de = '', salt = '', erased_on = '{TODAY()}'"

        assert refused(f"UPDATE {HISTORY} SET {change} WHERE history_id = {row.history_id}")

    def test_rule_11_an_event_admits_its_own_row_and_columns_alone(self, officer, dpo, measure):
        other = make_measure(note_de="Anderes")
        event = erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de"]))
        state = past(other)[0]
        entered_past_the_ledger(erasure=event, table=HISTORY, row=state.history_id, columns=",note_de,")
        emptied = f"salt = '', erased_on = '{TODAY()}'"
        which = f"WHERE history_id = {state.history_id}"

        assert refused(f"UPDATE {HISTORY} SET note_de = '', title_de = '', {emptied} {which}")
        assert refused(f"UPDATE {HISTORY} SET note_de = 'x', {emptied} {which}")
        assert refused(f"UPDATE {HISTORY} SET note_de = '', erased_on = '{TODAY()}' {which}")
        assert refused(f"UPDATE {HISTORY} SET note_de = '', salt = '', erased_on = '2026-01-01' {which}")
        assert refused(f"UPDATE {HISTORY} SET note_de = '', digest = '', {emptied} {which}")
        assert sql(f"UPDATE {HISTORY} SET note_de = '', {emptied} {which}") == 1
        assert refused(f"UPDATE {HISTORY} SET note_de = '', salt = 'ab', erased_on = '{TODAY()}' {which}")

    def test_rule_11_leaf_seal_and_event_are_never_erased(self, officer, dpo, measure):
        event = erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de"]))
        seal(SealOccasion.DEMAND, at=NOW())
        for table, key in (
            ("commitments_ledgerleaf", "index"),
            ("commitments_ledgerseal", "id"),
            ("commitments_erasedrow", "id"),
            ("commitments_historicalerasedrow", "history_id"),
        ):
            with connection.cursor() as cursor:
                cursor.execute(f'SELECT MIN("{key}") FROM {table}')
                number = cursor.fetchone()[0]
            columns = {"ledgerleaf": "hash", "ledgerseal": "root"}.get(table.split("_")[1], "columns")
            entered_past_the_ledger(erasure=event, table=table, row=number, columns=f",{columns},")

            assert refused(f"UPDATE {table} SET {columns} = '' WHERE \"{key}\" = {number}")
            assert refused(f'DELETE FROM {table} WHERE "{key}" = {number}')

    def test_rule_12_a_frozen_row_changes_by_an_erasure_alone(self, officer, dpo):
        cycle = make_cycle(2025, CycleState.ASSESSING)
        row = make_assessment(cycle, state=AssessmentState.APPROVED, finding_de=f"{NAME} wurde beraten.")
        cycle.state, cycle.frozen_at = CycleState.FROZEN, NOW()
        save_as(cycle, actor=None, reason="Frozen", at=NOW())
        table = "reviews_assessment"
        assert refused(f"UPDATE {table} SET finding_de = '' WHERE id = {row.pk}")

        erased(officer, dpo, subject_of(Assessment, row.pk, ["finding_de"]))

        assert Assessment.objects.get().finding_de == f"Gelöscht am {TODAY():%d.%m.%Y}"
        assert refused(f"UPDATE {table} SET finding_de = 'Anderes' WHERE id = {row.pk}")
        assert refused(f"UPDATE {table} SET return_note = 'x' WHERE id = {row.pk}")
        assert refused(f"UPDATE {table} SET trend = 'worse' WHERE id = {row.pk}")
        assert list(findings()) == []


class TestTheLedger:
    def test_the_ledger_holds_and_says_what_was_erased(self, officer, dpo, measure):
        seal(SealOccasion.DEMAND, at=NOW())
        event = erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de", REASON]))
        seal(SealOccasion.DEMAND, at=NOW())

        assert list(findings()) == []
        assert erased_rows() == [(TODAY(), event.pk, 3)]  # the first one for its reason

    def test_the_event_stands_in_the_ledger_before_the_row_is_emptied(self, officer, dpo, measure):
        erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de"]))

        events = LedgerLeaf.objects.filter(table="commitments_historicalerasedrow").values_list("index", flat=True)
        after = LedgerLeaf.objects.filter(table=HISTORY).order_by("-index").values_list("index", flat=True)[0]
        assert max(events) < after

    def test_an_event_that_was_entered_past_the_ledger_is_found(self, officer, dpo, measure):
        event = erased(officer, dpo, subject_of(Measure, measure.pk, ["description_de"]))
        other = make_measure(note_de="Anderes")
        state = past(other)[0]
        entered_past_the_ledger(erasure=event, table=HISTORY, row=state.history_id, columns=",note_de,")
        sql(
            f"UPDATE {HISTORY} SET note_de = '', salt = '', erased_on = '{TODAY()}' "
            f"WHERE history_id = {state.history_id}"
        )

        assert {finding.code for finding in findings()} >= {"orphan", "content"}

    def test_a_row_that_an_event_names_and_that_still_stands_is_found(self, officer, dpo, measure):
        event = erased(officer, dpo, subject_of(Measure, measure.pk, ["description_de"]))
        state = past(make_measure(note_de="Anderes"))[0]
        row = ErasedRow(
            erasure=event, table=HISTORY, row=state.history_id, columns=",note_de,", emptied_on=TODAY(), rest="0" * 64
        )
        save_as(row, actor=None, reason="x", at=NOW())

        assert [finding.code for finding in findings()] == ["kept"]

    def test_a_name_cannot_be_found_by_trying(self, officer, dpo, measure):
        """Whoever knows everything else of a row and tries the right name does not learn that it is right."""
        told = {state.history_id: (state.note_de, state.history_change_reason) for state in past(measure)}
        salts = {state.history_id: state.salt for state in past(measure)}
        fields = LedgerSchema.objects.get(table=HISTORY).fields
        rows = history_model(Measure).objects.order_by("history_id")
        assert all(_comes_out(row, fields, row["salt"]) for row in rows.values())

        erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de", REASON]))

        left = {row["salt"] for row in rows.values()} | {""}
        assert not left & set(salts.values())
        events = set(ErasedRow.objects.values_list("rest", flat=True))
        for row in rows.filter(history_id__in=told).values():
            note, reason = told[row["history_id"]]
            for salt, fingerprint in itertools.product(left, {row["fingerprint"], measure.fingerprint}):
                tried = row | {"note_de": note, "history_change_reason": reason, "fingerprint": fingerprint}
                assert not _comes_out(tried, fields, salt)
                assert canonical.content_digest(HISTORY, fields, tried | {"salt": salt}) not in events

    def test_what_is_left_of_an_erased_row_is_still_guarded(self, officer, dpo, measure):
        """Somebody who owns the database drops the guard and changes what the erasure left."""
        erased(officer, dpo, subject_of(Measure, measure.pk, ["note_de"]))
        name = f"rechenschaft_{HISTORY}_update"
        sql(f"DROP TRIGGER {name}" + (f" ON {HISTORY}" if connection.vendor == "postgresql" else ""))
        sql(f"UPDATE {HISTORY} SET title_de = 'Anders' WHERE history_id = {past(measure)[0].history_id}")
        triggers.install(connection)

        assert [finding.code for finding in findings()] == ["content"]


def _comes_out(row, fields, salt) -> bool:
    return bool(canonical.content_digest(HISTORY, fields, row | {"salt": salt}) == row["digest"])


def test_evidence_loses_its_file_and_bears_nothing_out_any_more(officer, dpo):
    row = make_evidence(sha256="a" * 64)

    event = erased(officer, dpo, subject_of(Evidence, row.pk, ["title", acts.FILE]))

    row = Evidence.objects.get()
    assert (row.sha256, row.size, row.withdrawn_on) == ("a" * 64, 100, TODAY())
    assert event.files == ["a" * 64]
    assert list(findings()) == []


def test_a_link_leads_nowhere_afterwards(officer, dpo):
    row = make_evidence(url="https://example.org/amira")

    erased(officer, dpo, subject_of(Evidence, row.pk, ["url"]))

    assert Evidence.objects.get().url == acts.NOWHERE
