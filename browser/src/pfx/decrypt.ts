/** Password-based decryption by AlgorithmIdentifier: PBES2 with WebCrypto, PKCS #12's old schemes with loaded ciphers. */
import type { Bytes } from "../bytes.ts";
import { type Der, DerError, Tag } from "../der.ts";
import { Oid } from "../oids.ts";
import { PfxError } from "./errors.ts";
import { checkedIterations, HASHES, Purpose, pbkdf2, pkcs12Kdf, pkcs12Password } from "./kdf.ts";
import type { OldCipher } from "./old-ciphers.ts";

interface Scheme {
  readonly cipher: OldCipher;
  readonly keyLength: number;
  readonly ivLength: number;
}

const PKCS12_SCHEMES: Readonly<Record<string, Scheme>> = {
  [Oid.pbeWithSHAAnd3KeyTripleDESCBC]: { cipher: "3DES-CBC", keyLength: 24, ivLength: 8 },
  [Oid.pbeWithSHAAnd2KeyTripleDESCBC]: { cipher: "3DES-CBC", keyLength: 16, ivLength: 8 },
  [Oid.pbeWithSHAAnd128BitRC2CBC]: { cipher: "RC2-CBC", keyLength: 16, ivLength: 8 },
  [Oid.pbeWithSHAAnd40BitRC2CBC]: { cipher: "RC2-CBC", keyLength: 5, ivLength: 8 },
};

const PBES2_CIPHERS: Readonly<Record<string, Scheme>> = {
  [Oid.aes128Cbc]: { cipher: "AES-CBC", keyLength: 16, ivLength: 16 },
  [Oid.aes192Cbc]: { cipher: "AES-CBC", keyLength: 24, ivLength: 16 },
  [Oid.aes256Cbc]: { cipher: "AES-CBC", keyLength: 32, ivLength: 16 },
  [Oid.desEde3Cbc]: { cipher: "3DES-CBC", keyLength: 24, ivLength: 8 },
};

async function decipher(scheme: Scheme, key: Bytes, iv: Bytes, ciphertext: Bytes): Promise<Bytes> {
  if (iv.length !== scheme.ivLength) throw new PfxError("unsupported", { iv: iv.length });
  // Chromium's WebCrypto has no AES-192.
  if (scheme.cipher !== "AES-CBC" || scheme.keyLength === 24) {
    const old = await import("./old-ciphers.ts");
    const plaintext = old.decrypt(scheme.cipher, key, iv, ciphertext);
    if (plaintext === undefined) throw new PfxError("damaged");
    return plaintext;
  }
  const handle = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-CBC", iv }, handle, ciphertext));
  } catch (error) {
    throw new PfxError("damaged", {}, { cause: error });
  }
}

async function decryptPkcs12(
  scheme: Scheme,
  parameters: Der,
  password: string,
  ciphertext: Bytes,
): Promise<Bytes> {
  const salt = parameters.child(0, Tag.sequence).octets();
  const iterations = checkedIterations(parameters.child(1).integer());
  const secret = pkcs12Password(password);
  const key = pkcs12Kdf(HASHES[Oid.sha1], secret, salt, iterations, Purpose.key, scheme.keyLength);
  const iv = pkcs12Kdf(HASHES[Oid.sha1], secret, salt, iterations, Purpose.iv, scheme.ivLength);
  return decipher(scheme, key, iv, ciphertext);
}

async function decryptPbes2(parameters: Der, password: string, ciphertext: Bytes): Promise<Bytes> {
  const [derivation, encryption] = parameters.children(Tag.sequence);
  if (!derivation || !encryption) throw new DerError("unexpected_structure");
  if (derivation.child(0, Tag.sequence).oid() !== Oid.pbkdf2) {
    throw new PfxError("unsupported", { derivation: derivation.child(0).oid() });
  }
  const name = encryption.child(0, Tag.sequence).oid();
  const scheme = PBES2_CIPHERS[name];
  if (scheme === undefined) throw new PfxError("unsupported", { cipher: name });
  const [salt, iterations, ...optional] = derivation.child(1).children(Tag.sequence);
  if (!salt || !iterations) throw new DerError("unexpected_structure");
  const prf =
    optional
      .find((item) => item.tag === Tag.sequence)
      ?.child(0)
      .oid() ?? Oid.hmacWithSHA1;
  const key = await pbkdf2(
    prf,
    password,
    salt.octets(),
    checkedIterations(iterations.integer()),
    scheme.keyLength,
  );
  return decipher(scheme, key, encryption.child(1).octets(), ciphertext);
}

/** Decrypts by the AlgorithmIdentifier given. Throws PfxError `unsupported`, `damaged`; DerError. */
export function decryptWithPassword(algorithm: Der, password: string, ciphertext: Bytes): Promise<Bytes> {
  const [name, parameters] = algorithm.children(Tag.sequence);
  if (!name || !parameters) throw new DerError("unexpected_structure");
  const scheme = PKCS12_SCHEMES[name.oid()];
  if (scheme !== undefined) return decryptPkcs12(scheme, parameters, password, ciphertext);
  if (name.oid() === Oid.pbes2) return decryptPbes2(parameters, password, ciphertext);
  throw new PfxError("unsupported", { algorithm: name.oid() });
}
