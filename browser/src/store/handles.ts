/** Unlocked handles: kept exactly as long as the security mode says (SPEC A11). */
import type { Database } from "./database.ts";
import { type KeyRecord, mayServe, type SecurityMode } from "./records.ts";

/** The login session that handles are bound to. */
export interface Session {
  readonly session: string;
  readonly sessionEnds?: Date;
}

/** The handles that this browser keeps, seen from one login session. */
export class Handles {
  readonly #database: Database;
  readonly #session: Session;
  readonly #now: () => Date;

  constructor(database: Database, session: Session, now: () => Date) {
    this.#database = database;
    this.#session = session;
    this.#now = now;
  }

  /** Security settings chosen in an earlier session take effect; handles that no mode covers any more go. */
  begin(): Promise<void> {
    const { session } = this.#session;
    return this.#database.write(async (stores) => {
      const modes = new Map<string, SecurityMode>();
      for (const record of await stores.keys()) {
        const { nextMode, ...rest } = record;
        const due = nextMode !== undefined && nextMode.chosenIn !== session;
        if (due) await stores.putKey({ ...rest, securityMode: nextMode.mode });
        modes.set(record.id, due ? nextMode.mode : record.securityMode);
      }
      for (const handle of await stores.handles()) {
        const mode = modes.get(handle.id);
        const waits = handle.lasting && handle.session === session;
        const stays = mode !== undefined && (waits || mayServe(handle, mode, session, this.#now()));
        if (!stays) await stores.deleteHandle(handle.id);
      }
    });
  }

  /** Logout or expiry: what belonged to the session goes. */
  end(): Promise<void> {
    return this.#database.write(async (stores) => {
      for (const handle of await stores.handles()) {
        if (!handle.lasting) await stores.deleteHandle(handle.id);
      }
    });
  }

  /** Keeps a handle: for this session, or `lasting` for the ones to come as well. */
  keep(id: string, handle: CryptoKey, options: { readonly lasting: boolean }): Promise<unknown> {
    const { session, sessionEnds: until } = this.#session;
    const record = { id, handle, session, ...options, ...(until && { until }) };
    return this.#database.write((stores) => stores.putHandle(record));
  }

  /** The kept handle, if the key's mode lets it serve now. */
  async kept({ id, securityMode }: KeyRecord): Promise<CryptoKey | undefined> {
    const kept = await this.#database.read((stores) => stores.handle(id));
    const serves = kept !== undefined && mayServe(kept, securityMode, this.#session.session, this.#now());
    return serves ? kept.handle : undefined;
  }
}
