/**
 * Keys in the page (SPEC A3, A4, A6–A11; DESIGN, "Keys in the page").
 *
 * Every step leaves the old state or the new one: each is one strict transaction that first checks the state it
 * starts from, and what must not get lost is read back and tested before anybody is told.
 */
import { type Bytes, equal, wipe } from "../bytes.ts";
import { signDetached } from "../cms.ts";
import { createCsr } from "../csr.ts";
import {
  belongsTogether,
  exportPkcs8,
  exportSpki,
  generateKeyPair,
  importPrivateKey,
  spkiId,
} from "../keys.ts";
import { encodeOrder, type Order } from "../order.ts";
import type { Pfx } from "../pfx/read.ts";
import { writePfx } from "../pfx/write.ts";
import type { Proof } from "../proof.ts";
import { readCertificate } from "../x509.ts";
import { checkCertificate } from "./checks.ts";
import { Database } from "./database.ts";
import { KeyStoreError } from "./errors.ts";
import { Handles } from "./handles.ts";
import { exclusively } from "./lock.ts";
import { type Marker, Markers } from "./marker.ts";
import { proverOf, signedProof } from "./proving.ts";
import { type KeyRecord, type SecurityMode, withWrapping } from "./records.ts";
import type { Signed } from "./shares.ts";
import type { Export, Import, Installation, KeyEntry, KeyStoreOptions, NewKey } from "./types.ts";
import { forget, type Unlocked, Vault } from "./vault.ts";

function entryOf({ wrapped: _, nextWrapped: __, ...record }: KeyRecord): KeyEntry {
  return {
    ...record,
    certificate: record.certificate && readCertificate(record.certificate),
    chain: record.chain.map(readCertificate),
  };
}

/** The key store of one customer in one login session. */
export class KeyStore {
  readonly #options: KeyStoreOptions;
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #handles: Handles;
  readonly #markers: Markers;
  /** Handles between the making of a key and the acknowledgement of its certificate; for proofs, never for orders. */
  readonly #fresh = new Map<string, CryptoKey>();

  private constructor(options: KeyStoreOptions, database: Database) {
    this.#options = options;
    this.#database = database;
    this.#vault = new Vault(options.shares, options.iterations);
    this.#handles = new Handles(database, options, () => this.#now());
    this.#markers = new Markers(options.localStorage);
  }

  /** Opens the store and ends what belonged to other login sessions. KeyStoreError `storage_unavailable`. */
  static async open(options: KeyStoreOptions): Promise<KeyStore> {
    const store = new KeyStore(options, await Database.open());
    await store.#handles.begin();
    return store;
  }

  close(): void {
    this.#fresh.clear();
    this.#database.close();
  }

