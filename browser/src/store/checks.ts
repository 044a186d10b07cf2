/** What a certificate must pass before it is installed (SPEC A3, A7, A9). */
import { CodedError } from "../errors.ts";
import { type Certificate, isChain } from "../x509.ts";
import { KeyStoreError } from "./errors.ts";

/** What the centre says about the certificate and the time. */
export interface Expectation {
  /** The commonName that the customer's certificate has, or several (an older form). */
  readonly subjectCommonName: string | readonly string[];
  /** The server's time if it is known; the page's clock otherwise. */
  readonly now: Date;
}

/** Throws KeyStoreError: `certificate_not_ours`, `subject_mismatch`, `chain_broken`, `not_yet_valid`, `expired`. */
export async function checkCertificate(
  id: string,
  certificate: Certificate,
  chain: readonly Certificate[],
  expected: Expectation,
): Promise<void> {
  if (certificate.spkiId !== id) throw new KeyStoreError("certificate_not_ours");
  const allowed = [expected.subjectCommonName].flat();
  if (!allowed.includes(certificate.subjectCommonName)) throw new KeyStoreError("subject_mismatch");
  if (!(await isUnbroken([certificate, ...chain]))) throw new KeyStoreError("chain_broken");
  checkValidity(certificate, expected.now);
}

async function isUnbroken(certificates: readonly Certificate[]): Promise<boolean> {
  try {
    return await isChain(certificates);
  } catch (error) {
    if (error instanceof CodedError || error instanceof DOMException) return false;
    throw error;
  }
}

/** A clock that is wrong looks like a certificate that is not yet valid: the parameters let the page say which. */
function checkValidity({ notBefore, notAfter }: Certificate, now: Date): void {
  const parameters = {
    now: now.toISOString(),
    notBefore: notBefore.toISOString(),
    notAfter: notAfter.toISOString(),
    clockSkewSeconds: Math.round((Date.now() - now.getTime()) / 1000),
  };
  if (now < notBefore) throw new KeyStoreError("not_yet_valid", parameters);
  if (now > notAfter) throw new KeyStoreError("expired", parameters);
}
