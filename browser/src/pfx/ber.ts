/**
 * BER made definite: NSS, Java of old and pkijs write PKCS #12 with indefinite lengths and octet strings in pieces
 * (X.690 §8.1.3.6, §8.7.3). What comes out is what der.ts reads.
 */
import { type Bytes, concat } from "../bytes.ts";
import { DerError, element, Tag } from "../der.ts";

const MAX_DEPTH = 32;
const CONSTRUCTED_OCTET_STRING = 0x24;

interface Converted {
  readonly der: Bytes;
  readonly end: number;
}

/** The one BER element that `bytes` consists of, with definite lengths and whole octet strings. Throws DerError. */
export function berToDer(bytes: Bytes): Bytes {
  const { der, end } = convert(bytes, 0, bytes.length, 0);
  if (end !== bytes.length) throw new DerError("not_der", { offset: end });
  return der;
}

function lengthAt(bytes: Bytes, offset: number): { length: number | undefined; start: number } {
  const first = bytes[offset];
  if (first === undefined) throw new DerError("not_der", { offset });
  if (first < 0x80) return { length: first, start: offset + 1 };
  const count = first & 0x7f;
  if (count === 0) return { length: undefined, start: offset + 1 };
  if (count > 6) throw new DerError("not_der", { offset });
  const octets = bytes.subarray(offset + 1, offset + 1 + count);
  return { length: octets.reduce((length, octet) => length * 256 + octet, 0), start: offset + 1 + count };
}

function convert(bytes: Bytes, offset: number, limit: number, depth: number): Converted {
  const tag = bytes[offset];
  if (tag === undefined || (tag & 0x1f) === 0x1f || depth > MAX_DEPTH)
    throw new DerError("not_der", { offset });
  const { length, start } = lengthAt(bytes, offset + 1);
  const end = length === undefined ? limit : start + length;
  if (end > limit) throw new DerError("not_der", { offset });
  const constructed = (tag & 0x20) !== 0;
  if (!constructed) {
    if (length === undefined) throw new DerError("not_der", { offset });
    return { der: element(tag, bytes.subarray(start, end)), end };
  }
  const inside = convertAll(bytes, start, end, length === undefined, depth + 1);
  const der = tag === CONSTRUCTED_OCTET_STRING ? joined(inside.items) : element(tag, ...inside.items);
  return { der, end: inside.end };
}

function convertAll(bytes: Bytes, start: number, end: number, indefinite: boolean, depth: number) {
  const items: Bytes[] = [];
  let offset = start;
  while (offset < end) {
    if (indefinite && bytes[offset] === 0 && bytes[offset + 1] === 0) return { items, end: offset + 2 };
    const next = convert(bytes, offset, end, depth);
    items.push(next.der);
    offset = next.end;
  }
  if (indefinite) throw new DerError("not_der", { offset });
  return { items, end: offset };
}

/** The pieces of a constructed octet string, already DER, as one. */
function joined(pieces: readonly Bytes[]): Bytes {
  return element(Tag.octetString, ...pieces.map(octetsOf));
}

function octetsOf(piece: Bytes): Bytes {
  if (piece[0] !== Tag.octetString) throw new DerError("unexpected_structure");
  const { start } = lengthAt(piece, 1);
  return piece.subarray(start);
}

/** Contents of an IMPLICIT OCTET STRING that may have been written in pieces, out of converted BER. */
export function implicitOctets(constructed: boolean, value: Bytes): Bytes {
  if (!constructed) return value;
  const pieces: Bytes[] = [];
  for (let offset = 0; offset < value.length;) {
    const { length, start } = lengthAt(value, offset + 1);
    const end = start + (length ?? 0);
    pieces.push(octetsOf(value.subarray(offset, end)));
    offset = end;
  }
  return concat(...pieces);
}
