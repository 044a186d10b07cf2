import { CodedError } from "../errors.ts";

/**
 * Why a PFX could not be read, each a sentence of its own on the page:
 * `not_pfx` another kind of file; `too_large` over the limit, refused unread; `wrong_password` the MAC does not fit;
 * `no_key` only certificates inside; `no_certificate` a key without its certificate; `unsupported` an algorithm or
 * key that is not used here; `damaged` the password fits, the contents don't.
 */
export type PfxErrorCode =
  "not_pfx" | "too_large" | "wrong_password" | "no_key" | "no_certificate" | "unsupported" | "damaged";

/** A PFX that can't be read or written; see PfxErrorCode. */
export class PfxError extends CodedError<PfxErrorCode> {}
