/** Proof by certificate: a key shows that it is here, for one purpose and one nonce (docs/contracts.md, SPEC E6). */
import type { Bytes } from "./bytes.ts";
import { COMMON, encode, type Form, matches } from "./structure.ts";

export const PROOF_TYPE = "certcenter.proof.v1";

/** What a proof is good for; good for nothing else. */
export type ProofPurpose = "renew" | "unlock" | "reissue" | "repair" | "share" | "phone" | "withdrawal";

/** A proof without its type. */
export interface Proof {
  readonly institution: string;
  readonly origin: string;
  readonly purpose: ProofPurpose;
  /** Lower-case hex SHA-256 of the SPKI that the proof is about. */
  readonly subject: string;
  readonly nonce: string;
  readonly time: string;
}

const FORM: Form<keyof Proof> = {
  ...COMMON,
  purpose: matches(/^(?:renew|unlock|reissue|repair|share|phone|withdrawal)$/),
  subject: matches(/^[0-9a-f]{64}$/),
};

/** The bytes that are signed. Throws StructureError. */
export const encodeProof = (proof: Proof): Bytes =>
  encode(PROOF_TYPE, FORM, proof as Record<keyof Proof, string>);
