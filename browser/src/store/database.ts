/** IndexedDB `certcenter`, version 1: typed, with strict durability for whatever must survive a crash. */
import { KeyStoreError } from "./errors.ts";
import { settled } from "./requests.ts";
import type { HandleRecord, KeyRecord } from "./records.ts";

export const DATABASE_NAME = "certcenter";
const VERSION = 1;
const KEYS = "keys";
const HANDLES = "handles";

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new KeyStoreError("storage_failed"));
    };
  });
}

function createStores(database: IDBDatabase): void {
  const keys = database.createObjectStore(KEYS, { keyPath: "id" });
  keys.createIndex("customer", "customer");
  // The constraint, not a lock, decides between two tabs that make a key for one application.
  keys.createIndex("requestUuid", "requestUuid", { unique: true });
  database.createObjectStore(HANDLES, { keyPath: "id" });
}

/** Both stores within one transaction. Await nothing else inside: the transaction would commit. */
export interface Stores {
  key(id: string): Promise<KeyRecord | undefined>;
  keys(): Promise<KeyRecord[]>;
  keysOf(customer: string): Promise<KeyRecord[]>;
  /** Throws a DOMException `ConstraintError` if id or request UUID exist. */
  addKey(record: KeyRecord): Promise<unknown>;
  putKey(record: KeyRecord): Promise<unknown>;
  deleteKey(id: string): Promise<unknown>;
  handle(id: string): Promise<HandleRecord | undefined>;
  handles(): Promise<HandleRecord[]>;
  putHandle(record: HandleRecord): Promise<unknown>;
  deleteHandle(id: string): Promise<unknown>;
}

function storesOf(transaction: IDBTransaction): Stores {
  const keys = transaction.objectStore(KEYS);
  const handles = transaction.objectStore(HANDLES);
  return {
    key: (id) => settled(keys.get(id) as IDBRequest<KeyRecord | undefined>),
    keys: () => settled(keys.getAll() as IDBRequest<KeyRecord[]>),
    keysOf: (customer) => settled(keys.index("customer").getAll(customer) as IDBRequest<KeyRecord[]>),
    addKey: (record) => settled(keys.add(record)),
    putKey: (record) => settled(keys.put(record)),
    deleteKey: (id) => settled(keys.delete(id)),
    handle: (id) => settled(handles.get(id) as IDBRequest<HandleRecord | undefined>),
    handles: () => settled(handles.getAll() as IDBRequest<HandleRecord[]>),
    putHandle: (record) => settled(handles.put(record)),
    deleteHandle: (id) => settled(handles.delete(id)),
  };
}

/** The open database. */
export class Database {
  readonly #database: IDBDatabase;

  private constructor(database: IDBDatabase) {
    this.#database = database;
    // Another tab wants to upgrade or delete: don't stand in its way.
    database.onversionchange = () => {
      database.close();
    };
  }

  /** Throws KeyStoreError `storage_unavailable`. */
  static async open(factory: IDBFactory = indexedDB): Promise<Database> {
    try {
      const request = factory.open(DATABASE_NAME, VERSION);
      request.onupgradeneeded = () => {
        createStores(request.result);
      };
      return new Database(await settled(request));
    } catch (error) {
      throw new KeyStoreError("storage_unavailable", {}, { cause: error });
    }
  }

  close(): void {
    this.#database.close();
  }

  /** Reads; the result is there once the transaction has ended. */
  read<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.#run("readonly", work);
  }

  /** Writes all or nothing; resolves when the operating system has been told to flush (`durability: "strict"`). */
  write<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
    return this.#run("readwrite", work);
  }

  async #run<T>(mode: IDBTransactionMode, work: (stores: Stores) => Promise<T>): Promise<T> {
    const transaction = this.#database.transaction([KEYS, HANDLES], mode, { durability: "strict" });
    const end = finished(transaction);
    try {
      const result = await work(storesOf(transaction));
      await end;
      return result;
    } catch (error) {
      end.catch(() => undefined);
      try {
        transaction.abort();
      } catch {
        // It had ended already.
      }
      if (error instanceof DOMException && error.name === "QuotaExceededError") {
        throw new KeyStoreError("storage_unavailable", {}, { cause: error });
      }
      throw error;
    }
  }
}
