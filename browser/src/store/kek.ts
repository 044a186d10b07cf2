/**
 * The key that wraps a private key:
 *
 *   stretched = PBKDF2-HMAC-SHA256(password, salt, ≥ 600,000)
 *   verifier  = HKDF-SHA256(stretched, no salt, "certcenter share v1")
 *   KEK       = HKDF-SHA256(stretched ‖ server share, no salt, "certcenter kek v1")
 *
 * Whoever steals the disk has neither share nor verifier and must ask the server, which counts.
 */
import { type Bytes, concat, random, utf8, wipe } from "../bytes.ts";
import { KeyStoreError } from "./errors.ts";
import type { WrappedKey } from "./records.ts";

export const MIN_ITERATIONS = 600_000;
const SALT_BYTES = 16;
const IV_BYTES = 12;
const KEY_BYTES = 32;

/** What a password gives by itself; wipe after use. */
export interface Stretched {
  readonly secret: Bytes;
  readonly verifier: Bytes;
}

export const newSalt = (): Bytes => random(SALT_BYTES);

async function hkdf(secret: Bytes, info: string): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, KEY_BYTES * 8));
}

/** Stretches a password, about 0.1 s. RangeError below 600,000 iterations. */
export async function stretch(password: string, salt: Bytes, iterations: number): Promise<Stretched> {
  if (iterations < MIN_ITERATIONS) throw new RangeError("too few iterations for a key at rest");
  const key = await crypto.subtle.importKey("raw", utf8(password), "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  const secret = new Uint8Array(await crypto.subtle.deriveBits(parameters, key, KEY_BYTES * 8));
  return { secret, verifier: await hkdf(secret, "certcenter share v1") };
}

async function kek(stretched: Stretched, share: Bytes): Promise<CryptoKey> {
  const joined = concat(stretched.secret, share);
  const raw = await hkdf(joined, "certcenter kek v1");
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  wipe(joined, raw);
  return key;
}

/** Wraps PrivateKeyInfo; the key's id is authenticated with it, so that no blob serves for another key. */
export async function wrap(
  id: string,
  pkcs8: Bytes,
  salt: Bytes,
  iterations: number,
  stretched: Stretched,
  share: Bytes,
): Promise<WrappedKey> {
  const iv = random(IV_BYTES);
  const parameters = { name: "AES-GCM", iv, additionalData: utf8(id) };
  const ciphertext = await crypto.subtle.encrypt(parameters, await kek(stretched, share), pkcs8);
  return { algorithm: "AES-256-GCM", salt, iterations, iv, ciphertext: new Uint8Array(ciphertext) };
}

/** PrivateKeyInfo: wipe it after use. KeyStoreError `key_damaged` if the blob does not fit. */
export async function unwrap(
  id: string,
  wrapped: WrappedKey,
  stretched: Stretched,
  share: Bytes,
): Promise<Bytes> {
  const parameters = { name: "AES-GCM", iv: wrapped.iv, additionalData: utf8(id) };
  try {
    return new Uint8Array(
      await crypto.subtle.decrypt(parameters, await kek(stretched, share), wrapped.ciphertext),
    );
  } catch (error) {
    throw new KeyStoreError("key_damaged", {}, { cause: error });
  }
}
