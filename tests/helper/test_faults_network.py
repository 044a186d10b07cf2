"""The network goes down, or somebody else answers, at every request of an application and a renewal (issue 3, Faults to survive)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.faulty_proxy import Fault, FaultyProxy
from tests.support.helper_people import SECRET, Computer

from certcenter_helper.core.errors import HelperError
from certcenter_helper.core.errors import Kind as Trouble
from certcenter_helper.core.values import ClientStatus, HostStatus, Kind, OrderFields, Repaired, RepairOutcome

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("helper")]

PFX = "backup26"
#: The requests of `obtain` for an application, in their order; the first run of `test_an_application_has_these_requests` sees them.
APPLY = (
    "POST applications", "GET application", "GET certificate", "GET environment", "POST nonces", "POST acknowledgement",
)  # fmt: skip
RENEW = ("POST nonces", *APPLY)
SHORT = [
    (1, Fault.CUT_BEFORE), (1, Fault.CUT_AFTER), (2, Fault.GARBAGE), (3, Fault.CUT_AFTER), (3, Fault.ERROR_500),
    (5, Fault.CUT_BEFORE), (6, Fault.CUT_BEFORE), (6, Fault.CUT_AFTER), (6, Fault.ERROR_503),
]  # fmt: skip
EVERY = [(number, fault) for number in range(1, len(RENEW) + 1) for fault in Fault]


def ids(case: Any) -> str:
    return str(case)


def named(request: str) -> str:
    """`POST /api/v1/i/demo/applications/<uuid>/acknowledgement` → `POST acknowledgement`."""
    method, _space, path = request.partition(" ")
    parts = path.split("/")[5:]
    if len(parts) == 2 and parts[0] == "applications":
        return f"{method} application"
    return f"{method} {parts[-1]}"


def sign(customer: Computer) -> None:
    """An order, signed with what is here and accepted: the certificate works."""
    fields = OrderFields(
        account=customer.person["account"], side="buy", symbol="2330", quantity="1", price="600"
    )
    done = customer.core.sign_orders((fields,), ask=lambda: customer.person.get("password", SECRET))
    assert done[0].evidence


def ends_well(customer: Computer, kind: Kind) -> None:
    """Repair ends with a working certificate, or with a plain word after which the way is free."""
    customer.core = customer.sit_down()  # as a program that is started again
    done = customer.core.repair(password=SECRET)
    assert done.sentences
    if done.outcome is RepairOutcome.NOT_SENT:
        try_again(customer, kind, done)
    else:
        assert done.outcome in {RepairOutcome.REPAIRED, RepairOutcome.NOTHING}, done
    assert customer.core.overview().client.status is ClientStatus.EXPORTABLE
    customer.person["password"] = SECRET
    sign(customer)


def try_again(customer: Computer, kind: Kind, told: Repaired) -> None:
    """The centre never heard of it: what is advised can be done, and uses the key that was kept."""
    assert told.advice == ("Apply or renew again.",)
    assert kind.value in [action.value for action in customer.core.overview().actions]
    (waiting,) = customer.core.desk.store.pending()
    done = customer.obtain(kind, old=PFX if kind is Kind.RENEW else None)
    assert done.panel.id == waiting.spki_sha256
    assert not customer.core.desk.store.pending()


def test_an_application_has_these_requests(computer: Callable[..., Computer], proxy: FaultyProxy):
    customer = computer()
    procedure = customer.proven(Kind.APPLY)
    proxy.heal()
    customer.core.obtain(procedure, password=SECRET)
    seen = [named(each) for each in proxy.seen]
    assert [each for number, each in enumerate(seen) if seen.index(each) == number] == list(APPLY)


@pytest.mark.spec("A3", "A9", "E8")
@pytest.mark.parametrize(("number", "fault"), SHORT, ids=ids)
def test_an_application_whose_network_fails(
    number: int, fault: Fault, computer: Callable[..., Computer], proxy: FaultyProxy
):
    apply_under(number, fault, computer(), proxy)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("number", "fault"), EVERY, ids=ids)
def test_every_request_of_an_application(
    number: int, fault: Fault, computer: Callable[..., Computer], proxy: FaultyProxy
):
    apply_under(number, fault, computer(), proxy)


def apply_under(number: int, fault: Fault, customer: Computer, proxy: FaultyProxy) -> None:
    procedure = customer.proven(Kind.APPLY)
    proxy.fail_from(number, fault)
    trouble = trouble_of(lambda: customer.core.obtain(procedure, password=SECRET))
    if number <= len(APPLY):
        assert trouble is not None
        assert trouble.kind in {Trouble.NEEDS_REPAIR, Trouble.NETWORK}
        assert trouble.title
        assert trouble.advice
    proxy.heal()
    ends_well(customer, Kind.APPLY)


def trouble_of(act: Callable[[], object]) -> HelperError | None:
    """What an act ends with; None where all went well."""
    try:
        act()
    except HelperError as error:
        return error
    return None


@pytest.mark.spec("A4", "A9")
@pytest.mark.parametrize(("number", "fault"), [*SHORT[:2], *SHORT[4:]], ids=ids)
def test_a_renewal_whose_network_fails(
    number: int, fault: Fault, computer: Callable[..., Computer], proxy: FaultyProxy
):
    renew_under(number, fault, computer("expiring"), proxy)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("number", "fault"), EVERY, ids=ids)
def test_every_request_of_a_renewal(
    number: int, fault: Fault, computer: Callable[..., Computer], proxy: FaultyProxy
):
    renew_under(number, fault, computer("expiring"), proxy)


def renew_under(number: int, fault: Fault, customer: Computer, proxy: FaultyProxy) -> None:
    customer.person["password"] = PFX
    backup = customer.centre.backup(customer.person, slug="demo")
    customer.core.import_pfx(backup, password=PFX)
    procedure = customer.proven(Kind.RENEW)
    proxy.fail_from(number, fault)
    trouble = trouble_of(lambda: customer.core.obtain(procedure, password=SECRET, old_password=PFX))
    if number <= len(RENEW):
        assert trouble is not None
        assert trouble.kind in {Trouble.NEEDS_REPAIR, Trouble.NETWORK}
    proxy.heal()
    works_meanwhile(customer)
    ends_well(customer, Kind.RENEW)


def works_meanwhile(customer: Computer) -> None:
    """Between the break and the repair the customer can trade: with the old certificate, or the new one."""
    customer.core = customer.sit_down()
    host = customer.core.overview().host
    assert host.status in {HostStatus.VALID, HostStatus.EXPIRING}
    entry = customer.core.desk.store.find(host.spki_sha256)
    assert entry is not None, "the certificate that the centre holds is on this computer"
    for password in (PFX, SECRET):
        try:
            customer.core.desk.store.unlock(entry, password)
        except Exception:  # noqa: BLE001 - the other one opens it
            continue
        return
    raise AssertionError("nothing opens the certificate in use")


def test_another_customers_certificate_is_not_installed(
    computer: Callable[..., Computer], proxy: FaultyProxy
):
    other, customer = computer(), computer()
    other.obtain()
    host = other.core.overview().host
    line = other.core.desk.line()
    from certcenter_sdk.client import calls

    foreign = line.send(calls.certificate(host.serial)).values
    line.close()
    procedure = customer.proven(Kind.APPLY)
    proxy.heal()
    proxy.change = lambda path, body: _swapped(body, foreign) if path.endswith("/certificate") else body
    with pytest.raises(HelperError) as refused:
        customer.core.obtain(procedure, password=SECRET)
    assert refused.value.code in {"key-mismatch", "not-yours"}
    assert customer.core.overview(offline=True).client.status is ClientStatus.KEY_ONLY
    proxy.heal()
    ends_well(customer, Kind.APPLY)


def _swapped(body: bytes, foreign: Any) -> bytes:
    values = json.loads(body)
    return json.dumps(values | {name: foreign[name] for name in ("certificate", "chain", "serial")}).encode()


@pytest.mark.parametrize("fault", list(Fault), ids=ids)
def test_the_overview_says_what_it_cannot_know(
    fault: Fault, computer: Callable[..., Computer], proxy: FaultyProxy
):
    customer = computer()
    proxy.fail_from(1, fault)
    seen = customer.core.overview()
    assert seen.offline
    assert seen.host.status is HostStatus.UNKNOWN
    assert seen.unknown


def test_a_step_whose_answer_was_lost_can_be_taken_again(
    computer: Callable[..., Computer], proxy: FaultyProxy
):
    customer = computer()
    procedure = customer.core.begin(Kind.APPLY)
    proxy.fail_from(1, Fault.CUT_AFTER)
    with pytest.raises(HelperError) as cut:
        procedure.agree()
    assert cut.value.kind is Trouble.NETWORK
    proxy.heal()
    procedure.agree()
    seen = {message["id"] for message in customer.messages()}
    procedure.send_code()
    code = customer.code(seen)
    proxy.fail_from(1, Fault.CUT_BEFORE)
    with pytest.raises(HelperError):
        procedure.check_code(code)
    proxy.heal()
    procedure.check_code(code)
    procedure.close()
    assert procedure.next is None


def test_a_code_that_was_taken_though_its_answer_was_lost(
    computer: Callable[..., Computer], proxy: FaultyProxy
):
    customer = computer()
    procedure = customer.core.begin(Kind.APPLY)
    procedure.agree()
    seen = {message["id"] for message in customer.messages()}
    procedure.send_code()
    code = customer.code(seen)
    proxy.heal()
    proxy.rule = lambda number, _method, _path: Fault.CUT_AFTER if number == 1 else None
    procedure.check_code(code)
    procedure.close()
    assert procedure.next is None
    assert customer.core.obtain(procedure, password=SECRET).panel.status is ClientStatus.EXPORTABLE
