"""Evidence of orders, looked at again years later (SPEC D6, D8)."""

import base64
from datetime import timedelta
from uuid import uuid4

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from certcenter.core import clock
from certcenter.ctl.evidence import check as check_evidence
from certcenter.signing import evidence
from certcenter.signing.models import Evidence
from certcenter_sdk import cms, keys
from certcenter_sdk.orders import Order

from .conftest import Trader


@pytest.fixture
def kept(wang):
    certificate = wang.installed()
    order = wang.draft()
    return wang.place(order, wang.sign(order, certificate))


@pytest.mark.spec("D8", "D6")
def test_evidence_stands_years_later(kept):
    with clock.at(clock.now() + timedelta(days=6 * 365)):
        assert evidence.recheck(Evidence.objects.get(pk=kept.pk)).findings == ()


@pytest.mark.spec("D8", "D9")
def test_the_operator_checks_evidence_again(kept):
    run = CliRunner().invoke
    good = run(check_evidence, [str(kept.pk)])
    assert (good.exit_code, "in order" in good.output) == (0, True), good.output
    assert run(check_evidence, [str(uuid4())]).exit_code == 1, "an unknown number is no success"
    assert run(check_evidence, ["--institution", "demo"]).output.startswith("0 checked")
    Evidence.objects.filter(pk=kept.pk).update(status="bad")
    bad = run(check_evidence, [])
    assert (bad.exit_code, str(kept.pk) in bad.output) == (1, True), bad.output


def _bytes_of(row, name):
    if name in ("order", "signature"):
        return bytes(getattr(row, name))
    return base64.b64decode(row.chain[int(name[-1])])


def _damage(row, name, value):
    if name in ("order", "signature"):
        setattr(row, name, value)
    else:
        row.chain[int(name[-1])] = base64.b64encode(value).decode()


@pytest.mark.spec("D8", "D6")
@pytest.mark.parametrize("name", ["order", "signature", "chain 0", "chain 1", "chain 2"])
def test_each_damaged_byte_is_found_by_what_it_says_itself(kept, name, monkeypatch):
    """Without the digest in the history: the evidence's own signatures find it."""
    monkeypatch.setattr(evidence, "_digest_in_history", evidence.digest_of)
    whole = _bytes_of(kept, name)
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        row = Evidence.objects.get(pk=kept.pk)
        _damage(row, name, whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert evidence.recheck(row).findings, f"{name} byte {at}"
    for shorter in (b"", whole[:-1]):
        row = Evidence.objects.get(pk=kept.pk)
        _damage(row, name, shorter)
        assert evidence.recheck(row).findings, f"{name} cut to {len(shorter)}"


@pytest.mark.spec("D8", "D6")
def test_each_changed_column_is_found(kept):
    other = Trader()
    theirs = other.installed()
    changes = {
        "institution": "demo",
        "customer": other.customer,
        "certificate": theirs,
        "nonce": "A" * 43,
        "chain": [],
        "status": "revoked",
        "accepted_at": kept.accepted_at + timedelta(microseconds=1),
    }
    for name, value in changes.items():
        row = Evidence.objects.get(pk=kept.pk)
        setattr(row, name, value)
        assert evidence.recheck(row).findings, name


@pytest.mark.spec("D8")
def test_a_whole_forgery_under_another_root_is_found(kept):
    """Order, signature and chain fit each other; the history says that it is not what was accepted."""
    row = Evidence.objects.get(pk=kept.pk)
    key = keys.generate()
    name = x509.Name([])
    root = (
        x509.CertificateBuilder(
            name, name, key.public_key(), 1, row.accepted_at, row.accepted_at + timedelta(days=9)
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    row.order = Order.parse(bytes(row.order)).canonical().replace(b'"1000"', b'"9000"')
    row.signature = cms.sign_detached(bytes(row.order), key, root)
    row.chain = [base64.b64encode(root.public_bytes(Encoding.DER)).decode()]
    assert "another-digest" in evidence.recheck(row).findings
