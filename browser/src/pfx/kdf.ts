/** Keys from passwords: PKCS #12's own derivation (RFC 7292 appendix B.2) and PBKDF2 (RFC 8018). */
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, utf8 } from "../bytes.ts";
import { utf16be } from "../der.ts";
import { Oid } from "../oids.ts";
import { PfxError } from "./errors.ts";

/** Hash functions that PFX files use, by object identifier. */
export const HASHES = {
  [Oid.sha1]: sha1,
  [Oid.sha224]: sha224,
  [Oid.sha256]: sha256,
  [Oid.sha384]: sha384,
  [Oid.sha512]: sha512,
} as const;

export type HashFunction = (typeof HASHES)[keyof typeof HASHES];

/** What a derived value is for (RFC 7292 appendix B.3). */
export const Purpose = { key: 1, iv: 2, mac: 3 } as const;

/** More than this only serves to freeze a page. */
const MAX_ITERATIONS = 5_000_000;

/** `count` if it is a sane number of iterations; PfxError `unsupported` otherwise. */
export function checkedIterations(count: bigint): number {
  if (count < 1n || count > MAX_ITERATIONS)
    throw new PfxError("unsupported", { iterations: count.toString() });
  return Number(count);
}

/** BMPString with its terminating zero, as RFC 7292 appendix B.1 wants a password. */
export const pkcs12Password = (password: string): Bytes => utf16be(`${password}\0`);

function repeated(bytes: Bytes, block: number): Bytes {
  const length = block * Math.ceil(bytes.length / block);
  return Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] ?? 0);
}

/** Adds `addend` + 1 to each of the blocks of `state`, each a big-endian number. */
function addToBlocks(state: Bytes, addend: Bytes): void {
  for (let start = 0; start < state.length; start += addend.length) {
    let carry = 1;
    for (let i = addend.length - 1; i >= 0; i--) {
      carry += (state[start + i] ?? 0) + (addend[i] ?? 0);
      state[start + i] = carry & 0xff;
      carry >>= 8;
    }
  }
}

/** RFC 7292 appendix B.2. `password` in the form of `pkcs12Password`. */
export function pkcs12Kdf(
  hash: HashFunction,
  password: Bytes,
  salt: Bytes,
  iterations: number,
  purpose: (typeof Purpose)[keyof typeof Purpose],
  length: number,
): Bytes {
  const block = hash.blockLen;
  const diversifier = new Uint8Array(block).fill(purpose);
  const state = concat(repeated(salt, block), repeated(password, block));
  const output = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += hash.outputLen) {
    let digest = hash(concat(diversifier, state));
    for (let i = 1; i < iterations; i++) digest = hash(digest);
    output.set(digest.subarray(0, length - offset), offset);
    addToBlocks(state, repeated(digest, block).subarray(0, block));
  }
  return output;
}

/** HMAC of `data` under the key that PKCS #12 derives for MACs. */
export function pkcs12Mac(
  hash: HashFunction,
  password: Bytes,
  salt: Bytes,
  iterations: number,
  data: Bytes,
): Bytes {
  return hmac(hash, pkcs12Kdf(hash, password, salt, iterations, Purpose.mac, hash.outputLen), data);
}

const WEBCRYPTO_PRF: Readonly<Record<string, string>> = {
  [Oid.hmacWithSHA1]: "SHA-1",
  [Oid.hmacWithSHA256]: "SHA-256",
  [Oid.hmacWithSHA384]: "SHA-384",
  [Oid.hmacWithSHA512]: "SHA-512",
};

/** PBKDF2 (RFC 8018 §5.2) with the pseudo-random function of that object identifier. */
export async function pbkdf2(
  prf: string,
  password: string,
  salt: Bytes,
  iterations: number,
  length: number,
): Promise<Bytes> {
  if (prf === Oid.hmacWithSHA224) {
    return await pbkdf2Async(sha224, utf8(password), salt, { c: iterations, dkLen: length });
  }
  const hash = WEBCRYPTO_PRF[prf];
  if (hash === undefined) throw new PfxError("unsupported", { prf });
  const key = await crypto.subtle.importKey("raw", utf8(password), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "PBKDF2", hash, salt, iterations }, key, length * 8),
  );
}
