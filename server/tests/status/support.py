"""A source of statuses in memory, and a status service on loopback."""

import threading
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

from certcenter.status.interfaces import RevokedEntry, StatusUnavailableError


class MemorySource:
    """`StatusSource` over a dict; `broken` lets every question fail."""

    def __init__(self, *publications):
        self.publications = {publication.config.name: publication for publication in publications}
        self.statuses = {}
        self.broken = None
        self.streams = 0

    def ca(self, name):
        return self.publications.get(name)

    def lookup(self, ca, serials):
        assert ca in self.publications
        self._maybe_fail()
        return {serial: self.statuses[serial] for serial in serials if serial in self.statuses}

    def revoked(self, ca, shard):
        self._maybe_fail()
        self.streams += 1
        shards = self.publications[ca].config.shards
        for serial, status in self.statuses.items():
            if serial % shards == shard and hasattr(status, "at"):
                yield RevokedEntry(serial, status.at, status.reason)

    def _maybe_fail(self):
        if self.broken == "unavailable":
            raise StatusUnavailableError
        if self.broken:
            raise RuntimeError(self.broken)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


@contextmanager
def serving(app, port=0):
    """The app on loopback, checked against PEP 3333; gives its port."""
    with make_server("127.0.0.1", port, validator(app), server_class=_Server, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
