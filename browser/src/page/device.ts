/** A device that proves its certificate for somebody who has not logged in: unlock and reissue (SPEC B3, B8). */
import {
  Api,
  ApiError,
  fromBase64Url,
  normalIdentity,
  PATHS,
  ShareRefused,
  type ShareService,
  signedBody,
  toBase64Url,
  type VisitorKey,
  VisitorKeys,
} from "../index.ts";
import { need } from "./dom.ts";
import { page } from "./page.ts";

export const api = new Api({ root: `${page.api}/`, csrfToken: () => page.csrf });

/** What a run is for. */
export type RecoveryPurpose = "unlock" | "reissue";

/** The centre's half of a key, for whoever has begun a run (the run's cookie says which). */
const shares: Pick<ShareService, "release"> = {
  async release(spki, verifier) {
    try {
      const body = { spki, verifier: toBase64Url(verifier) };
      const { share } = await api.post<{ share: string }>(PATHS.recoveryShare(), body);
      return fromBase64Url(share);
    } catch (error) {
      throw refusal(error);
    }
  },
};

function refusal(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const left = error.parameters["tries_left"];
  if (error.code === "certificate-password-wrong")
    return new ShareRefused("wrong", typeof left === "number" ? left : undefined);
  return error.code === "certificate-password-locked" ? new ShareRefused("locked") : error;
}

export const openKeys = (): Promise<VisitorKeys> => VisitorKeys.open({ shares, now: () => api.now() });

/** What was typed. */
export interface Typed {
  readonly identity: string;
  readonly birthDate: string;
}

/** Read ID and birth date from the page's form. */
export const typed = (): Typed => ({
  identity: normalIdentity(need<HTMLInputElement>("[name=identity]").value),
  birthDate: need<HTMLInputElement>("[name=birth_date]").value.trim(),
});

/** Begin a run, sign its nonce, hand the proof in at `path`. */
export async function proveDevice(
  keys: VisitorKeys,
  key: VisitorKey,
  purpose: RecoveryPurpose,
  { identity, birthDate }: Typed,
  password?: string,
): Promise<void> {
  const body = { purpose, identity, birth_date: birthDate };
  const { nonce } = await api.post<{ nonce: string }>(PATHS.recoveries(), body);
  const place = { institution: page.institution, origin: location.origin };
  const proof = { ...place, purpose, nonce, time: api.now().toISOString() };
  const signed = await keys.prove(key.id, proof, password);
  await api.post(PATHS.recoveryProof(purpose), { proof: signedBody(signed) });
}
