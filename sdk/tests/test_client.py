"""The client against a small centre in the test: retries, problems, sessions, orders; both ways alike."""

import asyncio
import json
import uuid
from datetime import timedelta
from email.utils import format_datetime

import altcha
import httpx
import pytest
from sdk.tests.pki import ORDER_FIELDS

from certcenter_sdk import clock, cms, keys
from certcenter_sdk.client import ApiProblem, AsyncClient, Client, Retry, Session, calls, flows
from certcenter_sdk.client.altcha import ChallengeUnsolved, solve
from certcenter_sdk.client.answers import encode_bytes
from certcenter_sdk.errors import StructureRefused
from certcenter_sdk.orders import Order

BASE = "http://127.0.0.1:8000"
QUICK = Retry(attempts=3, base=0.001, longest=0.5)
HMAC_SECRET = "captcha secret"


class Centre:
    """Answers from a script: each entry is a response, an exception, or a function of the request."""

    def __init__(self, *script):
        self.script = list(script)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        step = self.script.pop(0)
        if callable(step):
            step = step(request)
        if isinstance(step, Exception):
            raise step
        return step

    async def asynchronous(self, request):
        return self(request)


class Blocking:
    def __init__(self, centre, **options):
        self.client = Client(BASE, "demo", transport=httpx.MockTransport(centre), retry=QUICK, **options)

    def __getattr__(self, name):
        return getattr(self.client, name)


class Async:
    def __init__(self, centre, **options):
        transport = httpx.MockTransport(centre.asynchronous)
        self.client = AsyncClient(BASE, "demo", transport=transport, retry=QUICK, **options)

    @property
    def core(self):
        return self.client.core

    def __getattr__(self, name):
        method = getattr(self.client, name)
        return lambda *arguments: asyncio.run(method(*arguments))


@pytest.fixture(params=[Blocking, Async], ids=["sync", "async"])
def connect(request):
    return request.param


def ok(**values):
    return httpx.Response(200, json=values)


def problem(status, code, **values):
    body = {"type": "about:blank", "title": "不行", "status": status, "code": code, **values}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


def test_a_call_goes_to_the_institution_with_the_session(connect):
    centre = Centre(ok(name="王＊明"))
    client = connect(centre, session=Session("t0ken"))
    assert client.send(calls.me()).text("name") == "王＊明"
    (request,) = centre.requests
    assert str(request.url) == f"{BASE}/api/v1/i/demo/me"
    assert request.headers["authorization"] == "Bearer t0ken"
    assert request.headers["accept-language"] == "zh-Hant"


@pytest.mark.spec("E10")
def test_a_problem_keeps_everything_the_centre_said(connect):
    fields = {"birth_date": "要六或七位數字"}
    centre = Centre(
        problem(
            422,
            "input",
            detail="d",
            reference="R-1",
            fields=fields,
            advice="a",
            kept="k",
            params={"tries_left": 2, "odd": [1]},
        )
    )
    with pytest.raises(ApiProblem) as caught:
        connect(centre).send(calls.give_birth_date(uuid.uuid4(), "1"))
    found = caught.value
    assert (found.status, found.code, found.title, found.detail) == (422, "input", "不行", "d")
    assert (found.reference, found.fields, found.advice, found.kept) == ("R-1", fields, "a", "k")
    assert found.params == {"tries_left": 2}, "figures alone"


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (500, {"text": "<html>"}),
        (404, {"json": {"code": "x"}}),
        (200, {"text": "<html>"}),
        (200, {"json": []}),
        (200, {"json": {"nonce": 5}}),
        (302, {"headers": {"location": "https://evil.example/"}}),
        (400, {"text": "{", "headers": {"content-type": "application/problem+json"}}),
    ],
)
def test_what_is_not_the_centres_answer_is_a_problem_too(connect, status, options):
    with pytest.raises(ApiProblem) as caught:
        connect(Centre(httpx.Response(status, **options))).send(calls.nonce("renew"))
    assert (caught.value.status, caught.value.code) == (status, "unexpected-answer")


