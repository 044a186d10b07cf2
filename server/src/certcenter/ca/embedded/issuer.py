"""The embedded CA behind the common interface: prepare, check, sign, verify (SPEC D1, E8)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import SecretStr

from certcenter.ca import der
from certcenter.ca.api import Issued, IssueRequest, Prepared, Reason, Refused
from certcenter.ca.embedded.checks import check_filled, check_public_key, check_stored
from certcenter.ca.embedded.hierarchy import CONFIG, new_serial, read_certificate
from certcenter.ca.embedded.keystore_file import read_key
from certcenter.ca.embedded.lint import lint_shapes
from certcenter.ca.embedded.template import Issuer, Slots, Template
from certcenter.ca.errors import CaError, CaErrorCode, Refusal, RequestRefusedError
from certcenter.ca.keys import PublicKey, SigningKey, Verifier, key_id, spki_of
from certcenter.ca.names import check_name
from certcenter.ca.profiles import CaConfig, CertificateProfile
from certcenter.ca.publication import Publication


class EmbeddedCA:
    """A CA on this machine. `revoke` does nothing here: the centre's database is the truth that CRL and OCSP read."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication
        self.config = publication.config
        self._key = publication.crl_key
        self._verifier = Verifier(self._key.public_key)
        self._issuer = issuer_of(publication)
        self._issuer_key_id = publication.issuing_key_id.hex()
        self._templates = {
            profile.name: Template(profile, self.config, self._issuer) for profile in self.config.profiles
        }
        certificate = x509.load_der_x509_certificate(publication.issuing_certificate)
        self._not_before, self._not_after = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        root = x509.load_der_x509_certificate(publication.root_certificate)
        self._own_keys = frozenset(
            (publication.issuing_spki, spki_of(_usable(root)), spki_of(publication.responder_key.public_key))
        )

    @property
    def name(self) -> str:
        """The CA's name in policy files and URLs."""
        return self.config.name

    def chain(self) -> tuple[bytes, ...]:
        """Issuing CA and root, DER."""
        return (self.publication.issuing_certificate, self.publication.root_certificate)

    def revoke(self, serial: int, *, reason: Reason, at: datetime) -> None:
        """Nothing to do: revocation is a row in the centre's database, which CRL and OCSP are made of."""

    def prepare(self, requests: Sequence[IssueRequest]) -> list[Prepared | Refused]:
        """Choose serials, fill the template, read it back and compare; one answer for each request."""
        return [self._prepare_alone(request) for request in requests]

    def issue(self, prepared: Sequence[Prepared]) -> list[Issued | Refused]:
        """Sign what was prepared, deterministically, and verify each signature before it leaves."""
        return [self._issue_alone(row) for row in prepared]

    def _prepare_alone(self, request: IssueRequest) -> Prepared | Refused:
        try:
            return self._prepare(request)
        except RequestRefusedError as refusal:
            return Refused(request.reference, refusal.code, refusal.detail)

    def _prepare(self, request: IssueRequest) -> Prepared:
        template = self._templates.get(request.profile)
        if template is None:
            raise RequestRefusedError(Refusal.PROFILE, f"no profile {request.profile!r}")
        self._check_key(request.spki, template.profile)
        check_name(request.subject)
        not_before, not_after = self._validity(request, template.profile)
        slots = Slots(new_serial(), not_before, not_after, request.subject, request.spki)
        tbs = template.fill(slots)
        check_filled(tbs, slots, template=template, issuer=self._issuer)
        return Prepared(request.reference, slots.serial, tbs, self._issuer_key_id)

    def _check_key(self, spki: bytes, profile: CertificateProfile) -> None:
        key_type = check_public_key(spki)
        if key_type not in profile.key_types:
            raise RequestRefusedError(Refusal.KEY_TYPE, f"profile {profile.name} takes no {key_type}")
        if spki in self._own_keys:
            raise RequestRefusedError(Refusal.KEY_OF_CA, "the key is one of the CA's own")

    def _validity(self, request: IssueRequest, profile: CertificateProfile) -> tuple[datetime, datetime]:
        if request.not_before.tzinfo is None or request.not_after.tzinfo is None:
            raise RequestRefusedError(Refusal.VALIDITY, "a time without time zone")
        not_before = request.not_before.astimezone(UTC).replace(microsecond=0)
        not_after = request.not_after.astimezone(UTC).replace(microsecond=0)
        if not_after <= not_before:
            raise RequestRefusedError(Refusal.VALIDITY, "ends before it begins")
        if not_before < self._not_before or not_after > self._not_after:
            raise RequestRefusedError(Refusal.VALIDITY, "reaches beyond the issuing CA's own validity")
        if (not_after - not_before).days > profile.max_validity_days:
            raise RequestRefusedError(Refusal.VALIDITY, f"longer than {profile.max_validity_days} days")
        return not_before, not_after

    def _issue_alone(self, prepared: Prepared) -> Issued | Refused:
        try:
            return self._issue(prepared)
        except RequestRefusedError as refusal:
            return Refused(prepared.reference, refusal.code, refusal.detail)

    def _issue(self, prepared: Prepared) -> Issued:
        if prepared.issuer_key_id != self._issuer_key_id:
            raise RequestRefusedError(Refusal.ISSUER, f"prepared for issuing key {prepared.issuer_key_id}")
        check_stored(
            prepared.tbs, prepared.serial, templates=tuple(self._templates.values()), issuer=self._issuer
        )
        signature = self._key.sign(prepared.tbs)
        if not self._verifier.accepts(signature, prepared.tbs):
            raise RequestRefusedError(Refusal.SIGNATURE, "the signature just made does not verify")
        certificate = der.sequence(prepared.tbs, self._issuer.signature_algorithm, der.bit_string(signature))
        return Issued(prepared.reference, prepared.serial, certificate, self.chain())


