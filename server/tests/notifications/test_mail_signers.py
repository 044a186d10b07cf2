"""Who signs an institution's mail: issued by its own CA, verified by OpenSSL as a reader would, renewed in time (SPEC D4.1)."""

import dataclasses
import subprocess
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from email.utils import parseaddr

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from server.tests.notifications.test_gateways import issued, message, pem, smtp  # noqa: F401 - a fixture
from tests.support.processes import run_python

from certcenter.audit.actions import RECORDED
from certcenter.ca.api import Reason
from certcenter.ca.errors import CaError, CaErrorCode
from certcenter.certificates import authority, mail_signers
from certcenter.certificates.models import MailSigner, serial_text
from certcenter.core import clock
from certcenter.core.actor import system
from certcenter.core.errors import NotFound
from certcenter.institutions import serving
from certcenter.notifications import smime
from certcenter.notifications.gateways.demo import DemoGateway
from certcenter.notifications.gateways.smtp import Server, SmtpGateway
from certcenter.notifications.models import DemoMessage
from certcenter.status.interfaces import Good, Revoked
from certcenter.status.source import DatabaseSource, status_application

pytestmark = pytest.mark.spec("D4.1")
ACTOR = system("tests")


@pytest.fixture
def sample(sqlite_ready):
    """An institution whose CA is there."""
    return serving.get("sample")


def verifies(program, raw, root):
    """Whether `openssl` takes the mail under this root alone, for the purpose of signing mail."""
    command = ["openssl", program, "-verify", "-CAfile", str(root), "-no-CApath", "-purpose", "smimesign"]
    return subprocess.run(command, input=raw, capture_output=True, check=False).returncode == 0


@pytest.mark.interop
def test_a_mail_verifies_under_the_institutions_root_and_a_changed_byte_fails(sample, smtp, tmp_path):  # noqa: F811 - the fixture
    assert "sample" in mail_signers.create_missing(serving.served(), actor=ACTOR)
    assert mail_signers.create_missing(serving.served(), actor=ACTOR) == []
    SmtpGateway(Server(host="127.0.0.1", port=smtp.port, tls="none")).send(message())
    raw = smtp.mails[0].content
    root = tmp_path / "root.pem"
    root.write_bytes(
        x509.load_der_x509_certificate(authority.chain(sample.ca.name)[1]).public_bytes(Encoding.PEM)
    )
    body = raw.index(b"SEZDUi")  # the code in base64
    forged = raw[:body] + b"SEZDUj" + raw[body + 6 :]
    for program in ("smime", "cms"):
        assert verifies(program, raw, root)
        assert not verifies(program, forged, root)


def test_the_certificate_names_the_address_that_the_mail_comes_from(sample, smtp):  # noqa: F811 - the fixture
    made = mail_signers.issue(sample, actor=ACTOR)
    SmtpGateway(Server(host="127.0.0.1", port=smtp.port, tls="none")).send(message())
    sender = parseaddr(message_from_bytes(smtp.mails[0].content, policy=SMTP)["From"])[1]
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == [sender]
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]
    assert smime.signer_path("sample").stat().st_mode & 0o077 == 0


def test_it_is_replaced_sixty_days_before_its_end_and_not_sooner(sample):
    first = mail_signers.issue(sample, actor=ACTOR)
    assert mail_signers.maintain() == 0
    with clock.at(first.not_valid_after_utc - timedelta(days=59)):
        assert mail_signers.maintain() == 1
        assert mail_signers.maintain() == 0
    signer = smime.signer("sample")
    assert signer is not None
    assert signer.certificate.serial_number != first.serial_number
    assert signer.certificate.public_key() != first.public_key()


