/** What a page needs to know of a certificate (RFC 5280), and whether a chain holds together. */
import { sha1 } from "@noble/hashes/legacy.js";
import { type Bytes, equal } from "./bytes.ts";
import { contextTag, Der, DerError, Tag } from "./der.ts";
import { ecdsaFromDer, spkiId } from "./keys.ts";
import { Oid } from "./oids.ts";

/** A certificate, read. */
export interface Certificate {
  readonly der: Bytes;
  /** Upper-case hexadecimal, as customers see it. */
  readonly serialHex: string;
  readonly serialDecimal: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The first commonName, or "" where there is none. */
  readonly subjectCommonName: string;
  readonly issuerCommonName: string;
  /** Names as DER, to compare and to put into CMS. */
  readonly subject: Bytes;
  readonly issuer: Bytes;
  /** INTEGER element of the serial number. */
  readonly serial: Bytes;
  readonly spki: Bytes;
  /** Lower-case hex SHA-256 of the SPKI. */
  readonly spkiId: string;
  /** subjectKeyIdentifier, if the certificate names one. */
  readonly keyIdentifier: Bytes | undefined;
  readonly isCa: boolean;
}

function commonName(name: Der): string {
  for (const rdn of name.children(Tag.sequence)) {
    for (const attribute of rdn.children(Tag.set)) {
      const [type, value] = attribute.children(Tag.sequence);
      if (type?.oid() === Oid.commonName && value !== undefined) return value.text();
    }
  }
  return "";
}

function extensionsOf(fields: readonly Der[]): Map<string, Bytes> {
  const found = new Map<string, Bytes>();
  const wrapper = fields.find((field) => field.tag === contextTag(3));
  for (const extension of wrapper?.child(0).children(Tag.sequence) ?? []) {
    const parts = extension.children(Tag.sequence);
    const [type, value] = [parts[0], parts.at(-1)];
    if (type === undefined || value === undefined) throw new DerError("unexpected_structure");
    found.set(type.oid(), value.octets());
  }
  return found;
}

/** basicConstraints: cA is FALSE where it is absent (RFC 5280 §4.2.1.9). */
function saysCa(constraints: Der): boolean {
  const [ca] = constraints.children(Tag.sequence);
  return ca?.tag === Tag.boolean && ca.boolean();
}

/** Reads one certificate. Throws DerError. */
export function readCertificate(der: Bytes): Certificate {
  const tbs = Der.parse(der).child(0, Tag.sequence).children(Tag.sequence);
  const [serial, , issuer, validity, subject, spki, ...rest] =
    tbs[0]?.tag === contextTag(0) ? tbs.slice(1) : tbs;
  if (!serial || !issuer || !validity || !subject || !spki) throw new DerError("unexpected_structure");
  const number = serial.integer();
  const extensions = extensionsOf(rest);
  const keyIdentifier = extensions.get(Oid.subjectKeyIdentifier);
  const constraints = extensions.get(Oid.basicConstraints);
  return {
    der,
    serialHex: number.toString(16).toUpperCase(),
    serialDecimal: number.toString(),
    notBefore: validity.child(0, Tag.sequence).time(),
    notAfter: validity.child(1, Tag.sequence).time(),
    subjectCommonName: commonName(subject),
    issuerCommonName: commonName(issuer),
    subject: subject.raw,
    issuer: issuer.raw,
    serial: serial.raw,
    spki: spki.expect(Tag.sequence).raw,
    spkiId: spkiId(spki.raw),
    keyIdentifier: keyIdentifier && Der.parse(keyIdentifier).octets(),
    isCa: constraints !== undefined && saysCa(Der.parse(constraints)),
  };
}

/** SHA-1 of the public key's bits: the key identifier of RFC 5280 §4.2.1.2 (1). */
export const keyIdentifierOf = (spki: Bytes): Bytes => sha1(Der.parse(spki).child(1, Tag.sequence).bits());

interface VerifyAlgorithm {
  readonly name: "ECDSA" | "RSASSA-PKCS1-v1_5";
  readonly hash: string;
}

const SIGNATURES: Readonly<Record<string, VerifyAlgorithm>> = {
  [Oid.ecdsaWithSHA256]: { name: "ECDSA", hash: "SHA-256" },
  [Oid.ecdsaWithSHA384]: { name: "ECDSA", hash: "SHA-384" },
  [Oid.ecdsaWithSHA512]: { name: "ECDSA", hash: "SHA-512" },
  [Oid.sha256WithRSAEncryption]: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  [Oid.sha384WithRSAEncryption]: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
  [Oid.sha512WithRSAEncryption]: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" },
};

const CURVES: Readonly<Record<string, { readonly namedCurve: string; readonly octets: number }>> = {
  [Oid.prime256v1]: { namedCurve: "P-256", octets: 32 },
  [Oid.secp384r1]: { namedCurve: "P-384", octets: 48 },
  [Oid.secp521r1]: { namedCurve: "P-521", octets: 66 },
};

/** The issuer's key, ready to check signatures of that scheme; undefined for kinds that we don't know. */
async function verifyingKey(
  spki: Bytes,
  scheme: VerifyAlgorithm,
): Promise<{ key: CryptoKey; octets?: number } | undefined> {
  const [name, parameters] = Der.parse(spki).child(0, Tag.sequence).children(Tag.sequence);
  const ec = name?.oid() === Oid.ecPublicKey;
  const curve = ec ? CURVES[parameters?.oid() ?? ""] : undefined;
  if (ec !== (scheme.name === "ECDSA") || (ec && curve === undefined)) return undefined;
  const algorithm = { ...scheme, ...(curve && { namedCurve: curve.namedCurve }) };
  const key = await crypto.subtle.importKey("spki", spki, algorithm, false, ["verify"]);
  return { key, ...(curve && { octets: curve.octets }) };
}

/** Whether `issuer` is a CA that names and signed `certificate`. An algorithm that we don't know counts as no. */
export async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  if (!issuer.isCa || !equal(certificate.issuer, issuer.subject)) return false;
  const [tbs, algorithm, signature] = Der.parse(certificate.der).children(Tag.sequence);
  if (!tbs || !algorithm || !signature) return false;
  const scheme = SIGNATURES[algorithm.child(0, Tag.sequence).oid()];
  const verifier = scheme && (await verifyingKey(issuer.spki, scheme));
  if (!scheme || !verifier) return false;
  const { key, octets } = verifier;
  const raw = octets === undefined ? signature.bits() : ecdsaFromDer(signature.bits(), octets);
  return crypto.subtle.verify(scheme, key, raw, tbs.raw);
}

/** Whether each certificate was issued by the next one. The last is whom the centre's page, itself trusted, names. */
export async function isChain(certificates: readonly Certificate[]): Promise<boolean> {
  for (const [index, certificate] of certificates.entries()) {
    const issuer = certificates[index + 1];
    if (issuer !== undefined && !(await isIssuedBy(certificate, issuer))) return false;
  }
  return certificates.length > 1;
}

/** The leaf followed by those of `others` that lead upwards from it. */
export function chainFrom(leaf: Certificate, others: readonly Certificate[]): Certificate[] {
  const chain = [leaf];
  for (let last = leaf; !equal(last.subject, last.issuer);) {
    const issuer = others.find((other) => equal(other.subject, last.issuer) && !chain.includes(other));
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}
