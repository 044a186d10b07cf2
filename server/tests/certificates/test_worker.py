"""What the worker does behind the customer's back: stale rows, authorities that fail, the check, reminders (E8, D1, A14)."""

import sqlite3
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID
from django.db import connection
from server.tests.certificates.test_renewing_and_revoking import halt_issuing
from tests.support import people
from tests.support.life import Person, events, notices, recorded, refused, work

from certcenter.certificates import authority, checking, cycle, issuing, queries, reminders
from certcenter.certificates.models import Application, Certificate, VoidSerial
from certcenter.core import clock, faults
from certcenter.identity.actions import freeze
from certcenter.outbox.handlers import Attempt, Task
from certcenter.worker import loop
from certcenter_sdk import keys


@pytest.fixture
def wang(sqlite_ready):
    return Person()


@pytest.mark.spec("E8")
def test_a_stale_preparation_is_voided_and_its_serial_kept(ready):
    wang = Person()
    application = wang.requested()
    halt_issuing("_issue")
    application.refresh_from_db()
    stale, prepared_at = application.serial, application.prepared_at
    assert stale
    with (
        clock.at(clock.now() + timedelta(hours=1, seconds=1)),
        recorded("certificate:issue:voided", "certificate:issue:done"),
    ):
        issuing.run_once()
    void = VoidSerial.objects.get(application=application)
    assert (void.serial, void.prepared_at) == (stale, prepared_at)
    certificate = Certificate.objects.get(application=application)
    assert certificate.serial != stale
    assert certificate.not_before > prepared_at


@pytest.mark.spec("E8")
def test_a_fresh_preparation_is_signed_as_it_lies(wang):
    application = wang.requested()
    halt_issuing("_issue")
    application.refresh_from_db()
    with clock.at(clock.now() + timedelta(minutes=59)):
        issuing.run_once()
    certificate = Certificate.objects.get(application=application)
    assert certificate.serial == application.serial
    assert bytes(application.tbs) in bytes(certificate.der)


@pytest.mark.spec("E8")
def test_signing_again_gives_the_same_bytes(wang):
    """A worker that dies with its signatures loses nothing: there is no second certificate of the same serial."""
    application = wang.requested()
    halt_issuing("_issue")
    application.refresh_from_db()
    prepared = issuing.Prepared(
        "1", int(application.serial, 16), bytes(application.tbs), application.issuer_key_id
    )
    first, second = authority.named("shared").issue([prepared, prepared])
    assert first.certificate == second.certificate


@pytest.mark.spec("E8", "D9")
@pytest.mark.parametrize("point", [cycle.CLAIMED, cycle.PREPARED, cycle.SIGNED])
def test_what_the_database_broke_off_is_taken_up_at_once(ready, monkeypatch, point):
    """It was locked, or started anew: the customer does not wait for the lease of a worker that is alive."""
    application, job = Person().requested(), loop.ISSUING[0]
    with break_off_at(point, ready, monkeypatch):
        assert loop._run(job, {job.name: 0.0}) == 0, "it failed"
    assert not Certificate.objects.exists()
    assert Application.objects.get(pk=application.pk).lease, "its lease runs"
    assert loop._run(job, {job.name: 0.0}) == 1
    assert Certificate.objects.filter(application=application).exists()


@contextmanager
def break_off_at(point, engine, monkeypatch):
    """From this point of the cycle on the database is somebody else's (SQLite), or gone for a moment (PostgreSQL)."""
    passed, other = faults.point, sqlite3.connect(engine.home / "certcenter.sqlite3", isolation_level=None)

    def at(name):
        passed(name)
        if name == point and engine.vendor == "sqlite":
            other.execute("BEGIN IMMEDIATE")
            connection.connection.execute("PRAGMA busy_timeout = 0")
        elif name == point:
            connection.connection.close()

    with monkeypatch.context() as patch, closing(other):
        patch.setattr(faults, "point", at)
        yield


