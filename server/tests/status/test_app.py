"""The status service over HTTP: OpenSSL as the client, hostile clients, caching (SPEC D3)."""

import base64
import hashlib
import re
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from server.tests.ca.support import NOW, pem
from server.tests.status.support import serving
from server.tests.status.test_ocsp import ask

from certcenter.ca.api import Reason
from certcenter.status.app import Lives, StatusApp
from certcenter.status.interfaces import Good, Revoked


@pytest.fixture
def client(port):
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client


def status_of(response):
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/ocsp-response"
    return ocsp.load_der_ocsp_response(response.content)


@pytest.mark.spec("D3")
@pytest.mark.interop
@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("good", ": good"),
        ("revoked", ": revoked[\\s\\S]*Reason: keyCompromise"),
        ("held", ": revoked[\\s\\S]*Reason: certificateHold"),
        ("unknown", ": unknown"),
    ],
)
@pytest.mark.parametrize("options", [[], ["-no_nonce"], ["-sha256"]], ids=["nonce", "no-nonce", "sha256"])
def test_openssl_ocsp_accepts_the_answer(*, ca, port, certificates, tmp_path, which, words, options):
    root, issuing = pem(tmp_path / "root", ca.chain()[1]), pem(tmp_path / "issuing", ca.chain()[0])
    leaf = pem(tmp_path / "leaf", certificates[which].certificate)
    done = subprocess.run(
        ["openssl", "ocsp", "-url", f"http://127.0.0.1:{port}/ocsp/demo", *options, "-issuer", issuing, "-cert", leaf,
         "-CAfile", root, "-verify_other", issuing],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert "Response verify OK" in done.stderr
    assert "WARNING" not in done.stderr  # a missing nonce, times out of bounds
    assert re.search(words, done.stdout)


@pytest.mark.spec("D3")
@pytest.mark.interop
def test_openssl_fetches_the_crl_that_a_certificate_names(ca, source, certificates, tmp_path):
    """From the CDP inside the certificate to a verified status, with nothing given by hand but the root."""
    with serving(StatusApp(source)) as port:
        root, issuing = pem(tmp_path / "root", ca.chain()[1]), pem(tmp_path / "issuing", ca.chain()[0])
        for which, words in (("good", "OK"), ("revoked", "certificate revoked")):
            encoded = certificates[which].certificate
            certificate = x509.load_der_x509_certificate(encoded)
            points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
            url = points[0].full_name[0].value.replace(":8000/", f":{port}/")
            crl = tmp_path / f"{which}.crl"
            crl.write_bytes(httpx.get(url, trust_env=False).content)
            leaf = pem(tmp_path / which, encoded)
            done = subprocess.run(
                ["openssl", "verify", "-x509_strict", "-crl_check", "-CRLfile", crl, "-CAfile", root, "-untrusted", issuing, leaf],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert words in done.stdout + done.stderr


@pytest.mark.spec("D3")
def test_the_urls_inside_the_certificates_are_answered(ca, client, certificates):
    leaf, issuing = (
        x509.load_der_x509_certificate(der) for der in (certificates["good"].certificate, ca.chain()[0])
    )
    urls = []
    for certificate in (leaf, issuing):
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        urls += [points[0].full_name[0].value, *(description.access_location.value for description in access)]
    assert len(urls) == 5
    types = []
    for url in urls:
        response = client.get(url.removeprefix("http://127.0.0.1:8000"))
        assert response.status_code == 200
        types.append(response.headers["content-type"].removeprefix("application/"))
    assert types == ["pkix-crl", "ocsp-response", "pkix-cert", "pkix-crl", "pkix-cert"]
    assert client.get("/ca/demo/root.crt").content == ca.chain()[1]
    assert client.get("/ca/demo/issuing.crt").content == ca.chain()[0]


@pytest.mark.spec("D3")
def test_a_get_may_be_cached_and_a_post_not(ca, client, certificates):
    data = ask(ca, certificates["good"].certificate)
    got = client.get("/ocsp/demo/" + quote(base64.b64encode(data), safe=""))
    assert status_of(got).certificate_status == ocsp.OCSPCertStatus.GOOD
    assert re.fullmatch(
        r"max-age=(599|600), public, no-transform, must-revalidate", got.headers["cache-control"]
    )
    assert re.fullmatch(r'"[0-9a-f]{64}"', got.headers["etag"])
    assert got.headers["expires"].endswith("GMT")
    assert got.headers["last-modified"].endswith("GMT")
    posted = client.post("/ocsp/demo", content=data, headers={"content-type": "application/ocsp-request"})
    assert status_of(posted).certificate_status == ocsp.OCSPCertStatus.GOOD
    assert posted.headers["cache-control"] == "no-store"
    with_nonce = client.get(
        "/ocsp/demo/"
        + quote(base64.b64encode(ask(ca, certificates["good"].certificate, nonce=b"n" * 16)), safe="")
    )
    assert with_nonce.headers["cache-control"] == "no-store"
    assert client.head("/ocsp/demo/" + quote(base64.b64encode(data), safe="")).content == b""


# Serials: ones give slashes wherever base64 begins a group (here with no, one and two equals signs at its end);
# the second pattern gives plus signs only where a group begins with it, so it is moved by a byte each time.
SLASHES = [b"\x01" + b"\xff" * length for length in (13, 14, 15)]
PLUS_SIGNS = [b"\x01" + bytes(padding) + b"\xfb\xef\xbe" * 4 for padding in (0, 1, 2)]


def text_of(ca, serial):
    """What a GET's path holds to ask for one serial, whether or not a certificate has it."""
    issuing = x509.load_der_x509_certificate(ca.publication.issuing_certificate)
    key = issuing.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    hashed = [hashlib.sha1(part).digest() for part in (issuing.subject.public_bytes(), key)]
    request = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*hashed, serial, hashes.SHA1()).build()
    return base64.b64encode(request.public_bytes(Encoding.DER)).decode()


@pytest.mark.spec("D3")
def test_base64_with_slashes_and_plus_signs_works_quoted_and_raw(ca, client, source):
    """cfssl answers 301 to `//` in the path; here it is base64 like any other."""
    serials = [int.from_bytes(serial) for serial in SLASHES + PLUS_SIGNS]
    source.statuses |= dict.fromkeys(serials, Good())
    texts = [text_of(ca, serial) for serial in serials]
    assert all("//" in text for text in texts[:3])
    assert {len(text) - len(text.rstrip("=")) for text in texts[:3]} == {0, 1, 2}
    assert any("+" in text for text in texts[3:])
    for text in texts:
        for path in (text, quote(text, safe=""), text.rstrip("=")):
            assert status_of(client.get("/ocsp/demo/" + path)).certificate_status == ocsp.OCSPCertStatus.GOOD


@pytest.mark.spec("D3", "E10")
@pytest.mark.parametrize(
    "path", ["", "/", "/%00", "/a%20b", "/MEUw", "/" + "A" * 12_000, "/%E6%86%91", "/../../etc/passwd"]
)
def test_bad_gets_get_the_protocols_own_answer(client, path):
    response = client.get("/ocsp/demo" + path)
    if response.status_code != 200:  # the client itself resolves dots
        assert response.status_code == 404
        return
    assert status_of(response).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.spec("D3", "E10")
@pytest.mark.parametrize("body", [b"", b"x", b"\x30\x80", bytes(8193), bytes(100_000)])
def test_bad_posts_get_the_protocols_own_answer(client, body):
    response = client.post("/ocsp/demo", content=body)
    assert status_of(response).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999999999999999999", "１"])
def test_a_content_length_that_is_no_number(app, length):
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/ocsp/demo",
        "CONTENT_LENGTH": length,
        "wsgi.input": None,
    }
    [body] = app(environ, lambda *_: None)
    assert ocsp.load_der_ocsp_response(body).response_status == ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_a_raw_socket_with_a_long_line(port):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        raw.sendall(b"GET /ocsp/demo/" + b"%2F" * 4000 + b" HTTP/1.0\r\n\r\n")
        answer = b""
        while chunk := raw.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.0 200")


