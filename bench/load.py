"""A small HTTP/1.1 client for loopback: kept connections, so little work of its own that the servers have the cores."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Client:
    """One client's connection; reopened where the server closes it."""

    def __init__(self, port: int, *, host: str = "", headers: str = "") -> None:
        self._port, self._host, self._headers = port, host or f"127.0.0.1:{port}", headers
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._socket is not None:
            self._socket.close()

    def get(self, path: str, *, headers: str = "") -> Answer:
        """GET."""
        return self.send(
            f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n{self._headers}{headers}\r\n".encode()
        )

    def post(self, path: str, value: Any, *, headers: str = "") -> Answer:
        """POST a JSON value."""
        body = json.dumps(value, separators=(",", ":")).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n{self._headers}{headers}\r\n"
        )
        return self.send(head.encode() + body)

    def send(self, request: bytes) -> Answer:
        """Send, and read the whole answer; once more on a new connection where the kept one was closed meanwhile."""
        kept = self._socket is not None
        try:
            return self._exchange(request)
        except (ConnectionError, BrokenPipeError):
            if not kept:
                raise
            return self._exchange(request)

    def _exchange(self, request: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._socket.sendall(request)
            answer = self._read(self._socket)
        except BaseException:
            self._drop()
            raise
        if answer.headers.get("connection", "").lower() == "close":
            self._drop()
        return answer

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    @staticmethod
    def _read(connection: socket.socket) -> Answer:
        received = b""
        while b"\r\n\r\n" not in received:
            received += _more(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            while not body.endswith(b"0\r\n\r\n"):
                body += _more(connection)
            return Answer(int(status.split()[1]), headers, b"".join(_chunks(body)))
        length = int(headers.get("content-length", 0))
        while len(body) < length:
            body += _more(connection)
        return Answer(int(status.split()[1]), headers, body)


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError("the server closed the connection")
    return data


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        yield body[:length]
        body = body[length + 2 :]


def at_once(
    work: Callable[[Client, Item], None],
    items: Iterable[Item],
    *,
    clients: int,
    connect: Callable[[], Client],
) -> float:
    """Let `clients` clients work off `items`, each one item after the other; returns the seconds that it took."""
    queue, lock, errors = iter(items), threading.Lock(), []

    def client() -> None:
        try:
            with connect() as connection:
                while True:
                    with lock:
                        item = next(queue, None)
                    if item is None or errors:
                        return
                    work(connection, item)
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            errors.append(error)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if errors:
        raise errors[0]
    return seconds
