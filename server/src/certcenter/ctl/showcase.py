"""`certcenterctl demo` and `certcenterctl tour`: what `make demo` and `make tour` run."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Self

import click
import httpx
from django.conf import settings

from certcenter.certificates import authority, mail_signers
from certcenter.core import clock
from certcenter.ctl.processes import THREADS, server_command
from certcenter.ctl.setup import prepare_centre
from certcenter.demo import seed
from certcenter.demo.hours import write_open
from certcenter.demo.ports import free_port, is_free
from certcenter.demo.terminal import ProgramFailed
from certcenter.demo.tour import LIVES, Log, Unexpected
from certcenter_sdk.client import ApiProblem

#: On a busy machine a start takes its time; a server that has ended is seen at once.
_PATIENCE = 300.0
_GRACE = 15.0


@click.command()
@click.option("--prepare-only", is_flag=True, help="Set up, write demo.json, start nothing. 只建立，不啟動。")
def demo(*, prepare_only: bool) -> None:
    """Set up the demo where it is missing, and run server and worker until Ctrl-C. 建立並啟動示範環境。"""
    port = settings.CONFIG.port
    if not prepare_only and not is_free(port):
        raise click.ClickException(
            f"port {port} is in use, perhaps by another demo. Nothing was started or changed. End that program, or take"
            f" another port: PORT={port + 1} make demo. 連接埠 {port} 已被使用（可能是另一個示範環境），尚未啟動或變更任何資料。"
            f"請結束該程式，或改用其他連接埠：PORT={port + 1} make demo。"
        )
    _prepare()
    click.echo("customers 客戶:")
    seed.seed(echo=click.echo)
    seed.write_description(port)
    if prepare_only:
        return
    with Processes() as processes:
        processes.start("server", server_command(host="127.0.0.1", workers=1, threads=THREADS))
        processes.start("worker", [sys.executable, "-m", "certcenter.ctl", "worker"])
        processes.await_health(f"http://127.0.0.1:{port}/healthz")
        _announce(port)
        processes.watch()


@click.command()
def tour() -> None:
    """Walk each profile's life against a throw-away centre and print what was seen. 走一遍憑證的一生。

    Exit code 0 only if everything was as it had to be. 全部符合預期才回傳 0。
    """
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="certcenter-tour-") as folder, Processes() as processes:
        port = free_port()
        environment = {
            **os.environ,
            "CERTCENTER_MODE": "demo",
            "CERTCENTER_HOME": folder,
            "CERTCENTER_PORT": str(port),
            "CERTCENTER_DATABASE_URL": "sqlite",
            "CERTCENTER_PUBLICATION_URL": f"http://127.0.0.1:{port}",
            "CERTCENTER_INSTITUTIONS_DIR": str(write_open(Path(folder) / "policies")),
        }
        control = [sys.executable, "-m", "certcenter.ctl"]
        click.echo(f"a throw-away centre in {folder} 建立臨時憑證中心")
        click.echo(
            "its telephones and counters are open at any hour, unlike those of the shipped policies 電話與櫃檯全天開放，與正式政策不同"
        )
        subprocess.run(  # noqa: S603 - our own command
            [*control, "demo", "--prepare-only"], env=environment, check=True, stdout=subprocess.DEVNULL
        )
        processes.start("server", [*control, "serve", "--workers", "1"], environment)
        processes.start("worker", [*control, "worker"], environment)
        processes.await_health(f"http://127.0.0.1:{port}/healthz")
        centre = json.loads((Path(folder) / "demo.json").read_text(encoding="utf-8"))
        log = Log(click.echo)
        try:
            for live in LIVES:
                live(centre, log)
            log.step("the audit verifies", lambda: _verify_audit(control, environment))
        except (Unexpected, ProgramFailed, ApiProblem) as wrong:
            raise click.ClickException(f"step {log.steps + 1}: {wrong}") from wrong
    click.echo(f"{log.steps} steps, all as expected, {time.perf_counter() - began:.1f} s. 全部符合預期。")


def _verify_audit(control: Sequence[str], environment: dict[str, str]) -> tuple[None, str]:
    done = subprocess.run(  # noqa: S603 - our own command
        [*control, "audit", "verify"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unexpected(f"audit verify: {done.stdout[-500:]}{done.stderr[-500:]}")
    return None, done.stdout.strip().splitlines()[-1][:56]


def _prepare() -> None:
    """Set the centre up; a new one begins in the past, since the demo's people have had certificates for years."""
    begun = authority.authorities().names()
    with clock.at(clock.now() if begun else clock.ago(days=800)):
        prepare_centre(echo=click.echo)
    authority.maintain()
    mail_signers.maintain()


class Processes:
    """Child processes that end together, whichever way this one ends."""

    def __init__(self) -> None:
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = False

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        return self

    def __exit__(self, *exception: object) -> None:
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + _GRACE
        for child in self._children.values():
            try:
                child.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def start(self, name: str, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
        """Start a child in a process group of its own, so that Ctrl-C reaches this process alone and the end is orderly."""
        self._children[name] = subprocess.Popen(  # noqa: S603 - our own commands
            command, env=environment or os.environ.copy(), start_new_session=True
        )

    def await_health(self, url: str) -> None:
        """Return when `url` answers 200. Raises ClickException when a child ends before, or patience does."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            self._require_alive()
            try:
                if httpx.get(url, timeout=2).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise click.ClickException(f"no answer from {url} after {_PATIENCE:.0f} s. 伺服器沒有回應。")

    def watch(self) -> None:
        """Wait until a signal comes or a child ends by itself."""
        while not self._stopping:
            self._require_alive()
            time.sleep(0.2)

    def _require_alive(self) -> None:
        for name, child in self._children.items():
            if not self._stopping and child.poll() is not None:
                raise click.ClickException(f"{name} ended with code {child.returncode}. 行程已結束。")

    def _stop(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stopping = True


def _announce(port: int) -> None:
    described = seed.describe(port)
    click.echo("")
    click.echo(f"Certcenter 憑證中心  {described['index']}")
    for institution in described["institutions"]:
        click.echo(f"  {institution['name']} ({institution['profile']})  {institution['url']}")
        for customer in institution["customers"]:
            click.echo(
                f"     {customer['id']:<11} {customer['password']}  {customer['name']}: {customer['note']}"
            )
            if customer["users"]:
                click.echo(f"     {'':<11} user codes 使用者代號: {', '.join(customer['users'])}")
    click.echo(
        f"  staff 行員  {described['staff']}  "
        + ", ".join(each["username"] for each in described["staff_logins"])
        + f"  {described['staff_logins'][0]['password']}"
    )
    click.echo(f"  messages 訊息  {described['outbox']['page']}")
    click.echo(f"  for scripts 給程式  {settings.CONFIG.home / 'demo.json'}")
    click.echo("Ctrl-C ends everything. 按 Ctrl-C 結束。")