@pytest.mark.spec("E8")
def test_calls_that_may_be_repeated_are(connect):
    down = httpx.ConnectError("down")
    for call in (calls.me(), calls.nonce("renew"), calls.close_session(), application()):
        centre = Centre(httpx.ReadTimeout("slow"), problem(503, "busy"), ok(name="x", nonce="n"))
        connect(centre).send(call)
        assert len(centre.requests) == 3
        assert len({request.headers.get("idempotency-key") for request in centre.requests}) == 1
    centre = Centre(down, down, down)
    with pytest.raises(httpx.ConnectError):
        connect(centre).send(calls.me())
    assert len(centre.requests) == 3, "three attempts by this policy, no more"


def application():
    return calls.apply(uuid.UUID(int=1), request=uuid.UUID(int=2), csr=b"csr")


@pytest.mark.spec("E2", "E8")
def test_calls_that_count_are_sent_once(connect):
    for call in (
        calls.open_session({}),
        calls.check_code(uuid.uuid4(), "c", "123456"),
        calls.release_key_share("ab", verifier=b"v"),
        calls.change_key_share("ab", verifier=b"v", new_verifier=b"w"),
    ):
        for failure in (httpx.ReadTimeout("slow"), problem(503, "busy")):
            centre = Centre(failure)
            with pytest.raises((httpx.ReadTimeout, ApiProblem)):
                connect(centre).send(call)
            assert len(centre.requests) == 1
    centre = Centre(httpx.ConnectError("down"), ok(token="t"))
    assert connect(centre).send(calls.open_session({})).token == "t", "nothing had been sent"


def busy(seconds):
    answer = problem(503, "busy")
    answer.headers["retry-after"] = seconds
    return answer


@pytest.mark.spec("E1", "E2")
def test_a_login_that_was_turned_away_before_it_was_looked_at_comes_again_a_few_times(connect):
    centre = Centre(busy("0"), busy("0"), ok(token="t"))
    assert connect(centre).send(calls.open_session({"identity": "A"})).token == "t"
    assert len({request.content for request in centre.requests}) == 1
    for refusals in ([busy("0")] * QUICK.attempts, [busy("3600")]):
        centre = Centre(*refusals)
        with pytest.raises(ApiProblem, match="busy"):
            connect(centre).send(calls.open_session({}))
        assert not centre.script


def test_retry_after_is_respected_and_a_long_wish_is_not_waited_for(connect):
    soon = problem(429, "too-many")
    soon.headers["retry-after"] = "0"
    later = problem(429, "too-many")
    later.headers["retry-after"] = "3600"
    centre = Centre(soon, ok(name="x"))
    connect(centre).send(calls.me())
    assert len(centre.requests) == 2
    centre = Centre(later)
    with pytest.raises(ApiProblem):
        connect(centre).send(calls.me())
    assert len(centre.requests) == 1


def test_pauses_grow_and_stay_below_the_longest():
    retry = Retry(attempts=10, base=1.0, longest=5.0)
    pauses = [retry.pause(attempt, None) for attempt in range(1, 10)]
    assert all(0.5 <= pause <= 5.0 for pause in pauses)
    assert retry.pause(10, None) is None
    assert retry.pause(1, 4.0) == 4.0


@pytest.mark.spec("B1", "E2")
def test_signing_in_solves_the_captcha_and_keeps_the_session(connect):
    challenge = altcha.create_challenge(
        "PBKDF2/SHA-256", 50, hmac_secret=HMAC_SECRET, expires_at=2_000_000_000
    )

    def open_session(request):
        body = json.loads(request.content)
        assert body["identity"] == "A123456789"
        assert body["password"] == "Passw0rd"
        assert altcha.verify_solution(body["captcha"], HMAC_SECRET).verified
        return ok(token="t0ken")

    centre = Centre(ok(kind="work", work=challenge.to_dict()), open_session, ok(), ok(name="x"))
    client = connect(centre)
    session = client.sign_in("A123456789", "Passw0rd")
    assert "t0ken" not in repr(session)
    assert client.core.session == session
    client.sign_out()
    assert centre.requests[-1].headers["authorization"] == "Bearer t0ken"
    assert client.core.session is None
    client.send(calls.me())
    assert "authorization" not in centre.requests[-1].headers


