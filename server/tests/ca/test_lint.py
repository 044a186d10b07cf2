"""pkilint on every shape, and no issuing without its clean result (SPEC D1)."""

import pytest
from server.tests.ca.support import PASSPHRASE, POLICY, config, request

from certcenter.ca.embedded import issuer as issuer_module
from certcenter.ca.embedded import lint as lint_module
from certcenter.ca.embedded import open_ca
from certcenter.ca.embedded.issuer import issuer_of
from certcenter.ca.embedded.lint import Finding, lint, lint_shapes
from certcenter.ca.embedded.template import Template
from certcenter.ca.errors import CaError
from certcenter.ca.keys import KeyType
from certcenter.ca.profiles import EMAIL_PROTECTION, CertificateProfile


@pytest.mark.spec("D1")
def test_every_shape_is_clean_and_none_is_left_out(ca, monkeypatch):
    seen = []
    monkeypatch.setattr(lint_module, "lint", lambda _, *, shape: seen.append(shape) or ())
    profiles = (
        CertificateProfile(name="a", policies=(POLICY,), key_types=tuple(KeyType)),
        CertificateProfile(name="b", policies=(POLICY,), extended_key_usages=(EMAIL_PROTECTION,)),
    )
    assert lint_shapes(config(profiles=profiles), issuer_of(ca.publication)) == ()
    assert len(set(seen)) == len(seen) == (5 + 3) * 4 * 2
    monkeypatch.undo()
    assert lint_shapes(config(profiles=profiles), issuer_of(ca.publication)) == ()


@pytest.mark.spec("D1")
def test_a_shape_with_a_fault_is_found(ca, monkeypatch):
    """Critical policies and a missing key identifier: what pkilint would say to a careless change of the template."""
    real = Template.extensions

    def without_key_identifier(self, serial, subject_key_id):
        return real(self, serial, subject_key_id).replace(
            bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d10")
        )

    monkeypatch.setattr(Template, "extensions", without_key_identifier)
    findings = lint_shapes(ca.config, issuer_of(ca.publication))
    assert {finding.severity for finding in findings} & {"ERROR", "FATAL"}


@pytest.mark.spec("D1")
def test_a_ca_with_a_finding_does_not_open(ca_directory, monkeypatch):
    finding = Finding("customer/p256/ascii/utc", "ERROR", "pkix.something", "wrong")
    monkeypatch.setattr(issuer_module, "lint_shapes", lambda *_: (finding,))
    with pytest.raises(CaError, match=r"customer/p256/ascii/utc: ERROR pkix\.something wrong") as caught:
        open_ca(ca_directory, PASSPHRASE)
    assert caught.value.code == "ca.lint"


def test_rubbish_is_a_finding_not_an_exception():
    assert lint(b"not a certificate")[0].severity == "FATAL"
    assert lint(b"\x30\x03\x02\x01\x01")[0].severity == "FATAL"


def test_what_was_issued_is_clean(ca):
    [issued] = ca.issue(ca.prepare([request()]))
    assert lint(issued.certificate) == ()
