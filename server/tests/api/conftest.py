"""A centre with customers, asked over HTTP by Django's own client: the whole middleware, real commits, real keys."""

import base64
import json
import re
import shutil
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from django.db.models import Q
from django.test import Client

from certcenter.core import clock
from certcenter_sdk import cms, csr, keys
from certcenter_sdk.client import Answer, ApiProblem, Call, altcha
from certcenter_sdk.client.flows import Work
from certcenter_sdk.keys import PrivateKey
from certcenter_sdk.proofs import Proof
from certcenter_sdk.structures import format_time

INDEX = "127.0.0.1:8000"
PASSWORD = "Rope7352"
WANG = "A123456789"
COMPANY = "04595257"
PEOPLE = {
    "sample": (
        {"national_id": WANG, "name": "王三豐", "birth_date": "1987-12-05", "phones": "0936000054",
         "emails": "wang@example.com", "accounts": "securities:1020-0324338"},
        {"national_id": "B220000000", "name": "陳美玲", "birth_date": "1990-02-28", "phones": "0912000001",
         "accounts": "securities:1020-0324339", "locale": "en"},
        {"national_id": COMPANY, "name": "範例股份有限公司", "birth_date": "2001-01-01", "emails": "c@example.com",
         "accounts": "securities:1020-0324340"},
    ),
    "demo": (
        {"national_id": WANG, "name": "王三豐", "birth_date": "1987-12-05", "phones": "0936000054",
         "accounts": "securities:2020-0000001"},
        {"national_id": "B220000000", "name": "陳美玲", "birth_date": "1990-02-28", "phones": "0912000001",
         "emails": "meiling@example.com", "accounts": "securities:2020-0000002"},
        {"national_id": "J120000005", "name": "蔡承恩", "birth_date": "1988-08-08",
         "accounts": "securities:2020-0000003"},
    ),
    "example": (
        {"national_id": WANG, "name": "王三豐", "birth_date": "1987-12-05", "phones": "0936000054",
         "emails": "wang@example.com", "accounts": "securities:5850-0012345"},
    ),
}  # fmt: skip


