/**
 * A small note in localStorage of which keys this browser had, so that a page can say "your browser has deleted it"
 * instead of "you never had one". It holds ids and dates, no key; storage that is blocked is no error.
 */
import type { KeyRecord } from "./records.ts";

const ITEM = "certcenter.keys";

/** A key that this browser had. */
export interface Marker {
  readonly id: string;
  readonly customer: string;
  readonly state: "pending" | "installed";
  /** ISO 8601, UTC */
  readonly since: string;
}

/** The notes kept in the page's localStorage. */
export class Markers {
  readonly #storage: Storage | undefined;

  constructor(storage?: Storage) {
    this.#storage = storage ?? Markers.#usual();
  }

  static #usual(): Storage | undefined {
    try {
      return globalThis.localStorage;
    } catch {
      return undefined;
    }
  }

  all(): Marker[] {
    try {
      const parsed: unknown = JSON.parse(this.#storage?.getItem(ITEM) ?? "[]");
      return Array.isArray(parsed) ? (parsed as Marker[]) : [];
    } catch {
      return [];
    }
  }

  remember(record: KeyRecord, now: Date): void {
    const state = record.state === "pending" ? "pending" : "installed";
    const marker: Marker = { id: record.id, customer: record.customer, state, since: now.toISOString() };
    this.#save([...this.all().filter(({ id }) => id !== record.id), marker]);
  }

  forget(id: string): void {
    this.#save(this.all().filter((marker) => marker.id !== id));
  }

  #save(markers: readonly Marker[]): void {
    try {
      this.#storage?.setItem(ITEM, JSON.stringify(markers));
    } catch {
      // Blocked or full: the page then can't explain a loss, which is all that is lost.
    }
  }
}