def test_one_institutions_unreadable_ca_does_not_stop_the_others(sample, monkeypatch):
    """The first of the round can't be renewed; the bank, which has a CA of its own, is. The round says whose were not."""
    houses = serving.served().all()
    assert houses[0].ca.name == sample.ca.name
    first = {each.slug: mail_signers.issue(each, actor=ACTOR) for each in houses}
    real, shared = mail_signers.read_key, authority.authorities().directory(sample.ca.name)

    def read_key(path, passphrase):
        if path.parent == shared:
            raise CaError(CaErrorCode.DAMAGED, "rubbish")
        return real(path, passphrase)

    monkeypatch.setattr(mail_signers, "read_key", read_key)
    end = min(each.not_valid_after_utc for each in first.values())
    with clock.at(end - timedelta(days=1)):
        with pytest.raises(ExceptionGroup) as said:
            mail_signers.maintain()
        kept = [each.slug for each in houses if each.ca.name == sample.ca.name]
        assert [each.__notes__ for each in said.value.exceptions] == [
            [f"institution {slug}"] for slug in kept
        ]
        for slug, before in first.items():
            signer = smime.signer(slug)
            assert signer is not None
            assert (signer.certificate.serial_number == before.serial_number) == (slug in kept), slug


def status(ca, number):
    """The CRL that a certificate names, as the centre serves it, PEM."""
    config = authority.named(ca).config
    path, answers = f"/crl/{ca}/{number % config.shards}.crl", []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path}
    body = b"".join(status_application()(environ, lambda line, _headers: answers.append(line)))
    assert answers == ["200 OK"]
    return x509.load_der_x509_crl(body).public_bytes(Encoding.PEM)


