"""One contract for all gateways, against real servers on loopback (SPEC D4.1)."""

import json
import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certcenter.notifications import smime
from certcenter.notifications.gateways import PermanentFailure, TemporaryFailure, gateway
from certcenter.notifications.gateways.demo import DemoGateway
from certcenter.notifications.gateways.http_sms import HttpSmsGateway
from certcenter.notifications.gateways.smtp import Server, SmtpGateway
from certcenter.notifications.messages import Message
from certcenter.notifications.models import DemoMessage

TEXT = "HFCR-123456 為您的驗證碼，用於：申請憑證（示範證券），5 分鐘內有效。\n第二行 <&>\n"


def message(channel="email", **changes):
    values = {
        "key": "code:1:0",
        "institution": "sample",
        "locale": "zh-hant",
        "channel": channel,
        "address": "christin@example.com" if channel == "email" else "0936123054",
        "subject": "您的驗證碼" if channel == "email" else "",
        "text": TEXT,
    }
    return Message(**{**values, **changes})


class Provider:
    """An SMS provider's server: answers with what it is told to and keeps what it got."""

    def __init__(self):
        self.status, self.requests = 200, []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.requests.append((dict(self.headers), json.loads(body)))
                self.send_response(provider.status)
                self.send_header("Content-Length", "0")
                if provider.status in {301, 302}:
                    self.send_header("Location", "http://127.0.0.1:9/")
                self.end_headers()

            def log_message(self, *_arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/sms"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Mailbox:
    """An SMTP server's handler: replies with what it is told to and keeps what it got."""

    def __init__(self):
        self.reply, self.recipient_reply, self.mails = "250 OK", "250 OK", []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.recipient_reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_reply

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.mails.append(envelope)
        return self.reply


class Loopback(Controller):
    """aiosmtpd's controller on a free port; its own trial connection knows neither port 0 nor TLS."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        with socket.create_connection(("127.0.0.1", self.port), 5) as plain:
            if self.ssl_context is None:
                plain.recv(1024)
                return
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            with trusting.wrap_socket(plain) as wrapped:
                wrapped.recv(1024)


@pytest.fixture
def provider():
    found = Provider()
    yield found
    found.close()


@pytest.fixture
def smtp():
    mailbox = Mailbox()
    controller = Loopback(mailbox, hostname="127.0.0.1", port=0)
    controller.start()
    mailbox.port = controller.port
    yield mailbox
    controller.stop()


def smtp_gateway(mailbox, **changes):
    values = {"host": "127.0.0.1", "port": mailbox.port, "tls": "none"}
    return SmtpGateway(Server(**{**values, **changes}), signer=lambda _slug: None)


class Contract:
    """What every gateway does. Each subclass says how to make one and what it delivered."""

    channel = "email"

    @pytest.mark.spec("D4.1")
    def test_a_message_arrives_whole(self, made):
        gateway, delivered = made
        gateway.send(message(self.channel))
        ((address, text),) = delivered()
        assert address == message(self.channel).address
        assert text.replace("\r\n", "\n") == TEXT

    @pytest.mark.spec("D4.1")
    def test_sending_again_is_recognised(self, made):
        gateway, delivered = made
        gateway.send(message(self.channel))
        gateway.send(message(self.channel))
        assert len(set(delivered())) == 1


class TestDemo(Contract):
    @pytest.fixture
    def made(self, sqlite_engine):  # noqa: ARG002 - the table
        return DemoGateway(), lambda: [(row.address, row.text) for row in DemoMessage.objects.all()]


class TestHttpSms(Contract):
    channel = "sms"

    @pytest.fixture
    def made(self, provider):
        gateway = HttpSmsGateway(provider.url, token="geheim")
        return gateway, lambda: [(body["to"], body["text"]) for _headers, body in provider.requests]

    def test_it_carries_token_and_key(self, made, provider):
        made[0].send(message("sms"))
        headers, body = provider.requests[0]
        assert headers["Authorization"] == "Bearer geheim"
        assert headers["Idempotency-Key"] == body["reference"] == "code:1:0"

    @pytest.mark.parametrize("status", [401, 403, 404, 408, 425, 429, 500, 502, 503, 504])
    def test_what_may_pass_is_temporary(self, made, provider, status):
        provider.status = status
        with pytest.raises(TemporaryFailure):
            made[0].send(message("sms"))

    @pytest.mark.parametrize("status", [301, 302, 400, 410, 413, 422])
    def test_what_will_not_pass_is_permanent(self, made, provider, status):
        provider.status = status
        with pytest.raises(PermanentFailure) as raised:
            made[0].send(message("sms"))
        assert "0936" not in str(raised.value)
        assert "123456" not in str(raised.value)

    def test_a_key_that_was_sent_already_is_success(self, made, provider):
        provider.status = 409
        made[0].send(message("sms"))

    @pytest.mark.parametrize("url", ["http://[", "ftp://127.0.0.1/", "", "http://127.0.0.1:9/sms"])
    def test_a_wrong_url_waits_for_the_operator(self, url):
        with pytest.raises(TemporaryFailure):
            HttpSmsGateway(url, token="").send(message("sms"))


class TestSmtp(Contract):
    @pytest.fixture
    def made(self, smtp):
        def delivered():
            mails = [message_from_bytes(envelope.content, policy=SMTP) for envelope in smtp.mails]
            return [(str(mail["To"]), mail.get_content()) for mail in mails]

        return smtp_gateway(smtp), delivered

    def test_the_heads_are_those_of_the_institution(self, made, smtp):
        made[0].send(message())
        made[0].send(message())
        first, second = (message_from_bytes(envelope.content, policy=SMTP) for envelope in smtp.mails)
        assert first["Subject"] == "您的驗證碼"
        assert first["Message-ID"] == second["Message-ID"]
        assert first["Auto-Submitted"] == "auto-generated"
        assert smtp.mails[0].mail_from in str(first["From"])

    @pytest.mark.parametrize("reply", ["421 later", "451 later", "452 full"])
    def test_a_4yz_reply_is_temporary(self, made, smtp, reply):
        smtp.recipient_reply = reply
        with pytest.raises(TemporaryFailure):
            made[0].send(message())

    @pytest.mark.parametrize("where", ["reply", "recipient_reply"])
    def test_a_5yz_reply_is_permanent_and_says_no_address(self, made, smtp, where):
        setattr(smtp, where, "550 no such user christin@example.com")
        with pytest.raises(PermanentFailure) as raised:
            made[0].send(message())
        assert "christin" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__

    @pytest.mark.parametrize("address", ["no address", "a@b\r\nBcc: c@d", ""])
    def test_a_malformed_address_is_permanent(self, made, smtp, address):
        with pytest.raises(PermanentFailure):
            made[0].send(message(address=address))
        assert smtp.mails == []

    def test_a_head_can_not_be_smuggled_in(self, made, smtp):
        for ending in ("\r\n", "\n", "\r"):
            made[0].send(message(subject=f"x{ending}Bcc: evil@example.com"))
        for mail in (message_from_bytes(each.content, policy=SMTP) for each in smtp.mails):
            assert (mail["Subject"], mail["Bcc"]) == ("x Bcc: evil@example.com", None)
        assert [each.rcpt_tos for each in smtp.mails] == [[message().address]] * 3

    def test_nobody_there_is_temporary(self):
        server = Server(host="127.0.0.1", port=9, tls="none")
        with pytest.raises(TemporaryFailure):
            SmtpGateway(server).send(message())

    def test_a_server_without_starttls_is_not_sent_to_in_clear(self, smtp):
        with pytest.raises(TemporaryFailure):
            smtp_gateway(smtp, tls="starttls").send(message())
        assert smtp.mails == []


def issued(key, *, name, issuer=None, issuer_key=None, mail=None, ip=None):
    """A certificate for tests: a root where no issuer is given, else a leaf."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if mail:
        names = x509.SubjectAlternativeName([x509.RFC822Name(mail)])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(names, critical=False).add_extension(usage, critical=False)
    if ip:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(ip))]), critical=False
        )
    return builder.sign(issuer_key or key, SHA256())