def test_a_registered_program_signs_in_by_its_credential(connect):
    centre = Centre(ok(token="t"))
    flow = flows.sign_in_as_client("program", "secret", "A123456789", "Passw0rd")
    assert connect(centre).run(flow).token == "t"
    assert json.loads(centre.requests[0].content) == {
        "client_id": "program",
        "client_secret": "secret",
        "identity": "A123456789",
        "password": "Passw0rd",
    }


@pytest.mark.spec("B10")
def test_a_companys_user_gives_a_code(connect):
    centre = Centre(ok(kind="none"), ok(token="t"))
    connect(centre).run(flows.sign_in("04595257", "x", user_code="maker1"))
    assert json.loads(centre.requests[1].content)["user_code"] == "maker1"


@pytest.mark.spec("B1")
def test_pictures_are_shown_and_no_captcha_is_none(connect):
    picture = ok(kind="image", token="tk", image=encode_bytes(b"PNG"), work=None)
    centre = Centre(picture, ok(token="t"), ok(kind="none"), ok(token="t"), ok(kind="image", token="tk"))
    client = connect(centre)
    client.run(flows.sign_in("A123456789", "x", picture=lambda png: {b"PNG": "ABCD"}[png]))
    client.run(flows.sign_in("A123456789", "x"))
    answers = [json.loads(request.content)["captcha"] for request in centre.requests if request.content]
    assert answers == ["image:tk:ABCD", ""]
    with pytest.raises(ChallengeUnsolved):
        client.run(flows.sign_in("A123456789", "x"))


WANTED = {name: ORDER_FIELDS[name] for name in ("account", "side", "symbol", "quantity", "price", "currency")}


@pytest.mark.spec("A15", "D8")
def test_an_order_is_drafted_signed_and_handed_in(connect, p256):
    order = Order(**ORDER_FIELDS)

    def accept(request):
        body = json.loads(request.content)
        assert body["order"] == encode_bytes(order.canonical())
        signature = calls.Answer(body).octets("signature")
        assert cms.verify_detached(order.canonical(), signature).certificate == p256.certificate
        assert request.headers["idempotency-key"] == order.nonce
        return ok(id="e1")

    centre = Centre(ok(order=encode_bytes(order.canonical())), httpx.ReadTimeout("lost"), accept)
    placed = connect(centre).run(flows.place_order(WANTED, p256.key, p256.certificate))
    assert placed.order == order
    assert placed.receipt.text("id") == "e1"


@pytest.mark.spec("A15")
@pytest.mark.parametrize("name", sorted(WANTED))
def test_a_draft_that_was_altered_is_not_signed(connect, p256, name):
    other = {
        "account": "1020-0000001",
        "side": "sell",
        "symbol": "2317",
        "quantity": "9",
        "price": "1",
        "currency": "USD",
    }
    drafted = Order(**ORDER_FIELDS | {name: other[name]})
    centre = Centre(ok(order=encode_bytes(drafted.canonical())))
    with pytest.raises(StructureRefused) as caught:
        connect(centre).run(flows.place_order(WANTED, p256.key, p256.certificate))
    assert (caught.value.code, caught.value.field) == ("altered", name)
    assert len(centre.requests) == 1


def test_a_token_never_travels_in_the_clear():
    for url in ("http://api.example", "ftp://127.0.0.1", "api.example", "http://127.0.0.1.evil.example"):
        with pytest.raises(ValueError, match="https"):
            Client(url, "demo")
    with Client("https://api.example", "demo"):
        pass


def test_paths_are_quoted():
    assert calls.certificate("../me?x=/").path == "certificates/..%2Fme%3Fx%3D%2F"


