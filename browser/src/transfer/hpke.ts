/**
 * HPKE, base mode (RFC 9180 §5.1.1): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, all by WebCrypto.
 * What travels is the encapsulated key (32 bytes), then the ciphertext.
 */
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { type Bytes, concat, fromBase64Url, toBase64Url } from "../bytes.ts";
import { encodeTranscript, type Transcript, TransferError } from "./pairing.ts";

const ENCAPSULATED = 32;

/** The one suite of the upload to a phone. */
export const suite = (): CipherSuite =>
  new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/** The phone's key pair of one pairing. Its private half can't be exported and lives as long as the page. */
export interface PhoneKey {
  readonly pair: CryptoKeyPair;
  /** base64url */
  readonly publicKey: string;
}

/** Makes one. TransferError `x25519_missing` in browsers that can't (before Chromium 133, Safari 17, Firefox 130). */
export async function newPhoneKey(): Promise<PhoneKey> {
  let pair: CryptoKeyPair;
  try {
    pair = await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  } catch (error) {
    throw new TransferError("x25519_missing", {}, { cause: error });
  }
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { pair, publicKey: toBase64Url(raw) };
}

/** Seals to the phone of the transcript. */
export async function sealTo(transcript: Transcript, plaintext: Bytes): Promise<Bytes> {
  const hpke = suite();
  const recipientPublicKey = await hpke.kem.deserializePublicKey(fromBase64Url(transcript.key));
  const { enc, ct } = await hpke.seal({ recipientPublicKey, info: encodeTranscript(transcript) }, plaintext);
  return concat(new Uint8Array(enc), new Uint8Array(ct));
}

/** Opens on the phone. TransferError `does_not_open`. */
export async function openWith(key: CryptoKeyPair, transcript: Transcript, sealed: Bytes): Promise<Bytes> {
  const [enc, ct] = [sealed.slice(0, ENCAPSULATED), sealed.slice(ENCAPSULATED)];
  try {
    const opened = await suite().open({ recipientKey: key, enc, info: encodeTranscript(transcript) }, ct);
    return new Uint8Array(opened);
  } catch (error) {
    throw new TransferError("does_not_open", {}, { cause: error });
  }
}
