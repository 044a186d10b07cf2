"""The verifier finds whatever somebody with the database's keys could do to the history (SPEC D6)."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from tests.support.engines import in_threads

from certcenter.audit import checkpoints, sequencer, verifier
from certcenter.audit.actions import record
from certcenter.audit.findings import Wrong
from certcenter.audit.models import AuditEvent, Checkpoint
from certcenter.core import clock
from certcenter.core.actor import system
from certcenter.core.events import Event

ACTOR = system("test", institution="sample")


def write(count=1):
    for number in range(count):
        with transaction.atomic():
            record(Event.CA_CREATED, actor=ACTOR, subject=f"ca:{number}", note="以中文寫成")


@pytest.fixture
def history(engine):
    """Two writers, three checkpoints, 16 events."""
    write(4)
    sequencer.run_once()
    assert in_threads(lambda _: write(4), 1) == [None]
    sequencer.run_once()
    write(6)
    sequencer.run_once()
    assert verifier.verify().clean
    return engine


def tamper(*statements):
    """Do what an attacker with the owner's rights does: switch the triggers off first."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            cursor.execute(statement)


def found():
    return {(finding.wrong, finding.row) for finding in verifier.verify().findings}


@pytest.mark.spec("D6")
def test_an_untouched_history_is_clean(history):
    report = verifier.verify()
    assert (report.events, report.size, report.pending) == (16, 16, 0)
    assert report.checkpoints == 6  # three in the database, the same three in the file
    assert report.root == bytes(Checkpoint.objects.get(size=16).root)


@pytest.mark.spec("D6")
@pytest.mark.parametrize(
    "change",
    [
        "subject = 'ca:99'",
        "details = '{}'",
        "time = '2026-01-01 00:00:00'",
        "actor_id = 'nobody'",
        "institution = ''",
        "event = 'x'",
        "address = '192.0.2.1'",
        "session = 's'",
        "actor_kind = 'staff'",
    ],
)
def test_a_changed_row_is_named(history, change):
    tamper(f"UPDATE audit_event SET {change} WHERE id = 7")
    assert found() == {(Wrong.CHANGED, "event 7")}


@pytest.mark.spec("D6")
def test_a_row_copied_over_another_with_its_macs_is_found(history):
    columns = "event, subject, details, time, digest, mac, previous"
    tamper(
        f"UPDATE audit_event SET ({columns}) = (SELECT {columns} FROM audit_event WHERE id = 3) WHERE id = 4"
    )
    assert (Wrong.CHANGED, "event 4") in found()


@pytest.mark.spec("D6")
def test_a_removed_row_is_named(history):
    tamper("DELETE FROM audit_event WHERE id = 8")
    assert (Wrong.REMOVED, "event 8") in found()
    assert (Wrong.GAP, "event 9") in found()


@pytest.mark.spec("D6")
def test_a_row_removed_with_its_place_is_found(history):
    tamper("DELETE FROM audit_event WHERE id = 8", "DELETE FROM audit_sequence WHERE event_id = 8")
    assert (Wrong.REMOVED, "position 7") in found()


@pytest.mark.spec("D6")
def test_a_row_removed_with_its_place_and_the_rest_moved_up_is_found(history):
    tamper(
        "DELETE FROM audit_event WHERE id = 8",
        "DELETE FROM audit_sequence WHERE event_id = 8",
        *(
            f"UPDATE audit_sequence SET position = {place - 1} WHERE position = {place}"
            for place in range(8, 16)
        ),
    )
    assert {Wrong.GAP, Wrong.TREE} <= {wrong for wrong, _ in found()}


@pytest.mark.spec("D6")
def test_an_inserted_row_is_named(history):
    columns = "event, institution, actor_kind, actor_id, address, session, subject, details, time, previous, digest, mac"
    copy = f"INSERT INTO audit_event (writer, sequence, {columns}) SELECT 5, 1, {columns} FROM audit_event WHERE id = 3"
    tamper(copy)
    newest = AuditEvent.objects.latest("id").pk
    assert found() == {(Wrong.INSERTED, f"event {newest}")}


@pytest.mark.spec("D6")
def test_an_inserted_row_that_is_sequenced_is_found_too(history):
    columns = "event, institution, actor_kind, actor_id, address, session, subject, details, time, previous, digest, mac"
    with connection.cursor() as cursor:  # the triggers are on: it becomes pending
        cursor.execute(
            f"INSERT INTO audit_event (writer, sequence, {columns}) SELECT 5, 1, {columns} FROM audit_event WHERE id = 3"
        )
    sequencer.run_once()
    newest = AuditEvent.objects.latest("id").pk
    assert found() == {(Wrong.CHANGED, f"event {newest}"), (Wrong.GAP, f"event {newest}")}


@pytest.mark.spec("D6")
@pytest.mark.parametrize(("one", "other"), [(2, 3), (2, 7)])
def test_reordered_rows_are_found(history, one, other):
    """Of one writer, and of two."""
    tamper(
        f"UPDATE audit_sequence SET position = 1000 WHERE position = {one}",
        f"UPDATE audit_sequence SET position = {one} WHERE position = {other}",
        f"UPDATE audit_sequence SET position = {other} WHERE position = 1000",
    )
    rows = found()
    assert any(wrong is Wrong.TREE for wrong, _ in rows)
    if other == 3:
        assert any(wrong is Wrong.REORDERED for wrong, _ in rows)


