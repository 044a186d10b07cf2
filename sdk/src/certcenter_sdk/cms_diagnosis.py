"""Why a CMS signature is not of the accepted shape. This code only ever raises: it can't let anything pass."""

from typing import NoReturn

from certcenter_sdk import cms_shape as shape
from certcenter_sdk import der
from certcenter_sdk.cms_shape import Signer
from certcenter_sdk.errors import SignatureRefused


def refuse(code: str, detail: str) -> NoReturn:
    """Say no.

    Raises:
        SignatureRefused: always.
    """
    raise SignatureRefused(code, detail)


def explain(signature: bytes, digest: bytes, bare: Signer | None = None) -> NoReturn:
    """Find the first thing that is wrong. `bare` is given where a key without a certificate is to have signed.

    Raises:
        SignatureRefused: always; the codes stand in `cms.verify_detached`.
    """
    try:
        info = der.read_whole(signature, der.SEQUENCE)
        content_type, wrapper = _children(info, 2, "not-signed-data")
        if content_type.encoding != shape.SIGNED_DATA or wrapper.tag != der.CONTEXT_0:
            refuse("not-signed-data", "the content type is not id-signedData")
        (signed_data,) = _children(wrapper, 1, "not-signed-data")
        signer_info, signer = _signed_data(signed_data, bare)
        _signer_info(signer_info, signer, digest)
    except ValueError as error:
        refuse("not-der", f"not strict DER: {error}")
    refuse("not-canonical", "the bytes differ from the one encoding of these values")


def _children(element: der.Element, count: int, code: str) -> list[der.Element]:
    children = list(element.children())
    if len(children) != count:
        refuse(code, f"{len(children)} elements where {count} belong")
    return children


def _signed_data(signed_data: der.Element, bare: Signer | None) -> tuple[der.Element, Signer]:
    """RFC 5652 §5.1."""
    parts = list(signed_data.children())
    certificates = [part for part in parts if part.tag == der.CONTEXT_0]
    if any(part.tag == der.CONTEXT_1 for part in parts):
        refuse("crls", "CRLs are embedded")
    rest = [part for part in parts if part.tag != der.CONTEXT_0]
    if len(rest) != 4:  # noqa: PLR2004 - version, digestAlgorithms, encapContentInfo, signerInfos
        refuse("not-signed-data", "not the four fields of SignedData beside its certificates")
    version, algorithms, content, signer_infos = rest
    _content(algorithms, content)
    signer = bare or _embedded(certificates)
    if bare is not None and certificates:
        refuse("certificate-unexpected", "a proof by a key without a certificate embeds one")
    _same(version.encoding, signer.version, "version", "the version of SignedData")
    infos = list(signer_infos.children())
    if signer_infos.tag != der.SET or len(infos) != 1:
        refuse("signers", f"{len(infos)} signers where one belongs")
    return infos[0], signer


def _content(algorithms: der.Element, content: der.Element) -> None:
    if algorithms.encoding != der.encode(der.SET, shape.SHA256_ALGORITHM):
        refuse("digest-algorithm", "digestAlgorithms is not SHA-256 alone, without parameters")
    parts = list(content.children())
    if not parts or parts[0].encoding != shape.DATA:
        refuse("content-type", "the content is not id-data")
    if len(parts) > 1:
        refuse("content-attached", "the signature is not detached")


def _embedded(certificates: list[der.Element]) -> Signer:
    found = [child for group in certificates for child in group.children()]
    if not found:
        refuse("certificate-missing", "the signer's certificate is not embedded")
    if len(found) > 1:
        refuse("several-certificates", "more than the signer's certificate is embedded")
    return shape.signer_of(found[0].encoding)


def _same(found: bytes, expected: bytes, code: str, what: str) -> None:
    if found != expected:
        refuse(code, f"{what} is not as it must be")


def _signer_info(signer_info: der.Element, signer: Signer, digest: bytes) -> None:
    """RFC 5652 §5.3."""
    parts = list(signer_info.children())
    if parts and parts[-1].tag == der.CONTEXT_1:
        refuse("unsigned-attributes", "there are unsigned attributes")
    if len(parts) > 3 and parts[3].tag != der.CONTEXT_0:  # noqa: PLR2004 - the fourth field of SignerInfo
        refuse("signed-attributes-missing", "there are no signed attributes")
    if len(parts) != 6:  # noqa: PLR2004 - the six fields of SignerInfo with signedAttrs
        refuse("not-signed-data", "not the fields of SignerInfo")
    version, identifier, algorithm, attributes, signature_algorithm, _value = parts
    _same(version.encoding, signer.version, "version", "the version of SignerInfo")
    _same(identifier.encoding, signer.identifier, "signer-identifier", "the signer's identifier")
    _same(algorithm.encoding, shape.SHA256_ALGORITHM, "digest-algorithm", "the digest algorithm")
    _attributes(attributes, signer, digest)
    _same(signature_algorithm.encoding, signer.algorithm, "signature-algorithm", "the signature algorithm")


def _attributes(attributes: der.Element, signer: Signer, digest: bytes) -> None:
    expected: dict[bytes, tuple[bytes, str]] = {
        shape.CONTENT_TYPE: (shape.CONTENT_TYPE_ATTRIBUTE, "content-type"),
        shape.MESSAGE_DIGEST: (shape.message_digest_attribute(digest), "message-digest"),
    }
    if signer.certificate is not None:
        attribute = shape.signing_certificate_attribute(signer.sha256)
        expected[shape.SIGNING_CERTIFICATE_V2] = (attribute, "signing-certificate")
    found = [(attribute.first.encoding, attribute.encoding) for attribute in attributes.children()]
    if {name for name, _ in found} != expected.keys() or len(found) != len(expected):
        refuse("signed-attributes", "the signed attributes are not exactly those of docs/contracts.md")
    for name, encoding in found:
        _same(encoding, *expected[name], "a signed attribute")
    if attributes.body != signer.signed_attributes(digest):
        refuse("signed-attributes", "the signed attributes are not in DER order")
