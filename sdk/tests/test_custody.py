"""A life on disk, broken off at every request in every way, and mended by repair (SPEC A3, A4, A9)."""

import uuid
from datetime import timedelta

import httpx
import pytest
from sdk.tests.centre import BASE, FAULTS, Centre
from sdk.tests.pki import NOW, ORDER_FIELDS
from sdk.tests.stores import KINDS, PASSWORD, installed, issue, open_store

from certcenter_sdk import clock, cms, keys
from certcenter_sdk.client import ApiProblem, calls, custody
from certcenter_sdk.client.custody import Outcome, Stage
from certcenter_sdk.client.life import Place
from certcenter_sdk.errors import Refused, StoreRefused
from certcenter_sdk.orders import Order
from certcenter_sdk.store import Standing, State

pytestmark = pytest.mark.usefixtures("few_iterations")
PLACE = Place("demo", BASE)
ORDER = Order(**ORDER_FIELDS)
NEW = "Renewed99"
PROCEDURE = uuid.UUID(int=7)
BROKEN = (ApiProblem, httpx.TransportError, Refused)
#: What `obtain` asks of the centre, and a renewal one nonce before.
REQUESTS = {"apply": 6, "renew": 7}


@pytest.fixture(params=KINDS)
def store(request, tmp_path):
    return open_store(request.param, tmp_path)


@pytest.fixture
def centre(issuing, root):
    return Centre(issuing, root, NOW)


@pytest.fixture
def begin(store, issuing, root):
    """Make the store what a life of this kind begins with; the flow, and the old certificate."""

    def begun(kind):
        if kind == "apply":
            return lambda: custody.obtain(PLACE, store, PROCEDURE, PASSWORD), None
        old = installed(store, issuing, root, now=NOW)
        unlocked = store.unlock(old, PASSWORD)
        flow = lambda: custody.obtain(PLACE, store, PROCEDURE, NEW, kind="renew", old=unlocked)  # noqa: E731
        return flow, old

    return begun


def signs(store, entry, password):
    signature = store.unlock(entry, password).sign(ORDER)
    cms.verify_detached(ORDER.canonical(), signature)


@pytest.mark.spec("A3", "A4")
@pytest.mark.parametrize("kind", ["apply", "renew"])
def test_a_life_without_trouble(store, centre, begin, kind):
    flow, old = begin(kind)
    with centre.client() as client:
        entry = client.run(flow())
    assert len(centre.requests) == REQUESTS[kind]
    assert entry.standing is Standing.ACTIVE
    assert store.current() == entry
    assert centre.in_force == [entry.certificate]
    signs(store, entry, NEW if old else PASSWORD)
    if old:
        assert store.find(old.spki_sha256).standing is Standing.REPLACED


CUTS = [
    pytest.param(kind, number, fault, id=f"{kind}-{number}-{fault.name}")
    for kind, count in REQUESTS.items()
    for number in range(count)
    for fault in FAULTS
]


@pytest.mark.spec("A4", "A9", "E8")
@pytest.mark.parametrize(("kind", "number", "fault"), CUTS)
def test_broken_off_anywhere_and_mended(store, centre, begin, *, kind, number, fault):
    flow, old = begin(kind)
    password = NEW if old else PASSWORD
    centre.faults = {number: fault}
    with centre.client() as client:
        broken = False
        try:
            client.run(flow())
        except BROKEN:
            broken = True
        if old:  # never without a working certificate
            current = store.current()
            signs(store, current, PASSWORD if current.spki_sha256 == old.spki_sha256 else NEW)
        if broken:
            repaired = client.run(custody.repair(PLACE, store, lambda _: password))
            if not repaired or repaired[0].outcome is Outcome.NOT_SENT:
                client.run(flow())
            else:
                assert [each.outcome for each in repaired] == [Outcome.FINISHED]
        assert client.run(custody.repair(PLACE, store, lambda _: pytest.fail("nothing to ask for"))) == ()
    assert len(centre.applications) == 1, "nothing was applied for twice"
    assert len(centre.in_force) == 1
    assert store.pending() == ()
    current = store.current()
    assert current.certificate == centre.in_force[0]
    signs(store, current, password)
    if old:
        assert store.find(old.spki_sha256).standing is Standing.REPLACED


