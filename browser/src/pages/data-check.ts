/** 憑證資料檢核: what this browser holds, each with the one thing to do about it (SPEC A8). */
import type { KeyEntry, KeyStore } from "../index.ts";
import { data, openStore } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { make, need, show } from "../page/dom.ts";
import { issuedAt, moment, serial, shortSerial } from "../page/facts.ts";
import { text } from "../page/page.ts";
import { askToRemove } from "../page/removal.ts";
import { type ClientStatus, clientStatus, ordered } from "../page/status.ts";

const table = need("table");
const labels = [...table.querySelectorAll("th")].map((cell) => cell.textContent ?? "");
const TONES: Readonly<Record<string, string>> = {
  exportable: "ok",
  invalid: "bad",
  mismatch: "bad",
  key_only: "warn",
};

function cell(index: number, style: string, ...content: (Node | string)[]): HTMLTableCellElement {
  return make("td", { "data-label": labels[index] ?? "", class: style }, make("span", {}, ...content));
}

const period = (from: string, to: string): Node[] => [
  make("span", { class: "nowrap" }, from),
  document.createTextNode(" "),
  make("span", { class: "nowrap" }, `~ ${to}`),
];

function windowOf(entry: KeyEntry): (Node | string)[] {
  const { windowFrom, windowTo } = table.dataset;
  return entry.id === data.host?.spki && windowFrom && windowTo ? period(windowFrom, windowTo) : ["–"];
}

function action(status: ClientStatus, entry: KeyEntry, store: KeyStore): HTMLElement {
  const { export: exportUrl = "", repair = "" } = table.dataset;
  if (status === "exportable") return make("a", { class: "btn first", href: exportUrl }, text("do.export"));
  if (status === "key_only") return make("a", { class: "btn first", href: repair }, text("do.repair"));
  const button = make("button", { class: "btn grave", type: "button" }, text("do.remove"));
  button.addEventListener(
    "click",
    () => void askToRemove(store, entry).then((gone) => (gone ? draw(store) : undefined)),
  );
  return button;
}

function row(entry: KeyEntry, store: KeyStore): HTMLTableRowElement {
  const { certificate } = entry;
  const here = { id: entry.id, state: entry.state, notAfter: certificate?.notAfter };
  const status = clientStatus(here, data.host, new Date());
  const word = status === "exportable" ? text("word.valid") : (data.statuses[status]?.word ?? status);
  const [from, to] = [certificate ? issuedAt(certificate) : entry.createdAt, certificate?.notAfter];
  const number = certificate ? shortSerial(certificate.serialHex) : "–";
  const cells = [
    cell(0, "num", table.dataset["masked"] ?? ""),
    cell(1, "mono", make("span", { title: serial(certificate?.serialHex ?? "") }, number)),
    cell(2, "num", ...(to ? period(moment(from, { seconds: true }), moment(to, { seconds: true })) : ["–"])),
    cell(3, "", make("span", { class: `pill ${TONES[status] ?? "idle"}` }, word)),
    cell(4, "num", ...windowOf(entry)),
    make("td", { class: "act" }, action(status, entry, store)),
  ];
  return make("tr", {}, ...cells);
}

function emptyRow(): HTMLTableRowElement {
  const button = make("a", { class: "btn first", href: table.dataset["import"] ?? "" }, text("do.import"));
  return make(
    "tr",
    {},
    cell(0, "num", table.dataset["masked"] ?? ""),
    make("td", { class: "whole", colspan: "4" }, text("check.none")),
    make("td", { class: "act" }, button),
  );
}

async function draw(store: KeyStore): Promise<void> {
  const entries = ordered(await store.list(), data.host);
  const rows = entries.map((entry) => row(entry, store));
  const usable = entries.some(({ state, id }) => state === "installed" && id === data.host?.spki);
  need("tbody", table).replaceChildren(...(usable || rows.length > 0 ? rows : [emptyRow()]));
}

async function start(): Promise<void> {
  await draw(await openStore());
  show("table", { focus: false });
}

common();
start().catch(() => {
  need("[data-view=loading] p").textContent = text("store.unavailable");
});
