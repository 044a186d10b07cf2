/** The one status of a certificate in this browser (SPEC A2), from what is here and what the centre holds. Pure. */

export type ClientStatus = "none" | "exportable" | "absent" | "mismatch" | "invalid" | "key_only";

/** What of a key entry the status depends on. */
export interface Here {
  readonly id: string;
  readonly state: "pending" | "installed" | "replaced";
  readonly notAfter?: Date | undefined;
}

/** What of the centre's certificate it depends on. */
export interface There {
  readonly spki: string;
  readonly status: string;
}

const LIVE = new Set(["valid", "expiring"]);
const DEAD = new Set(["revoked", "suspended", "expired"]);

/** The status of the entry shown, or of the browser as a whole where it holds none. */
export function clientStatus(here: Here | undefined, there: There | null, now: Date): ClientStatus {
  if (here === undefined) return there !== null && LIVE.has(there.status) ? "absent" : "none";
  if (here.state === "pending") return "key_only";
  if (here.state === "replaced") return "invalid";
  if (here.notAfter !== undefined && here.notAfter < now) return "invalid";
  if (there === null) return "invalid";
  if (here.id !== there.spki) return "mismatch";
  // Installed, but the centre has not heard of it yet: repair tells it.
  if (there.status === "awaiting") return "key_only";
  return DEAD.has(there.status) ? "invalid" : "exportable";
}

/** Entries as the pager shows them: the one that equals the centre's first, then waiting ones, then the newest. */
export function ordered<E extends Here>(entries: readonly E[], there: There | null): E[] {
  const rank = (entry: Here): number => (entry.id === there?.spki ? 0 : entry.state === "pending" ? 1 : 2);
  return [...entries].sort((a, b) => rank(a) - rank(b));
}
