import { CodedError } from "../errors.ts";

/** Why the key store refused or failed; each is a sentence on the page. */
export type KeyStoreErrorCode =
  | "storage_unavailable" // IndexedDB is missing, blocked or full
  | "storage_failed" // what was written could not be read back
  | "key_not_found"
  | "already_pending" // another tab or an earlier visit made a key for this application
  | "already_installed"
  | "key_is_pending" // a pending key is never removed
  | "key_not_pending"
  | "key_not_installed"
  | "not_backed_up" // removal without a backup was not asked for
  | "password_needed"
  | "wrong_password"
  | "locked" // the server counts wrong passwords and has locked the share
  | "key_damaged"
  | "self_test_failed"
  | "certificate_not_ours" // its public key is not the pending key's
  | "chain_broken"
  | "subject_mismatch" // somebody else's certificate
  | "not_yet_valid" // often a wrong clock: see the parameters
  | "expired"
  | "change_unclear"; // the answer to a change of password was lost; both passwords are tried from now on

/** An error of the key store. */
export class KeyStoreError extends CodedError<KeyStoreErrorCode> {}
