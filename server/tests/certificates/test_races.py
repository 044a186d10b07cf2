"""Many at once, on both engines; each race has a control without its guard that shows the damage (SPEC E2, E8, A4, A5)."""

import threading
from collections import Counter

import pytest
from django.db import connection, transaction
from tests.support.engines import in_threads
from tests.support.life import Person, work

from certcenter.audit.models import AuditEvent
from certcenter.certificates import errors, issuing, policy, procedures, queries, revoking
from certcenter.certificates.lifecycle import ApplicationState, CertificateState
from certcenter.certificates.models import Application, Certificate
from certcenter.core import clock, leases, limits
from certcenter.core.taiwan import taipei_day
from certcenter.institutions import serving
from certcenter_sdk import csr, keys

AT_ONCE = 8


@pytest.fixture
def wang(ready):
    return Person()


@pytest.fixture
def meet(monkeypatch):
    """Let so many threads meet when they have found their procedures, before anybody's transaction begins."""

    def at(count):
        barrier, real = threading.Barrier(count, timeout=30), procedures.find

        def find(*arguments, **more):
            found = real(*arguments, **more)
            barrier.wait()
            return found

        monkeypatch.setattr(procedures, "find", find)

    return at


def drop_index(name, model):
    with connection.schema_editor() as editor:
        constraint = next(each for each in model._meta.constraints if each.name == name)
        editor.remove_constraint(model, constraint)


def count(results):
    return Counter(type(each).__name__ for each in results)


@pytest.mark.spec("E8", "E2")
def test_one_request_sent_eight_times_at_once(wang, meet):
    procedure, request = wang.prove("apply"), wang.csr()
    meet(AT_ONCE)
    results = in_threads(lambda _: wang.submit(procedure, csr=request).pk, AT_ONCE)
    assert len(set(results)) == 1, results
    assert Application.objects.count() == 1
    assert AuditEvent.objects.filter(event="certificate:apply:requested").count() == 1


def different_requests(person):
    """Eight procedures, keys and UUIDs of one customer, each ready to be sent."""
    prepared = []
    for _ in range(AT_ONCE):
        person.new_request()
        prepared.append((person.prove("apply"), person.request, csr.build(keys.generate())))

    def send(number):
        procedure, request, body = prepared[number]
        return person.submit(procedure, request_uuid=request, csr=body)

    return send


@pytest.mark.spec("E8", "E2")
def test_eight_requests_at_once_make_one_open_application(wang, meet):
    send = different_requests(wang)
    meet(AT_ONCE)
    assert count(in_threads(send, AT_ONCE)) == {"Application": 1, "ApplicationOpen": AT_ONCE - 1}
    assert Application.objects.count() == 1


@pytest.mark.spec("E8")
def test_control_eight_requests_without_index_and_look(wang, meet, monkeypatch):
    drop_index("application_one_open", Application)
    send = different_requests(wang)
    meet(AT_ONCE)
    monkeypatch.setattr(policy, "require_allowed", lambda *_: None)
    in_threads(send, AT_ONCE)
    assert Application.objects.count() > 1


@pytest.mark.spec("E8", "A4")
def test_eight_acknowledgements_at_once_are_one(wang):
    certificate = wang.issued()
    proofs = [wang.proof("repair") for _ in range(AT_ONCE)]
    results = in_threads(lambda number: wang.acknowledge(proof=proofs[number]).state, AT_ONCE)
    assert results == [CertificateState.ACTIVE] * AT_ONCE
    events = AuditEvent.objects.filter(event="certificate:install:acknowledged")
    assert [event.subject for event in events] == [f"certificate:{certificate.serial}"]


@pytest.mark.spec("E8")
def test_control_acknowledgements_that_look_first(wang):
    """Without the condition in the UPDATE, each of them would install and write history."""
    wang.issued()
    barrier = threading.Barrier(AT_ONCE)

    def careless(_):
        row = Application.objects.get()
        barrier.wait()
        if row.state == ApplicationState.ISSUED:
            Application.objects.filter(pk=row.pk).update(state=ApplicationState.INSTALLED)
            return True
        return False

    assert in_threads(careless, AT_ONCE).count(True) > 1


@pytest.mark.spec("A5", "E2")
def test_eight_revocations_at_once_are_counted_once(wang, meet):
    wang.installed()
    procedures = [wang.prove("revoke") for _ in range(AT_ONCE)]
    results = in_threads(lambda number: wang.revoke(procedures[number]), AT_ONCE)
    assert count(results) == {"Certificate": 1, "NothingToRevoke": AT_ONCE - 1}
    assert used(wang) == 1


def used(person):
    year = str(taipei_day(clock.now()).year)
    return limits.used(queries.REVOCATIONS, subject=person.customer.subject, window=year)


@pytest.mark.spec("A5", "E2")
def test_of_eight_at_once_two_are_within_the_limit(wang):
    def take(_):
        with transaction.atomic():
            revoking.take_revocation(wang.customer, serving.get("sample"))

    assert count(in_threads(take, AT_ONCE)) == {"NoneType": 2, "RevocationsUsedUp": AT_ONCE - 2}
    assert used(wang) == 2


@pytest.mark.spec("A5", "E2")
def test_control_a_limit_that_is_read_first(wang):
    barrier = threading.Barrier(AT_ONCE)

    def careless(_):
        before = used(wang)
        barrier.wait()
        if before < 2:
            year = str(taipei_day(clock.now()).year)
            limits.take(queries.REVOCATIONS, subject=wang.customer.subject, window=year, limit=99)

    in_threads(careless, AT_ONCE)
    assert used(wang) == AT_ONCE


