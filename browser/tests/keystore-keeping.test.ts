/** Keys are backed up, brought back, given another password, and missed when they are gone (SPEC A6–A8, A10). */
import { IDBFactory } from "fake-indexeddb";
import { describe, expect, test, vi } from "vitest";
import { readPfx } from "../src/pfx/read.ts";
import { Database } from "../src/store/database.ts";
import {
  code,
  expected,
  installed,
  localStorage,
  onDisk,
  open,
  ORDER,
  PASSWORD,
  request,
  shares,
} from "./support/keystore.ts";

const ORDER_PLACE = {
  institution: ORDER.institution,
  origin: ORDER.origin,
  nonce: ORDER.nonce,
  time: ORDER.time,
};

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
