/** The order: what a customer sees, signs and can be held to (docs/contracts.md, SPEC A15). */
import { type Bytes, equal } from "./bytes.ts";
import { COMMON, encode, type Form, matches, StructureError } from "./structure.ts";

export const ORDER_TYPE = "certcenter.order.v1";

/** An order without its type; all values are strings, as they stand in the signed bytes. */
export interface Order {
  readonly institution: string;
  readonly origin: string;
  /** branch-number, such as 1020-0324338 */
  readonly account: string;
  readonly side: "buy" | "sell";
  readonly symbol: string;
  readonly quantity: string;
  /** A decimal above zero with up to four places, or `market`. */
  readonly price: string;
  readonly currency: string;
  /** YYYY-MM-DDTHH:MM:SS.sssZ, as Date.toISOString writes it. */
  readonly time: string;
  readonly nonce: string;
}

const PRICE = /^(?:0|[1-9]\d{0,11})(?:\.\d{1,4})?$/;

const FORM: Form<keyof Order> = {
  ...COMMON,
  account: matches(/^[0-9A-Z]{2,8}-\d{1,12}$/),
  side: matches(/^(?:buy|sell)$/),
  symbol: matches(/^[A-Z0-9.]{1,12}$/),
  quantity: matches(/^[1-9]\d{0,11}$/),
  price: (value) => value === "market" || (PRICE.test(value) && /[1-9]/.test(value)),
  currency: matches(/^[A-Z]{3}$/),
};

/** The bytes that are shown, signed and kept. Throws StructureError. */
export const encodeOrder = (order: Order): Bytes =>
  encode(ORDER_TYPE, FORM, order as Record<keyof Order, string>);

/** The order in bytes that the centre drafted. Throws StructureError unless they are what `encodeOrder` would write. */
export function decodeOrder(bytes: Bytes): Order {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new StructureError("not_canonical", {}, { cause: error });
  }
  if (typeof parsed !== "object" || parsed === null) throw new StructureError("not_canonical");
  const { type, ...order } = parsed as { readonly type?: unknown } & Order;
  if (type !== ORDER_TYPE) throw new StructureError("invalid", { field: "type" });
  if (!equal(encodeOrder(order), bytes)) throw new StructureError("not_canonical");
  return order;
}
