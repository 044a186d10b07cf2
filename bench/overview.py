"""The overview page in a database of many years beside the same page in an empty one; lists, search and CRL there too.

Two centres run at once and are asked in turn, one request at a time. `--full` fills with 1,000,000 certificates and 5,000,000
audit rows (kept in the cache folder for SQLite), otherwise with 20,000 and 100,000.
"""

import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from bench import centre, processes
from bench.centre import Centre
from bench.load import Client
from bench.table import Row, interleaved, median_ratio, row

SMALL, LARGE, EMPTY = (20_000, 100_000), (1_000_000, 5_000_000), (5, 5)
ENGINES = ("sqlite", "postgresql")


def run(*, quick: bool = False, full: bool = False, engines: tuple[str, ...] = ENGINES) -> list[Row]:
    """Measure each engine."""
    rounds, pairs = (20, 4) if quick else (60, 8)
    size = LARGE if full else SMALL
    rows = []
    for engine in engines:
        with ExitStack() as stack:
            many, few = stack.enter_context(centre.databases(engine))
            kept = _kept(size) if full and engine == "sqlite" else None
            large = stack.enter_context(
                centre.running(database_url=many, home=kept, processes_=1, worker=False)
            )
            empty = stack.enter_context(centre.running(database_url=few, processes_=1, worker=False))
            known = large.prepare("filled", *map(str, size))["customer"]
            rows += _pages(engine, large, known, empty, size=size, rounds=rounds, pairs=pairs)
            rows += _others(engine, large, known, rounds=rounds)
    return rows


def _kept(size: tuple[int, int]) -> Path:
    """A home that is kept between runs, of this schema."""
    migrations = sorted(processes.ROOT.glob("server/src/certcenter/*/migrations/0*.py"))
    folder = processes.cache() / f"filled-{size[0]}-{size[1]}-{len(migrations)}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def _pages(
    engine: str, large: Centre, known: int, empty: Centre, *, size: tuple[int, int], rounds: int, pairs: int
) -> list[Row]:
    alone = empty.prepare("filled", *map(str, EMPTY))["customer"]
    asked = {
        "overview page": (_page(large, known), _page(empty, alone)),
        "overview and history, API": (_api(large, known), _api(empty, alone)),
    }
    rows = []
    for name, (there, here) in asked.items():
        pair = interleaved(lambda _, ask=there: ask(rounds), lambda _, ask=here: ask(rounds), pairs)
        ours, other, ratio = median_ratio(pair)
        title = f"{name}, {size[0]:,} certificates, {size[1]:,} events, {engine}"
        rows.append(
            row(title, ours=f"{ours:.1f} ms", peer=f"empty {other:.1f} ms", value=ratio, goal="≤ 1.3")
        )
        if name == "overview page":
            rows.append(
                row(
                    f"  server's median, {engine}",
                    ours=f"{ours:.1f} ms",
                    value=ours,
                    shown="–",
                    goal="≤ 30 ms",
                )
            )
    return rows


def _others(engine: str, large: Centre, known: int, *, rounds: int) -> list[Row]:
    plans = large.prepare("plans", str(known))
    assert not plans, f"read without an index: {plans}"
    found = statistics.median(large.prepare("search", str(known), str(rounds)))
    began = time.perf_counter()
    with Client(large.port) as client:
        crl = client.get(f"/crl/{_ca(large)}/0.crl")
    assert crl.status == 200, crl.status
    took = (time.perf_counter() - began) * 1000
    return [
        row(
            f"  staff search by number, {engine}",
            ours=f"{found:.1f} ms",
            value=found,
            shown="–",
            goal="≤ 30 ms",
        ),
        row(
            f"  CRL of a shard, made and fetched, {len(crl.body) / 1000:,.0f} kB, {engine}",
            ours=f"{took:.0f} ms",
        ),
        row(f"  queries that read a whole table, {engine}", ours="0", value=0, shown="–", goal="≤ 0"),
    ]


def _ca(running: Centre) -> str:
    """The name of the one CA that there is."""
    return next(path.parent.name for path in running.home.rglob("ca.toml"))


def _page(running: Centre, customer: int):
    """Milliseconds, median of so many requests one after the other."""
    cookie = running.prepare("reader", str(customer))["browser"]
    return _asked(
        running, "/certificates/", host=running.host, headers=f"Cookie: session={cookie}\r\n", word="憑證"
    )


def _api(running: Centre, customer: int):
    token = running.prepare("reader", str(customer))["program"]
    address = f"{running.api}/certificates"
    return _asked(running, address, host="", headers=f"Authorization: Bearer {token}\r\n", word="history")


def _asked(running: Centre, path: str, *, host: str, headers: str, word: str):
    def ask(rounds: int) -> float:
        took = []
        with Client(running.port, host=host, headers=headers) as client:
            for _ in range(rounds):
                began = time.perf_counter()
                answer = client.get(path)
                took.append((time.perf_counter() - began) * 1000)
                assert answer.status == 200, (answer.status, answer.headers)
                assert word in answer.body.decode(), answer.body[:300]
        return statistics.median(took)

    ask(5)
    return ask
