"""The password centre over HTTP, by the SDK's own calls (SPEC B4–B8, E2, E4)."""

from typing import Any

import pytest

from certcenter.core.actor import system
from certcenter.identity.models import Account, Customer
from certcenter.institutions import serving
from certcenter.passwords import actions, clients, login, voice
from certcenter.passwords.models import Credential
from certcenter_sdk.client import Call
from certcenter_sdk.client import passwords as calls
from certcenter_sdk.client.calls import Signed

from .conftest import PASSWORD, WANG, Program, decode

NEW = "Marble4417"


@pytest.fixture
def customer(centre) -> Customer:
    found = Customer.objects.get(institution="demo", national_id=WANG)
    Account.objects.create(
        customer=found, institution="demo", line="futures", branch="F020", number="0071234"
    )
    return found


@pytest.fixture
def program(customer) -> Program:
    return Program(slug="demo").sign_in()


def send(program: Program, call: Call[Any], *, expect: int) -> Any:
    return program.call(call.method, call.path, call.body, expect=expect)


def refuse(program: Program, call: Call[Any], *, status: int, code: str) -> Any:
    return program.refused(call.method, call.path, call.body, status=status, code=code)


def signs_in(password: str, slug: str = "demo") -> bool:
    program = Program(slug=slug)
    body = {"identity": WANG, "password": password, "captcha": program.proof_of_work()}
    return bool(program.call("POST", "sessions", body).status_code == 201)


@pytest.mark.spec("B4")
def test_a_unified_change_keeps_this_session_and_ends_the_others(program):
    other = Program(slug="demo").sign_in()
    send(program, calls.change_login(PASSWORD, NEW, sync_voice=True), expect=204)
    assert program.call("GET", "me").status_code == 200
    assert other.call("GET", "me").status_code == 401
    assert not signs_in(PASSWORD)
    assert signs_in(NEW)
    table = send(program, calls.table(), expect=200)
    assert table["unified"]
    assert [
        (each["kind"], each["account"]) for each in table["passwords"] if each["kind"] != "withdrawal"
    ] == [
        ("network", None),
        ("voice", None),
    ]


@pytest.mark.spec("B2", "E2")
def test_the_old_password_is_under_the_logins_lock(program, customer):
    for _ in range(3):
        refuse(program, calls.change_login("Guess1234", NEW), status=422, code="old-password-wrong")
    refuse(program, calls.change_login(PASSWORD, NEW), status=423, code="locked")
    assert not signs_in(PASSWORD)
    assert login.gate(customer).state().failed == 3


@pytest.mark.spec("B1", "B10")
@pytest.mark.parametrize("new", [PASSWORD, "Marble441!", "short1", "a1234567"])
def test_a_new_password_that_may_not_be_is_refused_by_name(program, new):
    problem = refuse(program, calls.change_login(PASSWORD, new), status=422, code="password-refused")
    assert list(problem["fields"]) == ["new"]
    assert signs_in(PASSWORD)


@pytest.mark.spec("B5")
def test_the_table_says_which_are_the_same(customer):
    actions.separate(customer, actor=system("tests", institution="demo"))
    program = Program(slug="demo").sign_in()
    first, second = Account.objects.filter(customer=customer).order_by("line")
    send(program, calls.change_login(PASSWORD, NEW, account=second.id), expect=204)
    table = send(program, calls.table(), expect=200)
    same = {each["account"]: each["same"] for each in table["passwords"] if each["kind"] == "network"}
    assert same == {str(first.id): True, str(second.id): False}
    assert set(table["lines"]) == {"securities", "futures"}
    other = Program(slug="demo").sign_in(NEW)
    table = send(other, calls.table(), expect=200)
    same = {each["account"]: each["same"] for each in table["passwords"] if each["kind"] == "network"}
    assert same == {str(first.id): False, str(second.id): True}
    assert "0071234" not in str(table), "accounts are masked"


@pytest.mark.spec("B5", "F4")
def test_branches_are_named_in_the_readers_language(customer):
    """By the policy's table; a branch that it does not name keeps its code."""
    program = Program(slug="demo").sign_in()
    rows = send(program, calls.table(), expect=200)["passwords"]
    assert [(each["branch"], each["branch_name"]) for each in rows] == [
        ("", ""),
        ("F020", "Futures, Taipei Branch"),
    ]
    assert [each["branch"] for each in program.call("GET", "me").json()["accounts"]] == [
        "Futures, Taipei Branch",
        "2020",
    ]


@pytest.mark.spec("B7")
def test_unifying_joins_all_and_asks_for_a_new_login(customer):
    actions.separate(customer, actor=system("tests", institution="demo"))
    program = Program(slug="demo").sign_in()
    second = Account.objects.filter(customer=customer).order_by("line")[1]
    send(program, calls.change_login(PASSWORD, NEW, account=second.id), expect=204)
    send(program, calls.unify(NEW, "Walnut3306"), expect=204)
    assert program.call("GET", "me").status_code == 401
    assert (signs_in(PASSWORD), signs_in(NEW), signs_in("Walnut3306")) == (False, False, True)
    again = Program(slug="demo").sign_in("Walnut3306")
    refuse(again, calls.unify("Walnut3306", NEW), status=409, code="conflict")


