/** Keys are made, and their certificates installed (SPEC A3, A4, A9). */
import { describe, expect, test, vi } from "vitest";
import { type Bytes, toHex, utf8 } from "../src/bytes.ts";
import { Der, Tag } from "../src/der.ts";
import { spkiId } from "../src/keys.ts";
import { Database } from "../src/store/database.ts";
import { SUBJECT, testCa } from "./support/ca.ts";
import { ca, code, expected, installed, onDisk, open, PASSWORD, request } from "./support/keystore.ts";

/** Web Locks as a plain queue, for Node 20 has none; Chromium's own serve in tests/browser. */
function queue(): Pick<LockManager, "request"> {
  let last: Promise<unknown> = Promise.resolve();
  const request = (_: string, work: () => Promise<unknown>) => (last = last.then(work, work));
  return { request } as unknown as LockManager;
}

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
