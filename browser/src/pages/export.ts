/** A backup as PFX (SPEC A6, E11): made here, saved by the browser, never sent anywhere. */
import type { Bytes, KeyEntry, KeyStore } from "../index.ts";
import { data, openStore } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { make, need, show, whileBusy } from "../page/dom.ts";
import { moment, serial, shortSerial } from "../page/facts.ts";
import { text } from "../page/page.ts";
import { checkedPassword, givenPassword, showRules } from "../page/passwords.ts";
import { fieldProblem, hideProblem, showOnlyProblem, showProblem } from "../page/problems.ts";

/** What no file system of the customers' takes in a name. */
const FORBIDDEN = /[\\/:*?"<>|\p{Cc}]/u;

function fileStem(): string | undefined {
  const input = need<HTMLInputElement>("#file");
  const stem = input.value.trim().replace(/\.(pfx|p12)$/i, "");
  const wrong = stem === "" ? text("file.missing") : FORBIDDEN.test(stem) ? text("file.forbidden") : "";
  fieldProblem("file", wrong);
  if (wrong) input.focus();
  return wrong ? undefined : stem;
}

function save(bytes: Bytes, name: string): void {
  const address = URL.createObjectURL(new Blob([bytes], { type: "application/x-pkcs12" }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 60_000);
}

async function exported(store: KeyStore, entry: KeyEntry, form: HTMLFormElement): Promise<void> {
  hideProblem();
  const stem = fileStem();
  const password = stem === undefined ? undefined : givenPassword("current");
  const newPassword = password === undefined ? undefined : checkedPassword("password", "again");
  if (stem === undefined || password === undefined || newPassword === undefined) return;
  const old = new FormData(form).has("compatible");
  const protection = old ? ("compatible" as const) : ("modern" as const);
  const bytes = await store.exportPfx(entry.id, { password, newPassword, friendlyName: stem, protection });
  const name = `${stem}.pfx`;
  save(bytes, name);
  need("[data-saved]").textContent = text("export.saved", { name });
  need("[data-repeat]").addEventListener("click", () => {
    save(bytes, name);
  });
  form.reset();
  show("done");
}

async function start(): Promise<void> {
  showRules("password");
  const store = await openStore();
  const entries = (await store.list()).filter(
    ({ certificate, state }) => certificate && state === "installed",
  );
  const mine = entries.find(({ id }) => id === data.host?.spki) ?? entries[0];
  if (mine === undefined) {
    show("none", { focus: false });
    return;
  }
  const which = need<HTMLSelectElement>("#which");
  for (const { id, certificate } of entries) {
    if (!certificate) continue;
    const label = `${shortSerial(certificate.serialHex)} (~ ${moment(certificate.notAfter)})`;
    which.append(make("option", { value: id, ...(id === mine.id && { selected: "" }) }, label));
  }
  need("[data-which]").hidden = entries.length < 2;
  const chosen = (): KeyEntry => entries.find(({ id }) => id === which.value) ?? mine;
  const tell = (): void => {
    need("[data-serial]").textContent = serial(chosen().certificate?.serialHex ?? "");
  };
  which.addEventListener("change", tell);
  tell();
  show("form", { focus: false });
  const form = need<HTMLFormElement>("[data-form]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(need<HTMLButtonElement>("button.first", form), () =>
      exported(store, chosen(), form).catch(showProblem),
    );
  });
}

common();
start().catch(showOnlyProblem);
