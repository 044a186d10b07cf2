"""Writing history: in the change's transaction, linked by writer, right after any rollback (SPEC D6, E9)."""

import os
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.transaction import TransactionManagementError
from django.db.utils import DatabaseError
from tests.support.engines import in_threads

from certcenter.audit import chain, sequencer, verifier
from certcenter.audit.actions import REFUSALS_IN_FULL, record, record_refusal
from certcenter.audit.models import AuditEvent, Pending, RefusalTally
from certcenter.core import clock
from certcenter.core.actor import Actor, ActorKind, system
from certcenter.core.events import Event

ACTOR = system("test", institution="sample")
VISITOR = Actor(kind=ActorKind.ANONYMOUS, institution="sample", address="192.0.2.7")


def write(subject="ca:1", **details):
    with transaction.atomic():
        record(Event.CA_CREATED, actor=ACTOR, subject=subject, **details)


def subjects():
    return list(AuditEvent.objects.exclude(sequence=0).order_by("id").values_list("subject", flat=True))


def assert_clean():
    sequencer.run_once()
    report = verifier.verify()
    assert report.findings == []
    return report


@pytest.mark.spec("E9")
def test_the_event_is_written_with_the_change_or_not_at_all(engine):
    write("a")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(Event.CA_CREATED, actor=ACTOR, subject="b")
        raise ZeroDivisionError
    write("c")
    assert subjects() == ["a", "c"]
    assert_clean()


@pytest.mark.spec("E9")
def test_outside_a_transaction_nothing_is_written(engine):
    with pytest.raises(TransactionManagementError):
        record(Event.CA_CREATED, actor=ACTOR, subject="a")
    assert not AuditEvent.objects.exists()


@pytest.mark.spec("E9")
def test_if_the_audit_cannot_be_written_nothing_is_done(engine):
    from certcenter.core.limits import take, used

    with pytest.raises(TypeError), transaction.atomic():
        take("work", subject="x", window="w", limit=9)
        record(Event.CA_CREATED, actor=ACTOR, subject="a", unfit=object())
    assert used("work", subject="x", window="w") == 0


def test_a_savepoint_takes_back_its_links_alone(engine):
    with transaction.atomic():
        record(Event.CA_CREATED, actor=ACTOR, subject="a")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            record(Event.CA_CREATED, actor=ACTOR, subject="b")
            with transaction.atomic():
                record(Event.CA_CREATED, actor=ACTOR, subject="c")
            raise ZeroDivisionError
        record(Event.CA_CREATED, actor=ACTOR, subject="d")
        with transaction.atomic():
            record(Event.CA_CREATED, actor=ACTOR, subject="e")
        record(Event.CA_CREATED, actor=ACTOR, subject="f")
    assert subjects() == ["a", "d", "e", "f"]
    assert list(AuditEvent.objects.order_by("id").values_list("sequence", flat=True)) == [0, 1, 2, 3, 4]
    assert_clean()


def test_a_savepoint_that_opened_the_chain_takes_the_opening_back(engine):
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            record(Event.CA_CREATED, actor=ACTOR, subject="a")
            raise ZeroDivisionError
        record(Event.CA_CREATED, actor=ACTOR, subject="b")
    assert subjects() == ["b"]
    assert_clean()


def test_the_chain_survives_a_closed_connection(engine):
    write("a")
    connection.close()
    write("b")
    assert AuditEvent.objects.values("writer").distinct().count() == 1
    assert_clean()


def unclear(monkeypatch, *, committed):
    """Let the next COMMIT end in an error, after or before it took place."""
    wrapper = connections["default"]
    real = type(wrapper.connection).commit

    class Fails:
        def __init__(self, inner):
            self.__dict__["inner"] = inner

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def __setattr__(self, name, value):
            setattr(self.inner, name, value)

        def commit(self):
            if committed:
                real(self.inner)
            raise DatabaseError("the line went dead")

    monkeypatch.setattr(wrapper, "connection", Fails(wrapper.connection))


