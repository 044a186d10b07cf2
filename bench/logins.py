"""Logging in under load (SPEC E1, E2): 200 customers at once on two cores; the login page and a look at the lock.

All 200 send in the same moment, from addresses of their own (X-Forwarded-For, as behind a proxy), and one thread reads
the answers as they come: the load takes next to nothing from the server. Who is told "busy" comes again after a while,
as the answer says, until everybody is in.
"""

import json
import selectors
import socket
import statistics
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from bench import centre, processes
from bench.centre import Centre
from bench.table import Row, row

CUSTOMERS = 200
#: Customers who were told "busy" come again between these seconds later.
_AGAIN = (0.5, 2.5)
_PATIENCE = 120.0
_BEHIND_A_PROXY = {"CERTCENTER_TRUSTED_PROXIES": "127.0.0.1"}


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: its HTTP status, its problem code, and the milliseconds from the moment all had sent."""

    status: int
    code: str
    took: float


def run(*, quick: bool = False) -> list[Row]:
    """One centre; the memory is the largest that any of its processes held."""
    rounds = 1 if quick else 4
    with centre.running(settings=_BEHIND_A_PROXY) as running:
        prepared = running.prepare("logins", str(20 if quick else CUSTOMERS))
        hash_ms = float(running.prepare("hash", "20"))
        _all_in(running, prepared)  # what every process loads once is no growth
        before = _memory(running)
        waves = [answer for _ in range(rounds) for answer in _all_in(running, prepared)]
        after = _memory(running)
        page, lock = (
            running.prepare(what, "30" if quick else "300") for what in ("login_page", "lock_check")
        )
    return [*_rows(waves, hash_ms, rounds, len(prepared["ids"])), *_lean(page, lock, before, after)]


def _rows(waves: list[Answered], hash_ms: float, rounds: int, customers: int) -> list[Row]:
    admitted = sorted(each.took for each in waves if each.status == HTTPStatus.CREATED)
    busy = [each for each in waves if each.code == "busy"]
    errors = len(waves) - len(admitted) - len(busy)
    median = statistics.median(admitted)
    return [
        row(
            f"login, {customers} at once: answers that are neither a session nor busy",
            ours=f"{len(admitted)} in, {len(busy)} busy", value=float(errors), shown=str(errors), goal="≤ 0",
        ),
        row(
            "  median wait of the admitted, in argon2id runs",
            ours=f"{median:.0f} ms", peer=f"{hash_ms:.0f} ms a run", value=median / hash_ms, goal="≤ 3",
        ),
        row("  everybody in after", ours=f"{rounds} rounds", shown=f"last {admitted[-1]:.0f} ms"),
    ]  # fmt: skip


def _lean(page: list[float], lock: list[float], before: float, after: float) -> list[Row]:
    return [
        row("  memory of the largest process, growth", ours=f"{after:.0f} MB", value=after - before, goal="≤ 60 MB"),
        row("login page, server time, median", ours=f"{statistics.median(page):.1f} ms", value=statistics.median(page), goal="≤ 5 ms"),
        row("look at a locked login without a hash, server time, median", ours=f"{statistics.median(lock):.1f} ms", value=statistics.median(lock), goal="≤ 5 ms"),
    ]  # fmt: skip


def _all_in(running: Centre, prepared: Mapping[str, Any]) -> list[Answered]:
    """Let everybody log in, in waves: who was told "busy" is in the next one."""
    waiting, seen = list(enumerate(prepared["ids"])), []
    end = time.monotonic() + _PATIENCE
    while waiting and time.monotonic() < end:
        answers = _wave(running.port, [_login(running, prepared, *each) for each in waiting])
        seen += answers
        again = [each for each, answer in zip(waiting, answers, strict=True) if answer.code == "busy"]
        if len(again) == len(waiting):
            time.sleep(_AGAIN[0])
        waiting = again
        time.sleep(_AGAIN[0])
    return seen


def _login(running: Centre, prepared: Mapping[str, Any], number: int, identity: str) -> bytes:
    body = json.dumps(
        {
            "identity": identity,
            "password": prepared["password"],
            "client_id": prepared["client_id"],
            "client_secret": prepared["client_secret"],
        }
    ).encode()
    address = f"10.{number // 250}.{number % 250}.7"
    head = (
        f"POST {running.api}/sessions HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nX-Forwarded-For: {address}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


def _wave(port: int, requests: list[bytes]) -> list[Answered]:
    """Send all in one moment; one answer each, in the order of the requests."""
    sockets = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in requests]
    received = [bytearray() for _ in requests]
    took: dict[int, float] = {}
    began = time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for number, (connection, request) in enumerate(zip(sockets, requests, strict=True)):
            connection.sendall(request)
            selector.register(connection, selectors.EVENT_READ, number)
        while len(took) < len(requests):
            for number in _ready(selector):
                data = sockets[number].recv(65536)
                received[number] += data
                if not data:
                    selector.unregister(sockets[number])
                    took[number] = time.perf_counter() - began
    for connection in sockets:
        connection.close()
    # Read when all have come: until then the processors are the centre's.
    return [_read(bytes(answer), took[number]) for number, answer in enumerate(received)]


def _ready(selector: selectors.BaseSelector) -> Iterable[int]:
    events = selector.select(timeout=_PATIENCE)
    if not events:
        raise TimeoutError("the centre does not answer")
    return [key.data for key, _mask in events]


def _read(answer: bytes, seconds: float) -> Answered:
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1]) if head else 0
    code = ""
    if status >= HTTPStatus.BAD_REQUEST:
        start = body.find(b"{")
        code = str(json.loads(body[start : body.rfind(b"}") + 1]).get("code", "")) if start >= 0 else ""
    return Answered(status, code, seconds * 1000)


def _memory(running: Centre) -> float:
    return max(processes.resident_megabytes(pid) for pid in processes.children(running.server.pid))
