/** Locks and unlocks private keys with password and server share. Knows nothing of IndexedDB. */
import { type Bytes, equal, wipe } from "../bytes.ts";
import { KeyStoreError } from "./errors.ts";
import { MIN_ITERATIONS, newSalt, type Stretched, stretch, unwrap, wrap } from "./kek.ts";
import type { KeyRecord, WrappedKey } from "./records.ts";
import { type Prove, ShareRefused, type ShareService } from "./shares.ts";

/** An unlocked private key with what unlocked it. Wipe `pkcs8` after use. */
export interface Unlocked {
  readonly pkcs8: Bytes;
  /** The one of the record's wrappings that the password fits. */
  readonly wrapped: WrappedKey;
  readonly stretched: Stretched;
  readonly share: Bytes;
}

/** The door between a password and a private key. */
export class Vault {
  readonly #shares: ShareService;
  readonly #iterations: number;

  constructor(shares: ShareService, iterations: number = MIN_ITERATIONS) {
    this.#shares = shares;
    this.#iterations = iterations;
  }

  /** Wraps a key under a new share, and proves at once that it can be unwrapped. */
  async protect(id: string, pkcs8: Bytes, password: string, prove: Prove): Promise<Unlocked> {
    const salt = newSalt();
    const stretched = await stretch(password, salt, this.#iterations);
    const share = await this.#shares.create(id, stretched.verifier, prove);
    const wrapped = await wrap(id, pkcs8, salt, this.#iterations, stretched, share);
    return { pkcs8, wrapped, stretched, share };
  }

  /** Unwraps what was stored, with what is still in memory: the read-back test. KeyStoreError `storage_failed`. */
  async reopen(record: KeyRecord | undefined, { stretched, share }: Unlocked): Promise<Bytes> {
    if (record === undefined) throw new KeyStoreError("storage_failed");
    return unwrap(record.id, record.wrapped, stretched, share);
  }

  /** Throws KeyStoreError `wrong_password`, `locked`, `key_damaged`; whatever the share service throws besides. */
  async open(record: KeyRecord, password: string): Promise<Unlocked> {
    const { wrapped, nextWrapped } = record;
    // After an interrupted change of password the server may already be on the new side.
    if (nextWrapped !== undefined) {
      const unlocked = await this.#try(record, nextWrapped, password);
      if (!(unlocked instanceof ShareRefused)) return unlocked;
    }
    const unlocked = await this.#try(record, wrapped, password);
    if (!(unlocked instanceof ShareRefused)) return unlocked;
    throw new KeyStoreError("wrong_password", unlocked.left === undefined ? {} : { left: unlocked.left });
  }

  async #try(record: KeyRecord, wrapped: WrappedKey, password: string): Promise<Unlocked | ShareRefused> {
    const stretched = await stretch(password, wrapped.salt, wrapped.iterations);
    try {
      const share = await this.#shares.release(record.id, stretched.verifier);
      return { pkcs8: await unwrap(record.id, wrapped, stretched, share), wrapped, stretched, share };
    } catch (error) {
      if (!(error instanceof ShareRefused)) throw error;
      if (error.reason === "locked") throw new KeyStoreError("locked", {}, { cause: error });
      return error;
    }
  }

  /** The same key and share under another password; the server does not know of it yet. */
  async rewrap(record: KeyRecord, { pkcs8, share }: Unlocked, password: string): Promise<Unlocked> {
    const salt = newSalt();
    const stretched = await stretch(password, salt, this.#iterations);
    const wrapped = await wrap(record.id, pkcs8, salt, this.#iterations, stretched, share);
    return { pkcs8, wrapped, stretched, share };
  }

  /**
   * Tells the server of the new password. KeyStoreError `wrong_password` or `locked` if it refused, `change_unclear`
   * if its answer was lost.
   */
  async announce(record: KeyRecord, before: Unlocked, after: Unlocked): Promise<void> {
    let share: Bytes;
    try {
      share = await this.#shares.change(record.id, before.stretched.verifier, after.stretched.verifier);
    } catch (error) {
      if (!(error instanceof ShareRefused)) throw new KeyStoreError("change_unclear", {}, { cause: error });
      throw new KeyStoreError(error.reason === "locked" ? "locked" : "wrong_password", {}, { cause: error });
    }
    if (!equal(share, after.share)) throw new KeyStoreError("key_damaged");
  }
}

/** Forgets what unlocked a key. */
export function forget(...unlocked: readonly Unlocked[]): void {
  for (const { pkcs8, stretched, share } of unlocked)
    wipe(pkcs8, stretched.secret, stretched.verifier, share);
}