@pytest.mark.spec("A3")
def test_every_call_of_a_life_is_shaped_as_the_contract_says(p256):
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    proof = calls.Signed(b"structure", b"signature")
    life = [
        (calls.captcha(), "GET captcha"),
        (calls.policy(), "GET policy"),
        (calls.environment(), "GET environment"),
        (calls.documents("faq"), "GET documents/faq"),
        (calls.consent("apply"), "GET consents/apply"),
        (calls.certificates(after="x"), "GET certificates"),
        (calls.start_procedure("apply", consent_version=1, consent_sha256="ab"), "POST procedures"),
        (calls.procedure(one), f"GET procedures/{one}"),
        (calls.send_code(one, contact=two, account=None), f"POST procedures/{one}/codes"),
        (calls.check_code(one, "7", "123456"), f"POST procedures/{one}/codes/7"),
        (calls.apply(one, request=two, csr=b"", old_key_proof=proof), "POST applications"),
        (calls.application(two), f"GET applications/{two}"),
        (calls.issued_certificate(two), f"GET applications/{two}/certificate"),
        (calls.acknowledge(two, proof), f"POST applications/{two}/acknowledgement"),
        (calls.revoke(one), "POST revocations"),
        (calls.create_key_share(spki_sha256="ab", verifier=b"v"), "POST key-shares"),
        (calls.orders(after="x"), "GET orders"),
    ]
    for call, expected in life:
        assert f"{call.method} {call.path}" == expected
        json.dumps(call.body)
    assert proof.as_json() == {"structure": "c3RydWN0dXJl", "signature": "c2lnbmF0dXJl"}
    assert keys.spki_sha256(p256.key.public_key())


@pytest.mark.parametrize("algorithm", ["PBKDF2/SHA-256", "PBKDF2/SHA-512"])
def test_altcha_accepts_our_solution(algorithm):
    challenge = altcha.create_challenge(algorithm, 20, hmac_secret=HMAC_SECRET, key_prefix="000")
    assert altcha.verify_solution(solve(challenge.to_dict()), HMAC_SECRET).verified


@pytest.mark.parametrize(
    "challenge",
    [
        {},
        {"parameters": None},
        {"parameters": {"algorithm": "ARGON2ID", "nonce": "00", "salt": "00", "cost": 1}},
        {"parameters": {"algorithm": "PBKDF2/SHA-256", "nonce": "0", "salt": "00", "cost": 1}},
        {"parameters": {"algorithm": "PBKDF2/SHA-256", "nonce": "00", "salt": "00", "cost": 10**9}},
    ],
)
def test_other_challenges_are_refused(challenge):
    with pytest.raises(ChallengeUnsolved):
        solve(challenge)


def test_solving_ends_in_time():
    challenge = altcha.create_challenge("PBKDF2/SHA-256", 10, hmac_secret=HMAC_SECRET, key_prefix="00" * 8)
    with pytest.raises(ChallengeUnsolved, match="within"):
        solve(challenge.to_dict(), seconds=0.05)


def dated(text):
    return lambda _request: httpx.Response(200, json={"time": "x"}, headers={"date": text()} if text else {})


@pytest.mark.spec("A13")
@pytest.mark.parametrize("hours", [-24, 24])
def test_each_answer_says_how_far_the_clock_here_is_off(connect, hours):
    """By the answer's Date; one that has none, or nonsense, changes nothing; a clock that was set right is right."""
    off = timedelta(hours=hours)
    nonsense = (None, lambda: "yesterday", lambda: "Mon, 1 Jan 2024 00:00:00 -0000")
    centre = Centre(dated(lambda: format_datetime(clock.now() - off, usegmt=True)), *map(dated, nonsense))
    client = connect(centre)
    assert client.core.ahead is None
    with clock.off_by(off):
        for _ in range(4):
            client.send(calls.environment())
            assert abs(client.core.ahead - off) < timedelta(minutes=10)
    centre.script = [dated(lambda: format_datetime(clock.now(), usegmt=True))]
    client.send(calls.environment())
    assert abs(client.core.ahead) < timedelta(minutes=10)
