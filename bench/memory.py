"""What the server's and the worker's processes hold after thousands of requests, and whether it grows (/proc)."""

from bench import centre, processes
from bench.centre import Centre
from bench.issue import customers, issue
from bench.load import Client, at_once
from bench.table import Row, row

CLIENTS = 8
WARM = 1000


def run(*, quick: bool = False) -> list[Row]:
    """Ask twice so many requests; the second half must add nothing."""
    half = 500 if quick else 5000
    with centre.running() as running:
        customer = running.prepare("filled", "5", "5")["customer"]
        keys = running.prepare("reader", str(customer))
        _ask(running, keys, min(WARM, half))
        _issue(running, 40)
        first = _held(running, keys, half)
        second = _held(running, keys, half)
    most = max(second.values())
    growth = max(second[pid] / first[pid] for pid in second if pid in first)
    shown = ", ".join(f"{megabytes:.0f}" for megabytes in second.values())
    return [
        row(
            f"resident after {2 * half:,} requests, each process (server, worker)",
            ours=f"{shown} MB", value=most, shown="–", goal="≤ 250 MB",
        ),
        row(f"  the second {half:,} beside the first", ours=f"{most:.0f} MB", value=growth, goal="≤ 1.05"),
    ]  # fmt: skip


def _held(running: Centre, keys: dict[str, str], count: int) -> dict[int, float]:
    _ask(running, keys, count)
    assert running.worker is not None
    pids = processes.children(running.server.pid) + processes.children(running.worker.pid)
    return {pid: processes.resident_megabytes(pid) for pid in pids}


def _ask(running: Centre, keys: dict[str, str], count: int) -> None:
    """Pages and programs, as a day brings them."""
    page = f"Host: {running.host}\r\nCookie: session={keys['browser']}\r\n\r\n"
    program = f"Host: 127.0.0.1:{running.port}\r\nAuthorization: Bearer {keys['program']}\r\n\r\n"
    asked = [
        (f"GET /certificates/ HTTP/1.1\r\n{page}", 200),
        (f"GET {running.api}/certificates HTTP/1.1\r\n{program}", 200),
        (f"GET {running.api}/policy HTTP/1.1\r\n{program}", 200),
        (f"GET /login/ HTTP/1.1\r\nHost: {running.host}\r\n\r\n", 200),
        (f"GET {running.api}/certificates/00ff HTTP/1.1\r\n{program}", 404),
    ]

    def one(client: Client, number: int) -> None:
        request, expected = asked[number % len(asked)]
        answer = client.send(request.encode())
        assert answer.status == expected, (request, answer)

    at_once(one, range(count), clients=CLIENTS, connect=lambda: Client(running.port))


def _issue(running: Centre, count: int) -> None:
    """Let the worker open its CA and send what it sends."""
    at_once(
        lambda client, customer: issue(running, client, customer),
        customers(running, count),
        clients=CLIENTS,
        connect=lambda: Client(running.port),
    )