#: What a message with a code says, in either language.
CODE_MESSAGE = Q(text__contains="verification code") | Q(text__contains="驗證碼")


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decode(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@pytest.fixture(scope="session")
def seeded(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any, django_test_environment: None
) -> Path:
    """A home folder with a migrated database, CAs, texts and the people above, made once."""
    from django.conf import settings
    from django.core.management import call_command
    from tests.support.engines import connected

    home = tmp_path_factory.mktemp("api-centre")
    before = settings.CONFIG
    settings.CONFIG = before.model_copy(update={"home": home, "database_url": "sqlite"})
    with django_db_blocker.unblock(), connected(settings.CONFIG):
        call_command("migrate", verbosity=0)
        _forget_authorities()
        _people()
    settings.CONFIG = before
    shutil.copy(home / "certcenter.sqlite3", home / "template")
    return home


def _people() -> None:
    from certcenter.certificates import authority
    from certcenter.content.actions import load_texts
    from certcenter.core.actor import system
    from certcenter.identity.actions import import_customer
    from certcenter.identity.rows import CustomerRow
    from certcenter.institutions import serving
    from certcenter.passwords.actions import set_password

    actor = system("tests")
    authority.create_missing(serving.served())
    load_texts(serving.served())
    for slug, people in PEOPLE.items():
        for columns in people:
            customer = import_customer(CustomerRow.parse(columns), institution=slug, actor=actor).customer
            set_password(customer, PASSWORD, actor=actor)


def _forget_authorities() -> None:
    from certcenter.certificates import authority
    from certcenter.signing import actions

    authority.authorities.cache_clear()
    actions._verifier.cache_clear()


@pytest.fixture
def centre(seeded: Path, settings: Any, django_db_blocker: Any) -> Iterator[Path]:
    """A running centre of its own for one test; returns its home."""
    from tests.support.engines import connected

    for leftover in seeded.glob("certcenter.sqlite3*"):
        leftover.unlink()
    shutil.copy(seeded / "template", seeded / "certcenter.sqlite3")
    settings.CONFIG = settings.CONFIG.model_copy(update={"home": seeded, "database_url": "sqlite"})
    _forget_authorities()
    with django_db_blocker.unblock(), connected(settings.CONFIG):
        yield seeded
    _forget_authorities()


def work() -> None:
    """Let the worker do what waits."""
    from certcenter.worker.loop import until_idle

    until_idle()


@dataclass
class Program:
    """A program at the index host; `life` below is what its customer does."""

    slug: str = "sample"
    identity: str = WANG
    token: str = ""
    language: str | None = "en"
    http: Client = field(default_factory=lambda: Client(HTTP_HOST=INDEX))
    key: PrivateKey = field(default_factory=keys.generate)
    leaf: x509.Certificate | None = None

    def call(
        self, method: str, path: str, body: Any = None, *, expect: int | None = None, **headers: str
    ) -> Any:
        """Send a request; with `expect` return the JSON of the answer with that status, else the response."""
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if self.language:
            known["Accept-Language"] = self.language
        response = self.http.generic(
            method,
            f"/api/v1/i/{self.slug}/{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            headers={**known, **headers},
        )
        if expect is None:
            return response
        assert response.status_code == expect, response.content.decode()
        return response.json() if response.content else None

    def refused(
        self, method: str, path: str, body: Any = None, *, status: int, code: str, **headers: str
    ) -> Any:
        """Send a request that is answered by a problem of this code; returns the problem."""
        response = self.call(method, path, body, **headers)
        assert response.headers["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert (response.status_code, problem["code"]) == (status, code), problem
        assert problem["status"] == status
        assert problem["detail"]
        assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", problem["reference"])
        return problem

    def proof_of_work(self) -> str:
        found = self.call("GET", "captcha", expect=200)
        return altcha.solve(found["work"]) if found["kind"] == "work" else ""

    def sign_in(self, password: str = PASSWORD) -> "Program":
        body = {"identity": self.identity, "password": password, "captcha": self.proof_of_work()}
        self.token = self.call("POST", "sessions", body, expect=201)["token"]
        return self

    def begin(self, kind: str) -> str:
        text = self.call("GET", f"consents/{kind}", expect=200)
        consent = {"version": text["version"], "sha256": text["sha256"]}
        return str(self.call("POST", "procedures", {"kind": kind, "consent": consent}, expect=201)["id"])

    def identify(self, kind: str, birth_date: str = "761205") -> str:
        procedure = self.begin(kind)
        self.call("POST", f"procedures/{procedure}/birth-date", {"birth_date": birth_date}, expect=200)
        return procedure

    def prove(self, kind: str, birth_date: str = "761205") -> str:
        procedure = self.identify(kind, birth_date)
        sent = self.send_code(procedure)
        path = f"procedures/{procedure}/codes/{sent['challenge']}"
        assert self.call("POST", path, {"code": self.code(sent)}, expect=200)["state"] == "proven"
        return procedure

    def send_code(self, procedure: str) -> Any:
        me = self.call("GET", "me", expect=200)
        body = {"contact": me["contacts"][0]["id"], "account": me["accounts"][0]["id"]}
        return self.call("POST", f"procedures/{procedure}/codes", body, expect=201)

    def code(self, sent: Any) -> str:
        work()
        return self.newest_code(sent["identification"])

    @staticmethod
    def newest_code(identification: str) -> str:
        from certcenter.notifications.models import DemoMessage

        sent = DemoMessage.objects.filter(text__contains=identification).filter(CODE_MESSAGE)
        found = re.search(rf"{identification}\D*(\d{{4,8}})", sent.latest("pk").text)
        assert found
        return found.group(1)

    def run(self, flow: Generator[Any, Any, Any]) -> Any:
        """Go through a flow of the SDK's client in this thread, whose clock is its own."""
        try:
            step = next(flow)
            while True:
                try:
                    result = step.do() if isinstance(step, Work) else self.send(step)
                except ApiProblem as problem:
                    step = flow.throw(problem)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return end.value

    def send(self, call: Call[Any]) -> Any:
        """Make a call of the SDK's, and let the worker work."""
        # The worker works between the calls: to wait within one would be for nothing.
        asked = {name: value for name, value in (call.query or {}).items() if name != "wait"}
        query = f"?{urlencode(asked)}" if asked else ""
        response = self.call(call.method, call.path + query, call.body)
        work()
        if response.status_code >= 400:
            problem = response.json()
            raise ApiProblem(response.status_code, problem["code"], problem["title"])
        return call.read(Answer(response.json(), response.status_code))

    def submit(self, procedure: str, request: UUID, *, key: PrivateKey | None = None, **more: Any) -> Any:
        body = {
            "procedure": procedure,
            "request": str(request),
            "csr": encode(csr.build(key or self.key)),
            **more,
        }
        return self.call("POST", "applications", body, **{"Idempotency-Key": str(request)})

    def proof(self, purpose: str, key: PrivateKey, leaf: x509.Certificate | None = None) -> dict[str, str]:
        nonce = self.call("POST", "nonces", {"purpose": purpose}, expect=201)["nonce"]
        structure = Proof(
            institution=self.slug,
            origin=f"http://{INDEX}",
            purpose=purpose,
            subject=keys.spki_sha256(key.public_key()),
            nonce=nonce,
            time=format_time(clock.now()),
        ).canonical()
        signature = cms.sign_detached(structure, key, leaf) if leaf else cms.sign_with_key_id(structure, key)
        return {"structure": encode(structure), "signature": encode(signature)}

    def obtain(self, kind: str = "apply", birth_date: str = "761205", **more: Any) -> Any:
        """The whole way to an installed certificate."""
        request = uuid4()
        key = keys.generate()
        response = self.submit(self.prove(kind, birth_date), request, key=key, **more)
        assert response.status_code == 202, response.content
        work()
        assert self.call("GET", f"applications/{request}", expect=200)["state"] == "issued"
        found = self.call("GET", f"applications/{request}/certificate", expect=200)
        body = {"proof": self.proof("repair", key)}
        self.call("POST", f"applications/{request}/acknowledgement", body, expect=200)
        self.key, self.leaf = key, x509.load_der_x509_certificate(decode(found["certificate"]))
        return found

    def order(self, **fields: str) -> Any:
        asked = {
            "account": "1020-0324338",
            "side": "buy",
            "symbol": "2330",
            "quantity": "1000",
            "price": "590.5",
        }
        return self.call("POST", "orders/drafts", asked | fields, expect=201)

    def signed(self, draft: Any) -> dict[str, str]:
        assert self.leaf is not None
        return {
            "order": draft["order"],
            "signature": encode(cms.sign_detached(decode(draft["order"]), self.key, self.leaf)),
        }


@pytest.fixture
def program(centre: Path) -> Program:
    return Program()


@pytest.fixture
def wang(program: Program) -> Program:
    """Mr Wang, logged in through a program."""
    return program.sign_in()


__all__ = ["COMPANY", "INDEX", "PASSWORD", "WANG", "Program", "decode", "encode", "work"]
