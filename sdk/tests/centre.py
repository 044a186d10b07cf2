"""A centre in the test's own process, for what comes after a proven procedure: it issues, tells, and forgets nothing."""

import json
import re

import httpx

from certcenter_sdk import cms, csr
from certcenter_sdk.client import Client, Retry
from certcenter_sdk.client.answers import Answer, encode_bytes
from certcenter_sdk.proofs import Proof

BASE = "http://127.0.0.1:8000"
ONCE = Retry(attempts=1)


class Centre:
    """Answers `obtain`, `finish` and `repair`. `faults` maps a request's number to a function of the true answer."""

    def __init__(self, issuing, root, now, identity="A123456789"):
        self.issuing, self.root, self.now, self.identity = issuing, root, now, identity
        self.applications = {}
        self.requests = []
        self.faults = {}
        self.nonces = 0
        self.opened_by_staff = True

    def client(self, retry=ONCE):
        return Client(BASE, "demo", transport=httpx.MockTransport(self), retry=retry)

    def __call__(self, request):
        number = len(self.requests)
        path = request.url.path.removeprefix("/api/v1/i/demo/")
        self.requests.append(f"{request.method} {re.sub('[0-9a-f-]{36}', 'UUID', path)}")
        fault = self.faults.get(number)
        if fault is not None and fault.before:
            return fault(None)
        answer = self.answer(request.method, path, json.loads(request.content or b"{}"))
        return fault(answer) if fault is not None else answer

    def answer(self, method, path, body):
        first, *rest = path.split("/")
        if first == "environment":
            return httpx.Response(200, json={"time": self.now.isoformat()})
        if first == "certificates":
            return httpx.Response(200, json=self.overview())
        if first == "nonces":
            self.nonces += 1
            return httpx.Response(200, json={"nonce": f"{self.nonces:024d}"})
        if first == "redownloads":
            return self.redownload(body)
        assert first == "applications", path
        return self.about_an_application(method, rest, body)

    def about_an_application(self, method, rest, body):
        if not rest:
            return self.apply(body)
        if method == "POST":
            return self.acknowledge(rest[0], body)
        return self.certificate(rest[0]) if rest[1:] else self.progress(rest[0])

    def apply(self, body):
        known = self.applications.get(body["request"])
        request = csr.read(Answer(body).octets("csr"))
        if known is None:
            if any(each["state"] == "issued" for each in self.applications.values()):
                return problem(409, "application-open")
            number = len(self.applications) + 1
            certificate = self.issuing.issue(Public(request.public_key), f"{self.identity}-00-{number:06d}")
            self.applications[body["request"]] = {
                "state": "issued",
                "certificate": certificate,
                "request": body["request"],
                "kind": "renew" if "old_key_proof" in body else "apply",
                "spki_sha256": request.spki_sha256,
                "key": request.public_key,
            }
        elif known["spki_sha256"] != request.spki_sha256:
            return problem(409, "another-key")
        return self.progress(body["request"])

    def progress(self, uuid):
        if uuid not in self.applications:
            return problem(404, "not-found")
        return httpx.Response(200, json={"state": self.applications[uuid]["state"], "percent": 100})

    def overview(self):
        application = self.open_application()
        opened = application if self.opened_by_staff is True else None
        return {"application": application, "redownload": opened}

    def redownload(self, body):
        application = self.open_application()
        if application is None or self.opened_by_staff is not True:
            return problem(403, "redownload-closed")
        self.prove(application["request"], body)
        self.opened_by_staff = "used"
        return self.certificate(application["request"])

    def prove(self, uuid, body):
        proof = Answer(body["proof"])
        structure = proof.octets("structure")
        cms.verify_with_key_id(structure, proof.octets("signature"), self.applications[uuid]["key"])
        assert Proof.parse(structure).purpose == "repair"

    def certificate(self, uuid):
        if self.opened_by_staff is False:
            return problem(403, "redownload-closed")
        chain = [self.issuing.certificate, self.root.certificate]
        values = {
            "certificate": encoded(self.applications[uuid]["certificate"]),
            "chain": [encoded(each) for each in chain],
            "export_file_name": f"{self.identity}.pfx",
        }
        return httpx.Response(200, json=values)

    def acknowledge(self, uuid, body):
        application = self.applications[uuid]
        self.prove(uuid, body)
        application["state"] = "installed"
        return httpx.Response(200, json={})

    def open_application(self):
        found = [each for each in self.applications.values() if each["state"] == "issued"]
        names = ("request", "spki_sha256", "state", "kind")
        return {name: found[0][name] for name in names} if found else None

    @property
    def in_force(self):
        """Certificates that were acknowledged, newest last."""
        return [each["certificate"] for each in self.applications.values() if each["state"] == "installed"]


class Public:
    def __init__(self, key):
        self._key = key

    def public_key(self):
        return self._key


def encoded(certificate):
    from cryptography.hazmat.primitives.serialization import Encoding

    return encode_bytes(certificate.public_bytes(Encoding.DER))


def problem(status, code):
    body = {"title": "不行", "code": code}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


class Fault:
    """`before`: the centre never saw the request; else it did its part and the answer is what suffers."""

    def __init__(self, name, make, *, before):
        self.name, self.make, self.before = name, make, before

    def __call__(self, _answer):
        found = self.make()
        if isinstance(found, Exception):
            raise found
        return found


FAULTS = (
    Fault("cut-before", lambda: httpx.ConnectError("cut"), before=True),
    Fault("cut-after", lambda: httpx.ReadError("cut"), before=False),
    Fault("500", lambda: httpx.Response(500, text="<html>"), before=True),
    Fault("503", lambda: problem(503, "busy"), before=True),
    Fault("garbage", lambda: httpx.Response(200, content=b"\x00garbage"), before=False),
    Fault(
        "another-json",
        lambda: httpx.Response(200, json={"certificate": "AAAA", "chain": ["x"]}),
        before=False,
    ),
)