@pytest.mark.spec("E8", "E9")
def test_tampered_preparations_are_refused_not_signed(wang):
    """Somebody with the database's password may not have other bytes signed."""
    other = Person()
    applications = [wang.requested(), other.requested()]
    halt_issuing("_issue")
    first, second = Application.objects.order_by("id")
    for row, tbs in (
        (first, bytes(first.tbs).replace(bytes(first.spki), bytes(second.spki))),
        (second, bytes(second.tbs).replace(b"\x06\x03\x55\x1d\x0f", b"\x06\x03\x55\x1d\x10")),
    ):
        assert tbs != bytes(row.tbs)
        Application.objects.filter(pk=row.pk).update(tbs=tbs)
    with clock.at(clock.now() + timedelta(seconds=61)):
        issuing.run_once()
    assert not Certificate.objects.exists()
    assert {row.state for row in Application.objects.all()} == {"refused"}
    assert VoidSerial.objects.count() == len(applications), "their serials are accounted for"
    assert [event for event, _, _ in events()].count("certificate:issue:refused") == 2
    wang.new_request()
    wang.installed()


@pytest.mark.spec("E8", "D1")
@pytest.mark.parametrize("gone", ["authority", "policy"])
def test_one_institution_without_its_ca_or_policy_holds_up_nobody_else(wang, monkeypatch, gone):
    bank = Person(customer=people.import_(institution="model-bank", accounts="wealth:0070-0900001"))
    ours = wang.requested()
    theirs = Application.objects.create(
        **{
            name: getattr(ours, name)
            for name in ("request_uuid", "kind", "csr", "spki", "common_name", "sequence", "accepted_at")
        },
        institution="model-bank", customer=bank.customer, holder=queries.holder_of(bank.customer), spki_sha256="0" * 64,
    )  # fmt: skip
    Application.objects.filter(pk=ours.pk).update(id=theirs.pk + 1)
    if gone == "authority":
        named = authority.named

        def broken(name):
            if name == "model-bank":
                raise issuing.CaError("missing", "no such folder")
            return named(name)

        monkeypatch.setattr(authority, "named", broken)
    else:
        Application.objects.filter(pk=theirs.pk).update(institution="closed-bank")
    assert issuing.run_once() == 2
    Application.objects.filter(pk=theirs.pk).update(institution="model-bank")
    assert sorted(Application.objects.values_list("institution", "state")) == [
        ("model-bank", "accepted"),
        ("sample", "issued"),
    ]


@pytest.mark.spec("D1", "E8")
def test_the_independent_check_finds_a_planted_certificate(wang):
    certificate = wang.issued()
    assert certificate.checked_at is not None
    good = bytes(certificate.der)
    parsed = x509.load_der_x509_certificate(good)
    for wanted, der in {
        "another key": forged(parsed, key=keys.generate().public_key()),
        "another serial": forged(parsed, serial=1),
        "another subject": forged(parsed, name="B220000000-00-000001"),
        "chain: untrusted": forged(parsed),
        "no certificate": good[:-9],
        "chain: ": good[:-1] + bytes([good[-1] ^ 1]),
    }.items():
        Certificate.objects.update(der=der, checked_at=None)
        with recorded("certificate:check:failed"):
            check(certificate)
        findings = events()[-1][2]["findings"]
        assert any(finding.startswith(wanted) for finding in findings), (wanted, findings)
    Certificate.objects.update(der=good, checked_at=None)
    with recorded():
        check(certificate)


def check(certificate):
    attempt = Attempt(1, topic="t", key="k")
    assert checking.check([Task({"certificate": certificate.pk}, attempt, lambda: None)]) == [None]


