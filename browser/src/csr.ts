/** PKCS #10 (RFC 2986): empty subject, no attributes; the centre decides the subject. */
import type { Bytes } from "./bytes.ts";
import { bitString, contextTag, element, integer, sequence } from "./der.ts";
import { exportSpki, sign, signatureAlgorithm } from "./keys.ts";

/** A certificate request for the pair, signed with its private key. */
export async function createCsr(pair: CryptoKeyPair): Promise<Bytes> {
  const emptySubject = sequence();
  const noAttributes = element(contextTag(0));
  const info = sequence(integer(0), emptySubject, await exportSpki(pair.publicKey), noAttributes);
  const signature = await sign(pair.privateKey, info);
  return sequence(info, signatureAlgorithm(pair.privateKey), bitString(signature));
}
