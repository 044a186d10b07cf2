/** What phone and computer share on the page: the pairing at the relay, and time that runs out (SPEC A12). */
import { type Pairing, PATHS } from "../index.ts";
import { api } from "./centre.ts";

/** How far a pairing is. */
export type Progress = "open" | "sealed" | "fetched" | "cancelled" | "expired";

/** A pairing as the centre describes it. */
export interface Transfer {
  readonly session: string;
  readonly state: Progress;
  readonly expires_at: string;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Ask until the pairing is not in the state `known` any more; undefined once `signal` is aborted. */
export async function whileIn(
  known: Progress,
  { session }: Pick<Pairing, "session">,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  while (!signal.aborted) {
    const query = { wait: "5", known };
    const { state } = await api.get<Transfer>(PATHS.transfer(session), { query, background: true });
    if (signal.aborted) return undefined;
    if (state !== known) return state;
    await pause(600);
  }
  return undefined;
}

/** End a pairing; what has ended already is no problem. */
export async function cancel({ session }: Pick<Pairing, "session">): Promise<void> {
  try {
    await api.delete(PATHS.transfer(session));
  } catch {
    // It ends by itself within minutes, and the customer has turned away from it.
  }
}
