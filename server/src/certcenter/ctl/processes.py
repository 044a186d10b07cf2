"""`certcenterctl serve` and `certcenterctl worker`: the two processes of a centre."""

import os
import signal
import sys
from pathlib import Path
from threading import Event as Flag
from types import FrameType
from typing import Final

import click
from django.conf import settings

from certcenter.worker import loop

#: Requests at once in one process: most of them wait, for a certificate that is being made (20 s at most), their turn to write,
#: a slot for a hash. How much waits beside them is bounded (`--backpressure`).
THREADS: Final = 16
#: The web server's own lines, as JSON; that so many threads are many for few processors is no news.
LOG_CONFIG: Final = Path(__file__).with_name("server_log.json")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on. 監聽位址。")
@click.option("--workers", default=2, show_default=True, help="Server processes. 伺服器行程數。")
@click.option(
    "--threads",
    default=THREADS,
    show_default=True,
    help="Requests at once in one process. 每行程同時處理數。",
)
def serve(host: str, workers: int, threads: int) -> None:
    """Run the web server on CERTCENTER_PORT. 啟動網頁伺服器。"""
    os.environ["CERTCENTER_SERVER_THREADS"] = str(threads)
    # As many hashes at once as there are processors: more would only wait for one another (SPEC E1).
    processors = os.cpu_count() or 1
    os.environ.setdefault("CERTCENTER_HASH_SLOTS", str(max(1, processors // workers)))
    os.environ.setdefault("CERTCENTER_HASH_WAITING", str(max(1, processors // 2)))
    os.execvp(sys.executable, server_command(host=host, workers=workers, threads=threads))  # noqa: S606 - our own interpreter


def server_command(*, host: str, workers: int, threads: int) -> list[str]:
    """The granian command line: WSGI, workers respawned, waiting requests bounded (DESIGN, server)."""
    return [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(settings.CONFIG.port),
        "--workers",
        str(workers),
        "--blocking-threads",
        str(threads),
        "--backpressure",
        str(threads * 16),
        "--respawn-failed-workers",
        "--workers-kill-timeout",
        "10",
        "--static-path-route",
        "/static",
        "--static-path-mount",
        str(settings.STATIC_ROOT),
        "--log-level",
        "warning",
        "--log-config",
        str(LOG_CONFIG),
        "--http",
        "1",
        "--no-ws",
        "certcenter.ctl.wsgi:application",
    ]


@click.command()
@click.option("--once", is_flag=True, help="Do what waits, then end. 處理完待辦後結束。")
def worker(*, once: bool) -> None:
    """Issue certificates, send messages, close the audit. 簽發憑證、寄送訊息、彙整稽核。"""
    stop = Flag()

    def _stop(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    if once:
        loop.until_idle()
    else:
        loop.run_for_ever(stop)