@pytest.mark.spec("A4", "A5", "E8")
def test_no_renewal_slips_in_beside_a_revocation(wang, meet):
    """Both have looked and may; whoever comes second finds out, and nothing is issued to a customer who revoked."""
    wang.installed(days_ago=340)
    revocation, renewal = wang.prove("revoke"), wang.prove("renew")
    wang.new_request()
    body = wang.csr()

    def either(number):
        return wang.submit(renewal, csr=body) if number else wang.revoke(revocation)

    revoked, submitted = in_threads(either, 2)
    assert isinstance(revoked, Certificate)
    assert isinstance(submitted, Application | errors.NothingToRenew)
    work()
    assert {each.state for each in queries.history(wang.customer)} == {CertificateState.REVOKED}
    assert not Application.objects.filter(state__in=("accepted", "prepared", "issued")).exists()


@pytest.mark.spec("A4", "A5")
def test_control_a_renewal_that_looked_before_the_revocation(wang, monkeypatch):
    wang.installed(days_ago=340)
    revocation, renewal = wang.prove("revoke"), wang.prove("renew")
    wang.new_request()
    real, looks = policy.require_allowed, []

    def careless(kind, situation):
        looks.append(kind)
        if kind == "renew" and len(looks) == 1:
            real(kind, situation)
            wang.revoke(revocation)

    monkeypatch.setattr(policy, "require_allowed", careless)
    wang.submit(renewal)
    monkeypatch.undo()
    work()
    assert CertificateState.ISSUED in {each.state for each in queries.history(wang.customer)}


@pytest.mark.spec("A4", "A5", "E8")
def test_a_renewal_is_acknowledged_while_it_is_revoked(ready):
    """Whoever wins: all is revoked in the end, and the history knows of each change once."""
    for _ in range(4):
        wang = Person()
        old = wang.installed(days_ago=340)
        wang.new_request()
        new = wang.issued("renew")
        revocation, proof = wang.prove("revoke"), wang.proof("repair")

        def either(number, wang=wang, revocation=revocation, proof=proof):
            return wang.acknowledge(proof=proof) if number else wang.revoke(revocation)

        revoked, acknowledged = in_threads(either, 2)
        assert isinstance(revoked, Certificate)
        assert isinstance(acknowledged, Certificate | errors.NotAllowedNow)
        old.refresh_from_db()
        new.refresh_from_db()
        won = isinstance(acknowledged, Certificate)
        assert (old.state, new.state) == ("superseded" if won else "revoked", "revoked")
        assert used(wang) == 1
        for each in (old, new):
            changes = AuditEvent.objects.filter(
                subject=f"certificate:{each.serial}", event__startswith="certificate:revoke:"
            )
            assert changes.count() == 1


# Two workers


def queue(rows):
    """So many accepted applications of as many customers, by the quickest way."""
    first = Person()
    template = first.requested()
    Application.objects.filter(pk=template.pk).delete()
    made = []
    for _ in range(rows):
        person, key = Person(key=first.key), keys.generate()
        spki = keys.spki(key.public_key())
        made.append(
            Application(
                request_uuid=person.request, institution="sample", customer=person.customer,
                holder=queries.holder_of(person.customer), kind="apply", csr=b"", spki=spki,
                spki_sha256=keys.spki_sha256(key.public_key()),
                common_name=f"{person.customer.national_id}-00-000001", sequence=1, accepted_at=clock.now(),
            )
        )  # fmt: skip
    Application.objects.bulk_create(made)


def each_issued_once(rows):
    assert Application.objects.filter(state=ApplicationState.ISSUED).count() == rows
    assert Certificate.objects.count() == rows
    events = AuditEvent.objects.filter(event="certificate:issue:done").values_list("subject", flat=True)
    assert len(events) == len(set(events)) == rows


@pytest.mark.spec("E8", "D9")
def test_two_workers_in_threads(ready):
    queue(100)

    def worker(_):
        done = 0
        while taken := issuing.run_once(7):
            done += taken
        return done

    assert sum(in_threads(worker, 2)) == 100
    each_issued_once(100)


@pytest.mark.spec("E8", "D9")
@pytest.mark.timeout(180)
def test_two_workers_in_processes(ready):
    queue(100)
    code = (
        "from certcenter.certificates import issuing\n"
        "done = 0\n"
        "while taken := issuing.run_once(7): done += taken\n"
        "print(done)"
    )
    done = in_threads(lambda _number: int(ready.run(code).stdout), 2)
    assert sum(done) == 100
    each_issued_once(100)


@pytest.mark.spec("E8")
def test_control_two_workers_that_read_the_queue(ready, monkeypatch):
    """Without the lease in one statement, both take the same rows and sign them."""
    queue(6)
    barrier, signed = threading.Barrier(2), []

    def careless(queue, *, limit, **_):
        rows = list(queue._model.objects.filter(queue._where)[:limit])
        barrier.wait()
        return None, rows

    real = issuing._prepare
    monkeypatch.setattr(leases.Queue, "claim", careless)
    monkeypatch.setattr(
        issuing,
        "_prepare",
        lambda ca, rows, lease: (signed.extend(row.pk for row in rows), real(ca, rows, lease)),
    )
    in_threads(lambda _: issuing.run_once(6), 2)
    assert len(signed) > len(set(signed))