@pytest.mark.spec("D6")
def test_a_truncated_tail_is_found(history):
    tamper("DELETE FROM audit_sequence WHERE position >= 12", "DELETE FROM audit_event WHERE id > 12")
    assert (Wrong.TRUNCATED, "position 12") in found()


@pytest.mark.spec("D6")
def test_a_tail_truncated_with_head_and_checkpoints_is_found_by_the_files(history):
    """As a database restored from an old backup would be."""
    size = Checkpoint.objects.order_by("size")[1].size
    write(2)
    sequencer.run_once()
    peaks = frontier_at(size)
    tamper(
        f"DELETE FROM audit_sequence WHERE position >= {size}",
        f"DELETE FROM audit_event WHERE id > {size}",
        f"DELETE FROM audit_checkpoint WHERE size > {size}",
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_treehead SET size = %s, frontier = %s", [size, peaks])
    assert {wrong for wrong, _ in found()} == {Wrong.TRUNCATED}


@pytest.mark.spec("D6")
def test_nothing_is_signed_over_a_history_that_has_become_shorter(history):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_treehead SET size = 0, frontier = %s", [b""])
    with pytest.raises(sequencer.HistoryLostError):
        sequencer.run_once()


def frontier_at(size):
    from certcenter.audit.models import Sequenced
    from certcenter.audit.tree import Frontier

    tree = Frontier()
    tree.extend(
        bytes(leaf) for leaf in Sequenced.objects.order_by("position").values_list("leaf", flat=True)[:size]
    )
    return tree.to_bytes()


@pytest.mark.spec("D6")
@pytest.mark.parametrize(
    "change", ["root = previous", "time = '2026-01-01 00:00:00'", "previous = root", "signature = root"]
)
def test_a_tampered_checkpoint_is_found(history, change):
    size = Checkpoint.objects.order_by("size")[1].size
    tamper(f"UPDATE audit_checkpoint SET {change} WHERE size = {size}")
    assert (Wrong.CHECKPOINT, f"checkpoint {size}") in found()


@pytest.mark.spec("D6")
def test_a_removed_checkpoint_is_found(history):
    sizes = list(Checkpoint.objects.order_by("size").values_list("size", flat=True))
    tamper(f"DELETE FROM audit_checkpoint WHERE size = {sizes[1]}")
    assert found() == {(Wrong.CHECKPOINT, f"checkpoint {sizes[2]}")}


@pytest.mark.spec("D6")
def test_a_tampered_checkpoint_file_is_found(history):
    (path,) = checkpoints.folder().glob("*.jsonl")
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(json.loads(lines[1])["root"], "00" * 32)
    path.write_text("\n".join(lines) + "\n")
    assert found() == {(Wrong.CHECKPOINT, f"{path.name}:2")}


def test_a_line_cut_short_by_a_kill_is_no_damage(history):
    (path,) = checkpoints.folder().glob("*.jsonl")
    path.write_bytes(path.read_bytes() + b'{"previous":"00')
    assert found() == set()


@pytest.mark.spec("D6")
def test_a_changed_tree_head_is_found(history):
    tamper("UPDATE audit_treehead SET frontier = (SELECT root FROM audit_checkpoint ORDER BY size LIMIT 1)")
    assert (Wrong.TREE, "tree head") in found()


@pytest.mark.spec("D6")
def test_pending_for_over_a_minute_is_found(history):
    write(1)
    assert found() == set()
    with clock.at(clock.now() + timedelta(seconds=61)):
        assert {wrong for wrong, _ in found()} == {Wrong.PENDING_TOO_LONG}


@pytest.mark.spec("D6")
def test_a_changed_and_a_removed_pending_row_are_named(history):
    write(2)
    tamper("UPDATE audit_event SET subject = 'x' WHERE id = 17", "DELETE FROM audit_event WHERE id = 18")
    assert found() == {(Wrong.CHANGED, "event 17"), (Wrong.REMOVED, "event 18")}


@pytest.mark.spec("D6")
def test_the_next_run_goes_on_where_a_clean_one_ended(history):
    verifier.remember(verifier.verify())
    write(3)
    sequencer.run_once()
    report = verifier.verify(since=verifier.remembered())
    assert (report.first, report.size, report.events) == (16, 19, 3)
    assert report.findings == []
    assert report.root == verifier.verify().root
    tamper("DELETE FROM audit_event WHERE id = 17", "UPDATE audit_event SET subject = 'y' WHERE id = 19")
    kinds = {(one.wrong, one.row) for one in verifier.verify(since=verifier.remembered()).findings}
    assert {(Wrong.REMOVED, "event 17"), (Wrong.CHANGED, "event 19")} <= kinds


def test_a_tampered_memory_is_not_believed(history):
    verifier.remember(verifier.verify())
    path = checkpoints.folder() / "verified.json"
    path.write_text(path.read_text().replace('"last_event": 16', '"last_event": 99'))
    assert verifier.remembered() is None


def test_a_dirty_run_is_not_remembered(history):
    tamper("UPDATE audit_event SET subject = 'x' WHERE id = 3")
    with pytest.raises(ValueError, match="clean"):
        verifier.remember(verifier.verify())


def test_a_lost_checkpoint_key_is_not_replaced(history):
    (checkpoints.folder() / "checkpoint-key.pem").unlink()
    write(1)
    from django.core.exceptions import ImproperlyConfigured

    with pytest.raises(ImproperlyConfigured, match="missing"):
        sequencer.run_once()


def test_one_sequencer_at_a_time(engine):
    write(300)
    assert sum(in_threads(lambda _: sequencer.run_once(), 6)) == 301
    assert verifier.verify().clean
