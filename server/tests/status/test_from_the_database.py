"""Status as relying parties see it: OpenSSL asks the combined WSGI application about certificates of every fate (SPEC D3)."""

import importlib
import re
import subprocess
import threading
import wsgiref.simple_server
from contextlib import contextmanager

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from server.tests.ca.support import openssl, pem
from tests.support.life import Person

from certcenter.certificates import authority, revoking
from certcenter.certificates.models import Certificate
from certcenter.core.actor import Actor, ActorKind
from certcenter.status.source import DatabaseSource, status_application

OFFICER = Actor(kind=ActorKind.STAFF, institution="sample", id="officer")
UNKNOWN = 0x7B5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(application):
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, application, handler_class=Quiet)

    def serve():
        server.serve_forever()
        connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def fates(ready):
    """Serials by what became of them."""
    good, waiting, revoked, suspended, renewed = (Person() for _ in range(5))
    found = {
        "good": good.installed(),
        "waiting": waiting.issued(),
        "revoked": revoked.installed(),
        "suspended": suspended.installed(),
        "superseded": renewed.installed(days_ago=340),
    }
    revoked.revoke()
    revoking.suspend(suspended.customer, suspended=True, actor=OFFICER)
    renewed.new_request()
    found["successor"] = renewed.installed("renew")
    return {name: Certificate.objects.get(pk=each.pk) for name, each in found.items()}


@pytest.fixture
def centre_url(ready, monkeypatch):
    wsgi = importlib.import_module("certcenter.ctl.wsgi")
    # The lists that a process has made are kept by the CA's name, and all tests of a run have the same CA.
    monkeypatch.setattr(wsgi, "_status", status_application())
    with served(wsgi.application) as url:
        yield url


@pytest.fixture
def trusted(ready, tmp_path):
    issuing, root = authority.named("shared").chain()
    return pem(tmp_path / "chain.pem", issuing, root), pem(tmp_path / "issuing.pem", issuing)


@pytest.mark.spec("D3")
@pytest.mark.interop
def test_ocsp_by_openssl(fates, centre_url, trusted):
    chain, issuing = trusted

    def ask(serial):
        return openssl(
            "ocsp", "-issuer", issuing, "-serial", str(serial), "-url", f"{centre_url}/ocsp/shared",
            "-CAfile", chain, "-resp_text", "-no_nonce",
        )  # fmt: skip

    expected = {
        "good": ("good", ""),
        "waiting": ("good", ""),
        "successor": ("good", ""),
        "revoked": ("revoked", ""),
        "suspended": ("revoked", "certificateHold"),
        "superseded": ("revoked", "superseded"),
    }
    for name, (status, reason) in expected.items():
        answer = ask(fates[name].serial_number)
        assert "Response verify OK" in answer, name
        assert f"{fates[name].serial_number}: {status}" in answer, (name, answer)
        assert reason in answer, (name, answer)
        if status == "revoked":
            assert re.search(r"Revocation Time: \w+", answer)
    answer = ask(UNKNOWN)
    assert f"{UNKNOWN}: unknown" in answer or "unauthorized" in answer, answer


@pytest.mark.spec("D3")
@pytest.mark.interop
def test_crls_by_openssl(fates, centre_url, trusted, tmp_path):
    """Each certificate's own distribution point tells its fate, and says so under the CA's signature."""
    chain, _ = trusted
    for name, certificate in fates.items():
        der = bytes(certificate.der)
        path = re.search(rb"http://[^/]+(/crl/shared/\d+\.crl)", der)
        assert path is not None, "a certificate names its CRL"
        crl = tmp_path / f"{name}.crl"
        fetched = subprocess.run(
            ["curl", "-sf", "-o", crl, f"{centre_url}{path[1].decode()}"], check=False, capture_output=True
        )
        assert fetched.returncode == 0, path[1]
        text = openssl("crl", "-inform", "DER", "-in", crl, "-noout", "-text", "-CAfile", chain)
        assert "verify OK" in text
        listed = certificate.serial.upper() in text
        assert listed == (name in {"revoked", "suspended", "superseded"}), (name, text)
    text = openssl("crl", "-inform", "DER", "-in", tmp_path / "suspended.crl", "-noout", "-text")
    assert "Certificate Hold" in text


@pytest.mark.spec("D3", "A4")
def test_resumed_is_good_again(ready, centre_url, trusted):
    chain, issuing = trusted
    wang = Person()
    certificate = wang.installed()
    for suspended, status in ((True, "revoked"), (False, "good")):
        revoking.suspend(wang.customer, suspended=suspended, actor=OFFICER)
        answer = openssl(
            "ocsp", "-issuer", issuing, "-serial", str(certificate.serial_number),
            "-url", f"{centre_url}/ocsp/shared", "-CAfile", chain,
        )  # fmt: skip
        assert f"{certificate.serial_number}: {status}" in answer


@pytest.mark.spec("D3")
def test_the_other_paths_are_djangos(centre_url):
    fetched = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"{centre_url}/nowhere"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert fetched.stdout in {"400", "404"}


@pytest.mark.spec("D3")
def test_a_list_is_read_from_its_index_alone(sqlite_ready):
    """What ended years ago costs a list nothing: a table of a million certificates is not touched."""
    with CaptureQueriesContext(connection) as asked:
        list(DatabaseSource().revoked("shared", 0))
    (read,) = (each["sql"] for each in asked.captured_queries if '"certificates_certificate"' in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {read}")
        plan = [row[3] for row in cursor.fetchall()]
    assert len(plan) == 1, plan
    assert "USING COVERING INDEX certificate_crl" in plan[0]
    assert "not_after>" in plan[0]