  /** This customer's keys, newest first. */
  async list(): Promise<KeyEntry[]> {
    const records = await this.#database.read((stores) => stores.keysOf(this.#options.customer));
    return records.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime()).map(entryOf);
  }

  /** Keys that this browser had and that its storage has lost (cleared, private window, Safari's seven days). */
  async lost(): Promise<Marker[]> {
    const here = new Set((await this.list()).map(({ id }) => id));
    return this.#markers
      .all()
      .filter(({ id, customer }) => customer === this.#options.customer && !here.has(id));
  }

  /** The customer has read that a key is lost: don't say it again. */
  forgetLost(id: string): void {
    this.#markers.forget(id);
  }

  /**
   * Makes a key, stores it wrapped, reads it back, tests it; only then is there a CSR to send.
   * KeyStoreError `already_pending`, `storage_unavailable`, `storage_failed`, `self_test_failed`.
   */
  generate(order: NewKey): Promise<{ readonly id: string; readonly csr: Bytes }> {
    return exclusively(`customer:${this.#options.customer}`, async () => {
      await this.#refuseSecond(order.requestUuid);
      const pair = await generateKeyPair(order.type);
      const [spki, pkcs8] = [await exportSpki(pair.publicKey), await exportPkcs8(pair.privateKey)];
      const [id, csr] = [spkiId(spki), await createCsr(pair)];
      const prove = proverOf(id, spki, pair.privateKey);
      const unlocked = await this.#vault.protect(id, pkcs8, order.password, prove);
      const { customer } = this.#options;
      const { requestUuid, securityMode, replaces } = order;
      const record: KeyRecord = {
        ...{ id, customer, requestUuid, state: "pending", spki, csr, chain: [], securityMode },
        ...(replaces !== undefined && { replaces }),
        ...{ wrapped: unlocked.wrapped, createdAt: this.#now() },
      };
      await this.#add(record);
      try {
        this.#fresh.set(id, await this.#selfTest(id, unlocked));
      } catch (error) {
        await this.#database.write((stores) => stores.deleteKey(id)); // its CSR has gone nowhere
        throw error;
      } finally {
        forget(unlocked);
      }
      this.#markers.remember(record, this.#now());
      return { id, csr };
    });
  }

  /**
   * Takes the certificate in after all checks; call `acknowledged` once the centre knows. Installing the same
   * certificate again changes nothing. KeyStoreError: see checks.ts, and `key_not_found`, `key_not_pending`,
   * `password_needed`, `wrong_password`, `locked`, `self_test_failed`, `storage_failed`.
   */
  async install(id: string, installation: Installation): Promise<KeyEntry> {
    const before = await this.#record(id);
    if (before.state !== "pending") return this.#installedAlready(before, installation.certificate);
    const certificate = readCertificate(installation.certificate);
    const expected = { ...installation.expected, now: this.#now() };
    await checkCertificate(id, certificate, installation.chain.map(readCertificate), expected);
    const handle = this.#fresh.get(id) ?? (await this.#unlock(before, installation.password));
    if (!(await belongsTogether(handle, certificate.spki))) throw new KeyStoreError("self_test_failed");
    this.#fresh.set(id, handle);
    const installed = await this.#update(id, (record) => {
      if (record.state !== "pending") throw new KeyStoreError("key_not_pending");
      const { certificate, chain } = installation;
      return { ...record, state: "installed", certificate, chain, installedAt: this.#now() };
    });
    if (!equal((await this.#record(id)).certificate ?? new Uint8Array(), installation.certificate)) {
      throw new KeyStoreError("storage_failed");
    }
    if (installed.securityMode === 3) await this.#handles.keep(id, handle, { lasting: true });
    this.#markers.remember(installed, this.#now());
    return entryOf(installed);
  }

  /** The centre has confirmed the installation: only now the key that was renewed becomes `replaced`. */
  async acknowledged(id: string): Promise<void> {
    const now = this.#now();
    await this.#database.write(async (stores) => {
      const record = this.#mine(await stores.key(id));
      if (record.state !== "installed") throw new KeyStoreError("key_not_installed");
      await stores.putKey({ ...record, acknowledgedAt: record.acknowledgedAt ?? now });
      const old = record.replaces === undefined ? undefined : await stores.key(record.replaces);
      if (old?.state !== "installed") return;
      await stores.putKey({ ...old, state: "replaced" });
      await stores.deleteHandle(old.id);
    });
    this.#fresh.delete(id);
  }

  /**
   * Takes in a key from a PFX (SPEC A7). A pending key whose certificate is in the file becomes installed.
   * KeyStoreError: see checks.ts, and `already_installed`.
   */
  async importPfx(pfx: Pfx, { password, securityMode, expected }: Import): Promise<KeyEntry> {
    const { certificate, chain } = pfx;
    const id = certificate.spkiId;
    await checkCertificate(id, certificate, chain, { ...expected, now: this.#now() });
    const [existing] = (await this.list()).filter((entry) => entry.id === id);
    if (existing !== undefined && existing.state !== "pending") throw new KeyStoreError("already_installed");
    const handle = await importPrivateKey(pfx.pkcs8);
    if (!(await belongsTogether(handle, certificate.spki))) throw new KeyStoreError("self_test_failed");
    const prove = proverOf(id, certificate.spki, handle, certificate);
    const unlocked = await this.#vault.protect(id, pfx.pkcs8.slice(), password, prove);
    const now = this.#now();
    const record: KeyRecord = {
      ...{
        id,
        securityMode,
        state: "installed",
        customer: this.#options.customer,
        wrapped: unlocked.wrapped,
      },
      ...{ spki: certificate.spki, certificate: certificate.der, chain: chain.map(({ der }) => der) },
      ...{ createdAt: now, installedAt: now, backedUpAt: now },
    };
    await this.#database.write(async (stores) => {
      const there = await stores.key(id);
      if (there !== undefined && there.state !== "pending") throw new KeyStoreError("already_installed");
      const { requestUuid, csr } = there ?? {};
      await stores.putKey({ ...record, ...(requestUuid && { requestUuid }), ...(csr && { csr }) });
    });
    wipe(await this.#vault.reopen(await this.#record(id), unlocked));
    forget(unlocked);
    if (securityMode === 3) await this.#handles.keep(id, handle, { lasting: true });
    this.#markers.remember(record, now);
    return entryOf(record);
  }

  /** A PFX of the key with its chain (SPEC A6), under a password of its own. */
  async exportPfx(id: string, wanted: Export): Promise<Bytes> {
    const { password, newPassword, friendlyName, isBackup = true, ...options } = wanted;
    const record = await this.#record(id);
    if (record.certificate === undefined) throw new KeyStoreError("key_not_installed");
    const unlocked = await this.#open(record, password);
    try {
      const certificates = [
        readCertificate(record.certificate),
        ...record.chain.map(readCertificate),
      ] as const;
      const pfx = await writePfx({ pkcs8: unlocked.pkcs8, certificates, friendlyName }, newPassword, options);
      if (isBackup) await this.#update(id, (current) => ({ ...current, backedUpAt: this.#now() }));
      return pfx;
    } finally {
      forget(unlocked);
    }
  }

  /** Removes a key for good. KeyStoreError `key_is_pending`; `not_backed_up` unless that is said to be meant. */
  async remove(id: string, options: { readonly withoutBackup?: boolean } = {}): Promise<void> {
    await this.#database.write(async (stores) => {
      const record = this.#mine(await stores.key(id));
      if (record.state === "pending") throw new KeyStoreError("key_is_pending");
      if (record.backedUpAt === undefined && !options.withoutBackup) throw new KeyStoreError("not_backed_up");
      await stores.deleteHandle(id);
      await stores.deleteKey(id);
    });
    this.#fresh.delete(id);
    this.#markers.forget(id);
  }

  /** Removes a pending key after the centre has said that its application ended without a certificate. */
  async abandon(id: string): Promise<void> {
    await this.#database.write(async (stores) => {
      if (this.#mine(await stores.key(id)).state !== "pending") throw new KeyStoreError("key_not_pending");
      await stores.deleteKey(id);
    });
    this.#fresh.delete(id);
    this.#markers.forget(id);
  }

  /**
   * Another certificate password (SPEC A10). The new wrapping is stored beside the old one before the server is told,
   * so that whichever side an interruption leaves the server on, one of the two opens.
   */
  changePassword(id: string, password: string, newPassword: string): Promise<void> {
    return exclusively(`key:${id}`, async () => {
      const record = await this.#record(id);
      const before = await this.#open(record, password);
      const after = await this.#vault.rewrap(record, before, newPassword);
      try {
        await this.#update(id, (current) => ({ ...current, nextWrapped: after.wrapped }));
        await this.#announce(record, before, after);
        await this.#update(id, (current) => withWrapping(current, after.wrapped));
        wipe(await this.#vault.reopen(await this.#record(id), after));
      } finally {
        forget(before, after);
      }
    });
  }

  /** Another security setting (SPEC A11): asks for the password, takes effect with the next login session. */
  async changeSecurityMode(id: string, mode: SecurityMode, password: string): Promise<void> {
    const handle = await this.#unlock(await this.#record(id), password);
    if (mode === 3) await this.#handles.keep(id, handle, { lasting: true });
    const nextMode = { mode, chosenIn: this.#options.session };
    await this.#update(id, (record) => ({ ...record, nextMode }));
  }

  /** Whether the next order signature must come with the password. */
  async needsPassword(id: string): Promise<boolean> {
    return (await this.#handles.kept(await this.#record(id))) === undefined;
  }

  /** Signs an order under the key's security mode. KeyStoreError `password_needed`, `wrong_password`, `locked`. */
  async signOrder(id: string, order: Order, password?: string): Promise<Signed> {
    const content = encodeOrder(order);
    const record = await this.#record(id);
    if (record.certificate === undefined) throw new KeyStoreError("key_not_installed");
    const handle = await this.#handle(record, password);
    return { content, signature: await signDetached(content, handle, readCertificate(record.certificate)) };
  }

  /** Signs a proof (renew, repair, …) under the mode, or with a key made just now. Its subject is this key. */
  async signProof(id: string, proof: Omit<Proof, "subject">, password?: string): Promise<Signed> {
    const record = await this.#record(id);
    const handle = this.#fresh.get(id) ?? (await this.#handle(record, password));
    const certificate = record.certificate && readCertificate(record.certificate);
    return signedProof({ ...proof, subject: id }, handle, record.spki, certificate);
  }

  /** Logout or expiry: what mode 2 kept is deleted. */
  async endSession(): Promise<void> {
    this.#fresh.clear();
    await this.#handles.end();
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date();
  }

  /** A record of this customer; another's counts as absent. */
  #mine(record: KeyRecord | undefined): KeyRecord {
    if (record?.customer !== this.#options.customer) throw new KeyStoreError("key_not_found");
    return record;
  }

  async #record(id: string): Promise<KeyRecord> {
    return this.#mine(await this.#database.read((stores) => stores.key(id)));
  }

  #update(id: string, change: (record: KeyRecord) => KeyRecord): Promise<KeyRecord> {
    return this.#database.write(async (stores) => {
      const changed = change(this.#mine(await stores.key(id)));
      await stores.putKey(changed);
      return changed;
    });
  }

  async #refuseSecond(requestUuid: string): Promise<void> {
    const records = await this.#database.read((stores) => stores.keysOf(this.#options.customer));
    if (records.some((record) => record.requestUuid === requestUuid))
      throw new KeyStoreError("already_pending");
  }

  async #add(record: KeyRecord): Promise<void> {
    try {
      await this.#database.write((stores) => stores.addKey(record));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "ConstraintError")) throw error;
      throw new KeyStoreError("already_pending", {}, { cause: error });
    }
  }

  async #selfTest(id: string, unlocked: Unlocked): Promise<CryptoKey> {
    const record = await this.#record(id);
    const pkcs8 = await this.#vault.reopen(record, unlocked);
    const handle = await importPrivateKey(pkcs8);
    wipe(pkcs8);
    if (!(await belongsTogether(handle, record.spki))) throw new KeyStoreError("self_test_failed");
    return handle;
  }

  #installedAlready(record: KeyRecord, certificate: Bytes): KeyEntry {
    const same = record.certificate !== undefined && equal(record.certificate, certificate);
    if (record.state !== "installed" || !same) throw new KeyStoreError("key_not_pending");
    return entryOf(record);
  }

  /** Unlocks; a wrapping left over from an interrupted change of password is settled on the way. */
  async #open(record: KeyRecord, password: string): Promise<Unlocked> {
    const unlocked = await this.#vault.open(record, password);
    if (record.nextWrapped !== undefined) {
      await this.#update(record.id, (current) => withWrapping(current, unlocked.wrapped));
    }
    return unlocked;
  }

  async #unlock(record: KeyRecord, password: string | undefined): Promise<CryptoKey> {
    if (password === undefined) throw new KeyStoreError("password_needed");
    const unlocked = await this.#open(record, password);
    try {
      return await importPrivateKey(unlocked.pkcs8);
    } finally {
      forget(unlocked);
    }
  }

  async #announce(record: KeyRecord, before: Unlocked, after: Unlocked): Promise<void> {
    try {
      await this.#vault.announce(record, before, after);
    } catch (error) {
      const refused = error instanceof KeyStoreError && error.code !== "change_unclear";
      if (refused) await this.#update(record.id, (current) => withWrapping(current, before.wrapped));
      throw error;
    }
  }

  /** The handle that the mode gives: kept, or unlocked now and kept only as long as the mode says. */
  async #handle(record: KeyRecord, password: string | undefined): Promise<CryptoKey> {
    const kept = await this.#handles.kept(record);
    if (kept !== undefined) return kept;
    const handle = await this.#unlock(record, password);
    if (record.securityMode !== 1 && record.state !== "pending") {
      await this.#handles.keep(record.id, handle, { lasting: record.securityMode === 3 });
    }
    return handle;
  }
}
