/** An order is built by the centre, shown, signed here under the security mode, and judged by the centre (SPEC A15). */
import {
  type Bytes,
  decodeOrder,
  encodeOrder,
  fromBase64Url,
  type KeyEntry,
  type KeyStore,
  type Order,
  PATHS,
  toBase64Url,
} from "../index.ts";
import { api, data, openStore } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { make, maybe, need, show, whileBusy } from "../page/dom.ts";
import { fill, moment, serial } from "../page/facts.ts";
import { text } from "../page/page.ts";
import { givenPassword } from "../page/passwords.ts";
import { described, fieldProblem, hideProblem, showOnlyProblem, showProblem } from "../page/problems.ts";

interface Evidence {
  readonly id: string;
  readonly accepted_at: string;
  readonly certificate: string;
  readonly sha256: string;
  readonly status: string;
}

const FORMS: Readonly<Record<string, RegExp>> = {
  symbol: /^[A-Z0-9.]{1,12}$/,
  quantity: /^[1-9]\d{0,11}$/,
  price: /^(?:market|(?:0|[1-9]\d{0,11})(?:\.\d{1,4})?)$/,
};

let order: Order | undefined;

/** The fields as they stand in an order, or undefined after saying what is wrong with them. */
function fields(form: HTMLFormElement): Record<string, string> | undefined {
  const values: Record<string, string> = { currency: "TWD" };
  for (const [name, value] of new FormData(form)) values[name] = (value as string).trim();
  values["symbol"] = values["symbol"]?.toUpperCase() ?? "";
  values["price"] = values["price"]?.toLowerCase() ?? "";
  const wrong = Object.entries(FORMS).filter(([name, pattern]) => !pattern.test(values[name] ?? ""));
  for (const name of Object.keys(FORMS)) fieldProblem(name, "");
  for (const [name] of wrong) fieldProblem(name, text(`order.wrong.${name}`));
  if (wrong[0]) need(`#${wrong[0][0]}`).focus();
  return wrong.length === 0 ? values : undefined;
}

function present(bytes: Bytes): void {
  const parsed = decodeOrder(bytes);
  order = parsed;
  fill(need("[data-view=draft] [data-facts]"), [
    [text("order.account"), parsed.account],
    [text("order.side"), text(`order.side.${parsed.side}`)],
    [text("order.symbol"), parsed.symbol],
    [text("order.quantity"), Number(parsed.quantity).toLocaleString("en")],
    [text("order.price"), `${parsed.price} ${parsed.currency}`],
    [text("order.time"), moment(new Date(parsed.time), { seconds: true })],
  ]);
  need("[data-canon]").textContent = new TextDecoder().decode(bytes);
}

async function draft(store: KeyStore, entry: KeyEntry, form: HTMLFormElement): Promise<void> {
  hideProblem();
  const values = fields(form);
  if (values === undefined) return;
  const answer = await api.post<{ order: string }>(PATHS.orderDrafts(), values);
  present(fromBase64Url(answer.order));
  need("[data-ask]").hidden = !(await store.needsPassword(entry.id));
  show("draft");
}

/** What an attacker on the way might do: the signature stays, the order does not. */
const doubled = (signed: Order): Bytes =>
  encodeOrder({ ...signed, quantity: String(Number(signed.quantity) * 2) });

async function sign(store: KeyStore, entry: KeyEntry, form: HTMLFormElement): Promise<void> {
  hideProblem();
  if (order === undefined) return;
  const asked = !need("[data-ask]").hidden;
  const password = asked ? givenPassword("password") : undefined;
  if (asked && password === undefined) return;
  const { content, signature } = await store.signOrder(entry.id, order, password);
  const tampered = new FormData(form).has("tamper");
  const body = { order: toBase64Url(tampered ? doubled(order) : content), signature: toBase64Url(signature) };
  const start = performance.now();
  try {
    accepted(await api.post<Evidence>(PATHS.orders(), body), performance.now() - start, signature.length);
  } catch (error) {
    refused(error);
  }
  form.reset();
  show("verdict");
}

function verdict(kind: "ok" | "bad", title: string, words: string): void {
  need("[data-verdict]").replaceChildren(
    make("div", { class: `say ${kind}` }, make("div", {}, make("h3", {}, title), make("p", {}, words))),
  );
}

function accepted(evidence: Evidence, took: number, size: number): void {
  verdict("ok", text("order.accepted"), text("order.accepted.words"));
  fill(need("[data-evidence]"), [
    [text("evidence.id"), evidence.id, "mono"],
    [text("evidence.digest"), evidence.sha256, "mono"],
    [text("evidence.at"), moment(new Date(evidence.accepted_at), { seconds: true })],
    [text("evidence.serial"), serial(evidence.certificate), "mono"],
    [text("evidence.status"), text(`evidence.status.${evidence.status}`)],
    [text("evidence.signature"), text("evidence.signature.value", { size, took: Math.round(took) })],
  ]);
}

function refused(error: unknown): void {
  const { title, advice, reference } = described(error);
  verdict("bad", text("order.refused"), `${title} ${advice} ${reference}`.trim());
  fill(need("[data-evidence]"), []);
}

async function start(): Promise<void> {
  const store = await openStore();
  const entry = (await store.list()).find(({ id, state }) => state === "installed" && id === data.host?.spki);
  if (entry === undefined) {
    show("none", { focus: false });
    return;
  }
  const build = need<HTMLFormElement>("[data-form]");
  build.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(need<HTMLButtonElement>("button.first", build), () =>
      draft(store, entry, build).catch(showProblem),
    );
  });
  const signing = need<HTMLFormElement>("[data-sign]");
  signing.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(need<HTMLButtonElement>("button.first", signing), () =>
      sign(store, entry, signing).catch(showProblem),
    );
  });
  maybe("[data-back]")?.addEventListener("click", () => {
    show("form");
  });
  need("[data-again]").addEventListener("click", () => {
    show("form");
  });
  show("form", { focus: false });
}

common();
start().catch(showOnlyProblem);