@pytest.mark.spec("D3", "D4.1")
@pytest.mark.interop
def test_openssl_asks_the_crl_that_the_certificate_names(sample, tmp_path):
    """Good, then revoked with its reason; the one that follows signs and is good."""

    def verified(certificate):
        crl, leaf = tmp_path / "list.pem", tmp_path / "leaf.pem"
        crl.write_bytes(status(sample.ca.name, certificate.serial_number))
        leaf.write_bytes(certificate.public_bytes(Encoding.PEM))
        chain = [
            x509.load_der_x509_certificate(each).public_bytes(Encoding.PEM)
            for each in authority.chain(sample.ca.name)
        ]
        for name, pem_ in zip(("issuing", "root"), chain, strict=True):
            (tmp_path / f"{name}.pem").write_bytes(pem_)
        command = [
            "openssl",
            "verify",
            "-x509_strict",
            "-crl_check",
            "-purpose",
            "smimesign",
            "-CRLfile",
            str(crl),
        ]
        command += [
            "-CAfile",
            str(tmp_path / "root.pem"),
            "-untrusted",
            str(tmp_path / "issuing.pem"),
            str(leaf),
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    first = mail_signers.issue(sample, actor=ACTOR)
    points = first.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    config = authority.named(sample.ca.name).config
    assert points[0].full_name[0].value == config.crl_url(first.serial_number % config.shards)
    assert verified(first).returncode == 0
    second = mail_signers.revoke(sample, reason=Reason.KEY_COMPROMISE, actor=ACTOR)
    seen = verified(first)
    assert seen.returncode
    assert "certificate revoked" in seen.stderr + seen.stdout
    assert verified(second).returncode == 0
    assert smime.signer("sample").certificate == second
    found = DatabaseSource().lookup(sample.ca.name, [first.serial_number, second.serial_number, 0x4711])
    assert {number: type(each) for number, each in found.items()} == {
        first.serial_number: Revoked, second.serial_number: Good,
    }  # fmt: skip
    with pytest.raises(NotFound):
        mail_signers.revoke(
            sample, serial=serial_text(first.serial_number), reason=Reason.SUPERSEDED, actor=ACTOR
        )
    with pytest.raises(NotFound):
        mail_signers.revoke(
            serving.get("demo"),
            serial=serial_text(second.serial_number),
            reason=Reason.SUPERSEDED,
            actor=ACTOR,
        )


@pytest.mark.spec("E9")
@pytest.mark.parametrize("finishes", ["the same call", "the worker"])
def test_a_revocation_is_whole_or_nothing_and_what_was_cut_off_is_finished(sample, sqlite_ready, finishes):
    """Killed before the commit, nothing is revoked; killed after it, the file has the revoked one until somebody goes on."""
    first = mail_signers.issue(sample, actor=ACTOR)

    def revoke(**fault):
        command = ["-m", "certcenter.ctl", "mail", "revoke", "sample"]
        return run_python(command, environment=sqlite_ready.environment(**fault)).returncode

    def revoked():
        return list(MailSigner.objects.filter(revoked_at__isnull=False).values_list("serial", flat=True))

    assert (
        revoke(CERTCENTER_FAULT=f"{RECORDED}#2") == -9
    )  # the second event of the one transaction: the new signer's
    assert (revoked(), MailSigner.objects.count()) == ([], 1)
    assert revoke(CERTCENTER_FAULT=mail_signers.REVOKED) == -9
    assert revoked() == [serial_text(first.serial_number)]
    assert smime.signer("sample").certificate == first
    if finishes == "the worker":
        assert mail_signers.maintain() == 1
    else:
        assert revoke() == 0
    assert smime.signer("sample").certificate != first
    assert revoked() == [serial_text(first.serial_number)]
    assert mail_signers.maintain() == 0


def test_one_that_names_no_crl_is_replaced(sample, monkeypatch):
    """As an earlier version issued them."""
    monkeypatch.setattr(mail_signers, "_names_a_crl", lambda _certificate: False)
    first = mail_signers.issue(sample, actor=ACTOR)
    assert mail_signers.maintain() == 1
    assert smime.signer("sample").certificate.serial_number != first.serial_number


def test_the_demos_outbox_keeps_the_signed_mail_and_says_who_signed(sample, tmp_path):
    mail_signers.issue(sample, actor=ACTOR)
    DemoGateway().send(message())
    DemoGateway().send(dataclasses.replace(message(), channel="sms", address="0936000054", key="sms"))
    kept, text = DemoMessage.objects.order_by("channel")
    assert "certificates@sample.example" in kept.signed_by
    assert (text.signed_by, text.mail) == ("", None)
    root = tmp_path / "root.pem"
    root.write_bytes(
        x509.load_der_x509_certificate(authority.chain(sample.ca.name)[1]).public_bytes(Encoding.PEM)
    )
    assert verifies("cms", bytes(kept.mail), root)


def test_what_the_operator_put_there_is_left_alone(sample):
    """A certificate from elsewhere, such as one that mail programs trust by themselves."""
    key = ec.generate_private_key(ec.SECP256R1())
    path = smime.signer_path("sample")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(pem(key, issued(key, name="Elsewhere", mail="certificates@sample.example")))
    kept, signer = path.read_bytes(), smime.signer("sample")
    assert signer is not None
    assert not mail_signers.is_own(sample, signer.certificate)
    with clock.at(signer.certificate.not_valid_after_utc - timedelta(days=1)):
        assert mail_signers.maintain() == 0
    mail_signers.create_missing(serving.served(), actor=ACTOR)
    assert path.read_bytes() == kept


def test_the_operators_commands(sqlite_ready):
    def ctl(*arguments):
        return run_python(
            ["-m", "certcenter.ctl", "mail", *arguments], environment=sqlite_ready.environment()
        )

    before = ctl("show")
    assert before.returncode == 1
    assert "mail issue" in before.stderr
    for slug in ("sample", "demo", "example", "model-bank"):
        assert ctl("issue", slug).returncode == 0, slug
    shown = ctl("show")
    assert shown.returncode == 0
    assert "certificates@sample.example" in shown.stdout
    assert ctl("issue", "nobody").returncode == 2
    revoked = ctl("revoke", "sample")
    assert "key_compromise" in revoked.stdout
    assert "signs" in revoked.stdout
    assert ctl("revoke", "sample", "--serial", "4711").returncode == 1
    assert ctl("revoke", "sample", "--reason", "boredom").returncode == 2
    key = ec.generate_private_key(ec.SECP256R1())
    (sqlite_ready.home / "secrets/mail-sample.pem").write_bytes(pem(key, issued(key, name="Elsewhere")))
    refused = ctl("issue", "sample")
    assert refused.returncode == 1
    assert "--replace" in refused.stderr
    assert ctl("issue", "sample", "--replace").returncode == 0
