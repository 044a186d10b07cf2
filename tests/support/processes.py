"""Python in other processes of a centre, without paying each time for the start of Python, Django and their like.

A server process, one for each process of pytest, has imported what is not ours. Each run is a fork of it, with an environment and
streams of its own, that then imports our code and reads its settings as a fresh Python does: a fifth of the time.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NoReturn

ROOT = Path(__file__).resolve().parents[2]
#: What takes its time and neither is ours nor asks for settings when it is imported.
HEAVY = (
    "django.contrib.auth.hashers", "django.contrib.auth.management", "django.contrib.auth.password_validation",
    "django.contrib.contenttypes.management", "django.contrib.messages.api", "django.contrib.sessions.backends.base",
    "django.contrib.staticfiles.finders", "django.core.handlers.wsgi", "django.core.mail", "django.core.management",
    "django.core.serializers.json", "django.db.backends.sqlite3.base", "django.db.migrations.executor",
    "django.db.models.sql.compiler", "django.forms", "django.http", "django.middleware.csrf", "django.template",
    "django.urls", "django.views", "altcha", "argon2", "asn1crypto.cms", "asn1crypto.crl", "asn1crypto.ocsp",
    "captcha.audio", "captcha.image", "cryptography.hazmat.primitives.asymmetric.padding",
    "cryptography.hazmat.primitives.ciphers.aead", "cryptography.hazmat.primitives.kdf.hkdf",
    "cryptography.hazmat.primitives.serialization.pkcs7", "cryptography.hazmat.primitives.serialization.pkcs12",
    "cryptography.x509", "httpx", "psycopg", "pydantic", "pydantic_settings", "rich.console", "rich.progress",
    "rich.table", "smtplib", "sqlite3", "tomllib",
)  # fmt: skip


def run_python(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    check: bool = False,
    timeout: float = 120,
    given: str = "",
) -> "subprocess.CompletedProcess[str]":
    """Run `python *arguments` (`-c CODE` or `-m MODULE …`) in a process of its own; like `subprocess.run`, output as text.

    `given` is its standard input. A file is behind each stream, so a limit of file sizes holds for what is printed, too.
    Raises subprocess.TimeoutExpired after `timeout` seconds, and CalledProcessError with `check`.
    """
    command = [sys.executable, *arguments]
    with TemporaryFile("w+") as read, TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        read.write(given)
        read.seek(0)
        order = {"arguments": list(arguments), "environment": dict(environment)}
        status = _Server.here().run(order, (read, out, err), command=command, timeout=timeout)
        said = [_read(each) for each in (out, err)]
    done = subprocess.CompletedProcess(command, status, *said)
    if check:
        done.check_returncode()
    return done


def _read(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


class _Server:
    """The process that forks, seen from here."""

    _running: "dict[int, _Server]" = {}
    _lock = threading.Lock()

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        paths = [str(ROOT / each) for each in ("sdk/src", "server/src", "helper/src", ".")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.processes", str(theirs.fileno())],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        atexit.register(self._end)

    @classmethod
    def here(cls) -> "_Server":
        """The server of this process."""
        with cls._lock:
            if os.getpid() not in cls._running:
                cls._running[os.getpid()] = cls()
            return cls._running[os.getpid()]

    def run(
        self, order: object, streams: Sequence[IO[str]], *, command: Sequence[str], timeout: float
    ) -> int:
        """Have an order carried out; its return code, negative for a signal, as subprocess has it."""
        answer, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with answer, TemporaryFile("w+") as letter:
            json.dump(order, letter)
            letter.flush()
            with theirs, self._lock:
                socket.send_fds(self._line, [b"."], [each.fileno() for each in (theirs, letter, *streams)])
            process = int(answer.recv(32))
            answer.settimeout(timeout)
            try:
                told = answer.recv(32)
            except TimeoutError:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                raise subprocess.TimeoutExpired(command, timeout, *map(_read, streams[1:])) from None
        return int(told)

    def _end(self) -> None:
        self._line.close()
        self._process.wait(10)


def serve(line: socket.socket) -> None:
    """Fork for each order until the other side closes; returns in the children too, when it is theirs to work."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those who wait for a run are reaped by nobody
    while True:
        _mark, files, _flags, _address = socket.recv_fds(line, 1, 5)
        if not files:
            os._exit(0)
        if os.fork() == 0:
            line.close()
            _attend(*files)
            return
        for each in files:
            os.close(each)


def _attend(answer: int, letter: int, *streams: int) -> None:
    """Fork once more; return in the grandchild, wait for it and tell how it ended in the child."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    go, ready = os.pipe()
    worker = os.fork()
    if worker:
        _tell(answer, worker, ready)
    os.close(ready)
    os.read(go, 1)  # until its number is known to who may have to kill it
    os.close(go)
    os.close(answer)
    order = json.loads(os.pread(letter, os.fstat(letter).st_size, 0))
    os.close(letter)
    for to, where in enumerate(streams):
        os.dup2(where, to)
        os.close(where)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = order["arguments"]


def _tell(answer: int, worker: int, ready: int) -> NoReturn:
    told = socket.socket(fileno=answer)
    told.send(b"%d" % worker)
    os.close(ready)
    _pid, status = os.waitpid(worker, 0)
    with suppress(BrokenPipeError):  # nobody waits for it any more
        told.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def work(arguments: list[str]) -> None:
    """Be `python *arguments`."""
    import runpy

    kind, what, *rest = arguments
    sys.argv = [kind if kind == "-c" else what, *rest]
    if kind == "-c":
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})
    else:
        assert kind == "-m", kind
        runpy.run_module(what, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    import gc
    import importlib

    for name in HEAVY:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    serve(socket.socket(fileno=int(sys.argv[1])))
    work(sys.argv)
