/** The key store against fake-indexeddb and Node's WebCrypto (SPEC A3, A4, A6–A11). */
import { IDBFactory } from "fake-indexeddb";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Bytes, toHex, utf8 } from "../src/bytes.ts";
import { Der, Tag } from "../src/der.ts";
import { type Order } from "../src/order.ts";
import { readPfx } from "../src/pfx/read.ts";
import { Database } from "../src/store/database.ts";
import { KeyStore } from "../src/store/keystore.ts";
import type { SecurityMode } from "../src/store/records.ts";
import type { KeyStoreOptions, NewKey } from "../src/store/types.ts";
import { spkiId, verify } from "../src/keys.ts";
import { SUBJECT, type TestCa, testCa } from "./support/ca.ts";
import { TestShares, TestStorage } from "./support/centre.ts";

const PASSWORD = "Abc12345";
const ORDER: Order = {
  institution: "sample",
  origin: "https://sample.example",
  account: "1020-0324338",
  side: "buy",
  symbol: "2330",
  quantity: "1000",
  price: "market",
  currency: "TWD",
  time: "2026-11-20T01:02:03.004Z",
  nonce: "A".repeat(43),
};

let ca: TestCa;
let shares: TestShares;
let localStorage: TestStorage;

beforeAll(async () => {
  ca = await testCa();
});

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  shares = new TestShares();
  localStorage = new TestStorage();
});

const open = (options: Partial<KeyStoreOptions> = {}): Promise<KeyStore> =>
  KeyStore.open({ customer: "c1", session: "s1", shares, localStorage, ...options });

const request = (options: Partial<NewKey> = {}): NewKey => ({
  type: "P-256",
  password: PASSWORD,
  requestUuid: crypto.randomUUID(),
  securityMode: 1,
  ...options,
});

const expected = { subjectCommonName: SUBJECT };

