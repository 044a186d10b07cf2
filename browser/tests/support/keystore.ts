/** A key store over fake-indexeddb and Node's WebCrypto, fresh for each test of the file that imports this. */
import { IDBFactory } from "fake-indexeddb";
import { beforeAll, beforeEach, expect } from "vitest";
import { type Bytes, toHex } from "../../src/bytes.ts";
import { type Order } from "../../src/order.ts";
import { Database } from "../../src/store/database.ts";
import { KeyStore } from "../../src/store/keystore.ts";
import type { KeyStoreOptions, NewKey } from "../../src/store/types.ts";
import { SUBJECT, type TestCa, testCa } from "./ca.ts";
import { TestShares, TestStorage } from "./centre.ts";

export const PASSWORD = "Abc12345";
export const ORDER: Order = {
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

export let ca: TestCa;
export let shares: TestShares;
export let localStorage: TestStorage;

beforeAll(async () => {
  ca = await testCa();
});

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  shares = new TestShares();
  localStorage = new TestStorage();
});

export const open = (options: Partial<KeyStoreOptions> = {}): Promise<KeyStore> =>
  KeyStore.open({ customer: "c1", session: "s1", shares, localStorage, ...options });

export const request = (options: Partial<NewKey> = {}): NewKey => ({
  type: "P-256",
  password: PASSWORD,
  requestUuid: crypto.randomUUID(),
  securityMode: 1,
  ...options,
});

export const expected = { subjectCommonName: SUBJECT };

/** Everything that lies in IndexedDB, as one hex text per record. */
export async function onDisk(): Promise<string> {
  const database = await Database.open();
  const found = await database.read(async (stores) => [await stores.keys(), await stores.handles()]);
  database.close();
  return JSON.stringify(found, (_, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
}

export async function installed(
  store: KeyStore,
  options: Partial<NewKey> = {},
): Promise<{ id: string; certificate: Bytes }> {
  const { id, csr } = await store.generate(request(options));
  const certificate = await ca.issue({ csr });
  await store.install(id, { certificate, chain: [ca.certificate], expected });
  await store.acknowledged(id);
  return { id, certificate };
}

export const code = (value: string): unknown => expect.objectContaining({ code: value });
