import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bytes, concat, fromHex, toHex } from "../src/bytes.ts";
import {
  bitString,
  Der,
  DerError,
  element,
  explicit,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  Tag,
  unsignedInteger,
} from "../src/der.ts";
import { ecdsaFromDer, ecdsaToDer } from "../src/keys.ts";
import { berToDer } from "../src/pfx/ber.ts";

const bytes = (options?: fc.IntArrayConstraints) => fc.uint8Array(options) as fc.Arbitrary<Bytes>;

/** Any tree of sequences, sets, explicit tags and primitive values. */
const tree = fc.letrec<{ node: Bytes; leaf: Bytes }>((tie) => ({
  leaf: fc.oneof(
    bytes({ maxLength: 300 }).map(octetString),
    bytes().map(bitString),
    fc.bigInt().map(integer),
    fc.array(fc.nat(), { maxLength: 6 }).map((arcs) => oid(["1.2", ...arcs].join("."))),
  ),
  node: fc.oneof(
    { depthSize: "small" },
    tie("leaf"),
    fc.array(tie("node"), { maxLength: 4 }).map((items) => sequence(...items)),
    fc.array(tie("node"), { maxLength: 4 }).map((items) => setOf(...items)),
    tie("node").map((item) => explicit(0, item)),
  ),
})).node;

/** Reads a tree to its leaves and writes it again. */
function rewrite(der: Der): Bytes {
  return (der.tag & 0x20) === 0
    ? element(der.tag, der.value)
    : element(der.tag, ...der.children().map(rewrite));
}

describe("DER", () => {
  test("what is written is read back the same", () => {
    fc.assert(
      fc.property(tree, (der) => {
        expect(toHex(rewrite(Der.parse(der)))).toBe(toHex(der));
      }),
    );
  });

  test("an integer of any sign survives, in as few octets as it takes", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (value) => {
        expect(Der.parse(integer(value)).integer()).toBe(value);
      }),
    );
    const known = {
      "020100": 0,
      "02017f": 127,
      "02020080": 128,
      "0201ff": -1,
      "020180": -128,
      "0202ff7f": -129,
    };
    for (const [hex, value] of Object.entries(known)) expect(toHex(integer(value))).toBe(hex);
  });

  test("an unsigned magnitude loses leading zeros and never turns negative", () => {
    fc.assert(
      fc.property(bytes({ maxLength: 40 }), (magnitude) => {
        expect(Der.parse(unsignedInteger(magnitude)).integer()).toBe(BigInt(`0x0${toHex(magnitude)}`));
      }),
    );
  });

  test("an object identifier survives", () => {
    const arcs = fc.array(fc.nat({ max: 2 ** 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.constantFrom("0.9", "1.3", "2.5", "2.999"), arcs, (root, rest) => {
        const dotted = [root, ...rest].join(".");
        expect(Der.parse(oid(dotted)).oid()).toBe(dotted);
      }),
    );
  });

  test("SET OF is sorted whatever the order given", () => {
    fc.assert(
      fc.property(fc.array(bytes().map(octetString)), (items) => {
        expect(toHex(setOf(...items))).toBe(toHex(setOf(...items.toReversed())));
      }),
    );
  });

  test.each([
    ["indefinite length", "3080020100" + "0000"],
    ["length in more octets than needed", "04810100"],
    ["length with a leading zero", "0482000100"],
    ["high tag number", "1f8101" + "00"],
    ["contents that are cut off", "0402ff"],
    ["nothing", ""],
    ["a tag alone", "30"],
    ["something after the end", "050000"],
  ])("%s is refused", (_, hex) => {
    expect(() => Der.parse(fromHex(hex))).toThrow(DerError);
  });

  test.each([
    ["integer with a needless zero", "02020001", (der: Der) => der.integer()],
    ["integer with a needless ff", "0202ffff", (der: Der) => der.integer()],
    ["empty integer", "0200", (der: Der) => der.integer()],
    ["boolean 1", "010101", (der: Der) => der.boolean()],
    ["object identifier with padding", "06032a8001", (der: Der) => der.oid()],
    ["object identifier that breaks off", "06022a80", (der: Der) => der.oid()],
    ["bit string with unused bits", "03020780", (der: Der) => der.bits()],
    ["time without seconds", "170b323631313230303130325a", (der: Der) => der.time()],
    ["children of a primitive", "040100", (der: Der) => der.children()],
  ])("%s is refused when it is read", (_, hex, read) => {
    expect(() => read(Der.parse(fromHex(hex)))).toThrow(DerError);
  });

  test("random bytes are refused or are what they say", () => {
    fc.assert(
      fc.property(bytes({ maxLength: 60 }), (input) => {
        try {
          expect(toHex(rewrite(Der.parse(input)))).toBe(toHex(input));
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
  });

  test("ECDSA signatures change form without loss", () => {
    const signature = bytes({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(signature, (raw) => {
        expect(toHex(ecdsaFromDer(ecdsaToDer(raw)))).toBe(toHex(raw));
      }),
    );
  });
});

/** The tree with every constructed element in indefinite form, octet strings in two pieces. */
function asBer(der: Der): Bytes {
  const end = Uint8Array.of(0, 0);
  if (der.tag === Tag.octetString) {
    const half = der.value.length >> 1;
    const pieces = [der.value.subarray(0, half), der.value.subarray(half)].map(octetString);
    return concat(Uint8Array.of(0x24, 0x80), ...pieces, end);
  }
  if ((der.tag & 0x20) === 0) return der.raw;
  return concat(Uint8Array.of(der.tag, 0x80), ...der.children().map(asBer), end);
}

describe("BER", () => {
  test("DER passes unchanged", () => {
    fc.assert(
      fc.property(tree, (der) => {
        expect(toHex(berToDer(der))).toBe(toHex(der));
      }),
    );
  });

  test("indefinite lengths and pieces become DER", () => {
    fc.assert(
      fc.property(tree, (der) => {
        expect(toHex(berToDer(asBer(Der.parse(der))))).toBe(toHex(der));
      }),
    );
  });

  test("random bytes end in DER or in DerError, and deep nesting does not overflow", () => {
    fc.assert(
      fc.property(bytes({ maxLength: 80 }), (input) => {
        try {
          Der.parse(berToDer(input));
        } catch (error) {
          expect(error).toBeInstanceOf(DerError);
        }
      }),
    );
    expect(() => berToDer(new Uint8Array(200_000).map((_, i) => (i % 2 ? 0x80 : 0x30)))).toThrow(DerError);
  });
});
