import { expect, test } from "vitest";
import { utf8 } from "../src/bytes.ts";
import { decodeOrder, encodeOrder } from "../src/order.ts";

const ORDER = {
  ...{
    institution: "sample",
    origin: "https://sample.example",
    account: "1020-0324338",
    side: "buy" as const,
  },
  ...{ symbol: "2330", quantity: "1000", price: "market", currency: "TWD", time: "2026-11-20T01:02:03.004Z" },
  nonce: "A".repeat(43),
};
const text = new TextDecoder().decode(encodeOrder(ORDER));

test("an order that the centre drafted is read back", () => {
  expect(decodeOrder(encodeOrder(ORDER))).toEqual(ORDER);
});

test.each([
  ["white space", text.replace(":", ": ")],
  ["another order of keys", JSON.stringify({ ...ORDER, type: "certcenter.order.v1" })],
  ["a key that stands twice", text.replace("{", '{"account":"1020-1",')],
  ["a needless escape", text.replace("sample", "s\\u0061mple")],
  ["another type", text.replace("order.v1", "order.v2")],
  ["a further key", text.replace("}", ',"z":"1"}')],
  ["no object", "null"],
  ["no JSON", "{"],
])("%s is refused", (_, written) => {
  expect(() => decodeOrder(utf8(written))).toThrow(/not_canonical|invalid|unexpected/);
});

test("bytes that are no UTF-8 are refused", () => {
  expect(() => decodeOrder(Uint8Array.of(0x7b, 0xff, 0x7d))).toThrow(/not_canonical/);
});
