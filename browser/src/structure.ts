/** What orders and proofs have in common: objects of strings in one canonical form (docs/contracts.md). */
import { type Bytes, fromBase64Url, toBase64Url, utf8 } from "./bytes.ts";
import { CodedError } from "./errors.ts";

/** An order or proof that is not of its form; `parameters.field` names what is wrong. */
export class StructureError extends CodedError<
  "missing" | "unexpected" | "invalid" | "not_unicode" | "not_canonical"
> {}

/** RFC 8785 for an object whose values are all strings: keys by UTF-16 code unit, minimal escapes, UTF-8. */
export function canonical(values: Readonly<Record<string, string>>): Bytes {
  // JSON.stringify writes strings as RFC 8785 §3.2.2.2 wants them, lone surrogates excepted, which JCS refuses.
  const members = Object.keys(values)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((key) => {
      const value = values[key] ?? "";
      if (/\p{Cs}/u.test(key + value)) throw new StructureError("not_unicode", { field: key });
      return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
    });
  return utf8(`{${members.join(",")}}`);
}

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const SLUG = new RegExp(`^${LABEL}$`);

function isNonce(value: string): boolean {
  if (!/^[\w-]{22,86}$/.test(value)) return false;
  try {
    const bytes = fromBase64Url(value);
    return bytes.length >= 16 && bytes.length <= 64 && toBase64Url(bytes) === value;
  } catch {
    return false;
  }
}

/** An origin as a browser writes it; http for loopback alone, where demos live. */
function isOrigin(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$|\.localhost$/.test(url.hostname);
  return url.origin === value && (url.protocol === "https:" || (url.protocol === "http:" && loopback));
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function isTime(value: string): boolean {
  const date = new Date(value);
  return TIME.test(value) && !Number.isNaN(date.getTime()) && date.toISOString() === value;
}

/** A check for each key that a structure has. */
export type Form<Key extends string> = Readonly<Record<Key, (value: string) => boolean>>;

/** The keys that orders and proofs share. */
export const COMMON: Form<"institution" | "origin" | "time" | "nonce"> = {
  institution: (value) => SLUG.test(value),
  origin: isOrigin,
  time: isTime,
  nonce: isNonce,
};

/** A check by pattern, which must fit the whole value. */
export const matches =
  (pattern: RegExp) =>
  (value: string): boolean =>
    pattern.test(value);

/** Canonical bytes of a structure of the given type; StructureError where a key is missing, unexpected or invalid. */
export function encode<Key extends string>(
  type: string,
  form: Form<Key>,
  values: Readonly<Record<Key, string>>,
): Bytes {
  const given: Readonly<Record<string, unknown>> = values;
  const unexpected = Object.keys(given).find((field) => !(field in form));
  if (unexpected !== undefined) throw new StructureError("unexpected", { field: unexpected });
  for (const field of Object.keys(form) as Key[]) {
    const value = given[field];
    if (value === undefined) throw new StructureError("missing", { field });
    if (typeof value !== "string" || !form[field](value)) throw new StructureError("invalid", { field });
  }
  return canonical({ ...values, type });
}
