"""A small real HTTP proxy on loopback that cuts, or answers in the centre's place, at the request it is told."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "te", "upgrade"}


class Fault(StrEnum):
    """What happens to a request."""

    CUT_BEFORE = "cut-before"
    """The centre never gets it."""
    CUT_AFTER = "cut-after"
    """The centre gets it and answers; the answer is lost."""
    ERROR_500 = "500"
    ERROR_503 = "503"
    GARBAGE = "garbage"


@dataclass
class FaultyProxy:
    """`rule` says what becomes of the n-th request (from 1); `seen` is what came."""

    port: int
    rule: Callable[[int, str, str], Fault | None] = lambda _number, _method, _path: None
    change: Callable[[str, bytes], bytes] = lambda _path, body: body
    seen: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def heal(self) -> None:
        """From now on everything passes; counting begins again."""
        self.rule, self.change = lambda _number, _method, _path: None, lambda _path, body: body
        self.seen.clear()

    def fail_from(self, number: int, fault: Fault) -> None:
        """The n-th request from now, and all after it, meet this fault."""
        self.heal()
        self.rule = lambda count, _method, _path: fault if count >= number else None

    @property
    def url(self) -> str:
        """For the environment of whoever shall use it."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def faulty_proxy() -> Iterator[FaultyProxy]:
    """Run one on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    proxy = FaultyProxy(server.server_address[1])
    server.proxy = proxy  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        proxy: FaultyProxy = self.server.proxy  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with proxy.lock:
            proxy.seen.append(f"{self.command} {urlsplit(self.path).path}")
            fault = proxy.rule(len(proxy.seen), self.command, self.path)
        if fault is Fault.CUT_BEFORE:
            return self._cut()
        if fault in {Fault.ERROR_500, Fault.ERROR_503}:
            return self._answer(int(fault), {"content-type": "text/html"}, b"<h1>trouble</h1>")
        if fault is Fault.GARBAGE:
            return self._answer(200, {"content-type": "application/json"}, b'{"half": ')
        status, headers, answer = self._forward(body)
        if fault is Fault.CUT_AFTER:
            return self._cut()
        return self._answer(status, headers, proxy.change(self.path, answer))

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(self.path)
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(self.command, target, body or None, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        """Reset the connection, as a pulled cable does after its time."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - http.server's names

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    def handle(self) -> None:
        """A connection that we reset has nothing to flush."""
        try:
            super().handle()
        except (ConnectionError, ValueError):
            self.close_connection = True

    def finish(self) -> None:
        """The same at the end."""
        try:
            super().finish()
        except (ConnectionError, OSError, ValueError):
            self.close_connection = True
