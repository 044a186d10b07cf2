"""A live centre on loopback, with its worker, and the SDK's client against it: a whole life, both ways."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from certcenter.core import clock
from certcenter_sdk import pfx
from certcenter_sdk.client import (
    ApiProblem,
    AsyncClient,
    Client,
    Customer,
    Installed,
    Pending,
    SentCode,
    calls,
)
from certcenter_sdk.client.life import Place

from .conftest import PASSWORD, WANG, Program

pytestmark = [pytest.mark.spec("A3", "A4", "A5", "A9", "A15", "D8"), pytest.mark.timeout(240)]

ORDER = {
    "account": "1020-0324338", "side": "sell", "symbol": "2330", "quantity": "2000", "price": "market", "currency": "TWD",
}  # fmt: skip


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False
    block_on_close = True


class Silent(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def live(centre: object) -> Iterator[str]:
    """The base URL of a centre that serves, and issues in the background."""
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    from certcenter.worker import loop

    def work(stop: threading.Event) -> None:
        loop.run_for_ever(stop)
        connections.close_all()

    server = make_server("127.0.0.1", 0, get_wsgi_application(), server_class=Server, handler_class=Silent)
    stop = threading.Event()
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}),
        threading.Thread(target=work, args=(stop,)),
    ]
    for thread in threads:
        thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    stop.set()
    for thread in threads:
        thread.join()
    server.server_close()


def read_code(sent: SentCode) -> str:
    """Read the telephone: the worker delivers the message soon."""
    from django.db import connection

    from certcenter.notifications.models import DemoMessage

    for _ in range(1200):
        if DemoMessage.objects.filter(text__contains=sent.identification).exists():
            break
        time.sleep(0.05)
    code = Program.newest_code(sent.identification)
    connection.close()
    return code


def test_a_whole_life_through_the_client(live: str) -> None:
    kept: list[Installed] = []
    customer = Customer(birth_date="761205", read_code=read_code)
    with Client(live, "sample", language="en") as centre:
        centre.sign_in(WANG, PASSWORD)
        first = centre.apply(customer, Pending.new(), keep=kept.append)
        assert kept == [first]
        backup = pfx.write(first.key, first.certificate, first.chain, "Secret42", name=first.file_name)
        assert pfx.read(backup, "Secret42").certificate == first.certificate
        placed = centre.place_order(ORDER, first)
        assert placed.receipt.text("certificate") == first.serial
        with pytest.raises(ApiProblem) as refused:
            centre.apply(customer, Pending.new(), keep=kept.append)
        assert (refused.value.status, refused.value.code) == (409, "already-has-certificate")
        assert refused.value.reference
        revoked = centre.revoke(customer)
        assert revoked.number("revocations_left") == 1
        centre.sign_out()
        with pytest.raises(ApiProblem) as out:
            centre.send(calls.me())
        assert out.value.code == "sign-in-needed"


def test_a_program_that_dies_before_it_keeps_the_certificate_goes_on(live: str) -> None:
    customer = Customer(birth_date="761205", read_code=read_code)
    pending = Pending.new()

    def lost(_installed: Installed) -> None:
        raise OSError("the disk is full")

    with Client(live, "sample") as centre:
        centre.sign_in(WANG, PASSWORD)
        with pytest.raises(OSError, match="full"):
            centre.apply(customer, pending, keep=lost)
        assert centre.send(calls.certificates()).text("status") == "awaiting"
        kept: list[Installed] = []
        centre.fetch(pending, keep=kept.append)
        assert centre.send(calls.certificates()).text("status") == "valid"
        assert kept[0].key is pending.key


def test_a_whole_life_asynchronously_with_a_wrong_code_first(live: str) -> None:
    answers = []

    def mistyped_once(sent: SentCode) -> str:
        right = read_code(sent)
        answers.append(sent.tries_left)
        return right if len(answers) > 1 else f"{(int(right) + 1) % 10**sent.digits:0{sent.digits}}"

    async def life() -> Installed:
        client = AsyncClient(live, "sample")
        async with client as centre:
            await centre.sign_in(WANG, PASSWORD)
            customer = Customer(birth_date="761205", read_code=mistyped_once)
            installed = await centre.apply(customer, Pending.new(), keep=lambda _installed: None)
            await centre.place_order(ORDER, installed)
            await centre.sign_out()
        return installed

    assert asyncio.run(life()).file_name.endswith(".pfx")
    assert answers == [3, 2]


def test_a_renewal_through_the_client(wang: Program) -> None:
    """Without a socket: the clock of a year later is this thread's own."""
    from certcenter_sdk.client import life

    place = Place("sample", "http://127.0.0.1:8000")
    customer = Customer(birth_date="761205", read_code=lambda sent: Program.newest_code(sent.identification))
    first = wang.run(life.apply(place, customer, Pending.new(), keep=lambda _installed: None))
    with clock.at(clock.now() + timedelta(days=350)):
        wang.sign_in()
        second = wang.run(life.renew(place, customer, Pending.new(), old=first, keep=lambda _installed: None))
    assert second.serial != first.serial