@pytest.mark.spec("A9")
def test_another_customers_certificate_is_not_installed(store, centre, issuing):
    other = issuing.issue(keys.generate(), "B123456780-00-000001")
    with centre.client() as client:
        truth, centre.certificate = centre.certificate, lambda _uuid: answer
        answer = _certificate(centre, other)
        with pytest.raises(StoreRefused) as caught:
            client.run(custody.obtain(PLACE, store, PROCEDURE, PASSWORD))
        assert caught.value.code == "key-mismatch"
        assert store.certificates() == ()
        assert store.pending()[0].state is State.SUBMITTED
        centre.certificate = truth
        (found,) = client.run(custody.repair(PLACE, store, lambda _: PASSWORD))
    assert found.outcome is Outcome.FINISHED


def _certificate(centre, certificate):
    from sdk.tests.centre import encoded

    chain = [encoded(centre.issuing.certificate), encoded(centre.root.certificate)]
    values = {"certificate": encoded(certificate), "chain": chain, "export_file_name": "x.pfx"}
    return httpx.Response(200, json=values)


@pytest.mark.spec("A9", "A13")
@pytest.mark.parametrize("days", [-1, 1])
def test_a_clock_a_day_off_keeps_nothing_out(store, issuing, root, days):
    """The test's PKI lives in NOW's year; the centre's time decides, whatever this machine's clock says."""
    centre = Centre(issuing, root, NOW)
    wrong = NOW - clock.now() + timedelta(days=days)
    with clock.off_by(wrong), centre.client() as client:
        off = custody.clock_skew(client.send(calls.environment()))
        assert abs(off - timedelta(days=days)) < timedelta(minutes=5)
        entry = client.run(custody.obtain(PLACE, store, PROCEDURE, PASSWORD))
        assert entry.standing is Standing.ACTIVE
        signs(store, entry, PASSWORD)


@pytest.mark.spec("A9", "A13")
def test_without_the_centres_time_a_clock_that_is_behind_is_named_and_nothing_is_lost(store, issuing, root):
    """`install` alone has this machine's clock only: not yet valid now, installed once the clock is right."""
    centre = Centre(issuing, root, NOW)
    record = store.new_key(PASSWORD)
    certificate = issuing.issue(record.open(PASSWORD), f"{record.identity}-00-000001")
    store.issued(
        record.request, certificate, [issuing.certificate, root.certificate], export_file_name="x.pfx"
    )
    begins = certificate.not_valid_before_utc - clock.now()
    with clock.off_by(begins - timedelta(days=1)):
        with pytest.raises(Refused) as caught:
            store.install(record.request, PASSWORD)
        assert caught.value.code == "not-yet-valid"
        assert store.pending()[0].state is State.ISSUED
    with clock.off_by(begins + timedelta(minutes=1)):
        assert store.install(record.request, PASSWORD).certificate == certificate
    assert centre.requests == []


@pytest.mark.spec("A9")
def test_a_certificate_that_is_not_valid_by_the_centres_time_says_so(store, issuing, root):
    centre = Centre(issuing, root, NOW - timedelta(days=2))
    with centre.client() as client:
        with pytest.raises(Refused) as caught:
            client.run(custody.obtain(PLACE, store, PROCEDURE, PASSWORD))
        assert caught.value.code == "not-yet-valid"
        assert store.pending()[0].state is State.ISSUED
        centre.now = NOW
        (found,) = client.run(custody.repair(PLACE, store, lambda _: PASSWORD))
    assert found.outcome is Outcome.FINISHED


@pytest.mark.spec("A9")
def test_a_key_that_is_elsewhere_is_said_to_be(store, centre, tmp_path):
    elsewhere = open_store("helper", tmp_path / "elsewhere")
    centre.faults = {3: FAULTS[0]}
    with centre.client() as client:
        with pytest.raises(BROKEN):
            client.run(custody.obtain(PLACE, elsewhere, PROCEDURE, PASSWORD))
        (found,) = client.run(custody.repair(PLACE, store, lambda _: pytest.fail("asked")))
        assert found.outcome is Outcome.KEY_MISSING
        assert found.request == elsewhere.pending()[0].request
        centre.applications[str(found.request)]["state"] = "ended"
        (over,) = client.run(custody.repair(PLACE, elsewhere, lambda _: pytest.fail("asked")))
    assert over.outcome is Outcome.REFUSED
    assert len(elsewhere.pending()) == 1, "the key is its owner's to give up"


