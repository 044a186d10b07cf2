/** Writes PFX files as SPEC E11 wants them, in strict DER (RFC 7292, RFC 8018). */
import { sha1 } from "@noble/hashes/legacy.js";
import { type Bytes, random } from "../bytes.ts";
import {
  bmpString,
  contextTag,
  element,
  explicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
  setOf,
} from "../der.ts";
import { Oid } from "../oids.ts";
import type { Certificate } from "../x509.ts";
import { HASHES, Purpose, pbkdf2, pkcs12Kdf, pkcs12Mac, pkcs12Password } from "./kdf.ts";

/** What goes into a PFX. */
export interface PfxContents {
  /** PrivateKeyInfo (DER); the caller wipes it. */
  readonly pkcs8: Bytes;
  /** Leaf first, then its issuers. */
  readonly certificates: readonly [Certificate, ...Certificate[]];
  /** Shown by other programs: the file's stem. */
  readonly friendlyName: string;
}

/** How a PFX is protected. */
export interface PfxOptions {
  /** `modern` unless policy allows old Windows' 3DES with a SHA-1 MAC, both together (SPEC E11). */
  readonly protection?: "modern" | "compatible";
  /** PBKDF2's count; default 600,000. */
  readonly iterations?: number;
  /** The MAC's count (and that of 3DES); default 100,000. */
  readonly macIterations?: number;
}

const SALT_BYTES = 16;
const MIN_ITERATIONS = 100_000;

interface Encrypted {
  readonly algorithm: Bytes;
  readonly ciphertext: Bytes;
}

type Encrypt = (plaintext: Bytes) => Promise<Encrypted>;

/** PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA256 (RFC 8018 §6.2), a salt of its own each time. */
const modern =
  (password: string, iterations: number): Encrypt =>
  async (plaintext) => {
    const salt = random(SALT_BYTES);
    const iv = random(16);
    const raw = await pbkdf2(Oid.hmacWithSHA256, password, salt, iterations, 32);
    const key = await crypto.subtle.importKey("raw", raw, "AES-CBC", false, ["encrypt"]);
    raw.fill(0);
    const derivation = sequence(
      oid(Oid.pbkdf2),
      sequence(octetString(salt), integer(iterations), sequence(oid(Oid.hmacWithSHA256), nullValue())),
    );
    const cipher = sequence(oid(Oid.aes256Cbc), octetString(iv));
    return {
      algorithm: sequence(oid(Oid.pbes2), sequence(derivation, cipher)),
      ciphertext: new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plaintext)),
    };
  };

/** pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C). */
const compatible =
  (password: string, iterations: number): Encrypt =>
  async (plaintext) => {
    const { encrypt3Des } = await import("./old-ciphers.ts");
    const salt = random(SALT_BYTES);
    const derive = (purpose: 1 | 2, length: number): Bytes =>
      pkcs12Kdf(HASHES[Oid.sha1], pkcs12Password(password), salt, iterations, purpose, length);
    const parameters = sequence(octetString(salt), integer(iterations));
    return {
      algorithm: sequence(oid(Oid.pbeWithSHAAnd3KeyTripleDESCBC), parameters),
      ciphertext: encrypt3Des(derive(Purpose.key, 24), derive(Purpose.iv, 8), plaintext),
    };
  };

const bag = (type: string, value: Bytes, attributes: readonly Bytes[]): Bytes =>
  sequence(oid(type), explicit(0, value), ...(attributes.length > 0 ? [setOf(...attributes)] : []));

const certBag = (certificate: Certificate, attributes: readonly Bytes[]): Bytes =>
  bag(Oid.certBag, sequence(oid(Oid.x509Certificate), explicit(0, octetString(certificate.der))), attributes);

const dataInfo = (content: Bytes): Bytes => sequence(oid(Oid.data), explicit(0, octetString(content)));

const encryptedInfo = ({ algorithm, ciphertext }: Encrypted): Bytes => {
  const content = sequence(oid(Oid.data), algorithm, element(contextTag(0, "primitive"), ciphertext));
  return sequence(oid(Oid.encryptedData), explicit(0, sequence(integer(0), content)));
};

function macData(
  hashOid: typeof Oid.sha1 | typeof Oid.sha256,
  password: string,
  iterations: number,
  data: Bytes,
): Bytes {
  const salt = random(SALT_BYTES);
  const digest = pkcs12Mac(HASHES[hashOid], pkcs12Password(password), salt, iterations, data);
  const digestInfo = sequence(sequence(oid(hashOid), nullValue()), octetString(digest));
  return sequence(digestInfo, octetString(salt), integer(iterations));
}

/** A PFX with the key in a shrouded key bag and the certificates in an encrypted safe. RangeError below 100,000 iterations. */
export async function writePfx(
  contents: PfxContents,
  password: string,
  options: PfxOptions = {},
): Promise<Bytes> {
  const { protection = "modern", iterations = 600_000, macIterations = MIN_ITERATIONS } = options;
  if (Math.min(iterations, macIterations) < MIN_ITERATIONS)
    throw new RangeError("too few iterations for a PFX");
  const [leaf, ...issuers] = contents.certificates;
  const encrypt =
    protection === "modern" ? modern(password, iterations) : compatible(password, macIterations);
  const attributes = [
    sequence(oid(Oid.friendlyName), setOf(bmpString(contents.friendlyName))),
    sequence(oid(Oid.localKeyId), setOf(octetString(sha1(leaf.der)))),
  ];
  const shrouded = await encrypt(contents.pkcs8);
  const keyBag = bag(
    Oid.pkcs8ShroudedKeyBag,
    sequence(shrouded.algorithm, octetString(shrouded.ciphertext)),
    attributes,
  );
  const certificates = sequence(certBag(leaf, attributes), ...issuers.map((issuer) => certBag(issuer, [])));
  const safe = sequence(encryptedInfo(await encrypt(certificates)), dataInfo(sequence(keyBag)));
  const hash = protection === "modern" ? Oid.sha256 : Oid.sha1;
  return sequence(integer(3), dataInfo(safe), macData(hash, password, macIterations, safe));
}
