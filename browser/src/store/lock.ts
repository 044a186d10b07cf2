/**
 * One tab at a time, where the browser has Web Locks. Where it has not, nothing is lost: each write checks the state
 * it starts from within its own transaction; a tab may only be told "no" later than it would be otherwise.
 */
export function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  return locks === undefined ? work() : locks.request(`certcenter:${name}`, work);
}
