/**
 * This browser's keys for somebody who has not logged in (SPEC B3, B8): found by the ID that was typed, used for one
 * proof. Nothing is kept and nothing of a login session is touched: another customer may be logged in beside this page.
 */
import { signDetached } from "../cms.ts";
import { belongsTogether, importPrivateKey } from "../keys.ts";
import { encodeProof, type Proof } from "../proof.ts";
import { type Certificate, readCertificate } from "../x509.ts";
import { Database } from "./database.ts";
import { KeyStoreError } from "./errors.ts";
import type { KeyRecord } from "./records.ts";
import type { ShareService, Signed } from "./shares.ts";
import { forget, Vault } from "./vault.ts";

/** A certificate of this browser that names the ID. */
export interface VisitorKey {
  readonly id: string;
  readonly certificate: Certificate;
  /** Whether its use asks for the certificate password: always, except under security setting 3. */
  readonly asks: boolean;
}

/** `a１２３456789 ` → `A123456789`: the form in which certificates name customers (SPEC F1). */
export const normalIdentity = (typed: string): string => typed.normalize("NFKC").trim().toUpperCase();

const names = (certificate: Certificate, identity: string): boolean =>
  certificate.subjectCommonName === identity || certificate.subjectCommonName.startsWith(`${identity}-`);

/** The key store as a visitor may use it. */
export class VisitorKeys {
  readonly #database: Database;
  readonly #vault: Vault;
  readonly #now: () => Date;

  private constructor(database: Database, vault: Vault, now: () => Date) {
    this.#database = database;
    this.#vault = vault;
    this.#now = now;
  }

  /** Opens the store. KeyStoreError `storage_unavailable`. */
  static async open(options: {
    readonly shares: Pick<ShareService, "release">;
    readonly now: () => Date;
  }): Promise<VisitorKeys> {
    const refuse = (): Promise<never> => Promise.reject(new KeyStoreError("key_not_installed"));
    const shares = { create: refuse, change: refuse, release: options.shares.release };
    return new VisitorKeys(await Database.open(), new Vault(shares), options.now);
  }

  /** The newest installed certificate for that ID that is inside its dates, if this browser has one. */
  async find(identity: string): Promise<VisitorKey | undefined> {
    const [records, handles] = await this.#database.read(
      async (stores) => [await stores.keys(), await stores.handles()] as const,
    );
    const now = this.#now();
    const found = records
      .filter(({ state, certificate }) => state === "installed" && certificate !== undefined)
      .map((record) => ({ record, certificate: certificateOf(record) }))
      .filter(({ certificate }) => names(certificate, normalIdentity(identity)))
      .filter(({ certificate }) => now >= certificate.notBefore && now <= certificate.notAfter)
      .toSorted((a, b) => b.certificate.notAfter.getTime() - a.certificate.notAfter.getTime())[0];
    if (found === undefined) return undefined;
    const { record, certificate } = found;
    const kept = handles.some(({ id, lasting }) => id === record.id && lasting);
    return { id: record.id, certificate, asks: !(record.securityMode === 3 && kept) };
  }

  /** Signs one proof. KeyStoreError `key_not_found`, `password_needed`, `wrong_password`, `locked`, `key_damaged`. */
  async prove(id: string, proof: Omit<Proof, "subject">, password?: string): Promise<Signed> {
    const record = await this.#database.read((stores) => stores.key(id));
    if (record?.certificate === undefined) throw new KeyStoreError("key_not_found");
    const key = (await this.#lasting(record)) ?? (await this.#unlocked(record, password));
    const content = encodeProof({ ...proof, subject: id });
    return { content, signature: await signDetached(content, key, certificateOf(record)) };
  }

  async #lasting({ id, securityMode }: KeyRecord): Promise<CryptoKey | undefined> {
    if (securityMode !== 3) return undefined;
    const kept = await this.#database.read((stores) => stores.handle(id));
    return kept?.lasting === true ? kept.handle : undefined;
  }

  /** A handle for one signature; nothing of it stays. */
  async #unlocked(record: KeyRecord, password: string | undefined): Promise<CryptoKey> {
    if (password === undefined) throw new KeyStoreError("password_needed");
    const unlocked = await this.#vault.open(record, password);
    try {
      const handle = await importPrivateKey(unlocked.pkcs8);
      if (!(await belongsTogether(handle, record.spki))) throw new KeyStoreError("self_test_failed");
      return handle;
    } finally {
      forget(unlocked);
    }
  }
}

function certificateOf({ certificate }: KeyRecord): Certificate {
  if (certificate === undefined) throw new KeyStoreError("key_not_installed");
  return readCertificate(certificate);
}
