/** Key pairs and signatures: WebCrypto's forms on one side, those of the PKCS world on the other. */
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, random, toHex } from "./bytes.ts";
import { Der, DerError, nullValue, oid, sequence, Tag, unsignedInteger } from "./der.ts";
import { CodedError } from "./errors.ts";
import { Oid } from "./oids.ts";

/** Kinds of key that a policy may ask for. */
export type KeyType = "P-256" | "RSA-2048" | "RSA-3072";

/** What a key is by itself: the curve, or RSA with its size in bits. */
export interface KeyKind {
  readonly family: "P-256" | "RSA";
  readonly bits: number;
}

/** A key that this library does not use: another curve, RSA under 2048 bits, another algorithm. */
export class KeyError extends CodedError<"key_unsupported" | "key_weak"> {}

const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const PUBLIC_EXPONENT = Uint8Array.of(1, 0, 1);

const parametersOf = (kind: KeyKind): typeof ECDSA | typeof RSA => (kind.family === "RSA" ? RSA : ECDSA);

/** A new key pair. Extractable, because it is wrapped and stored before anything else is done with it. */
export async function generateKeyPair(type: KeyType): Promise<CryptoKeyPair> {
  const algorithm =
    type === "P-256"
      ? ECDSA
      : { ...RSA, modulusLength: Number(type.slice(4)), publicExponent: PUBLIC_EXPONENT };
  return await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** SubjectPublicKeyInfo (DER). */
export const exportSpki = async (key: CryptoKey): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.exportKey("spki", key));

/** PrivateKeyInfo (DER), unencrypted: wipe it after use. */
export const exportPkcs8 = async (key: CryptoKey): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));

/** Lower-case hex SHA-256 of the SubjectPublicKeyInfo: how a key is named everywhere. */
export const spkiId = (spki: Uint8Array): string => toHex(sha256(spki));

function ecKind(algorithm: Der): KeyKind {
  const curve = algorithm.child(1).oid();
  if (curve !== Oid.prime256v1) throw new KeyError("key_unsupported", { curve });
  return { family: "P-256", bits: 256 };
}

function rsaKind(modulus: bigint): KeyKind {
  const bits = modulus.toString(2).length;
  if (bits < 2048) throw new KeyError("key_weak", { bits });
  return { family: "RSA", bits };
}

/** What kind of key an SPKI holds. Throws KeyError, DerError. */
export function kindOfSpki(spki: Bytes): KeyKind {
  const [algorithm, key] = Der.parse(spki).children(Tag.sequence);
  if (algorithm === undefined || key === undefined) throw new DerError("unexpected_structure");
  const name = algorithm.child(0, Tag.sequence).oid();
  if (name === Oid.ecPublicKey) return ecKind(algorithm);
  if (name === Oid.rsaEncryption) return rsaKind(Der.parse(key.bits()).child(0, Tag.sequence).integer());
  throw new KeyError("key_unsupported", { algorithm: name });
}

/** What kind of key a PrivateKeyInfo (RFC 5208) holds. Throws KeyError, DerError. */
export function kindOfPkcs8(pkcs8: Bytes): KeyKind {
  const [, algorithm, key] = Der.parse(pkcs8).children(Tag.sequence);
  if (algorithm === undefined || key === undefined) throw new DerError("unexpected_structure");
  const name = algorithm.child(0, Tag.sequence).oid();
  if (name === Oid.ecPublicKey) return ecKind(algorithm);
  if (name === Oid.rsaEncryption) return rsaKind(Der.parse(key.octets()).child(1, Tag.sequence).integer());
  throw new KeyError("key_unsupported", { algorithm: name });
}

/** A handle that signs and that nobody can export. Throws KeyError, DerError. */
export async function importPrivateKey(pkcs8: Bytes): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("pkcs8", pkcs8, parametersOf(kindOfPkcs8(pkcs8)), false, ["sign"]);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new KeyError("key_unsupported", {}, { cause: error });
  }
}

/** The public half. Throws KeyError, DerError. */
export const importPublicKey = (spki: Bytes): Promise<CryptoKey> =>
  crypto.subtle.importKey("spki", spki, parametersOf(kindOfSpki(spki)), true, ["verify"]);

const INTEGER_OCTETS = 32;

/** WebCrypto's r‖s as Ecdsa-Sig-Value (RFC 3279 §2.2.3). */
export function ecdsaToDer(signature: Bytes): Bytes {
  const half = signature.length / 2;
  return sequence(unsignedInteger(signature.subarray(0, half)), unsignedInteger(signature.subarray(half)));
}

/** Ecdsa-Sig-Value as WebCrypto's r‖s, each half `octets` long. */
export function ecdsaFromDer(signature: Bytes, octets: number = INTEGER_OCTETS): Bytes {
  const halves = Der.parse(signature)
    .children(Tag.sequence)
    .map((half) => {
      if (half.integer() < 0n) throw new DerError("unexpected_structure");
      const magnitude = half.value[0] === 0 ? half.value.subarray(1) : half.value;
      if (magnitude.length > octets) throw new DerError("unexpected_structure");
      return concat(new Uint8Array(octets - magnitude.length), magnitude);
    });
  if (halves.length !== 2) throw new DerError("unexpected_structure");
  return concat(...halves);
}

/** AlgorithmIdentifier of the signatures that `sign` makes: parameters absent for ECDSA, NULL for RSA (RFC 5758, RFC 4055). */
export const signatureAlgorithm = (key: CryptoKey): Bytes =>
  key.algorithm.name === "ECDSA"
    ? sequence(oid(Oid.ecdsaWithSHA256))
    : sequence(oid(Oid.sha256WithRSAEncryption), nullValue());

/** A signature with SHA-256 in the form that certificates and CMS carry. */
export async function sign(key: CryptoKey, data: Bytes): Promise<Bytes> {
  const ec = key.algorithm.name === "ECDSA";
  const signature = new Uint8Array(await crypto.subtle.sign(ec ? ECDSA : RSA, key, data));
  return ec ? ecdsaToDer(signature) : signature;
}

/** Whether `signature`, in the form that `sign` gives, is the SPKI's over `data`. */
export async function verify(spki: Bytes, signature: Bytes, data: Bytes): Promise<boolean> {
  const kind = kindOfSpki(spki);
  const key = await importPublicKey(spki);
  const raw = kind.family === "RSA" ? signature : ecdsaFromDer(signature);
  return crypto.subtle.verify(parametersOf(kind), key, raw, data);
}

/** Whether the private key belongs to the SPKI, found out by signing: the self-test before a key is relied on. */
export async function belongsTogether(key: CryptoKey, spki: Bytes): Promise<boolean> {
  const family = kindOfSpki(spki).family === "RSA" ? RSA.name : ECDSA.name;
  if (key.algorithm.name !== family) return false;
  const challenge = random(32);
  return verify(spki, await sign(key, challenge), challenge);
}