def issuer_of(publication: Publication) -> Issuer:
    """The issuing CA as templates and checks need it."""
    return Issuer(
        name=publication.issuing_name,
        signature_algorithm=publication.crl_key.algorithm,
        key_id=publication.issuing_key_id,
        spki=publication.issuing_spki,
    )


def open_ca(directory: Path, passphrase: SecretStr, *, lint: bool = True) -> EmbeddedCA:
    """Open a CA that `create_ca` made.

    `lint=False` is for processes that never issue (status): they start faster.

    Raises:
        CaError: missing, damaged, wrong passphrase, open to others, a key that does not belong to its certificate,
            or a certificate shape that pkilint objects to (then nothing may be issued).

    """
    publication = read_publication(directory, passphrase)
    if lint and (findings := lint_shapes(publication.config, issuer_of(publication))):
        raise CaError(CaErrorCode.LINT, "; ".join(str(finding) for finding in findings))
    return EmbeddedCA(publication)


def read_publication(directory: Path, passphrase: SecretStr) -> Publication:
    """Read a CA's folder and see that its parts belong together.

    Raises:
        CaError: see `open_ca`.

    """
    config = CaConfig.read(directory / CONFIG)
    root, issuing, responder = (
        read_certificate(directory / f"{name}.crt") for name in ("root", "issuing", "ocsp")
    )  # fmt: skip
    issuing_key = read_key(directory / "issuing.key", passphrase)
    responder_key = read_key(directory / "ocsp.key", passphrase)
    _check_pair(issuing_key, issuing, issued_by=root, where=directory / "issuing.key")
    _check_pair(responder_key, responder, issued_by=issuing, where=directory / "ocsp.key")
    try:
        root_crl = (directory / "root.crl").read_bytes()
    except OSError as error:
        raise CaError(CaErrorCode.MISSING, f"{directory / 'root.crl'}: {error.strerror}") from error
    return Publication(
        config=config,
        root_certificate=root.public_bytes(Encoding.DER),
        root_crl=root_crl,
        issuing_certificate=issuing.public_bytes(Encoding.DER),
        issuing_name=issuing.subject.public_bytes(),
        issuing_spki=spki_of(issuing_key.public_key),
        issuing_key_id=key_id(issuing_key.public_key),
        crl_key=issuing_key,
        responder_certificate=responder.public_bytes(Encoding.DER),
        responder_key=responder_key,
    )


def _check_pair(
    key: SigningKey, certificate: x509.Certificate, *, issued_by: x509.Certificate, where: Path
) -> None:
    if spki_of(key.public_key) != spki_of(_usable(certificate)):
        raise CaError(CaErrorCode.DAMAGED, f"{where} does not belong to its certificate")
    try:
        certificate.verify_directly_issued_by(issued_by)
    except Exception as error:
        raise CaError(
            CaErrorCode.DAMAGED, f"{where}: its certificate is not issued by the one above"
        ) from error


def _usable(certificate: x509.Certificate) -> PublicKey:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise CaError(CaErrorCode.DAMAGED, "a CA certificate with neither an EC nor an RSA key")
    return key