@pytest.mark.spec("B8", "B10")
def test_who_must_change_can_do_nothing_else(customer):
    actions.set_password(customer, NEW, must_change=True, actor=system("tests", institution="demo"))
    program = Program(slug="demo").sign_in(NEW)
    for path in ("certificates", "orders", "consents/apply"):
        program.refused("GET", path, status=403, code="password-must-change")
    program.refused("POST", "nonces", {"purpose": "unlock"}, status=403, code="password-must-change")
    send(program, calls.change_login(NEW, "Walnut3306"), expect=204)
    assert program.call("GET", "certificates").status_code == 200
    assert not send(program, calls.table(), expect=200)["must_change"]


@pytest.mark.spec("B6", "E6")
def test_a_withdrawal_password_needs_the_certificate(centre):
    program = Program().sign_in()
    program.obtain()
    customer = Customer.objects.get(institution="sample", national_id=WANG)
    futures = Account.objects.create(
        customer=customer, institution="sample", line="futures", branch="F020", number="0071234"
    )

    def signed(purpose: str = "withdrawal") -> Signed:
        made = program.proof(purpose, program.key, program.leaf)
        return Signed(decode(made["structure"]), decode(made["signature"]))

    good = signed()
    send(program, calls.change_withdrawal(futures.id, "Mk4821", good), expect=204)
    refuse(
        program,
        calls.change_withdrawal(futures.id, "Mk4822", good, old="Mk4821"),
        status=409,
        code="nonce-refused",
    )
    refuse(
        program, calls.change_withdrawal(futures.id, "Mk4822", signed(), old="Mk4820"),
        status=422, code="old-password-wrong",
    )  # fmt: skip
    refuse(
        program, calls.change_withdrawal(futures.id, "Mk4822", signed("unlock"), old="Mk4821"),
        status=422, code="proof-refused",
    )  # fmt: skip
    send(program, calls.change_withdrawal(futures.id, "Mk4822", signed(), old="Mk4821"), expect=204)
    assert Credential.objects.filter(account=futures, kind="withdrawal").count() == 1


@pytest.mark.spec("B4")
def test_the_voice_table_is_published_and_is_what_is_used(centre):
    program = Program(slug="demo")
    keys = program.call("GET", "voice/table", expect=200)["keys"]
    for digit, letters in keys.items():
        for letter in letters + digit:
            assert voice.to_digits(letter.lower()) == digit
    assert sorted("".join(keys.values())) == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@pytest.mark.spec("B4", "E2", "E4")
def test_a_voice_pin_is_under_the_same_lock(program, customer):
    institution = serving.get("demo")
    client_id, secret = clients.register(institution, name="IVR", actor=system("tests", institution="demo"))
    phone = Program(slug="demo")

    def dial(pin: str, identity: str = WANG, secret: str = secret) -> Call[Any]:
        return calls.verify_pin(client_id, secret, identity=identity, pin=pin)

    refuse(phone, dial(voice.to_digits(PASSWORD)), status=401, code="login-refused")
    send(program, calls.change_login(PASSWORD, NEW, sync_voice=True), expect=204)
    assert send(phone, dial("6272534417"), expect=200) == {"accounts": None}
    refuse(phone, dial("6272534417", secret="wrong"), status=401, code="client-refused")
    answers = [refuse(phone, dial("6272534418"), status=401, code="login-refused") for _ in range(3)]
    answers.append(refuse(phone, dial("6272534417"), status=401, code="login-refused"))
    answers.append(refuse(phone, dial("6272534417", "B220000000"), status=401, code="login-refused"))
    assert len({str({k: v for k, v in each.items() if k != "reference"}) for each in answers}) == 1
    assert not signs_in(NEW), "the lock is the login's"


@pytest.mark.spec("B4")
def test_a_right_pin_clears_no_failures_of_the_password(program, customer):
    client_id, secret = clients.register(
        serving.get("demo"), name="IVR", actor=system("tests", institution="demo")
    )
    send(program, calls.change_login(PASSWORD, NEW, sync_voice=True), expect=204)
    assert not signs_in("Guess1234")
    send(
        Program(slug="demo"), calls.verify_pin(client_id, secret, identity=WANG, pin="6272534417"), expect=200
    )
    assert login.gate(customer).state().failed == 1


@pytest.mark.spec("B4")
def test_where_policy_does_not_sync_the_voice_password_stays_apart(centre):
    program = Program().sign_in()
    refuse(program, calls.change_login(PASSWORD, NEW, sync_voice=True), status=409, code="voice-not-synced")
    assert signs_in(PASSWORD, "sample")


@pytest.mark.spec("E2")
def test_a_login_code_of_ones_own_logs_in_instead_of_the_id(program):
    refuse(program, calls.choose_login_code("x"), status=422, code="invalid")
    send(program, calls.choose_login_code("kiteflyer"), expect=204)
    assert send(program, calls.login_code(), expect=200) == {"code": "kiteflyer"}
    assert not signs_in(PASSWORD)
    assert Program(slug="demo", identity="KiteFlyer").sign_in().token
