/** 檢查電腦環境 (SPEC A13): facts of this computer, then each thing that certificates need, with what can be fixed. */
import { Api, checkEnvironment, type EnvironmentCheck, fixAll, PATHS, type Recommended } from "../index.ts";
import { common } from "../page/common.ts";
import { make, need, whileBusy } from "../page/dom.ts";
import { fill } from "../page/facts.ts";
import { page, text } from "../page/page.ts";

const FACTS = ["operating_system", "screen", "browser", "language", "script_version"];
const TONES = { ok: "ok", warning: "warn", fail: "bad", info: "idle" } as const;
const wanted = page.data["wanted"] as Recommended;
const api = new Api({ root: `${page.api}/`, csrfToken: () => page.csrf });
const labels = [...document.querySelectorAll("[data-environment] th")].map((each) => each.textContent ?? "");

const value = (row: EnvironmentCheck): string => text(`env.value.${row.value}`, {}, row.value || "–");

function drawn(row: EnvironmentCheck, changed: (row: EnvironmentCheck) => void): HTMLTableRowElement {
  const cell = (index: number, ...content: (Node | string)[]): HTMLElement =>
    make("td", { "data-label": labels[index] ?? "" }, make("span", {}, ...content));
  const result: Node[] = [
    make("span", { class: `pill ${TONES[row.result]}` }, text(`env.result.${row.result}`)),
  ];
  const { fix } = row;
  if (fix) {
    const button = make("button", { class: "btn small", type: "button" }, text("env.fix"));
    button.addEventListener("click", () => {
      void whileBusy(button, fix).then((now) => {
        if (now) changed(now);
      });
    });
    result.push(document.createTextNode(" "), button);
  }
  if (row.result === "fail" || row.result === "warning") {
    result.push(make("span", { class: "advice small" }, text(`env.advice.${row.id}`, {}, "")));
  }
  return make(
    "tr",
    { "data-id": row.id },
    cell(0, make("b", {}, text(`env.item.${row.id}`))),
    cell(1, text(`env.purpose.${row.id}`)),
    cell(2, text(`env.wanted.${row.id}`, { ...wanted })),
    cell(3, value(row)),
    cell(4, ...result),
  );
}

function verdict(rows: readonly EnvironmentCheck[]): void {
  const failed = rows.filter(({ result }) => result === "fail").length;
  const warned = rows.filter(({ result }) => result === "warning").length;
  const kind = failed ? "bad" : warned ? "warn" : "ok";
  const words = text(`env.verdict.${kind}`, { count: failed || warned });
  need("[data-verdict]").replaceChildren(
    make("div", { class: `say ${kind}` }, make("div", {}, make("p", {}, make("b", {}, words)))),
  );
}

function draw(rows: readonly EnvironmentCheck[], restart = false): void {
  const facts = rows.filter(({ id }) => FACTS.includes(id));
  fill(
    need("[data-facts]"),
    facts.map((row) => [text(`env.item.${row.id}`), value(row)]),
  );
  const body = need("[data-environment] tbody");
  const needs = rows.filter(({ id, result }) => !FACTS.includes(id) || result !== "info");
  const changed = (now: EnvironmentCheck): void => {
    draw(
      rows.map((row) => (row.id === now.id ? now : row)),
      true,
    );
  };
  body.replaceChildren(...needs.map((row) => drawn(row, changed)));
  need("[data-fix-all]").hidden = rows.every(({ fix }) => fix === undefined);
  need("[data-restart]").hidden = !restart;
  verdict(needs);
  shown = rows;
}

let shown: readonly EnvironmentCheck[] = [];

async function check(): Promise<void> {
  // The answer's Date tells how far this computer's clock is off.
  const reached = await api.get(PATHS.environment()).then(
    () => true,
    () => false,
  );
  const version = (page.data["version"] as string | undefined) ?? "";
  const measured = reached && { clockOffset: api.clockOffset };
  draw(await checkEnvironment({ scriptVersion: version, wanted, ...measured }));
}

common();
const fixButton = need<HTMLButtonElement>("[data-fix-all]");
fixButton.addEventListener(
  "click",
  () =>
    void whileBusy(fixButton, async () => {
      draw(await fixAll(shown), true);
    }),
);
const again = need<HTMLButtonElement>("[data-again]");
again.addEventListener("click", () => void whileBusy(again, check));
void check();