@pytest.mark.spec("D6")
@pytest.mark.parametrize("committed", [True, False])
def test_after_an_unclear_commit_a_new_writer_names_the_old_one(engine, monkeypatch, committed):
    write("a")
    old = chain.chain_of("default").tip.writer
    with monkeypatch.context() as patch, pytest.raises(DatabaseError):
        unclear(patch, committed=committed)
        write("b")
    connection.close()
    write("c")
    opening = AuditEvent.objects.get(sequence=0, id__gt=1)
    assert opening.writer != old
    assert opening.details == f'{{"after_unclear_commit_of":{old}}}'
    assert subjects() == (["a", "b", "c"] if committed else ["a", "c"])
    assert_clean()


def test_each_thread_writes_a_chain_of_its_own(engine):
    def work(number):
        for turn in range(10):
            write(f"{number}:{turn}")

    assert in_threads(work, 8) == [None] * 8
    assert AuditEvent.objects.values("writer").distinct().count() == 8
    assert assert_clean().events == 88


def test_a_forked_process_writes_a_chain_of_its_own(engine):
    write("parent")
    connection.close()
    child = os.fork()
    if child == 0:
        try:
            write("child")
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    write("parent again")
    assert AuditEvent.objects.values("writer").distinct().count() == 2
    assert_clean()


@pytest.mark.spec("D6")
@pytest.mark.parametrize("verb", ["UPDATE audit_event SET subject = 'x'", "DELETE FROM audit_event"])
def test_the_database_refuses_to_rewrite_history(engine, verb):
    write()
    sequencer.run_once()
    for statement in (
        verb,
        verb.replace("audit_event", "audit_sequence").replace("subject = 'x'", "position = 9"),
    ):
        with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.spec("E9")
def test_a_refusal_is_written_in_a_transaction_of_its_own(engine):
    record_refusal(Event.LOGIN_REFUSED, actor=VISITOR, subject="customer:12", reason="wrong-password")
    assert subjects() == ["customer:12"]
    with pytest.raises(RuntimeError), transaction.atomic():
        record_refusal(Event.LOGIN_REFUSED, actor=VISITOR, subject="customer:12", reason="wrong-password")


@pytest.mark.spec("D6")
def test_equal_refusals_are_counted_after_twenty(engine):
    now = clock.now().replace(second=0)
    with clock.at(now):
        for number in range(50):
            record_refusal(
                Event.LOGIN_REFUSED, actor=VISITOR, subject=f"customer:{number}", reason="wrong-password"
            )
        record_refusal(Event.LOGIN_REFUSED, actor=VISITOR, subject="customer:1", reason="another")
        sequencer.run_once()
        assert len(subjects()) == REFUSALS_IN_FULL + 1
    with clock.at(now + timedelta(minutes=1)):
        sequencer.run_once()
        summary = AuditEvent.objects.get(event=Event.REFUSALS_COUNTED)
        assert '"not_written":30' in summary.details
        assert summary.subject == "source:192.0.2.7"
        assert not RefusalTally.objects.exists()
        sequencer.run_once()
        assert AuditEvent.objects.filter(event=Event.REFUSALS_COUNTED).count() == 1
        assert_clean()


def test_parallel_refusals_are_all_counted(engine):
    now = clock.now().replace(second=0)

    def refuse(_):
        with clock.at(now):
            record_refusal(Event.LOGIN_REFUSED, actor=VISITOR, subject="x", reason="r")

    assert in_threads(refuse, 40) == [None] * 40
    assert RefusalTally.objects.get().count == 40
    assert len(subjects()) == REFUSALS_IN_FULL


def test_pending_is_noted_by_the_database_itself(engine):
    write()
    assert list(Pending.objects.values_list("pk", flat=True)) == list(
        AuditEvent.objects.values_list("pk", flat=True)
    )
