/** A strict writer and a strict reader of DER (X.690): definite minimal lengths, low tag numbers, nothing left over. */
import { type Bytes, compare, concat, toHex, utf8 } from "./bytes.ts";
import { CodedError } from "./errors.ts";

/** Not DER, or not the structure that was expected. */
export class DerError extends CodedError<"not_der" | "unexpected_structure"> {}

/** Identifier octets. */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octet of a context-specific tag [n]. */
export const contextTag = (n: number, form: "primitive" | "constructed" = "constructed"): number =>
  (form === "constructed" ? 0xa0 : 0x80) | n;

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/** One element: identifier, length, contents. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return concat(Uint8Array.of(tag, ...lengthOctets(length)), ...contents);
}

export const sequence = (...items: readonly Uint8Array[]): Bytes => element(Tag.sequence, ...items);
/** SET OF, its items in DER order (X.690 §11.6). */
export const setOf = (...items: readonly Uint8Array[]): Bytes => element(Tag.set, ...items.toSorted(compare));
export const octetString = (bytes: Uint8Array): Bytes => element(Tag.octetString, bytes);
/** BIT STRING without unused bits. */
export const bitString = (bytes: Uint8Array): Bytes => element(Tag.bitString, Uint8Array.of(0), bytes);
export const nullValue = (): Bytes => element(Tag.null);
export const utf8String = (text: string): Bytes => element(Tag.utf8String, utf8(text));
/** Explicit context-specific tag. */
export const explicit = (n: number, ...items: readonly Uint8Array[]): Bytes =>
  element(contextTag(n), ...items);

/** UTF-16 big-endian: BMPString's contents, and PKCS #12's form of a password. */
export function utf16be(text: string): Bytes {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes[2 * i] = unit >> 8;
    bytes[2 * i + 1] = unit & 0xff;
  }
  return bytes;
}
export const bmpString = (text: string): Bytes => element(Tag.bmpString, utf16be(text));

/** A non-negative INTEGER from its big-endian magnitude. */
export function unsignedInteger(magnitude: Uint8Array): Bytes {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const minimal = magnitude.length === 0 ? Uint8Array.of(0) : magnitude.subarray(start);
  return element(Tag.integer, (minimal[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), minimal) : minimal);
}

/** An INTEGER of either sign, in two's complement and as few octets as it takes (X.690 §8.3). */
export function integer(value: bigint | number): Bytes {
  let rest = BigInt(value);
  const octets: number[] = [];
  do {
    octets.unshift(Number(BigInt.asUintN(8, rest)));
    rest >>= 8n;
  } while (!((rest === 0n && (octets[0] ?? 0) < 0x80) || (rest === -1n && (octets[0] ?? 0) >= 0x80)));
  return element(Tag.integer, Uint8Array.from(octets));
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...arcs] = dotted.split(".").map(Number);
  const octets = [first * 40 + second, ...arcs].flatMap((arc) => {
    const groups = [arc % 128];
    for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
      groups.unshift((rest % 128) | 0x80);
    return groups;
  });
  return element(Tag.oid, Uint8Array.from(octets));
}

/** One element that was read. Contents are looked into, and checked, when they are asked for. */
export class Der {
  readonly tag: number;
  /** Contents octets. */
  readonly value: Bytes;
  /** The whole element. */
  readonly raw: Bytes;

  private constructor(tag: number, value: Bytes, raw: Bytes) {
    this.tag = tag;
    this.value = value;
    this.raw = raw;
  }

