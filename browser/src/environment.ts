/** What of the environment a page can check and, in part, fix (SPEC A13). Codes and values; sentences are the page's. */
import { belongsTogether, exportSpki, generateKeyPair } from "./keys.ts";
import { settled } from "./store/requests.ts";
import { askForPersistence, persistence } from "./store/persistence.ts";

export type EnvironmentCheckId =
  | "browser"
  | "operating_system"
  | "screen"
  | "language"
  | "script_version"
  | "secure_context"
  | "webcrypto"
  | "self_test"
  | "indexeddb"
  | "persistence"
  | "private_mode"
  | "web_locks"
  | "clock"
  | "cookies"
  | "download";

/** A change that the page itself can make; resolves to the check made anew. */
export type EnvironmentFix = () => Promise<EnvironmentCheck>;

/** One row of the table. `info` rows state facts; a `warning` is worth advice; `fail` stops certificate work. */
export interface EnvironmentCheck {
  readonly id: EnvironmentCheckId;
  readonly result: "ok" | "warning" | "fail" | "info";
  /** What was measured: a version, a size, seconds, a browser's own words for an error. */
  readonly value: string;
  readonly fix?: EnvironmentFix;
}

export interface EnvironmentContext {
  /** Version of the page's script, and the one that the server has. */
  readonly scriptVersion: string;
  readonly serverScriptVersion?: string;
  /** Server time minus page time in milliseconds (Api.clockOffset), if an answer has come. */
  readonly clockOffset?: number;
  /** What the institution recommends (policy row `environment`). */
  readonly wanted: Recommended;
}

/** Major versions of browsers, seconds that a clock may be off, pixels. */
export interface Recommended {
  readonly chromium: number;
  readonly firefox: number;
  readonly safari: number;
  readonly clockSkewSeconds: number;
  readonly screenWidth: number;
}

export const MIN_SCREEN_HEIGHT = 600;
/** Private windows get a quota bound to memory; ordinary ones a share of the disk. A suspicion, never a proof. */
const SUSPICIOUS_QUOTA = 1 << 30;

type Measured = Omit<EnvironmentCheck, "id">;
type Check = (context: EnvironmentContext) => Measured | Promise<Measured>;

const verdict = (good: boolean, value: string, otherwise: "warning" | "fail" = "fail"): Measured => ({
  result: good ? "ok" : otherwise,
  value,
});

/** Name and major version by the brands that the browser names itself, else by the last known product in its user agent. */
export function browserName(agent: Navigator = navigator): string {
  const { brands } =
    (agent as { userAgentData?: { brands?: { brand: string; version: string }[] } }).userAgentData ?? {};
  const named = brands?.filter(({ brand }) => !/not.?a.?brand/i.test(brand)) ?? [];
  const best = named.find(({ brand }) => brand !== "Chromium") ?? named[0];
  if (best !== undefined) return `${best.brand} ${best.version}`;
  const products: [RegExp, string][] = [
    [/Edg\/(\d+)/, "Microsoft Edge"],
    [/Firefox\/(\d+)/, "Firefox"],
    [/Chrome\/(\d+)/, "Chrome"],
    [/Version\/(\d+).*Safari/, "Safari"],
  ];
  for (const [pattern, name] of products) {
    const version = pattern.exec(agent.userAgent)?.[1];
    if (version !== undefined) return `${name} ${version}`;
  }
  return agent.userAgent;
}

/** The system by the user agent; newer browsers freeze its version, so none is claimed. */
export function operatingSystem(agent: Navigator = navigator): string {
  const systems: [RegExp, string][] = [
    [/Windows/, "Windows"],
    [/Android/, "Android"],
    [/iPhone|iPad/, "iOS"],
    [/Mac OS X/, "macOS"],
    [/CrOS/, "ChromeOS"],
    [/Linux/, "Linux"],
  ];
  return systems.find(([pattern]) => pattern.test(agent.userAgent))?.[1] ?? "";
}

async function checkWebCrypto(): Promise<Measured> {
  if (globalThis.crypto?.subtle === undefined) return { result: "fail", value: "" };
  await generateKeyPair("P-256");
  return { result: "ok", value: "P-256" };
}

async function selfTest(): Promise<Measured> {
  const start = performance.now();
  const pair = await generateKeyPair("P-256");
  const good = await belongsTogether(pair.privateKey, await exportSpki(pair.publicKey));
  return verdict(good, `${Math.round(performance.now() - start)} ms`);
}

const PROBE = "certcenter-probe";

