/** The server's half of what unlocks a key (DESIGN, "Keys in the page"). */
import type { Bytes } from "../bytes.ts";
import type { Proof } from "../proof.ts";

/** What goes to the server: the bytes that were signed and the detached CMS over them. */
export interface Signed {
  readonly content: Bytes;
  readonly signature: Bytes;
  /** SubjectPublicKeyInfo, DER: where the signature brings no certificate that holds it. */
  readonly publicKey?: Bytes;
}

/** Signs a proof of the purpose `share` by the key whose share is asked for. */
export type Prove = (proof: Omit<Proof, "purpose" | "subject">) => Promise<Signed>;

/** The verifier was wrong, or too many were: the server counts (SPEC E2). */
export class ShareRefused extends Error {
  readonly reason: "wrong" | "locked";
  /** Tries left, if the server says so. */
  readonly left: number | undefined;

  constructor(reason: "wrong" | "locked", left?: number) {
    super(`share refused: ${reason}`);
    this.name = "ShareRefused";
    this.reason = reason;
    this.left = left;
  }
}

/**
 * Where server shares come from: 32 random bytes each. A key has one for each of its wrappings (it may be on several
 * devices); the verifier tells them apart. `spki` is the lower-case hex SHA-256 of the SubjectPublicKeyInfo.
 */
export interface ShareService {
  /** A new share. The first of a key is free; `prove` is called for each further one. */
  create(spki: string, verifier: Bytes, prove: Prove): Promise<Bytes>;
  /** The share, for whoever knows the verifier. Throws ShareRefused. */
  release(spki: string, verifier: Bytes): Promise<Bytes>;
  /** Another verifier for the same, unchanged share, which is returned. Throws ShareRefused. */
  change(spki: string, oldVerifier: Bytes, newVerifier: Bytes): Promise<Bytes>;
}
