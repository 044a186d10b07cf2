"""Renewal, revocation, suspension and what lies between (SPEC A4, A5, A9, E6, E8, E9, D7)."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.life import ORIGIN, Person, events, last_event, notices, recorded, refused, work

from certcenter.certificates import issuing, procedures, queries, revoking
from certcenter.certificates.actions import SignedProof
from certcenter.certificates.lifecycle import CertificateState
from certcenter.certificates.models import Application, Certificate, VoidSerial
from certcenter.certificates.policy import Action
from certcenter.core import clock, limits
from certcenter.core.actor import Actor, ActorKind
from certcenter.institutions.vocabulary import HostStatus
from certcenter_sdk import keys

OFFICER = Actor(kind=ActorKind.STAFF, institution="sample", id="officer")


@pytest.fixture
def wang(sqlite_ready):
    return Person()


def state(certificate):
    certificate.refresh_from_db()
    return certificate.state


@pytest.mark.spec("A4", "E6")
def test_renewal_with_the_old_keys_proof(ready):
    wang = Person()
    old = wang.installed(days_ago=340)
    procedure = wang.prove("renew")
    old_key = wang.new_request()
    proof = wang.proof("renew", key=old_key, certificate=old)
    with recorded("certificate:renew:requested"):
        accepted = wang.submit(procedure, old_key_proof=proof)
    assert accepted.follows_id == old.pk
    assert events()[-1][2]["old_key"] is True
    work()
    with recorded("certificate:revoke:superseded", "certificate:install:acknowledged"):
        wang.acknowledge()
    assert state(old) == CertificateState.SUPERSEDED
    assert (old.reason, old.revoked_by) == (4, "system")


@pytest.mark.spec("A4", "E6")
def test_a_wrong_proof_of_the_old_key_is_refused_and_costs_nothing(wang):
    old = wang.installed(days_ago=340)
    other = Person()
    strangers = other.installed(days_ago=340)
    procedure = wang.prove("renew")
    old_key = wang.new_request()
    good = wang.proof("renew", key=old_key, certificate=old)
    for reason, proof in {
        "wrong-purpose": wang.proof("unlock", key=old_key, certificate=old),
        "wrong-origin": wang.proof("renew", key=old_key, certificate=old, origin="http://evil.localhost"),
        "wrong-institution": wang.proof("renew", key=old_key, certificate=old, institution="demo"),
        "wrong-subject": wang.proof("renew", key=old_key, certificate=old, subject="0" * 64),
        "not-yours": wang.proof("renew", key=other.key, certificate=strangers),
    }.items():
        with refused("proof-refused") as caught:
            wang.submit(procedure, old_key_proof=proof)
        assert caught.value.params["reason"] == reason
    with refused("proof-refused"):
        wang.submit(
            procedure,
            old_key_proof=SignedProof(
                structure=good.structure, signature=good.signature, origin="http://x.localhost"
            ),
        )
    stale = wang.proof("renew", key=old_key, certificate=old, nonce="A" * 43)
    with refused("nonce-refused"):
        wang.submit(procedure, old_key_proof=stale)
    wang.submit(procedure, old_key_proof=good)


@pytest.mark.spec("A4")
def test_the_old_one_works_until_the_new_one_is_acknowledged(ready):
    wang = Person()
    old = wang.installed(days_ago=340)
    wang.new_request()
    new = wang.issued("renew")
    assert queries.status_at(old, clock.now()).usable
    assert not queries.status_at(new, clock.now()).usable
    assert queries.overview(wang.customer).host.serial == old.serial
    assert Action.DOWNLOAD in queries.overview(wang.customer).actions
    wang.acknowledge()
    new.refresh_from_db()
    old.refresh_from_db()
    assert not queries.status_at(old, clock.now()).usable
    assert queries.status_at(new, clock.now()).usable
    assert queries.status_at(old, clock.now() - timedelta(hours=1)).usable, "what was signed before stands"


@pytest.mark.spec("A4")
@pytest.mark.parametrize(("seconds", "code"), [(-1, "outside-renewal-window"), (0, None)])
def test_the_window_opens_to_the_second(wang, seconds, code):
    old = wang.installed(days_ago=300)
    with clock.at(old.not_after - timedelta(hours=720) + timedelta(seconds=seconds)):
        if code is None:
            wang.start("renew")
        else:
            with refused(code):
                wang.start("renew")


@pytest.mark.spec("A4")
@pytest.mark.parametrize(("seconds", "code"), [(0, None), (1, "outside-renewal-window")])
def test_the_window_closes_to_the_second(wang, seconds, code):
    old = wang.installed(days_ago=300)
    with clock.at(old.not_after - timedelta(minutes=5)):
        procedure = wang.prove("renew")
    wang.new_request()
    with clock.at(old.not_after + timedelta(seconds=seconds)):
        if code is None:
            wang.submit(procedure)
        else:
            with refused(code):
                wang.submit(procedure)


@pytest.mark.spec("A3", "A4")
def test_an_expired_certificate_is_followed_by_an_application(wang):
    old = wang.installed(days_ago=400)
    assert queries.overview(wang.customer).status is HostStatus.EXPIRED
    with refused("outside-renewal-window"):
        wang.start("renew")
    wang.new_request()
    new = wang.issued()
    with recorded("certificate:end:lapsed", "certificate:install:acknowledged"):
        wang.acknowledge()
    assert state(old) == CertificateState.LAPSED
    assert old.revoked_at is None
    assert state(new) == CertificateState.ACTIVE


@pytest.mark.spec("A9", "E6")
def test_acknowledgement_proves_the_new_key(ready):
    wang, other = Person(), Person()
    wang.issued()
    other.issued()
    with refused("proof-refused"):
        wang.acknowledge(proof=wang.proof("repair", key=keys.generate()))
    with refused("proof-refused"):
        wang.acknowledge(proof=wang.proof("renew"))
    with refused("proof-refused"):
        wang.acknowledge(proof=SignedProof(structure=b"", signature=b"", origin=ORIGIN))
    elsewhere = Person(customer=wang.customer, key=wang.key, request=wang.request, session="session-2")
    with refused("nonce-refused"):
        elsewhere.acknowledge(proof=wang.proof("repair"))
    with refused("not-found"):
        other.acknowledge(request_uuid=wang.request)
    installed = wang.acknowledge()
    with recorded():
        assert (
            wang.acknowledge(proof=SignedProof(structure=b"", signature=b"", origin=ORIGIN)).pk
            == installed.pk
        )


@pytest.mark.spec("A9")
def test_nothing_is_acknowledged_before_it_is_issued(wang):
    wang.requested()
    with refused("not-issued-yet"):
        wang.acknowledge()
    with pytest.raises(queries.errors.NotIssuedYet):
        queries.chain(wang.customer, wang.request)


# Revocation


@pytest.mark.spec("A5")
def test_the_third_revocation_of_a_year_is_refused_until_new_year_in_taipei(ready):
    wang = Person()
    eve = datetime(clock.now().year - 1, 12, 31, 15, 0, 0, tzinfo=UTC)
    with clock.at(eve - timedelta(days=10)):
        wang.installed()
        wang.revoke()
        wang.new_request()
        wang.installed()
        wang.revoke()
        wang.new_request()
    with clock.at(eve - timedelta(days=9)):
        third = wang.installed()
        assert queries.overview(wang.customer).revocations_left == 0
        assert Action.REVOKE not in queries.overview(wang.customer).actions
        with refused("revocations-used-up"):
            wang.start("revoke")
    with clock.at(eve.replace(minute=59, second=59)), refused("revocations-used-up"):
        wang.start("revoke")
    with clock.at(eve.replace(hour=16)):
        assert queries.overview(wang.customer).revocations_left == 2
        assert wang.revoke().pk == third.pk
        assert queries.overview(wang.customer).revocations_left == 1


@pytest.mark.spec("A5", "A4")
def test_renewals_and_staffs_revocations_never_count(wang):
    wang.installed(days_ago=340)
    wang.new_request()
    wang.installed("renew")
    actions_by_staff(wang)
    wang.new_request()
    wang.installed()
    assert queries.overview(wang.customer).revocations_left == 2
    used = limits.used(queries.REVOCATIONS, subject=wang.customer.subject, window=str(clock.now().year))
    assert used == 0


def actions_by_staff(person):
    from django.db import transaction

    with transaction.atomic():
        return revoking.revoke_all(person.customer, reason=5, by="staff", actor=OFFICER)


@pytest.mark.spec("A5", "E8")
def test_a_revocation_reaches_a_renewal_wherever_it_stands(ready):
    """Accepted, prepared, signed but not stored, issued: the old one and the new one are both gone, one count."""
    for where in ("accepted", "prepared", "signed", "issued"):
        wang = Person()
        old = wang.installed(days_ago=340)
        revocation = wang.prove("revoke")
        renewal = wang.prove("renew")
        wang.new_request()
        application = wang.submit(renewal)
        if where == "accepted":
            wang.revoke(revocation)
        elif where == "prepared":
            halt_issuing("_issue")
            wang.revoke(revocation)
        elif where == "signed":
            halt_issuing("_store", before=lambda w=wang, r=revocation: w.revoke(r))
        else:
            work()
            wang.revoke(revocation)
        with clock.at(clock.now() + timedelta(seconds=61)):
            work()
        application.refresh_from_db()
        assert (application.state, state(old)) == ("ended", CertificateState.REVOKED), where
        new = Certificate.objects.filter(application=application)
        assert [each.state for each in new] == (["revoked"] if where == "issued" else []), where
        voided = VoidSerial.objects.filter(application=application).count()
        assert voided == (where in ("prepared", "signed")), where
        assert queries.overview(wang.customer).revocations_left == 1
        with refused("not-allowed-now"):
            wang.acknowledge()
        wang.new_request()
        wang.installed()


class Halt(Exception):
    pass


def halt_issuing(where, before=None):
    """Let a worker get as far as `where`; there it dies, or `before` happens first and the worker goes on."""
    real = getattr(issuing, where)

    def stop(*args):
        if before is None:
            raise Halt
        return real(*args)

    with pytest.MonkeyPatch.context() as patch:
        if before is None:
            patch.setattr(issuing, where, stop)
            with pytest.raises(Halt):
                issuing.run_once()
            return
        point = issuing.faults.point

        def at(name):
            point(name)
            if name == issuing.cycle.SIGNED:
                before()

        patch.setattr(issuing.faults, "point", at)
        issuing.run_once()


@pytest.mark.spec("A5", "D7")
def test_a_waiting_certificate_can_be_revoked(wang):
    waiting = wang.issued()
    revoked = wang.revoke()
    assert (revoked.pk, state(waiting)) == (waiting.pk, CertificateState.REVOKED)
    assert f"revoked:{waiting.serial}" in notices()
    wang.new_request()
    wang.installed()


@pytest.mark.spec("A5", "E9")
def test_a_revocation_needs_its_own_procedure(wang):
    wang.installed(days_ago=340)
    renewal, revocation = wang.prove("renew"), wang.prove("revoke")
    with refused("wrong-step"):
        wang.revoke(renewal)
    with refused("procedure-gone"):
        Person(customer=wang.customer, session="session-2").revoke(revocation)
    wang.new_request()
    with refused("wrong-step"):
        wang.submit(revocation)
    revoked = wang.revoke(revocation)
    left = queries.overview(wang.customer).revocations_left
    assert wang.revoke(revocation).pk == revoked.pk  # an answer that was lost: the same one, counted once
    assert queries.overview(wang.customer).revocations_left == left
    with refused("nothing-to-revoke"):
        wang.revoke(wang.prove("revoke"))


@pytest.mark.spec("A5")
def test_no_online_revocation_where_policy_has_none(sqlite_ready):
    from tests.support import people

    customer = people.import_(institution="example", accounts="securities:5850-0012345")
    wang = Person(customer=customer)
    with refused("online-revocation-off"):
        procedures.start(
            customer,
            kind=procedures.ProcedureKind.REVOKE,
            consent_version=1,
            consent_sha256="",
            actor=wang.actor,
        )


# Suspension


@pytest.mark.spec("A2", "D5", "E9")
def test_suspended_and_resumed(wang):
    certificate = wang.installed()
    with recorded("certificate:suspend:done"):
        revoking.suspend(wang.customer, suspended=True, actor=OFFICER)
    certificate.refresh_from_db()
    assert queries.overview(wang.customer).status is HostStatus.SUSPENDED
    assert queries.status_at(certificate, clock.now()).reason == "suspended"
    for kind, code in (("apply", "already-has-certificate"), ("renew", "nothing-to-renew")):
        with refused(code):
            wang.start(kind)
    with refused("not-allowed-now"):
        revoking.suspend(wang.customer, suspended=True, actor=OFFICER)
    with recorded("certificate:resume:done"):
        revoking.suspend(wang.customer, suspended=False, actor=OFFICER)
    certificate.refresh_from_db()
    assert queries.status_at(certificate, clock.now()).usable
    with refused("not-allowed-now"):
        revoking.suspend(wang.customer, suspended=False, actor=OFFICER)


@pytest.mark.spec("A4", "A5")
def test_a_suspended_certificate_can_be_revoked(wang):
    certificate = wang.installed()
    revoking.suspend(wang.customer, suspended=True, actor=OFFICER)
    wang.revoke()
    assert (state(certificate), certificate.reason) == (CertificateState.REVOKED, 0)


@pytest.mark.spec("A4", "E8", "E10")
def test_a_renewal_is_not_acknowledged_while_the_old_one_is_on_hold(ready):
    wang = Person()
    old = wang.installed(days_ago=340)
    wang.new_request()
    new = wang.issued("renew")
    revoking.suspend(wang.customer, suspended=True, actor=OFFICER)
    with refused("not-allowed-now"):
        wang.acknowledge()
    assert (state(old), state(new)) == (CertificateState.SUSPENDED, CertificateState.ISSUED)
    revoking.suspend(wang.customer, suspended=False, actor=OFFICER)
    wang.acknowledge()
    assert (state(old), state(new)) == (CertificateState.SUPERSEDED, CertificateState.ACTIVE)


@pytest.mark.spec("A3", "E8", "E10")
def test_a_suspended_certificate_that_has_ended_makes_room(wang):
    old = wang.installed(days_ago=400)
    with clock.at(clock.now() - timedelta(days=390)):
        revoking.suspend(wang.customer, suspended=True, actor=OFFICER)
    wang.new_request()
    wang.installed()
    assert state(old) == CertificateState.LAPSED


@pytest.mark.spec("E8")
def test_only_the_newest_application_counts(wang):
    wang.installed()
    wang.revoke()
    wang.new_request()
    after = last_event()
    wang.installed()
    assert Application.objects.filter(state="installed").count() == 2
    assert [event for event, _, _ in events(after=after)].count("certificate:install:acknowledged") == 1
