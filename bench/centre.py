"""A Certcenter of its own for one run, started as an operator starts it: `certcenterctl init`, `serve`, `worker`."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import processes

CONTROL = [sys.executable, "-m", "certcenter.ctl"]
#: The institution whose customers everything is measured with.
SLUG = "sample"
POSTGRES_OPTIONS = ("max_connections=60", "shared_buffers=256MB", "fsync=on", "synchronous_commit=on")


@dataclass(frozen=True, kw_only=True)
class Centre:
    """A running centre."""

    home: Path
    port: int
    environment: dict[str, str]
    server: "subprocess.Popen[bytes]"
    worker: "subprocess.Popen[bytes] | None"

    @property
    def api(self) -> str:
        """The path of the programs' API."""
        return f"/api/v1/i/{SLUG}"

    @property
    def host(self) -> str:
        """The host name of the institution's pages."""
        return f"{SLUG}.localhost:{self.port}"

    def prepare(self, what: str, *arguments: str) -> Any:
        """Run `bench.prepare` inside the centre's settings; returns the JSON that it prints."""
        return json.loads(processes.python(self.environment, "-m", "bench.prepare", what, *arguments))


def environment(home: Path, *, database_url: str, port: int) -> dict[str, str]:
    """The centre's environment and nothing of the caller's own centre."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CERTCENTER_")}
    return {
        **kept,
        "CERTCENTER_MODE": "demo",
        "CERTCENTER_HOME": str(home),
        "CERTCENTER_PORT": str(port),
        "CERTCENTER_DATABASE_URL": database_url,
        "CERTCENTER_PUBLICATION_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": "certcenter.settings.demo",
    }


@contextmanager
def running(
    *,
    database_url: str = "sqlite",
    home: Path | None = None,
    processes_: int = 2,
    worker: bool = True,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Centre]:
    """Set up and run a centre inside the block; `settings` are CERTCENTER_* variables of its own."""
    with ExitStack() as stack:
        if home is None:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="certcenter-bench-")))
        port, log = processes.free_port(), home / "bench.log"
        variables = {**environment(home, database_url=database_url, port=port), **(settings or {})}
        processes.python(variables, *CONTROL[1:], "init")
        serve = [*CONTROL, "serve", "--workers", str(processes_)]
        server = stack.enter_context(processes.running(serve, environment=variables, log=log))
        behind = None
        if worker:
            behind = stack.enter_context(
                processes.running([*CONTROL, "worker"], environment=variables, log=log)
            )
        processes.await_answer(f"http://127.0.0.1:{port}/healthz", server, log)
        yield Centre(home=home, port=port, environment=variables, server=server, worker=behind)


@contextmanager
def databases(engine: str) -> Iterator[list[str]]:
    """Two database URLs on `engine` (`sqlite`, `postgresql`): ours and the peer's, on one server."""
    if engine == "sqlite":
        yield ["sqlite", "sqlite"]
        return
    from tests.support import postgres

    with postgres.server(*POSTGRES_OPTIONS) as server:
        yield [server.create("ours"), server.create("peer")]