/** Everything that lies in IndexedDB, as one hex text per record. */
async function onDisk(): Promise<string> {
  const database = await Database.open();
  const found = await database.read(async (stores) => [await stores.keys(), await stores.handles()]);
  database.close();
  return JSON.stringify(found, (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
}

async function installed(
  store: KeyStore,
  options: Partial<NewKey> = {},
): Promise<{ id: string; certificate: Bytes }> {
  const { id, csr } = await store.generate(request(options));
  const certificate = await ca.issue({ csr });
  await store.install(id, { certificate, chain: [ca.certificate], expected });
  await store.acknowledged(id);
  return { id, certificate };
}

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

/** Web Locks as a plain queue, for Node 20 has none; Chromium's own serve in tests/browser. */
function queue(): Pick<LockManager, "request"> {
  let last: Promise<unknown> = Promise.resolve();
  const request = (_: string, work: () => Promise<unknown>) => (last = last.then(work, work));
  return { request } as unknown as LockManager;
}

const code = (value: string): unknown => expect.objectContaining({ code: value });

describe("apply", () => {
  test("a key is pending, wrapped, tested; its CSR holds it", async () => {
    const store = await open();
    const order = request({ requestUuid: "u1" });
    const { id, csr } = await store.generate(order);
    const [entry] = await store.list();
    expect(entry).toMatchObject({ id, state: "pending", customer: "c1", requestUuid: "u1", securityMode: 1 });
    expect(spkiId(Der.parse(csr).child(0, Tag.sequence).child(2).raw)).toBe(id);
    expect(entry?.csr).toEqual(csr);
    expect(entry).not.toHaveProperty("wrapped");
  });

  test("no private key lies in the database, whatever the state", async () => {
    const exported: Uint8Array[] = [];
    const original = crypto.subtle.exportKey.bind(crypto.subtle);
    const spy = vi.spyOn(crypto.subtle, "exportKey").mockImplementation((async (
      format: "pkcs8",
      key: CryptoKey,
    ) => {
      const result = await original(format, key);
      if (format === "pkcs8") exported.push(new Uint8Array(result).slice());
      return result;
    }) as typeof crypto.subtle.exportKey);
    const store = await open();
    await store.generate(request());
    await installed(store, { securityMode: 3 });
    spy.mockRestore();
    expect(exported).toHaveLength(2);
    const disk = await onDisk();
    for (const pkcs8 of exported) {
      const secret = Der.parse(Der.parse(pkcs8.slice()).child(2).octets()).child(1).octets();
      expect(secret).toHaveLength(32);
      expect(disk).not.toContain(toHex(secret));
    }
    expect(disk).not.toContain(toHex(utf8(PASSWORD)));
  });

  test("one application has one key, in two tabs too, with and without Web Locks", async () => {
    for (const locks of [undefined, queue()]) {
      const original = Object.getOwnPropertyDescriptor(globalThis, "navigator");
      Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
      const [one, two] = [await open(), await open()];
      const order = request();
      const results = await Promise.allSettled([one.generate(order), two.generate(order)]);
      expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
      expect(results.find(({ status }) => status === "rejected")).toMatchObject({
        reason: code("already_pending"),
      });
      if (original) Object.defineProperty(globalThis, "navigator", original);
      else Reflect.deleteProperty(globalThis, "navigator");
    }
  });

  test("fewer than 600,000 iterations are refused", async () => {
    await expect((await open({ iterations: 100_000 })).generate(request())).rejects.toThrow(RangeError);
  });

  test("storage that does not keep what it is given is found out before the CSR is there", async () => {
    const store = await open();
    const put = vi.spyOn(Database.prototype, "write").mockResolvedValueOnce(undefined);
    await expect(store.generate(request())).rejects.toThrow(
      expect.objectContaining({ code: "key_not_found" }) as Error,
    );
    put.mockRestore();
    expect(await store.list()).toEqual([]);
  });
});

describe("install", () => {
  test("makes the key usable; the same again changes nothing", async () => {
    const store = await open();
    const { id, certificate } = await installed(store);
    const again = await store.install(id, { certificate, chain: [ca.certificate], expected });
    expect(again).toMatchObject({ state: "installed" });
    const [entry] = await store.list();
    expect(entry?.certificate?.subjectCommonName).toBe(SUBJECT);
    expect(entry?.acknowledgedAt).toBeInstanceOf(Date);
  });

  test("after the page was loaded anew (repair) it takes the password", async () => {
    const { id, csr } = await (await open()).generate(request());
    const store = await open();
    const installation = { certificate: await ca.issue({ csr }), chain: [ca.certificate], expected };
    await expect(store.install(id, installation)).rejects.toEqual(code("password_needed"));
    await expect(store.install(id, { ...installation, password: "wrong" })).rejects.toMatchObject({
      code: "wrong_password",
      parameters: { left: 2 },
    });
    expect((await store.list())[0]?.state).toBe("pending");
    await store.install(id, { ...installation, password: PASSWORD });
    expect((await store.list())[0]?.state).toBe("installed");
  });

  test.each<[string, (csr: Bytes, other: Bytes) => Promise<{ certificate: Bytes; chain: Bytes[] }>]>([
    [
      "certificate_not_ours",
      async (_, csr) => ({ certificate: await ca.issue({ csr }), chain: [ca.certificate] }),
    ],
    [
      "subject_mismatch",
      async (csr) => ({
        certificate: await ca.issue({ csr, subject: "B223456786" }),
        chain: [ca.certificate],
      }),
    ],
    ["chain_broken", async (csr) => ({ certificate: await ca.issue({ csr }), chain: [] })],
    [
      "chain_broken",
      async (csr) => ({ certificate: await ca.issue({ csr }), chain: [(await testCa()).certificate] }),
    ],
    [
      "not_yet_valid",
      async (csr) => ({
        certificate: await ca.issue({ csr, notBefore: new Date(Date.now() + 3_600_000) }),
        chain: [ca.certificate],
      }),
    ],
    [
      "expired",
      async (csr) => ({
        certificate: await ca.issue({ csr, notAfter: new Date(Date.now() - 1000) }),
        chain: [ca.certificate],
      }),
    ],
  ])("%s is refused and the key stays pending", async (expectedCode, make) => {
    const store = await open();
    const { id, csr } = await store.generate(request());
    const other = await store.generate(request());
    const given = await make(csr, other.csr);
    await expect(store.install(id, { ...given, expected })).rejects.toEqual(code(expectedCode));
    expect((await store.list()).map(({ state }) => state)).toEqual(["pending", "pending"]);
  });

  test("the server's time counts, not the computer's", async () => {
    const store = await open({ now: () => new Date(Date.now() + 7_200_000) });
    const { id, csr } = await store.generate(request());
    const certificate = await ca.issue({ csr, notBefore: new Date(Date.now() + 3_600_000) });
    await store.install(id, { certificate, chain: [ca.certificate], expected });
    expect((await store.list())[0]?.state).toBe("installed");
  });

  test("a renewed key stays in use until the centre has acknowledged the new one", async () => {
    const store = await open();
    const old = await installed(store);
    const { id, csr } = await store.generate(request({ replaces: old.id }));
    await store.install(id, { certificate: await ca.issue({ csr }), chain: [ca.certificate], expected });
    const states = async () =>
      Object.fromEntries((await store.list()).map((entry) => [entry.id, entry.state]));
    expect(await states()).toEqual({ [old.id]: "installed", [id]: "installed" });
    await store.acknowledged(id);
    expect(await states()).toEqual({ [old.id]: "replaced", [id]: "installed" });
  });
});

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

describe("backup", () => {
  const options = {
    password: PASSWORD,
    newPassword: "Backup99",
    friendlyName: "A120XXX53",
    iterations: 100_000,
  };

  test("export, remove, import: the same certificate signs again", async () => {
    const store = await open();
    const { id, certificate } = await installed(store);
    await expect(store.exportPfx(id, { ...options, password: "wrong" })).rejects.toEqual(
      code("wrong_password"),
    );
    await expect(store.remove(id)).rejects.toEqual(code("not_backed_up"));
    const file = await store.exportPfx(id, options);
    await store.remove(id);
    expect(await store.list()).toEqual([]);
    expect(await store.lost()).toEqual([]);
    const pfx = await readPfx(file, "Backup99");
    expect(pfx.friendlyName).toBe("A120XXX53");
    const entry = await store.importPfx(pfx, { password: "Backup99", securityMode: 1, expected });
    expect(entry.certificate?.der).toEqual(certificate);
    // The key had a share already: its own signature got it another one.
    expect(shares.proofs).toHaveLength(1);
    await store.signOrder(id, ORDER, "Backup99");
    await expect(store.importPfx(pfx, { password: "Backup99", securityMode: 1, expected })).rejects.toEqual(
      code("already_installed"),
    );
  });

  test("a key on two devices has a password on each", async () => {
    const store = await open();
    const { id } = await installed(store);
    const pfx = await readPfx(await store.exportPfx(id, options), "Backup99");
    globalThis.indexedDB = new IDBFactory();
    const elsewhere = await open();
    await elsewhere.importPfx(pfx, { password: "Other123", securityMode: 1, expected });
    await elsewhere.signOrder(id, ORDER, "Other123");
    await store.signOrder(id, ORDER, PASSWORD);
  });

  test("someone else's PFX is refused", async () => {
    const store = await open();
    const { id } = await installed(store);
    const pfx = await readPfx(await store.exportPfx(id, options), "Backup99");
    const other = await open({ customer: "c2", session: "s2" });
    const wanted = { subjectCommonName: "B223456786-00-1" };
    await expect(
      other.importPfx(pfx, { password: PASSWORD, securityMode: 1, expected: wanted }),
    ).rejects.toEqual(code("subject_mismatch"));
    await expect(other.signOrder(id, ORDER, PASSWORD)).rejects.toEqual(code("key_not_found"));
  });

  test("a pending key is never removed, only abandoned once its application is dead", async () => {
    const store = await open();
    const { id } = await store.generate(request());
    await expect(store.remove(id, { withoutBackup: true })).rejects.toEqual(code("key_is_pending"));
    await store.abandon(id);
    expect(await store.list()).toEqual([]);
    const kept = await installed(store);
    await expect(store.abandon(kept.id)).rejects.toEqual(code("key_not_pending"));
  });
});

describe("change of password", () => {
  test("the new one opens, the old one does not", async () => {
    const store = await open();
    const { id } = await installed(store);
    await store.changePassword(id, PASSWORD, "New12345");
    await expect(store.signOrder(id, ORDER, PASSWORD)).rejects.toEqual(code("wrong_password"));
    await store.signOrder(id, ORDER, "New12345");
    expect(await onDisk()).not.toContain("nextWrapped");
  });

  test.each<["before" | "after", string]>([
    ["before", PASSWORD],
    ["after", "New12345"],
  ])("interrupted %s the server has changed its side, one of the two opens", async (moment, works) => {
    const store = await open();
    const { id } = await installed(store);
    shares[moment] = (call) => {
      if (call === "change") throw new TypeError("the line is dead");
    };
    await expect(store.changePassword(id, PASSWORD, "New12345")).rejects.toEqual(code("change_unclear"));
    shares[moment] = () => undefined;
    const later = await open({ session: "s2" });
    await later.signOrder(id, ORDER, works);
    expect(await onDisk()).not.toContain("nextWrapped");
    await later.signOrder(id, ORDER, works);
  });
});

describe("loss", () => {
  test("a browser that lost its storage says which key it had", async () => {
    const store = await open();
    const { id } = await installed(store);
    expect(await store.lost()).toEqual([]);
    globalThis.indexedDB = new IDBFactory();
    const after = await open({ session: "s2" });
    expect(await after.lost()).toMatchObject([{ id, customer: "c1", state: "installed" }]);
    expect(await (await open({ customer: "c2", session: "s3" })).lost()).toEqual([]);
    after.forgetLost(id);
    expect(await after.lost()).toEqual([]);
  });

  test("a marker that was tampered with is no marker", async () => {
    localStorage.setItem("certcenter.keys", "{nonsense");
    expect(await (await open()).lost()).toEqual([]);
  });

  test("a tab that dies between any two writes leaves the old or the new state", async () => {
    for (let deathAt = 1; ; deathAt++) {
      globalThis.indexedDB = new IDBFactory();
      let writes = 0;
      const original = Object.getOwnPropertyDescriptor(Database.prototype, "write")
        ?.value as Database["write"];
      const spy = vi.spyOn(Database.prototype, "write").mockImplementation(function (this: Database, work) {
        if (++writes >= deathAt) throw new Error("killed");
        return original.call(this, work);
      });
      let id = "";
      const died = await open()
        .then(installed)
        .then(
          (made) => {
            id = made.id;
            return false;
          },
          () => true,
        );
      spy.mockRestore();
      const store = await open({ session: "s2" });
      for (const entry of await store.list()) {
        expect(entry.state === "pending").toBe(entry.certificate === undefined);
        await store.signProof(entry.id, { ...ORDER_PLACE, purpose: "repair" }, PASSWORD);
      }
      if (!died) {
        expect((await store.list())[0]).toMatchObject({ id, state: "installed" });
        expect(deathAt).toBeGreaterThan(3);
        return;
      }
    }
  });
});

const ORDER_PLACE = {
  institution: ORDER.institution,
  origin: ORDER.origin,
  nonce: ORDER.nonce,
  time: ORDER.time,
};
