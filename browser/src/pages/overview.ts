/** The panel of this browser beside the centre's, and the actions that make sense for it. */
import type { KeyEntry, KeyStore, Marker } from "../index.ts";
import { data, openStore } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { every, make, need } from "../page/dom.ts";
import { certificateRows, fill, moment, type Row } from "../page/facts.ts";
import { text } from "../page/page.ts";
import { described } from "../page/problems.ts";
import { askToRemove } from "../page/removal.ts";
import { type ClientStatus, clientStatus, ordered } from "../page/status.ts";

const TONES: Readonly<Record<ClientStatus, string>> = {
  none: "idle",
  exportable: "ok",
  absent: "warn",
  mismatch: "warn",
  invalid: "bad",
  key_only: "warn",
};

function show(entries: readonly KeyEntry[], index: number): void {
  const panel = need("[data-client]");
  const entry = entries[index];
  const here = entry && { id: entry.id, state: entry.state, notAfter: entry.certificate?.notAfter };
  const status = clientStatus(here, data.host, new Date());
  const pill = need("[data-pill]", panel);
  const words = data.statuses[status];
  pill.textContent = words?.word ?? status;
  pill.className = `pill ${TONES[status]}`;
  need("[data-advice]", panel).textContent = words?.advice ?? "";
  fill(need("[data-facts]", panel), entry ? rows(entry) : []);
  need("[data-place]", panel).textContent = `${index + 1} / ${entries.length}`;
  need("[data-pager]", panel).hidden = entries.length < 2;
  need<HTMLButtonElement>("[data-previous]", panel).disabled = index === 0;
  need<HTMLButtonElement>("[data-next]", panel).disabled = index >= entries.length - 1;
  for (const action of every("[data-when]")) {
    action.hidden = !action.dataset["when"]?.split(" ").includes(status);
  }
}

function rows(entry: KeyEntry): Row[] {
  const mode = text(`mode.${entry.nextMode?.mode ?? entry.securityMode}`);
  const saved = entry.backedUpAt ? moment(entry.backedUpAt) : text("fact.backup.none");
  if (!entry.certificate) return [[text("fact.made"), moment(entry.createdAt)]];
  return [
    ...certificateRows(entry.certificate).slice(0, 2),
    [text("fact.backup"), saved],
    [text("fact.asks"), mode],
  ];
}

/** Keys that the browser's storage has lost: say so, instead of "you have none". */
function explainLoss(store: KeyStore, lost: readonly Marker[]): void {
  const place = need("[data-lost]");
  if (lost.length === 0) return;
  const since = lost.map((marker) => moment(new Date(marker.since))).join(", ");
  const button = make("button", { class: "btn small", type: "button" }, text("lost.understood"));
  button.addEventListener("click", () => {
    for (const marker of lost) store.forgetLost(marker.id);
    place.hidden = true;
  });
  place.className = "say warn";
  place.replaceChildren(
    make(
      "div",
      {},
      make("h2", {}, text("lost.title")),
      make("p", {}, text("lost.words", { since })),
      make("div", { class: "do" }, button),
    ),
  );
  place.hidden = false;
}

async function start(): Promise<void> {
  const store = await openStore();
  let entries = ordered(await store.list(), data.host);
  let index = 0;
  const turn = (step: number) => (): void => {
    index = Math.min(Math.max(index + step, 0), Math.max(entries.length - 1, 0));
    show(entries, index);
  };
  need("[data-previous]").addEventListener("click", turn(-1));
  need("[data-next]").addEventListener("click", turn(1));
  need("[data-remove]").addEventListener("click", () => {
    const entry = entries[index];
    if (entry)
      void askToRemove(store, entry).then(async (removed) => {
        if (!removed) return;
        entries = ordered(await store.list(), data.host);
        turn(0)();
      });
  });
  show(entries, index);
  explainLoss(store, await store.lost());
}

common();
start().catch((error: unknown) => {
  need("[data-pill]").textContent = text("store.unavailable");
  need("[data-advice]").textContent = described(error).title;
});
