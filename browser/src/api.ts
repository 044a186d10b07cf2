/** The centre's HTTP API as the page uses it: same origin, JSON, problem+json (RFC 9457), cookie and CSRF token. */
import { type Bytes, fromBase64Url, toBase64Url } from "./bytes.ts";
import type { ProofPurpose } from "./proof.ts";
import { ShareRefused, type ShareService, type Signed } from "./store/shares.ts";

/** Every path that the page calls, under the API's root. */
export const PATHS = {
  nonces: () => "nonces",
  applications: () => "applications",
  application: (uuid: string) => `applications/${encodeURIComponent(uuid)}`,
  applicationCertificate: (uuid: string) => `applications/${encodeURIComponent(uuid)}/certificate`,
  acknowledgement: (uuid: string) => `applications/${encodeURIComponent(uuid)}/acknowledgement`,
  keyShares: () => "key-shares",
  keyShare: (spki: string) => `key-shares/${encodeURIComponent(spki)}`,
  keyShareRelease: (spki: string) => `key-shares/${encodeURIComponent(spki)}/release`,
  certificates: () => "certificates",
  orders: () => "orders",
  orderDrafts: () => "orders/drafts",
  environment: () => "environment",
  transfers: () => "transfers",
  transfer: (session: string) => `transfers/${encodeURIComponent(session)}`,
  transferParcel: (session: string) => `transfers/${encodeURIComponent(session)}/parcel`,
  transferCollection: (session: string) => `transfers/${encodeURIComponent(session)}/collection`,
  recoveries: () => "recoveries",
  recoveryShare: () => "recoveries/key-share",
  recoveryProof: (purpose: "unlock" | "reissue") =>
    purpose === "unlock" ? "recoveries/unlock" : "recoveries/proof",
} as const;

/** Codes of the centre that this library itself acts on. */
const CODES = {
  wrong: "certificate-password-wrong",
  locked: "certificate-password-locked",
  exists: "share-exists",
} as const;

/** A refusal or failure. `status` 0: no answer came. */
export class ApiError extends Error {
  readonly status: number;
  /** The problem's code; `network`, `timeout`, `not-json` or `http-<status>` where the centre did not say. */
  readonly code: string;
  /** The number that the customer may quote. */
  readonly reference: string | undefined;
  /** In the customer's language. */
  readonly detail: string | undefined;
  /** What to do now, and what was not lost; in the customer's language. */
  readonly advice: string | undefined;
  readonly kept: string | undefined;
  /** What is wrong with each input, by its path in the request. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The figures in `detail`, such as `tries_left`. */
  readonly parameters: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    problem: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(`${status} ${code}`, options);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.reference = text(problem["reference"]);
    this.detail = text(problem["detail"]);
    this.advice = text(problem["advice"]);
    this.kept = text(problem["kept"]);
    this.fields = isObject(problem["fields"]) ? problem["fields"] : {};
    this.parameters = isObject(problem["params"]) ? problem["params"] : {};
  }
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export interface ApiOptions {
  /** Default `/api/v1/`. */
  readonly root?: string;
  /** Milliseconds until an answer is given up. Default 15,000. */
  readonly timeout?: number;
  /** Milliseconds before the first repetition; doubled for each further one. Default 300. */
  readonly backoff?: number;
  /** Default: the content of `<meta name="csrf-token">`. */
  readonly csrfToken?: () => string;
  readonly fetch?: typeof fetch;
}

export interface RequestOptions {
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
  /** A POST that may be repeated: the centre knows it by this key (sent as Idempotency-Key). */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /** The page asks by itself: that keeps nobody signed in. */
  readonly background?: boolean;
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

const REPETITIONS = 3;
const WORTH_REPEATING = new Set([0, 408, 429, 502, 503, 504]);

const tokenFromPage = (): string =>
  document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The client. Requests answer with the parsed JSON, or undefined for an empty answer; they throw ApiError. */
export class Api {
  readonly #options: Required<ApiOptions>;
  /** Server time minus page time in milliseconds, by the last answer's Date; 0 before any. */
  clockOffset = 0;

  constructor(options: ApiOptions = {}) {
    this.#options = {
      ...{ root: "/api/v1/", timeout: 15_000, backoff: 300, csrfToken: tokenFromPage },
      ...{ fetch: globalThis.fetch.bind(globalThis), ...options },
    };
  }

  /** The server's time, as well as the page knows it. */
  now(): Date {
    return new Date(Date.now() + this.clockOffset);
  }

