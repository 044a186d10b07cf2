/** The centre and this browser's key store, opened as the page's data say. Bodies of API calls stand here alone. */
import {
  Api,
  ApiError,
  type Bytes,
  exclusively,
  fromBase64Url,
  type KeyEntry,
  KeyStore,
  type KeyType,
  PATHS,
  type ProofPurpose,
  type SecurityMode,
  freshNonce,
  shareService,
  signedBody,
  toBase64Url,
} from "../index.ts";
import { page } from "./page.ts";

/** What the centre holds for the customer, as the page was rendered. */
export interface Host {
  readonly serial: string;
  readonly status: "none" | "awaiting" | "valid" | "expiring" | "expired" | "suspended" | "revoked";
  readonly spki: string;
  readonly subject: string;
  readonly notAfter: string;
}

/** An application that is not finished. */
export interface OpenApplication {
  readonly uuid: string;
  readonly spki: string;
  readonly state: string;
  readonly subject: string;
}

/** The data of a page that works with keys (server: portal/keys.py). */
export interface KeyPageData {
  readonly store: { readonly customer: string; readonly session: string; readonly iterations: number };
  readonly backdateMinutes: number;
  readonly keyType: KeyType;
  readonly password: { readonly min: number; readonly max: number | null } | null;
  readonly securityMode: string | null;
  readonly host: Host | null;
  readonly application: OpenApplication | null;
  readonly subjects: readonly string[];
  readonly statuses: Readonly<Record<string, { readonly word: string; readonly advice: string }>>;
  readonly overviewUrl?: string;
  readonly fileName?: string;
  readonly phoneAddress?: string;
  readonly procedure?: string;
  readonly kind?: "apply" | "renew";
  readonly known?: Readonly<Record<string, string>>;
}

export const data = page.data as unknown as KeyPageData;

export const api = new Api({ root: `${page.api}/`, csrfToken: () => page.csrf });

/** Where proofs are made out. */
const place = { institution: page.institution, origin: location.origin };

/** Open the customer's key store for this login session. KeyStoreError `storage_unavailable`. */
export function openStore(): Promise<KeyStore> {
  const { customer, session, iterations } = data.store;
  return KeyStore.open({
    customer,
    session,
    iterations,
    shares: shareService(api, place),
    now: () => api.now(),
  });
}

/** The security mode that a form's radio buttons say, or policy's own. */
export function chosenMode(form: HTMLFormElement): SecurityMode {
  const chosen = new FormData(form).get("mode") ?? data.securityMode ?? "1";
  return Number(chosen) as SecurityMode;
}

/** A proof as it is sent. */
export type SignedProof = ReturnType<typeof signedBody>;

/** A proof by the key `id` over a fresh nonce of the centre. */
export async function prove(
  store: KeyStore,
  id: string,
  purpose: ProofPurpose,
  password?: string,
): Promise<SignedProof> {
  const nonce = await freshNonce(api, place, purpose);
  return signedBody(await store.signProof(id, { ...nonce, purpose }, password));
}

/** Send the request; the same UUID and key again get the same answer. */
export function submit(uuid: string, csr: Bytes, oldKey: SignedProof | undefined): Promise<unknown> {
  const body = { procedure: data.procedure, request: uuid, csr: toBase64Url(csr) };
  const whole = { ...body, ...(oldKey && { old_key_proof: oldKey }) };
  return api.post(PATHS.applications(), whole, { idempotencyKey: uuid });
}

interface Progress {
  readonly state: string;
  readonly percent: number;
}

/** Seconds for which the centre may hold an answer back; short, so that the progress is seen to move. */
const WAIT = "3";

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Ask for the progress until the certificate is there. Throws ApiError when the centre has refused it. */
export async function waitFor(uuid: string, told: (percent: number) => void): Promise<void> {
  for (;;) {
    const { state, percent } = await api.get<Progress>(PATHS.application(uuid), { query: { wait: WAIT } });
    told(percent);
    if (state === "issued" || state === "installed") return;
    if (state === "refused" || state === "ended") throw new ApiError(409, `application-${state}`);
    await pause(200);
  }
}

interface Issued {
  readonly certificate: string;
  readonly chain: readonly string[];
  readonly common_name: string;
}

/** Fetch the certificate, install it for the waiting key and let the centre know. */
export async function collect(
  store: KeyStore,
  id: string,
  uuid: string,
  { password, told }: { password?: string; told?: (stage: string) => void } = {},
): Promise<KeyEntry> {
  const issued = await api.get<Issued>(PATHS.applicationCertificate(uuid));
  const entry = await store.install(id, {
    certificate: fromBase64Url(issued.certificate),
    chain: issued.chain.map(fromBase64Url),
    expected: { subjectCommonName: issued.common_name },
    ...(password !== undefined && { password }),
  });
  told?.("installed");
  await api.post(PATHS.acknowledgement(uuid), { proof: await prove(store, id, "repair", password) });
  await store.acknowledged(id);
  told?.("confirmed");
  return entry;
}

/**
 * One tab at a time makes a key and hands it in, or looks for strays: between the two the centre has not heard of the key yet,
 * and another tab would take it for one.
 */
export const handingIn = <T>(work: () => Promise<T>): Promise<T> => exclusively("handing-in", work);

/** Keys of requests that never reached the centre stand in nobody's way; called within `handingIn`. */
export async function tidy(store: KeyStore): Promise<void> {
  for (const { id, state, requestUuid } of await store.list()) {
    if (state === "pending" && requestUuid !== undefined && (await isUnknown(requestUuid)))
      await store.abandon(id);
  }
}

/** Whether the centre has never heard of an application: its key was never sent. */
async function isUnknown(uuid: string): Promise<boolean> {
  try {
    await api.get(PATHS.application(uuid));
    return false;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return true;
    throw error;
  }
}