@pytest.mark.spec("A9")
def test_a_wrong_password_asks_nothing_of_the_centre_and_loses_nothing(store, centre):
    centre.faults = {1: FAULTS[1]}
    with centre.client() as client:
        with pytest.raises(BROKEN):
            client.run(custody.obtain(PLACE, store, PROCEDURE, PASSWORD))
        before = len(centre.requests)
        with pytest.raises(StoreRefused) as caught:
            client.run(custody.repair(PLACE, store, lambda _: "Wrong123"))
        assert caught.value.code == "wrong-password"
        assert centre.requests[before:] == ["GET applications/UUID"]
        (found,) = client.run(custody.repair(PLACE, store, lambda _: PASSWORD))
    assert found.outcome is Outcome.FINISHED


@pytest.mark.spec("A3")
def test_progress_only_goes_forward(store, centre):
    seen = []
    with centre.client() as client:
        flow = custody.obtain(
            PLACE, store, PROCEDURE, PASSWORD, report=lambda stage, percent: seen.append((stage, percent))
        )
        client.run(flow)
    assert [stage for stage, _ in seen] == list(Stage)
    percents = [percent for _, percent in seen]
    assert percents == sorted(percents)
    assert (percents[0], percents[-1]) == (0, 100)


@pytest.mark.spec("A3")
def test_a_left_over_key_is_used_again_if_its_password_is_known(store, centre):
    left = store.new_key(PASSWORD)
    other = store.new_key("Another7")
    with centre.client() as client:
        entry = client.run(custody.obtain(PLACE, store, PROCEDURE, "Another7"))
    assert entry.spki_sha256 == other.spki_sha256
    assert [each.request for each in store.pending()] == [left.request]


@pytest.mark.spec("A9")
def test_a_redownload_is_for_the_key_that_staff_opened_it_for(store, centre, tmp_path):
    """M3 §3: the first download failed, staff open it again, and this machine has the key."""
    centre.faults = {2: FAULTS[0]}
    with centre.client() as client:
        with pytest.raises(BROKEN):
            client.run(custody.obtain(PLACE, store, PROCEDURE, PASSWORD))
        centre.opened_by_staff = False
        (found,) = client.run(custody.repair(PLACE, store, lambda _: PASSWORD))
        assert found.outcome is Outcome.NOT_OPENED
        with pytest.raises(ApiProblem) as caught:
            client.run(custody.redownload(PLACE, store, PASSWORD))
        assert caught.value.code == "redownload-closed"
        centre.opened_by_staff = True
        elsewhere = open_store("pfxdir", tmp_path / "elsewhere")
        with pytest.raises(StoreRefused) as refused:
            client.run(custody.redownload(PLACE, elsewhere, PASSWORD))
        assert refused.value.code == "pending-unknown"
        entry = client.run(custody.redownload(PLACE, store, PASSWORD))
    assert centre.in_force == [entry.certificate]
    signs(store, entry, PASSWORD)


@pytest.mark.spec("A9")
def test_a_redownload_that_broke_off_needs_no_second_opening(store, centre):
    """What was fetched is on the disk before anything else is asked."""
    centre.faults = {2: FAULTS[0]}
    with centre.client() as client:
        with pytest.raises(BROKEN):
            client.run(custody.obtain(PLACE, store, PROCEDURE, PASSWORD))
        begun = len(centre.requests)
        centre.faults = {begun + 3: FAULTS[0]}  # overview, nonce, redownload, then the clock is asked
        with pytest.raises(BROKEN):
            client.run(custody.redownload(PLACE, store, PASSWORD))
        assert centre.opened_by_staff == "used"
        assert store.pending()[0].state is State.ISSUED
        centre.opened_by_staff = False
        (found,) = client.run(custody.repair(PLACE, store, lambda _: PASSWORD))
    assert found.outcome is Outcome.FINISHED


@pytest.mark.spec("A5", "A11")
@pytest.mark.parametrize("days", [365, 390], ids=["ends-with-the-day", "was-renewed"])
def test_of_two_in_use_the_one_that_was_issued_later_signs(tmp_path, issuing, root, days):
    """A revoked one may last as long as its successor, or longer; that it is revoked, only the centre knows."""
    store = open_store("helper", tmp_path)
    revoked = store.new_key(PASSWORD)
    issue(store, revoked, issuing, root, start=NOW - timedelta(days=1), end=NOW + timedelta(days=days))
    store.install(revoked.request, PASSWORD, now=NOW)
    store.acknowledged(revoked.request)
    new = installed(store, issuing, root, now=NOW)
    assert {each.standing for each in store.certificates()} == {Standing.ACTIVE}
    assert store.current() == new
    with store.session(ask=lambda _entry: PASSWORD) as session:
        assert session.unlocked().entry == new
