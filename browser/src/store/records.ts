/** What lies in IndexedDB. Nothing here holds an unencrypted private key. */
import type { Bytes } from "../bytes.ts";

/**
 * When the certificate password is asked for (SPEC A11): 1 before every signature; 2 before the first one after a
 * login; 3 never.
 */
export type SecurityMode = 1 | 2 | 3;

/** `pending`: key made, certificate not yet here. `installed`: in use. `replaced`: a renewal took its place. */
export type KeyState = "pending" | "installed" | "replaced";

/** A private key under AES-256-GCM; the key for that comes from password and server share (kek.ts). */
export interface WrappedKey {
  readonly algorithm: "AES-256-GCM";
  readonly salt: Bytes;
  /** PBKDF2's count, at least 600,000. */
  readonly iterations: number;
  readonly iv: Bytes;
  readonly ciphertext: Bytes;
}

/** One key with what belongs to it. */
export interface KeyRecord {
  /** Lower-case hex SHA-256 of the SPKI. */
  readonly id: string;
  /** The centre's opaque reference to the customer. */
  readonly customer: string;
  /** Request UUID of the application; absent for an imported key. */
  readonly requestUuid?: string;
  readonly state: KeyState;
  readonly spki: Bytes;
  readonly wrapped: WrappedKey;
  /** During a change of password: what holds once the server has changed its side. */
  readonly nextWrapped?: WrappedKey;
  readonly csr?: Bytes;
  readonly certificate?: Bytes;
  /** Issuing CA first. */
  readonly chain: readonly Bytes[];
  readonly securityMode: SecurityMode;
  /** A security setting that waits for the next login session. */
  readonly nextMode?: { readonly mode: SecurityMode; readonly chosenIn: string };
  /** The key that this one renews. */
  readonly replaces?: string;
  readonly createdAt: Date;
  readonly installedAt?: Date;
  /** When the centre had confirmed that it knows of the installation. */
  readonly acknowledgedAt?: Date;
  readonly backedUpAt?: Date;
}

/** An unlocked, non-extractable key that the security mode allows to keep. */
export interface HandleRecord {
  /** The key's id. */
  readonly id: string;
  readonly handle: CryptoKey;
  /** The login session in which it was unlocked; in mode 2 it ends with that. */
  readonly session: string;
  /** Whether it outlives the session: mode 3, or mode 3 chosen for the sessions to come. */
  readonly lasting: boolean;
  /** When the login session ends at the latest. */
  readonly until?: Date;
}

/** Whether the mode lets this handle serve in that session, now. */
export function mayServe(handle: HandleRecord, mode: SecurityMode, session: string, now: Date): boolean {
  if (mode === 3) return handle.lasting;
  return mode === 2 && handle.session === session && (handle.until === undefined || now < handle.until);
}

/** The record with one wrapping, the other forgotten. */
export function withWrapping({ nextWrapped: _, ...record }: KeyRecord, wrapped: WrappedKey): KeyRecord {
  return { ...record, wrapped };
}
