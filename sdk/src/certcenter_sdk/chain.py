"""From a customer's certificate to a trusted root, at a given time (RFC 5280 §6; SPEC D8, E6).

Status (CRL, OCSP, the centre's own data base) is not looked at here: it changes, a chain does not.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from cryptography import x509
from cryptography.x509 import verification

from certcenter_sdk.errors import ChainRefused

_KEPT_CHAINS = 2048
_UNREADABLE = (
    ValueError,
    TypeError,
    x509.ExtensionNotFound,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class Chain:
    """A path that was verified.

    Attributes:
        certificates: from the leaf to the root, both included.
        not_before: from when on all of them are valid (aware, UTC).
        not_after: until when, this second included (aware, UTC).
    """

    certificates: tuple[x509.Certificate, ...]
    not_before: datetime
    not_after: datetime

    def covers(self, at: datetime) -> bool:
        """Is every certificate of the path inside its validity?"""
        return self.not_before <= at <= self.not_after


def verify_chain(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> Chain:
    """Build and verify the path from `leaf` to one of `roots`, with every certificate valid at `at` (aware).

    Raises:
        ChainRefused: `not-yet-valid`, `expired` (the leaf), `key-usage` (the leaf may not sign),
            `untrusted` (no valid path; the detail says why).
        ValueError: `at` is naive, or `roots` is empty.
    """
    if at.tzinfo is None:
        raise ValueError("a chain is verified at an aware datetime")
    _check_leaf(leaf, at)
    builder = (
        verification.PolicyBuilder()
        .store(verification.Store(list(roots)))
        .time(at.astimezone(UTC).replace(tzinfo=None))
        .extension_policies(
            ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(),
            ee_policy=_leaf_policy(),
        )
    )
    try:
        path = builder.build_client_verifier().verify(leaf, list(intermediates)).chain
    except verification.VerificationError as error:
        raise ChainRefused("untrusted", f"no valid path to a trusted root: {error}") from None
    begin = max(certificate.not_valid_before_utc for certificate in path)
    end = min(certificate.not_valid_after_utc for certificate in path)
    return Chain(tuple(path), begin, end)


def _leaf_policy() -> verification.ExtensionPolicy:
    """No subjectAltName or extendedKeyUsage is asked for: these are persons, not hosts. keyUsage is."""
    critical = verification.Criticality.AGNOSTIC
    return verification.ExtensionPolicy.permit_all().require_present(x509.KeyUsage, critical, None)


def _check_leaf(leaf: x509.Certificate, at: datetime) -> None:
    if at < leaf.not_valid_before_utc:
        raise ChainRefused(
            "not-yet-valid", f"the certificate is valid from {leaf.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}"
        )
    if at > leaf.not_valid_after_utc:
        raise ChainRefused("expired", f"the certificate ended {leaf.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}")
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except _UNREADABLE:
        raise ChainRefused("key-usage", "the certificate has no readable keyUsage") from None
    if not usage.digital_signature:
        raise ChainRefused("key-usage", "the certificate's key may not sign")


class ChainVerifier:
    """`verify_chain` for one set of authorities, with the paths kept: a path found once holds for all its span.

    Threads may share one.
    """

    def __init__(
        self,
        *,
        intermediates: Iterable[x509.Certificate],
        roots: Iterable[x509.Certificate],
        kept: int = _KEPT_CHAINS,
    ) -> None:
        """Trust `roots`, build through `intermediates`, remember at most `kept` paths."""
        self._intermediates = tuple(intermediates)
        self._roots = tuple(roots)
        self._kept = kept
        self._chains: OrderedDict[x509.Certificate, Chain] = OrderedDict()
        self._lock = Lock()

    def verify(self, leaf: x509.Certificate, at: datetime) -> Chain:
        """As `verify_chain`.

        Raises:
            ChainRefused: as `verify_chain`.
        """
        with self._lock:
            chain = self._chains.get(leaf)
        if chain is not None and chain.covers(at):
            return chain
        chain = verify_chain(leaf, self._intermediates, self._roots, at)
        with self._lock:
            self._chains[leaf] = chain
            if len(self._chains) > self._kept:
                self._chains.popitem(last=False)
        return chain