def pem(key, *certificates):
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text + b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


@pytest.mark.spec("D4.1")
@pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS"
)  # aiosmtpd counts STARTTLS alone as TLS
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_by_tls_to_a_server_that_is_who_it_should_be(tmp_path, tls):
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = issued(key, name="mail", ip="127.0.0.1")
    chain = tmp_path / "server.pem"
    chain.write_bytes(pem(key, certificate))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain)
    mailbox = Mailbox()
    options = (
        {"tls_context": serving, "require_starttls": True} if tls == "starttls" else {"ssl_context": serving}
    )
    options |= {
        "auth_required": True,
        "authenticator": lambda _s, _session, _e, _m, data: AuthResult(
            success=data.password == b"right", handled=False
        ),
    }
    if tls == "tls":
        options["auth_require_tls"] = False
    controller = Loopback(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    mailbox.port = controller.port
    trusting = ssl.create_default_context(cadata=certificate.public_bytes(Encoding.PEM).decode())
    try:
        login = {"tls": tls, "user": "centre"}
        smtp_gateway(mailbox, **login, password="right", context=trusting).send(message())
        assert len(mailbox.mails) == 1
        with pytest.raises(TemporaryFailure):
            smtp_gateway(mailbox, **login, password="right").send(
                message()
            )  # does not trust this certificate
        with pytest.raises(TemporaryFailure, match="login"):
            smtp_gateway(mailbox, **login, password="wrong", context=trusting).send(message())
        assert len(mailbox.mails) == 1
    finally:
        controller.stop()


@pytest.mark.spec("D4.1")
@pytest.mark.interop
@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)]
)
def test_mails_are_signed_so_that_openssl_verifies_them(tmp_path, smtp, settings, key):
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = issued(root_key, name="Root")
    leaf = issued(key, name="Mail", issuer=root, issuer_key=root_key, mail="centre@sample.example")
    settings.CONFIG = settings.CONFIG.model_copy(update={"secrets_dir": tmp_path})
    (tmp_path / "mail-sample.pem").write_bytes(pem(key, leaf))
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    SmtpGateway(Server(host="127.0.0.1", port=smtp.port, tls="none")).send(message())
    raw = smtp.mails[0].content
    mail = message_from_bytes(raw, policy=SMTP)
    assert mail["Subject"] == "您的驗證碼"
    assert mail.get_content_type() == "multipart/signed"
    assert next(mail.iter_parts()).get_content().replace("\r\n", "\n") == TEXT
    for program in (["smime"], ["cms"]):
        verify = [
            "openssl",
            *program,
            "-verify",
            "-CAfile",
            str(tmp_path / "root.pem"),
            "-purpose",
            "smimesign",
        ]
        assert subprocess.run(verify, input=raw, capture_output=True, check=False).returncode == 0
        forged = raw.replace(b"SEZDUi", b"SEZDUj", 1)
        assert forged != raw
        assert subprocess.run(verify, input=forged, capture_output=True, check=False).returncode != 0


@pytest.mark.spec("D4.1")
def test_a_mail_key_that_is_not_the_certificates_is_refused(tmp_path, settings):
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    settings.CONFIG = settings.CONFIG.model_copy(update={"secrets_dir": tmp_path})
    assert smime.signer("sample") is None
    (tmp_path / "mail-sample.pem").write_bytes(pem(key, issued(other, name="Mail")))
    with pytest.raises(ValueError, match="mail-sample"):
        smime.signer("sample")


def test_the_configuration_chooses(settings):
    gateway.cache_clear()
    try:
        settings.CONFIG = settings.CONFIG.model_copy(update={"mail_gateway": "smtp", "sms_gateway": "http"})
        assert isinstance(gateway("email"), SmtpGateway)
        assert isinstance(gateway("sms"), HttpSmsGateway)
    finally:
        gateway.cache_clear()
