import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toBase64Url } from "../src/bytes.ts";
import { encodeOrder, type Order } from "../src/order.ts";
import { encodeProof, type Proof } from "../src/proof.ts";
import { canonical, StructureError } from "../src/structure.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const wellFormed = fc.string({ unit: "grapheme" });

const ORDER: Order = {
  institution: "sample",
  origin: "https://sample.example",
  account: "1020-0324338",
  side: "buy",
  symbol: "2330",
  quantity: "1000",
  price: "1085.5",
  currency: "TWD",
  time: "2026-11-20T01:02:03.004Z",
  nonce: toBase64Url(new Uint8Array(32)),
};

const PROOF: Proof = {
  institution: "sample",
  origin: "http://sample.localhost:8000",
  purpose: "repair",
  subject: "0".repeat(64),
  nonce: toBase64Url(new Uint8Array(16)),
  time: "2026-11-20T01:02:03.004Z",
};

describe("canonical JSON (RFC 8785)", () => {
  test("reads back the same, keys in UTF-16 order, without white space, once only", () => {
    fc.assert(
      fc.property(fc.dictionary(wellFormed, wellFormed, { noNullPrototype: true }), (values) => {
        const written = text(canonical(values));
        const parsed = JSON.parse(written) as Record<string, string>;
        expect(parsed).toEqual(values);
        expect(text(canonical(parsed))).toBe(written);
        const members = Object.keys(values)
          .toSorted()
          .map((key) => `${JSON.stringify(key)}:${JSON.stringify(values[key])}`);
        expect(written).toBe(`{${members.join(",")}}`);
      }),
    );
  });

  test("RFC 8785 §3.2.3: order by code unit, not by code point; minimal escapes", () => {
    const values = {
      "\u20ac": "1",
      "\r": "2",
      "\ufb33": "3",
      "1": "4",
      "\u{1f600}": "5",
      "\u0080": "6",
      "\u00f6": "7",
    };
    expect(text(canonical(values))).toBe(
      '{"\\r":"2","1":"4","\u0080":"6","\u00f6":"7","\u20ac":"1","\u{1f600}":"5","\ufb33":"3"}',
    );
    expect(text(canonical({ a: '\u000f\n"\\/\u2028示' }))).toBe('{"a":"\\u000f\\n\\"\\\\/\u2028示"}');
  });

  test("a lone surrogate is refused", () => {
    expect(() => canonical({ a: "\ud800" })).toThrow(StructureError);
  });
});

describe("order", () => {
  test("has the bytes of docs/contracts.md", () => {
    expect(text(encodeOrder(ORDER))).toBe(
      '{"account":"1020-0324338","currency":"TWD","institution":"sample",' +
        `"nonce":"${ORDER.nonce}","origin":"https://sample.example","price":"1085.5","quantity":"1000",` +
        '"side":"buy","symbol":"2330","time":"2026-11-20T01:02:03.004Z","type":"certcenter.order.v1"}',
    );
  });

  test.each<[keyof Order, string[]]>([
    ["institution", ["", "Sample", "a_b", "-a"]],
    [
      "origin",
      [
        "http://sample.example",
        "https://sample.example/",
        "https://SAMPLE.example",
        "https://a:443",
        "ftp://a",
        "",
        "null",
      ],
    ],
    ["account", ["1020", "1020-", "1020_0324338", "1020-03243３8"]],
    ["side", ["hold", "BUY", ""]],
    ["symbol", ["", "abc", "1234567890123", "A B"]],
    ["quantity", ["0", "01", "", "1.0", "1234567890123", "-1"]],
    ["price", ["", "1.", ".5", "1.23456", "0", "0.0000", "01", "1e3", "Market", "-1"]],
    ["currency", ["twd", "TW", "TWDD"]],
    ["time", ["2026-11-20T01:02:03Z", "2026-02-30T00:00:00.000Z", "2026-11-20 01:02:03.004Z", ""]],
    ["nonce", ["", "AAAA", `${ORDER.nonce}=`, "A".repeat(87), `${"A".repeat(42)}B`, "+".repeat(43)]],
  ])("%s of another form is refused by name", (field, values) => {
    for (const value of values) {
      try {
        encodeOrder({ ...ORDER, [field]: value });
        expect.fail(`${field} ${value} was taken`);
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid", parameters: { field } });
      }
    }
  });

  test("market, four places and a demo's origin are taken", () => {
    for (const part of [
      { price: "market" },
      { price: "0.0001" },
      { origin: "http://sample.localhost:8000" },
    ]) {
      expect(() => encodeOrder({ ...ORDER, ...part })).not.toThrow();
    }
  });

  test("a missing key, another key, a value that is no text", () => {
    const { nonce: _, ...short } = ORDER;
    expect(() => encodeOrder(short as Order)).toThrow(/missing/);
    expect(() => encodeOrder({ ...ORDER, memo: "x" } as Order)).toThrow(/unexpected/);
    expect(() => encodeOrder({ ...ORDER, quantity: 5 } as unknown as Order)).toThrow(/invalid/);
  });
});

test("a proof can't be an order", () => {
  expect(text(encodeProof(PROOF))).toContain('"type":"certcenter.proof.v1"');
  expect(() => encodeProof(ORDER as unknown as Proof)).toThrow(StructureError);
  expect(() => encodeProof({ ...PROOF, purpose: "login" as "share" })).toThrow(/invalid/);
  expect(() => encodeProof({ ...PROOF, subject: "0".repeat(63) })).toThrow(/invalid/);
});
