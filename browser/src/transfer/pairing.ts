/** The phone's pairing code and what both sides agree on (docs/contracts.md, upload to a phone; SPEC A12). */
import { type Bytes, concat, fromBase64Url, toBase64Url, utf8 } from "../bytes.ts";
import { CodedError } from "../errors.ts";
import { COMMON, encode, type Form, matches, StructureError } from "../structure.ts";

export const PAIRING_MARK = "CCPAIR1";
export const TRANSCRIPT_TYPE = "certcenter.transfer.v1";
/** Characters of a pasted text that are looked at; a pairing code has about 130. */
const LONGEST_TEXT = 512;

/** Why a pairing code, or what was sent with it, is of no use; each is a sentence on the page. */
export class TransferError extends CodedError<
  | "not_a_pairing_code"
  | "damaged_pairing_code"
  | "other_institution"
  | "other_place" // another centre's or another address's
  | "another_certificate" // not the one that the centre holds
  | "does_not_open" // sealed to another phone, or changed on the way
  | "no_code_in_picture"
  | "not_a_picture"
  | "x25519_missing" // an old browser
> {}

/** What the phone's QR code says. */
export interface Pairing {
  readonly institution: string;
  /** The phone's origin. */
  readonly origin: string;
  /** The relay's UUID. */
  readonly session: string;
  /** The phone's X25519 public key, base64url. */
  readonly key: string;
}

/** With the key that is sent: lower-case hex SHA-256 of its SPKI. */
export interface Transcript extends Pairing {
  readonly subject: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function isKey(value: string): boolean {
  if (!/^[\w-]{43}$/.test(value)) return false;
  const bytes = fromBase64Url(value);
  return bytes.length === 32 && toBase64Url(bytes) === value;
}

const FORM: Form<keyof Transcript> = {
  institution: COMMON.institution,
  origin: COMMON.origin,
  session: matches(UUID),
  key: isKey,
  subject: matches(/^[0-9a-f]{64}$/),
};

/** The canonical bytes of what both sides agree on: HPKE's `info`. Throws StructureError. */
export const encodeTranscript = (transcript: Transcript): Bytes =>
  encode(TRANSCRIPT_TYPE, FORM, transcript as Record<keyof Transcript, string>);

/** The text of the QR code. */
export const pairingText = ({ institution, origin, session, key }: Pairing): string =>
  [PAIRING_MARK, institution, origin, session, key].join(" ");

/** Reads a pairing code; white space does not matter. TransferError `not_a_pairing_code`, `damaged_pairing_code`. */
export function readPairing(text: string): Pairing {
  const [mark, institution, origin, session, key, ...rest] = text.slice(0, LONGEST_TEXT).trim().split(/\s+/);
  if (text.length > LONGEST_TEXT || mark !== PAIRING_MARK) throw new TransferError("not_a_pairing_code");
  if (!institution || !origin || !session || !key || rest.length > 0)
    throw new TransferError("damaged_pairing_code");
  const pairing = { institution, origin, session, key };
  try {
    encodeTranscript({ ...pairing, subject: "0".repeat(64) });
  } catch (error) {
    if (!(error instanceof StructureError)) throw error;
    throw new TransferError(
      "damaged_pairing_code",
      { field: error.parameters["field"] ?? "" },
      { cause: error },
    );
  }
  return pairing;
}

/** Crockford's base 32: nothing that is misread. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Eight characters (40 bits) that phone and computer show, such as `7K2M-91QD`. */
export async function matchingCode(transcript: Transcript): Promise<string> {
  const said = concat(utf8("certcenter matching code v1\n"), encodeTranscript(transcript));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", said));
  const number = digest.slice(0, 5).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  const text = Array.from(
    { length: 8 },
    (_, i) => ALPHABET[Number((number >> BigInt(35 - 5 * i)) & 31n)],
  ).join("");
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}