/** Writes, reads back and deletes in a database of its own. */
async function checkIndexedDb(): Promise<Measured> {
  const opening = indexedDB.open(PROBE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("probe");
  const database = await settled(opening);
  try {
    await settled(database.transaction("probe", "readwrite").objectStore("probe").put("written", 1));
    const read = await settled(
      database.transaction("probe").objectStore("probe").get(1) as IDBRequest<unknown>,
    );
    return verdict(read === "written", String(read));
  } finally {
    database.close();
    await settled(indexedDB.deleteDatabase(PROBE));
  }
}

async function checkPersistence(): Promise<Measured> {
  const { state } = await persistence();
  return verdict(state === "persistent", state, "warning");
}

async function checkPrivateMode(): Promise<Measured> {
  const { quota } = await persistence();
  if (quota === undefined) return { result: "info", value: "" };
  return verdict(quota >= SUSPICIOUS_QUOTA, `${Math.round(quota / (1 << 20))} MiB`, "warning");
}

/** An older browser is worth advice; one that nobody knows is a fact, and the other rows say what it can do. */
function checkBrowser({ wanted }: EnvironmentContext): Measured {
  const value = browserName();
  const [, family = "", version = ""] = /(Firefox|Safari|Chrome|Chromium|Edge)\D*(\d+)$/.exec(value) ?? [];
  if (family === "") return { result: "info", value };
  const least = { Firefox: wanted.firefox, Safari: wanted.safari }[family] ?? wanted.chromium;
  return verdict(Number(version) >= least, value, "warning");
}

function checkScreen({ wanted }: EnvironmentContext): Measured {
  const [long, short] = [Math.max(screen.width, screen.height), Math.min(screen.width, screen.height)];
  const good = short >= wanted.screenWidth && long >= MIN_SCREEN_HEIGHT;
  return verdict(good, `${screen.width} × ${screen.height}`, "warning");
}

function checkClock({ clockOffset, wanted }: EnvironmentContext): Measured {
  if (clockOffset === undefined) return { result: "info", value: "" };
  const seconds = Math.round(-clockOffset / 1000);
  const good = Math.abs(seconds) <= wanted.clockSkewSeconds;
  return verdict(good, `${seconds > 0 ? "+" : ""}${seconds} s`, "warning");
}

function checkScriptVersion({ scriptVersion, serverScriptVersion }: EnvironmentContext): Measured {
  if (serverScriptVersion === undefined) return { result: "info", value: scriptVersion };
  return verdict(scriptVersion === serverScriptVersion, scriptVersion, "warning");
}

const canDownload = (): boolean =>
  "download" in HTMLAnchorElement.prototype && typeof URL.createObjectURL === "function";

const CHECKS: Readonly<Record<EnvironmentCheckId, Check>> = {
  browser: checkBrowser,
  operating_system: () => ({ result: "info", value: operatingSystem() }),
  screen: checkScreen,
  language: () => ({ result: "info", value: navigator.language }),
  script_version: checkScriptVersion,
  secure_context: () => verdict(globalThis.isSecureContext, location.origin),
  webcrypto: checkWebCrypto,
  self_test: selfTest,
  indexeddb: checkIndexedDb,
  persistence: checkPersistence,
  private_mode: checkPrivateMode,
  web_locks: () => verdict(navigator.locks !== undefined, String(navigator.locks !== undefined), "warning"),
  clock: checkClock,
  cookies: () => verdict(navigator.cookieEnabled, String(navigator.cookieEnabled)),
  download: () => verdict(canDownload(), String(canDownload())),
};

/** What to do about a row that is not `ok`, and which rows to look at again. */
const FIXES: Partial<Record<EnvironmentCheckId, (context: EnvironmentContext) => Promise<unknown>>> = {
  persistence: () => askForPersistence(),
  script_version: () => {
    location.reload();
    return Promise.resolve();
  },
};

async function check(id: EnvironmentCheckId, context: EnvironmentContext): Promise<EnvironmentCheck> {
  let measured: Measured;
  try {
    measured = await CHECKS[id](context);
  } catch (error) {
    measured = { result: "fail", value: error instanceof Error ? error.name : String(error) };
  }
  const change = FIXES[id];
  if (change === undefined || measured.result === "ok" || measured.result === "info")
    return { id, ...measured };
  return { id, ...measured, fix: () => change(context).then(() => check(id, context)) };
}

/** Every check, in the order of the table. A check that breaks is a row that fails, never an exception. */
export const checkEnvironment = (context: EnvironmentContext): Promise<EnvironmentCheck[]> =>
  Promise.all((Object.keys(CHECKS) as EnvironmentCheckId[]).map((id) => check(id, context)));

/** Fixes whatever has a fix (全部變更設定) and returns the rows as they are then. */
export const fixAll = (checks: readonly EnvironmentCheck[]): Promise<EnvironmentCheck[]> =>
  Promise.all(checks.map((row) => row.fix?.() ?? Promise.resolve(row)));
