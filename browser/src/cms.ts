/** Detached CMS SignedData (RFC 5652) in exactly the form of docs/contracts.md. */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Bytes } from "./bytes.ts";
import { contextTag, element, explicit, integer, octetString, oid, sequence, setOf } from "./der.ts";
import { sign, signatureAlgorithm } from "./keys.ts";
import { Oid } from "./oids.ts";
import { type Certificate, keyIdentifierOf } from "./x509.ts";

// RFC 5754 §2: the parameters of SHA-2 are absent.
const digestAlgorithm = (): Bytes => sequence(oid(Oid.sha256));

const attribute = (type: string, value: Bytes): Bytes => sequence(oid(type), setOf(value));

/** RFC 5035 §3: one ESSCertIDv2, its hash algorithm the default and therefore absent in DER. */
const signingCertificate = (certificate: Certificate): Bytes =>
  attribute(Oid.signingCertificateV2, sequence(sequence(sequence(octetString(sha256(certificate.der))))));

/** Signs the attributes as a SET OF, and returns SignerInfo with them as [0] (RFC 5652 §5.4). */
async function signerInfo(
  version: 1 | 3,
  identifier: Bytes,
  attributes: readonly Bytes[],
  key: CryptoKey,
): Promise<Bytes> {
  const toBeSigned = setOf(...attributes);
  const signature = await sign(key, toBeSigned);
  const signedAttributes = toBeSigned.slice();
  signedAttributes[0] = contextTag(0);
  return sequence(
    integer(version),
    identifier,
    digestAlgorithm(),
    signedAttributes,
    signatureAlgorithm(key),
    octetString(signature),
  );
}

const contentAttributes = (content: Bytes): Bytes[] => [
  attribute(Oid.contentType, oid(Oid.data)),
  attribute(Oid.messageDigest, octetString(sha256(content))),
];

const signedData = (version: 1 | 3, certificates: readonly Bytes[], signer: Bytes): Bytes =>
  sequence(
    oid(Oid.signedData),
    explicit(
      0,
      sequence(
        integer(version),
        setOf(digestAlgorithm()),
        sequence(oid(Oid.data)),
        ...(certificates.length > 0 ? [element(contextTag(0), ...certificates)] : []),
        setOf(signer),
      ),
    ),
  );

/** A detached signature by a key that has a certificate (orders and proofs). */
export async function signDetached(content: Bytes, key: CryptoKey, certificate: Certificate): Promise<Bytes> {
  const identifier = sequence(certificate.issuer, certificate.serial);
  const attributes = [...contentAttributes(content), signingCertificate(certificate)];
  return signedData(1, [certificate.der], await signerInfo(1, identifier, attributes, key));
}

/** A detached signature by a key that has no certificate yet, named by its key identifier (repair). */
export async function signDetachedByKey(content: Bytes, key: CryptoKey, spki: Bytes): Promise<Bytes> {
  const identifier = element(contextTag(0, "primitive"), keyIdentifierOf(spki));
  return signedData(3, [], await signerInfo(3, identifier, contentAttributes(content), key));
}