  get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#repeated("GET", path, options, true);
  }

  /** Repeated only with an idempotency key. */
  post<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.#repeated("POST", path, { ...options, body }, options.idempotencyKey !== undefined);
  }

  put<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.#repeated("PUT", path, { ...options, body }, false);
  }

  delete<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#repeated("DELETE", path, options, true);
  }

  async #repeated<T>(method: Method, path: string, options: RequestOptions, repeatable: boolean): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once<T>(method, path, options);
      } catch (error) {
        const hopeful = error instanceof ApiError && WORTH_REPEATING.has(error.status);
        if (!repeatable || !hopeful || attempt === REPETITIONS || options.signal?.aborted) throw error;
        await pause(this.#options.backoff * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  }

  async #once<T>(
    method: Method,
    path: string,
    { body, query, idempotencyKey, signal, background }: RequestOptions,
  ): Promise<T> {
    const headers = new Headers({ Accept: "application/json" });
    if (body !== undefined) headers.set("Content-Type", "application/json");
    if (method !== "GET") headers.set("X-CSRFToken", this.#options.csrfToken());
    if (idempotencyKey !== undefined) headers.set("Idempotency-Key", idempotencyKey);
    if (background) headers.set("X-Background", "1");
    const search = query ? `?${new URLSearchParams(query)}` : "";
    const timeout = AbortSignal.timeout(this.#options.timeout);
    const request: RequestInit = { method, headers, credentials: "same-origin", redirect: "error" };
    request.signal = signal ? AbortSignal.any([signal, timeout]) : timeout;
    if (body !== undefined) request.body = JSON.stringify(body);
    try {
      const response = await this.#options.fetch(`${this.#options.root}${path}${search}`, request);
      this.#noteTime(response);
      return await answerOf<T>(response);
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted) throw error;
      throw new ApiError(0, timeout.aborted ? "timeout" : "network", {}, { cause: error });
    }
  }

  #noteTime(response: Response): void {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) this.clockOffset = date - Date.now();
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  const content = await response.text();
  let answer: unknown;
  try {
    answer = content === "" ? undefined : JSON.parse(content);
  } catch (error) {
    throw new ApiError(response.status, "not-json", {}, { cause: error });
  }
  if (response.ok) return answer as T;
  const problem = isObject(answer) ? answer : {};
  throw new ApiError(response.status, text(problem["code"]) ?? `http-${response.status}`, problem);
}

/** Where proofs are made out: the institution's slug and the page's origin. */
export interface Place {
  readonly institution: string;
  readonly origin: string;
}

/** A fresh single-use nonce, and the rest that a proof or its like needs. */
export async function freshNonce(
  api: Api,
  place: Place,
  purpose: ProofPurpose,
): Promise<Place & { readonly nonce: string; readonly time: string }> {
  const { nonce } = await api.post<{ readonly nonce: string }>(PATHS.nonces(), { purpose });
  return { ...place, nonce, time: api.now().toISOString() };
}

/** A signed structure as the API takes it. */
export const signedBody = ({ content, signature }: Signed): { structure: string; signature: string } => ({
  structure: toBase64Url(content),
  signature: toBase64Url(signature),
});

function refusalOf(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const left = error.parameters["tries_left"];
  if (error.code === CODES.wrong)
    return new ShareRefused("wrong", typeof left === "number" ? left : undefined);
  return error.code === CODES.locked ? new ShareRefused("locked") : error;
}

async function shareOf(answer: Promise<{ readonly share: string }>): Promise<Bytes> {
  try {
    return fromBase64Url((await answer).share);
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Server shares from the centre. */
export function shareService(api: Api, place: Place): ShareService {
  return {
    async create(spki, verifier, prove) {
      const body = { spki, verifier: toBase64Url(verifier) };
      try {
        return await shareOf(api.post(PATHS.keyShares(), body));
      } catch (error) {
        if (!(error instanceof ApiError && error.code === CODES.exists)) throw error;
      }
      const proof = await prove(await freshNonce(api, place, "share"));
      const key = proof.publicKey && { public_key: toBase64Url(proof.publicKey) };
      return shareOf(api.post(PATHS.keyShares(), { ...body, proof: signedBody(proof), ...key }));
    },
    release: (spki, verifier) =>
      shareOf(api.post(PATHS.keyShareRelease(spki), { verifier: toBase64Url(verifier) })),
    change: (spki, verifier, newVerifier) => {
      const body = { verifier: toBase64Url(verifier), new_verifier: toBase64Url(newVerifier) };
      return shareOf(api.put(PATHS.keyShare(spki), body));
    },
  };
}