@pytest.mark.parametrize(
    "path",
    ["/", "/ocsp", "/ocsp/", "/ocsp/nobody", "/crl/nobody/1.crl", "/crl/demo", "/crl/demo/4.crl", "/crl/demo/01.crl",
     "/crl/demo/-1.crl", "/crl/demo/1.pem", "/crl/demo/%EF%BC%91.crl", "/crl/demo/99999999999.crl", "/ca/demo/root.key",
     "/ca/demo/ocsp.crt", "/ca/demo", "/ca", "/other", "//ocsp/demo"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/plain")


def test_other_methods_are_named(client):
    assert client.put("/ocsp/demo").headers["allow"] == "GET, HEAD, POST"
    assert client.post("/crl/demo/1.crl").headers["allow"] == "GET, HEAD"
    assert client.post("/crl/demo/1.crl").status_code == 405


@pytest.mark.spec("D3", "D9")
def test_a_source_that_fails_is_said_and_not_cached(ca, client, source, certificates, caplog):
    data = ask(ca, certificates["good"].certificate)
    source.broken = "unavailable"
    assert (
        status_of(client.post("/ocsp/demo", content=data)).response_status
        == ocsp.OCSPResponseStatus.TRY_LATER
    )
    assert client.get("/crl/demo/1.crl").status_code == 503
    source.broken = "a secret detail"
    answer = client.post("/ocsp/demo", content=data)
    assert status_of(answer).response_status == ocsp.OCSPResponseStatus.INTERNAL_ERROR
    crl = client.get("/crl/demo/2.crl")
    assert crl.status_code == 503
    assert b"secret" not in answer.content + crl.content
    assert "a secret detail" in caplog.text
    source.broken = None
    assert client.get("/crl/demo/1.crl").status_code == 200


class Time:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.mark.spec("D3")
def test_a_crl_is_made_once_and_anew_after_its_refresh(ca, source, certificates):
    time, shard = Time(), certificates["good"].serial % 4
    app = StatusApp(source, now=time, lives=Lives(crl_refresh=timedelta(minutes=5)))
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": f"/crl/demo/{shard}.crl"}

    def fetch():
        headers = {}
        [body] = app(environ, lambda _, given: headers.update(given))
        return x509.load_der_x509_crl(body), headers

    first, headers = fetch()
    assert headers["Cache-Control"].startswith("max-age=300,")
    source.statuses[certificates["good"].serial] = Revoked(NOW, Reason.SUPERSEDED)
    time.now += timedelta(minutes=4)
    second, headers = fetch()
    assert second == first
    assert headers["Cache-Control"].startswith("max-age=60,")
    time.now += timedelta(minutes=1)
    third, _ = fetch()
    assert third.get_revoked_certificate_by_serial_number(certificates["good"].serial)
    numbers = [
        crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for crl in (first, third)
    ]
    assert numbers[0] < numbers[1] < 1 << 63
    assert third.next_update_utc - third.last_update_utc == timedelta(hours=24)


def test_many_ask_at_once_and_one_crl_is_made(source, monkeypatch):
    def slowly(ca, shard):
        source.streams += 1
        sleep(0.05)
        return []

    monkeypatch.setattr(source, "revoked", slowly)
    app = StatusApp(source)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/crl/demo/0.crl"}
    with ThreadPoolExecutor(16) as pool:
        bodies = set(pool.map(lambda _: b"".join(app(environ, lambda *_: None)), range(64)))
    assert len(bodies) == 1
    assert source.streams == 1
