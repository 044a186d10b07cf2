/** SPEC A2: one status for what this browser holds beside what the centre holds. */
import { describe, expect, it } from "vitest";
import { type ClientStatus, clientStatus, ordered } from "../../src/page/status.ts";

const NOW = new Date("2026-11-20T10:00:00Z");
const LATER = new Date("2027-11-20T10:00:00Z");
const EARLIER = new Date("2026-11-19T10:00:00Z");

const here = (id: string, state: "pending" | "installed" | "replaced", notAfter = LATER) => ({
  id,
  state,
  notAfter,
});
const there = (spki: string, status: string) => ({ spki, status });

describe("clientStatus", () => {
  it.each<[string, ClientStatus, Parameters<typeof clientStatus>]>([
    ["nothing anywhere", "none", [undefined, null, NOW]],
    ["the centre has a valid one", "absent", [undefined, there("a", "valid"), NOW]],
    ["the centre's has ended", "none", [undefined, there("a", "expired"), NOW]],
    ["the same, valid", "exportable", [here("a", "installed"), there("a", "valid"), NOW]],
    ["the same, ending soon", "exportable", [here("a", "installed"), there("a", "expiring"), NOW]],
    ["another one", "mismatch", [here("b", "installed"), there("a", "valid"), NOW]],
    ["the same, revoked", "invalid", [here("a", "installed"), there("a", "revoked"), NOW]],
    ["the same, suspended", "invalid", [here("a", "installed"), there("a", "suspended"), NOW]],
    ["ended by this browser's clock", "invalid", [here("a", "installed", EARLIER), there("a", "valid"), NOW]],
    ["replaced by a renewal", "invalid", [here("a", "replaced"), there("b", "valid"), NOW]],
    ["a waiting key", "key_only", [here("a", "pending"), there("a", "awaiting"), NOW]],
    ["a waiting key that nobody knows", "key_only", [here("a", "pending"), null, NOW]],
    ["installed, not yet confirmed", "key_only", [here("a", "installed"), there("a", "awaiting"), NOW]],
    ["unknown to the centre", "invalid", [here("a", "installed"), null, NOW]],
  ])("%s", (_name, status, [entry, host, now]) => {
    expect(clientStatus(entry, host, now)).toBe(status);
  });
});

describe("ordered", () => {
  it("shows the centre's first, then what waits, then the rest as they came", () => {
    const entries = [
      here("c", "installed"),
      here("b", "pending"),
      here("a", "installed"),
      here("d", "replaced"),
    ];
    expect(ordered(entries, there("a", "valid")).map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
  });

  it("leaves what it is given untouched", () => {
    const entries = [here("b", "installed"), here("a", "installed")];
    ordered(entries, there("a", "valid"));
    expect(entries.map(({ id }) => id)).toEqual(["b", "a"]);
  });
});
