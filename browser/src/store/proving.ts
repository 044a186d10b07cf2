/** Proofs of a key that the store holds (SPEC E6; the structures are ../proof.ts). */
import type { Bytes } from "../bytes.ts";
import { signDetached, signDetachedByKey } from "../cms.ts";
import { encodeProof, type Proof } from "../proof.ts";
import type { Certificate } from "../x509.ts";
import type { Prove, Signed } from "./shares.ts";

/** Signs a proof: in the form of a key without certificate for repair, and where there is none yet. */
export async function signedProof(
  proof: Proof,
  key: CryptoKey,
  spki: Bytes,
  certificate?: Certificate,
): Promise<Signed> {
  const content = encodeProof(proof);
  const bare = certificate === undefined || proof.purpose === "repair";
  return bare
    ? { content, signature: await signDetachedByKey(content, key, spki), publicKey: spki }
    : { content, signature: await signDetached(content, key, certificate) };
}

/** What the share service asks for: a proof of purpose `share` by this key. */
export const proverOf =
  (subject: string, spki: Bytes, key: CryptoKey, certificate?: Certificate): Prove =>
  (proof) =>
    signedProof({ ...proof, purpose: "share", subject }, key, spki, certificate);
