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

/** Ask until the pairing is not in the state `known` any more; undefined as soon as `signal` is aborted, whatever is under way. */
export async function whileIn(
  known: Progress,
  { session }: Pick<Pairing, "session">,
  signal: AbortSignal,
): Promise<Progress | undefined> {
  const turnedAway = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => {
      resolve(undefined);
    });
  });
  while (!signal.aborted) {
    const query = { wait: "5", known };
    const asked = api.get<Transfer>(PATHS.transfer(session), { query, background: true });
    const seen = await Promise.race([asked, turnedAway]);
    if (seen === undefined) return undefined;
    if (seen.state !== known) return seen.state;
    await Promise.race([pause(600), turnedAway]);
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
