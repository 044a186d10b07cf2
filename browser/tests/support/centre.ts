/** The centre's share service in memory: counts as the real one does (three wrong, then locked). */
import { type Bytes, random, toHex } from "../../src/bytes.ts";
import { type Prove, ShareRefused, type ShareService, type Signed } from "../../src/store/shares.ts";

const LIMIT = 3;

export class TestShares implements ShareService {
  readonly #shares = new Map<string, Map<string, Bytes>>();
  readonly #wrong = new Map<string, number>();
  /** Proofs that were given for further shares. */
  readonly proofs: Signed[] = [];
  /** What a call does before it is answered, or instead: a test's lost answer. */
  before: (call: string) => void = () => undefined;
  after: (call: string) => void = () => undefined;

  async create(spki: string, verifier: Bytes, prove: Prove): Promise<Bytes> {
    this.before("create");
    const ofKey = this.#shares.get(spki) ?? new Map<string, Bytes>();
    if (ofKey.size > 0) {
      const place = { institution: "sample", origin: "https://sample.example" };
      this.proofs.push(await prove({ ...place, nonce: "A".repeat(43), time: new Date().toISOString() }));
    }
    const share = random(32);
    this.#shares.set(spki, ofKey.set(toHex(verifier), share));
    this.after("create");
    return share.slice();
  }

  release(spki: string, verifier: Bytes): Promise<Bytes> {
    return this.#answer("release", () => this.#open(spki, verifier));
  }

  change(spki: string, oldVerifier: Bytes, newVerifier: Bytes): Promise<Bytes> {
    return this.#answer("change", () => {
      const share = this.#open(spki, oldVerifier);
      this.#shares.get(spki)?.delete(toHex(oldVerifier));
      this.#shares.get(spki)?.set(toHex(newVerifier), share);
      return share;
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw becomes a rejection
  async #answer(call: string, work: () => Bytes): Promise<Bytes> {
    this.before(call);
    const share = work().slice();
    this.after(call);
    return share;
  }

  #open(spki: string, verifier: Bytes): Bytes {
    const wrong = this.#wrong.get(spki) ?? 0;
    if (wrong >= LIMIT) throw new ShareRefused("locked");
    const share = this.#shares.get(spki)?.get(toHex(verifier));
    this.#wrong.set(spki, share === undefined ? wrong + 1 : 0);
    if (share !== undefined) return share;
    throw wrong + 1 >= LIMIT ? new ShareRefused("locked") : new ShareRefused("wrong", LIMIT - wrong - 1);
  }
}

/** localStorage for Node. */
export class TestStorage implements Storage {
  readonly #items = new Map<string, string>();
  get length(): number {
    return this.#items.size;
  }
  clear(): void {
    this.#items.clear();
  }
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.#items.delete(key);
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
}
