/** Ciphers that WebCrypto does not have. This module is loaded only when a file needs one (dynamic import). */
import forge from "node-forge/lib/forge.js";
import "node-forge/lib/aes.js";
import "node-forge/lib/des.js";
import "node-forge/lib/rc2.js";
import { type Bytes, concat } from "../bytes.ts";

export type OldCipher = "3DES-CBC" | "AES-CBC" | "RC2-CBC";

const toBinary = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const fromBinary = (text: string): Bytes => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A buffer of forge's, filled piece by piece: a spread of a megabyte would overflow the stack. */
function buffer(bytes: Bytes) {
  let text = "";
  for (let offset = 0; offset < bytes.length; offset += 4096)
    text += toBinary(bytes.subarray(offset, offset + 4096));
  return forge.util.createBuffer(text);
}

/** K1 K2 K1 for two-key 3DES. */
const fullDesKey = (key: Bytes): Bytes => (key.length === 16 ? concat(key, key.subarray(0, 8)) : key);

/** Plaintext, or undefined where the padding does not fit. */
export function decrypt(cipher: OldCipher, key: Bytes, iv: Bytes, ciphertext: Bytes): Bytes | undefined {
  if (cipher === "RC2-CBC") {
    const rc2 = forge.rc2.createDecryptionCipher(toBinary(key), key.length * 8);
    rc2.start(toBinary(iv));
    rc2.update(buffer(ciphertext));
    return rc2.finish() ? fromBinary(rc2.output.getBytes()) : undefined;
  }
  const decipher = forge.cipher.createDecipher(
    cipher,
    toBinary(cipher === "3DES-CBC" ? fullDesKey(key) : key),
  );
  decipher.start({ iv: toBinary(iv) });
  decipher.update(buffer(ciphertext));
  return decipher.finish() ? fromBinary(decipher.output.getBytes()) : undefined;
}

/** 3DES-CBC with PKCS #7 padding, for 'compatible' files. */
export function encrypt3Des(key: Bytes, iv: Bytes, plaintext: Bytes): Bytes {
  const cipher = forge.cipher.createCipher("3DES-CBC", toBinary(key));
  cipher.start({ iv: toBinary(iv) });
  cipher.update(buffer(plaintext));
  cipher.finish();
  return fromBinary(cipher.output.getBytes());
}
