/** Rows of a definition list, and how dates and serials look. */
import type { Certificate } from "../index.ts";
import { data } from "./centre.ts";
import { make } from "./dom.ts";
import { text } from "./page.ts";

/** `2026-04-25 23:59` in Taipei, whatever the device's zone (SPEC F3). */
export function moment(date: Date, { seconds = false } = {}): string {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Asia/Taipei",
    dateStyle: "short",
    timeStyle: seconds ? "medium" : "short",
  });
  return parts.format(date);
}

/** Groups of four, to be read aloud. Cut where a table needs it short. */
export const serial = (hex: string): string =>
  hex
    .toUpperCase()
    .match(/.{1,4}/g)
    ?.join(" ") ?? "";
export const shortSerial = (hex: string): string => `${hex.toUpperCase().slice(0, 8)}…`;

/** Name, value and perhaps a style of the value. */
export type Row = readonly [string, string | Node, string?];

/** Replace the rows of a list. */
export function fill(list: HTMLElement, rows: readonly Row[]): void {
  list.replaceChildren(
    ...rows.flatMap(([name, value, style]) => [
      make("dt", {}, name),
      make("dd", style ? { class: style } : {}, value),
    ]),
  );
  list.hidden = rows.length === 0;
}

/** When a certificate was issued: its notBefore lies policy's minutes earlier, for clocks that are late (SPEC D1). */
export const issuedAt = ({ notBefore }: Certificate): Date =>
  new Date(notBefore.getTime() + data.backdateMinutes * 60_000);

/** From one moment to another; a line may end between them, never inside one. */
function span(from: Date, to: Date): Node {
  const parts = [moment(from), `~ ${moment(to)}`].map((words) => make("span", { class: "nowrap" }, words));
  return make("span", {}, parts[0] ?? "", " ", parts[1] ?? "");
}

/** What pages say of a certificate in this browser. */
export function certificateRows(certificate: Certificate): Row[] {
  return [
    [text("fact.serial"), serial(certificate.serialHex), "mono"],
    [text("fact.validity"), span(issuedAt(certificate), certificate.notAfter)],
    [text("fact.issuer"), certificate.issuerCommonName],
  ];
}
