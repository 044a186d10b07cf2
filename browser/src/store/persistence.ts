/** Whether the browser promises to keep what is stored. */

export interface Persistence {
  readonly state: "persistent" | "best_effort" | "unknown";
  /** Bytes that the browser would let this origin use, if it says so. */
  readonly quota: number | undefined;
}

/** Asks for persistent storage if it is not granted yet. Browsers may ask the person, or decide by themselves. */
export async function askForPersistence(): Promise<Persistence> {
  const granted = (await isPersistent()) || ((await navigator.storage?.persist?.()) ?? false);
  return { ...(await persistence()), ...(granted && { state: "persistent" as const }) };
}

/** What holds now; asks nobody. */
export async function persistence(): Promise<Persistence> {
  const known = typeof navigator.storage?.persisted === "function";
  const state = !known ? "unknown" : (await isPersistent()) ? "persistent" : "best_effort";
  return { state, quota: (await navigator.storage?.estimate?.())?.quota };
}

const isPersistent = async (): Promise<boolean> => (await navigator.storage?.persisted?.()) ?? false;
