/** When orders ask for the certificate password, and who may sign (SPEC A11). */
import { describe, expect, test } from "vitest";
import type { Bytes } from "../src/bytes.ts";
import { Der, Tag } from "../src/der.ts";
import { verify } from "../src/keys.ts";
import { Database } from "../src/store/database.ts";
import type { KeyStore } from "../src/store/keystore.ts";
import type { SecurityMode } from "../src/store/records.ts";
import { code, installed, onDisk, open, ORDER, PASSWORD } from "./support/keystore.ts";

/** Whether a CMS of ours was signed by the key of that SPKI, over that content. */
async function isSignedBy(spki: Bytes, signature: Bytes): Promise<boolean> {
  const signedData = Der.parse(signature).child(1, Tag.sequence).child(0);
  const signer = signedData.children(Tag.sequence).at(-1)?.child(0, Tag.set).children(Tag.sequence) ?? [];
  const attributes = signer.find((item) => item.tag === 0xa0)?.raw.slice();
  const value = signer.at(-1)?.octets();
  if (attributes === undefined || value === undefined) return false;
  attributes[0] = Tag.set;
  return verify(spki, value, attributes);
}

describe("security mode", () => {
  const signs = async (store: KeyStore, id: string, password?: string): Promise<boolean> => {
    const { signature } = await store.signOrder(id, ORDER, password);
    const [entry] = (await store.list()).filter((item) => item.id === id);
    return entry !== undefined && isSignedBy(entry.spki, signature);
  };

  test.each<[SecurityMode, boolean, boolean, boolean]>([
    [1, true, true, true],
    [2, true, false, true],
    [3, false, false, false],
  ])("mode %i asks: first %s, then %s, in the next session %s", async (securityMode, first, then, next) => {
    const store = await open();
    const { id } = await installed(store, { securityMode });
    expect(await store.needsPassword(id)).toBe(first);
    if (first) await expect(store.signOrder(id, ORDER)).rejects.toEqual(code("password_needed"));
    expect(await signs(store, id, PASSWORD)).toBe(true);
    expect(await store.needsPassword(id)).toBe(then);
    if (!then) expect(await signs(store, id)).toBe(true);
    expect(await (await open()).needsPassword(id)).toBe(then);
    expect(await (await open({ session: "s2" })).needsPassword(id)).toBe(next);
  });

  test("mode 1 leaves no handle on the disk", async () => {
    const store = await open();
    const { id } = await installed(store, { securityMode: 1 });
    await store.signOrder(id, ORDER, PASSWORD);
    expect(await onDisk()).toMatch(/,\[\]\]$/);
  });

  test("mode 2 ends at logout and at the session's end", async () => {
    const { id } = await installed(await open(), { securityMode: 2 });
    const ends = new Date(Date.now() + 3_600_000);
    const store = await open({ sessionEnds: ends });
    await store.signOrder(id, ORDER, PASSWORD);
    expect(await store.needsPassword(id)).toBe(false);
    expect(await (await open({ now: () => ends })).needsPassword(id)).toBe(true);
    await (await open()).signOrder(id, ORDER, PASSWORD);
    await store.endSession();
    expect(await store.needsPassword(id)).toBe(true);
    expect(await onDisk()).toMatch(/,\[\]\]$/);
  });

  test("another login under the same browser deletes the handle, whoever logs in", async () => {
    const { id } = await installed(await open(), { securityMode: 2 });
    await (await open()).signOrder(id, ORDER, PASSWORD);
    await open({ customer: "c2", session: "s9" });
    expect(await (await open()).needsPassword(id)).toBe(true);
  });

  test("no kept handle can be exported", async () => {
    const { id } = await installed(await open(), { securityMode: 3 });
    const database = await Database.open();
    const kept = await database.read((stores) => stores.handle(id));
    database.close();
    if (kept === undefined) throw new Error("no handle was kept");
    expect(kept.handle.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("pkcs8", kept.handle)).rejects.toThrow();
  });

  test.each<[SecurityMode, SecurityMode]>([
    [1, 3],
    [2, 3],
    [3, 1],
    [3, 2],
    [1, 2],
  ])("a change from %i to %i needs the password and takes effect in the next session", async (from, to) => {
    const store = await open();
    const { id } = await installed(store, { securityMode: from });
    await expect(store.changeSecurityMode(id, to, "wrong")).rejects.toEqual(code("wrong_password"));
    await store.changeSecurityMode(id, to, PASSWORD);
    expect((await store.list())[0]?.securityMode).toBe(from);
    if (from === 1) expect(await store.needsPassword(id)).toBe(true);
    if (from === 3) expect(await store.needsPassword(id)).toBe(false);
    const next = await open({ session: "s2" });
    expect((await next.list())[0]?.securityMode).toBe(to);
    expect(await next.needsPassword(id)).toBe(to !== 3);
  });

  test("three wrong passwords lock, whoever asks", async () => {
    const store = await open();
    const { id } = await installed(store);
    for (const [index, result] of ["wrong_password", "wrong_password", "locked", "locked"].entries()) {
      await expect(store.signOrder(id, ORDER, `wrong${index}`)).rejects.toEqual(code(result));
    }
    await expect(store.signOrder(id, ORDER, PASSWORD)).rejects.toEqual(code("locked"));
  });
});
