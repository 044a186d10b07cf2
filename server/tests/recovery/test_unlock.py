"""密碼解鎖: once, by the certificate on the device, telling nobody else anything (SPEC B3, E4, E6, manual M2)."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from tests.support.engines import in_threads
from tests.support.life import Person, national_id, notices, recorded

from certcenter.certificates.models import Certificate
from certcenter.core import clock
from certcenter.core.errors import CentreError, Invalid
from certcenter.core.gates import State
from certcenter.core.models import GateRow
from certcenter.identity import actions as identity
from certcenter.passwords.errors import LoginRefused
from certcenter.recovery.errors import FlowGone, RecoveryRefused
from certcenter.recovery.lifecycle import FlowKind
from certcenter_sdk import keys

from .support import PASSWORD, Run, locked, miss, sign_in, state


@pytest.fixture
def person(sqlite_ready):
    found = Person()
    found.leaf = found.installed()
    locked(found)
    return found


@pytest.mark.spec("B3", "E6", "D7")
def test_a_locked_login_opens_once_for_the_old_password(person):
    assert state(person).state is State.LOCKED
    with pytest.raises(LoginRefused):
        sign_in(person)
    run = Run.begun(person)
    before = len(notices())
    with recorded("login:lock:cleared"):
        run.unlock(run.proof(person.key, person.leaf))
    assert len(notices()) == before + 2  # telephone and mail
    assert state(person).state is State.ACTIVE
    assert sign_in(person, PASSWORD).customer == person.customer


@pytest.mark.spec("B3")
def test_three_more_errors_leave_only_a_reissue(person):
    run = Run.begun(person)
    run.unlock(run.proof(person.key, person.leaf))
    miss(person, 3)
    assert state(person).state is State.HARD_LOCKED
    again = Run.begun(person)
    with pytest.raises(CentreError) as caught:
        again.unlock(again.proof(person.key, person.leaf))
    assert caught.value.code == "hard-locked"


@pytest.mark.spec("B3")
def test_a_success_gives_the_one_unlock_back(person):
    for _ in range(2):
        run = Run.begun(person)
        run.unlock(run.proof(person.key, person.leaf))
        sign_in(person)
        miss(person, 3)
    assert state(person).state is State.LOCKED


def _unlocking(run, proof):
    with pytest.raises(RecoveryRefused) as caught:
        run.unlock(proof)
    return caught.value.detail


@pytest.mark.spec("E4", "E6")
def test_every_wrong_certificate_gets_the_same_answer(person):
    """Another's, revoked, expired, not yet valid, self-signed, of another institution's origin, of another purpose."""
    other = Person()
    other.leaf = other.installed()
    own = Certificate.objects.filter(pk=person.leaf.pk)
    now = clock.now()
    answers = set()

    def attempt(key, leaf, **changes):
        run = Run.begun(person)
        answers.add(_unlocking(run, run.proof(key, leaf, **changes)))

    attempt(other.key, other.leaf)
    attempt(person.key, _self_signed(person.key, person.leaf.common_name))
    another = keys.generate()
    attempt(another, _self_signed(another, person.leaf.common_name))
    attempt(person.key, person.leaf, purpose="reissue")
    attempt(person.key, person.leaf, institution="demo")
    for change in (
        {"revoked_at": now, "state": "revoked"},
        {"revoked_at": now, "state": "suspended"},
        {"not_after": now - timedelta(seconds=1)},
        {"not_before": now + timedelta(hours=1)},
        {"installed_at": None},
    ):
        before = own.values(*change).get()
        own.update(**change)
        attempt(person.key, person.leaf)
        own.update(**before)
    assert len(answers) == 1
    assert state(person).state is State.LOCKED
    run = Run.begun(person)
    run.unlock(run.proof(person.key, person.leaf))  # the control: nothing was spoilt


def _self_signed(key, common_name):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(now - timedelta(days=1))
    return builder.not_valid_after(now + timedelta(days=1)).sign(key, SHA256())


@pytest.mark.spec("E4", "E6")
def test_a_nonce_serves_its_own_run_once(person):
    first, second = Run.begun(person), Run.begun(person)
    with pytest.raises(CentreError) as caught:  # another session's
        second.unlock(first.proof(person.key, person.leaf))
    assert caught.value.code == "nonce-refused"
    proof = first.proof(person.key, person.leaf)
    first.unlock(proof)
    miss(person, 3)
    with pytest.raises(FlowGone):  # replayed
        first.unlock(proof)
    with pytest.raises(FlowGone):
        first.unlock(proof, token="x" * 43)
    late = Run.begun(person)
    with clock.at(clock.now() + timedelta(minutes=6)), pytest.raises(CentreError) as caught:
        late.unlock(late.proof(person.key, person.leaf))
    assert caught.value.code in {"nonce-refused", "hard-locked"}


@pytest.mark.spec("E4")
def test_nobody_learns_whether_an_id_exists(person):
    """Unknown, known, wrong birth date: the start answers alike, and without the key the end does too."""
    stranger = Person()
    stranger.leaf = stranger.installed()
    cases = {
        "unknown": {"identity": national_id(9_000_001)},
        "wrong-date": {"birth_date": "19000101"},
        "right": {},
    }
    answers = {}
    for name, given in cases.items():
        run = Run.begun(person, **given)
        answers[name] = (
            len(run.token),
            len(run.nonce),
            _unlocking(run, run.proof(stranger.key, stranger.leaf)),
        )
    assert len(set(answers.values())) == 1


@pytest.mark.spec("E3", "E4")
def test_wrong_birth_dates_count_for_the_holder_of_the_key_alone(person):
    other = Person()
    other.leaf = other.installed()
    for _ in range(5):  # a stranger with a certificate of his own uses nothing of the person's up
        run = Run.begun(person, birth_date="19000101")
        _unlocking(run, run.proof(other.key, other.leaf))
    for _ in range(2):
        run = Run.begun(person, birth_date="19000101")
        _unlocking(run, run.proof(person.key, person.leaf))
    run = Run.begun(person)
    run.unlock(run.proof(person.key, person.leaf))
    miss(person, 3)


@pytest.mark.spec("B3")
def test_staffs_freeze_stands_in_the_way(person):
    run = Run.begun(person)
    identity.freeze(person.customer, frozen=True, actor=person.actor)
    with pytest.raises(CentreError) as caught:
        run.unlock(run.proof(person.key, person.leaf))
    assert caught.value.code == "customer-frozen"


@pytest.mark.spec("F3", "E10")
@pytest.mark.parametrize(
    ("identity", "birth_date", "fields"),
    [
        pytest.param("A123456788", "19871205", {"identity"}, id="check-digit"),
        pytest.param("", "", {"identity", "birth_date"}, id="empty"),
        pytest.param("A123456789", "761205", {"birth_date"}, id="roc"),
        pytest.param("A123456789", "20010230", {"birth_date"}, id="no-such-day"),
    ],
)
def test_what_can_be_nobodys_is_said_plainly(person, identity, birth_date, fields):
    from certcenter.recovery import devices

    from .support import INSTITUTION, visitor

    with pytest.raises(Invalid) as caught:
        devices.start(
            INSTITUTION, kind=FlowKind.UNLOCK, identity=identity, birth_date=birth_date, actor=visitor()
        )
    assert set(caught.value.fields) == fields


@pytest.mark.spec("F3")
def test_full_width_digits_are_digits(person):
    wide = person.customer.birth_date.strftime("%Y%m%d").translate(
        str.maketrans("0123456789", "０１２３４５６７８９")
    )
    run = Run.begun(person, birth_date=wide)
    run.unlock(run.proof(person.key, person.leaf))


@pytest.mark.spec("B3", "E2")
def test_eight_proofs_at_once_unlock_once(ready):
    person = Person()
    person.leaf = person.installed()
    locked(person)
    runs = [Run.begun(person) for _ in range(8)]
    proofs = [run.proof(person.key, person.leaf) for run in runs]
    results = in_threads(lambda number: runs[number].unlock(proofs[number]), 8)
    codes = sorted(getattr(result, "code", "unlocked") for result in results)
    assert codes.count("unlocked") == 1, codes
    assert set(codes) <= {"unlocked", "not-locked", "unlock-used", "recovery-refused", "recovery-gone"}


@pytest.mark.spec("B3", "E2")
def test_control_without_the_statement_several_proofs_unlock(ready):
    """The race is real: look whether it is locked, then open it."""
    person = Person()
    locked(person)
    looked = threading.Barrier(4, timeout=60)

    def naive(_number):
        seen = state(person)
        looked.wait()
        if seen.state is not State.LOCKED or seen.unlocked:
            return False
        GateRow.objects.filter(subject=person.customer.subject).update(failed=0, unlocked=True)
        return True

    assert sum(each is True for each in in_threads(naive, 4)) == 4