def forged(parsed, *, key=None, serial=None, name=None):
    """The same certificate by somebody else's CA, with one thing changed."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) if name else parsed.subject
    builder = x509.CertificateBuilder(
        issuer_name=parsed.issuer,
        subject_name=subject,
        public_key=key or parsed.public_key(),
        serial_number=serial or parsed.serial_number,
        not_valid_before=parsed.not_valid_before_utc,
        not_valid_after=parsed.not_valid_after_utc,
        extensions=list(parsed.extensions),
    )
    return builder.sign(keys.generate(), hashes.SHA256()).public_bytes(keys.serialization.Encoding.DER)


@pytest.mark.spec("A14", "D7")
def test_a_reminder_comes_once_for_each_day_of_the_policy(ready):
    wang, early, renewing = Person(), Person(), Person()
    certificate = wang.installed(days_ago=350)
    fresh = early.installed(days_ago=100)
    renewing.installed(days_ago=350)
    Certificate.objects.update(reminded_at=None)
    renewing.new_request()
    renewing.requested("renew")
    with recorded("certificate:expiry:near"):
        assert reminders.run_once() == 1
    with recorded():
        assert reminders.run_once() == 0
    left = certificate.not_after - clock.now()
    assert timedelta(days=14) < left < timedelta(days=30)
    assert notices().count(f"expiring:{certificate.serial}:30") == 2, "by SMS and by mail"
    assert not any(key.startswith(f"expiring:{fresh.serial}") for key in notices())
    work()
    for days, sent in ((15, 0), (14, 1), (13, 0), (5, 1), (1, 1)):  # the fifth day is late for the seventh
        with clock.at(certificate.not_after - timedelta(days=days)):
            assert reminders.run_once() == sent, days
            assert reminders.run_once() == 0
    assert notices().count(f"expiring:{certificate.serial}:7") == 2


@pytest.mark.spec("D7")
def test_notices_for_each_change(wang):
    wang.installed(days_ago=340)
    wang.new_request()
    second = wang.installed("renew")
    wang.revoke()
    told = notices()
    for key in (f"issued:{second.serial}", f"revoked:{second.serial}"):
        assert told.count(key) == 2, "by SMS and by mail"


@pytest.mark.spec("B3")
def test_a_freeze_stops_what_waits_and_loses_nothing(ready):
    wang = Person()
    wang.requested()
    freeze(wang.customer, frozen=True, actor=people.anonymous())
    assert issuing.run_once() == 0
    assert not Certificate.objects.exists()
    freeze(wang.customer, frozen=False, actor=people.anonymous())
    assert issuing.run_once() == 1
    assert Certificate.objects.count() == 1


@pytest.mark.spec("B3", "E8")
def test_a_freeze_while_the_worker_signs_keeps_the_certificate_back(ready, monkeypatch):
    wang = Person()
    wang.requested()
    point = faults.point

    def frozen_at(name):
        point(name)
        if name == cycle.SIGNED:
            freeze(wang.customer, frozen=True, actor=people.anonymous())

    with monkeypatch.context() as patched:
        patched.setattr(faults, "point", frozen_at)
        issuing.run_once()
    application = Application.objects.get(customer=wang.customer)
    assert (application.state, Certificate.objects.count()) == ("prepared", 0)
    freeze(wang.customer, frozen=False, actor=people.anonymous())
    with clock.at(clock.now() + timedelta(seconds=issuing.LEASE_SECONDS + 1)):
        issuing.run_once()
    assert Certificate.objects.get().serial == application.serial


@pytest.mark.spec("B3", "A4")
def test_a_frozen_customers_certificate_stays_as_it_is(sqlite_ready):
    wang = Person()
    old = wang.installed(days_ago=340)
    wang.new_request()
    new = wang.issued("renew")
    freeze(wang.customer, frozen=True, actor=people.anonymous())
    with recorded("certificate:install:refused"), refused("customer-frozen"):
        wang.acknowledge()
    with recorded("certificate:apply:refused"), refused("customer-frozen"):
        Person(customer=wang.customer).start("apply")
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == ("active", "issued")
    freeze(wang.customer, frozen=False, actor=people.anonymous())
    wang.acknowledge()
    new.refresh_from_db()
    assert new.state == "active"
