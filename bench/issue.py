"""From CSR to certificate through the API, against django-ca 3 in the same run, on SQLite and on PostgreSQL.

Both sides: the same clients, P-256 keys, everything durable, the calls that the API's documentation says: ours hands in and
waits for the certificate, as the SDK does, django-ca's orders, asks for the order, fetches. A certificate counts when it was fetched and is for the key of its request. Ours also checks a session, spends a proven
procedure, writes two audit events, queues two notices and a check; the worker's notices and audit tree run beside the
measurement. What comes before (customer, consent, birth date, code) is prepared by direct inserts.
"""

import base64
import statistics
import tempfile
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from bench import centre, django_ca
from bench.centre import Centre
from bench.django_ca import DjangoCa
from bench.load import Client, at_once
from bench.processes import cpu_seconds
from bench.table import Row, interleaved, median_ratio, quantile, row
from certcenter_sdk import csr, keys

GOAL = "≥ 2"
ENGINES = ("sqlite", "postgresql")
CLIENTS = 16
#: A client that was not allowed to wait asks again after so many seconds.
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """A certificate request made beforehand."""

    der: bytes
    spki: bytes

    @property
    def pem(self) -> str:
        """As django-ca wants it."""
        loaded = x509.load_der_x509_csr(self.der)
        return loaded.public_bytes(serialization.Encoding.PEM).decode()


@dataclass(frozen=True, kw_only=True)
class Customer:
    """What a customer brings: a session, a proven procedure and a request."""

    token: str
    procedure: str
    request: Request
    request_uuid: str = field(default_factory=lambda: str(uuid.uuid4()))


def make_requests(count: int) -> list[Request]:
    """P-256 keys and their CSRs."""
    made = []
    for _ in range(count):
        key = keys.generate()
        made.append(Request(csr.build(key), keys.spki(key.public_key())))
    return made


def customers(running: Centre, count: int) -> list[Customer]:
    """So many customers who are about to hand in a CSR."""
    people = running.prepare("people", str(count))
    return [
        Customer(token=person["token"], procedure=person["procedure"], request=request)
        for person, request in zip(people, make_requests(count), strict=True)
    ]


def issue(running: Centre, client: Client, customer: Customer) -> bytes:
    """Hand in and wait, fetch where that took too long; returns the certificate, DER."""
    bearer = f"Authorization: Bearer {customer.token}\r\n"
    address = f"{running.api}/applications/{customer.request_uuid}"
    body = {
        "procedure": customer.procedure,
        "request": customer.request_uuid,
        "csr": _base64url(customer.request.der),
    }
    fetched = client.post(f"{running.api}/applications?wait=10", body, headers=bearer)
    while fetched.status != 200:
        assert fetched.status in {202, 409}, fetched
        time.sleep(_PAUSE)
        fetched = client.get(f"{address}/certificate?wait=10", headers=bearer)
    text = fetched.json()["certificate"]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def run(*, quick: bool = False, engines: tuple[str, ...] = ENGINES, clients: int = CLIENTS) -> list[Row]:
    """Measure every engine: throughput against the peer, then a lone customer's waiting time."""
    count, pairs, alone = (40, 2, 20) if quick else (400, 6, 200)
    rows = []
    for engine in engines:
        with ExitStack() as stack:
            ours, theirs = stack.enter_context(centre.databases(engine))
            running = stack.enter_context(centre.running(database_url=ours))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="certcenter-peer-")))
            peer = stack.enter_context(django_ca.running(theirs, folder))
            rows += _throughput(engine, running, peer, count=count, pairs=pairs, clients=clients)
            rows.append(_latency(engine, running, alone))
    return rows


def _throughput(
    engine: str, running: Centre, peer: DjangoCa, *, count: int, pairs: int, clients: int
) -> list[Row]:
    own_cpu, other_cpu = [], []

    def connect() -> Client:
        return Client(running.port)

    def ours(_round: int) -> float:
        batch = customers(running, count)
        got: dict[str, bytes] = {}

        def one(client: Client, customer: Customer) -> None:
            got[customer.request_uuid] = issue(running, client, customer)

        before = _own_cpu(running)
        seconds = at_once(one, batch, clients=clients, connect=connect)
        own_cpu.append((_own_cpu(running) - before) * 1000 / count)
        for customer in batch:
            _must_be_for(x509.load_der_x509_certificate(got[customer.request_uuid]), customer.request)
        return count / seconds

    def theirs(number: int) -> float:
        batch = [
            (number * count + index, request, request.pem)
            for index, request in enumerate(make_requests(count))
        ]
        got: dict[int, str] = {}

        def one(client: Client, item: tuple[int, Request, str]) -> None:
            got[item[0]] = peer.issue(client, item[2], f"Z{item[0]:09d}-00-00")

        before = cpu_seconds(peer.server.pid)
        seconds = at_once(one, batch, clients=clients, connect=peer.connect)
        other_cpu.append((cpu_seconds(peer.server.pid) - before) * 1000 / count)
        for index, request, _ in batch:
            _must_be_for(x509.load_pem_x509_certificate(got[index].encode()), request)
        return count / seconds

    for side in (ours, theirs):  # once each without being counted: imports, plans, connections
        side(-1)
    measured = interleaved(ours, theirs, pairs)
    own, other, ratio = median_ratio(measured)
    own_used, other_used = statistics.median(own_cpu[1:]), statistics.median(other_cpu[1:])
    return [
        row(
            f"CSR to certificate, API, {engine}, {clients} clients",
            ours=f"{own:,.0f}/s", peer=f"django-ca {other:,.0f}/s", value=ratio, goal=GOAL,
        ),
        row(
            f"  processor time a certificate, {engine}",
            ours=f"{own_used:.1f} ms", peer=f"django-ca {other_used:.1f} ms", value=other_used / own_used,
        ),
    ]  # fmt: skip


def _own_cpu(running: Centre) -> float:
    """Server's and worker's together; PostgreSQL's own is on neither side's account."""
    assert running.worker is not None
    return cpu_seconds(running.server.pid) + cpu_seconds(running.worker.pid)


def _latency(engine: str, running: Centre, count: int) -> Row:
    """One customer after the other, the worker idle between them."""
    waits = []
    with Client(running.port) as client:
        for customer in customers(running, count):
            began = time.perf_counter()
            issue(running, client, customer)
            waits.append((time.perf_counter() - began) * 1000)
            time.sleep(0.03)
    median, worst = quantile(waits, 0.5), quantile(waits, 0.99)
    return row(
        f"a lone customer's wait, hand in to fetched, {engine}", ours=f"{median:.0f} ms, p99 {worst:.0f} ms"
    )


def _must_be_for(certificate: x509.Certificate, request: Request) -> None:
    spki = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert spki == request.spki, "the certificate is for another key"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