  /** The element that starts at `offset`. Throws DerError for anything that is not DER. */
  static at(bytes: Bytes, offset: number): Der {
    const tag = bytes[offset];
    const first = bytes[offset + 1];
    if (tag === undefined || first === undefined) throw new DerError("not_der", { offset });
    if ((tag & 0x1f) === 0x1f) throw new DerError("not_der", { offset, tag });
    let length = first;
    let start = offset + 2;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 4) throw new DerError("not_der", { offset });
      length = 0;
      for (const octet of bytes.subarray(start, start + count)) length = length * 256 + octet;
      start += count;
      if (lengthOctets(length).length !== count + 1) throw new DerError("not_der", { offset });
    }
    if (start + length > bytes.length) throw new DerError("not_der", { offset });
    return new Der(tag, bytes.subarray(start, start + length), bytes.subarray(offset, start + length));
  }

  /** The one element that `bytes` consists of. */
  static parse(bytes: Bytes): Der {
    const found = Der.at(bytes, 0);
    if (found.raw.length !== bytes.length) throw new DerError("not_der", { offset: found.raw.length });
    return found;
  }

  /** This element, if it has that tag; else DerError `unexpected_structure`. */
  expect(tag: number): this {
    if (this.tag !== tag) throw new DerError("unexpected_structure", { expected: tag, found: this.tag });
    return this;
  }

  /** The elements inside a constructed one. */
  children(tag: number = this.tag): Der[] {
    this.expect(tag);
    if ((tag & 0x20) === 0) throw new DerError("unexpected_structure", { found: tag });
    const items: Der[] = [];
    for (let offset = 0; offset < this.value.length;) {
      const item = Der.at(this.value, offset);
      items.push(item);
      offset += item.raw.length;
    }
    return items;
  }

  /** Child `index`; DerError if there is none. */
  child(index: number, tag: number = this.tag): Der {
    const found = this.children(tag)[index];
    if (found === undefined) throw new DerError("unexpected_structure", { missing: index });
    return found;
  }

  boolean(): boolean {
    const [octet, ...rest] = this.expect(Tag.boolean).value;
    if (rest.length > 0 || (octet !== 0 && octet !== 0xff)) throw new DerError("not_der");
    return octet === 0xff;
  }

  integer(): bigint {
    const { value } = this.expect(Tag.integer);
    const [first, second = 0] = value;
    if (first === undefined) throw new DerError("not_der");
    if (value.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      throw new DerError("not_der");
    }
    return BigInt.asIntN(value.length * 8, BigInt(`0x${toHex(value)}`));
  }

  octets(): Bytes {
    return this.expect(Tag.octetString).value;
  }

  /** A BIT STRING that holds whole octets. */
  bits(): Bytes {
    const { value } = this.expect(Tag.bitString);
    if (value[0] !== 0) throw new DerError("unexpected_structure");
    return value.subarray(1);
  }

  oid(): string {
    const { value } = this.expect(Tag.oid);
    const arcs: number[] = [];
    let arc = 0;
    let fresh = true;
    for (const octet of value) {
      if (fresh && octet === 0x80) throw new DerError("not_der");
      arc = arc * 128 + (octet & 0x7f);
      fresh = octet < 0x80;
      if (arc > Number.MAX_SAFE_INTEGER / 128) throw new DerError("not_der");
      if (fresh) {
        arcs.push(arc);
        arc = 0;
      }
    }
    const [head] = arcs;
    if (head === undefined || !fresh) throw new DerError("not_der");
    const root = Math.min(Math.floor(head / 40), 2);
    return [root, head - root * 40, ...arcs.slice(1)].join(".");
  }

  /** A character string of the kinds that names are made of. */
  text(): string {
    if (this.tag === Tag.bmpString) return new TextDecoder("utf-16be", { fatal: true }).decode(this.value);
    const known: readonly number[] = [Tag.utf8String, Tag.printableString, Tag.ia5String];
    if (!known.includes(this.tag)) throw new DerError("unexpected_structure", { found: this.tag });
    return new TextDecoder("utf-8", { fatal: true }).decode(this.value);
  }

  /** UTCTime or GeneralizedTime in the one form that RFC 5280 §4.1.2.5 allows: to the second, ending in Z. */
  time(): Date {
    const digits = String.fromCharCode(...this.value);
    const short = this.tag === Tag.utcTime;
    if (!short) this.expect(Tag.generalizedTime);
    const parts = (
      short ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
    ).exec(digits);
    if (parts === null) throw new DerError("not_der");
    const [, year = "", month, day, hour, minute, second] = parts;
    const century = short ? (Number(year) < 50 ? "20" : "19") : "";
    const date = new Date(`${century}${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    if (Number.isNaN(date.getTime())) throw new DerError("not_der");
    return date;
  }
}
