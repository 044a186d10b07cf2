/** An issued certificate whose download failed is fetched for the key that waits here (SPEC A9). */
import type { KeyEntry, KeyStore } from "../index.ts";
import { collect, data, handingIn, openStore, tidy, waitFor } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { need, show, whileBusy } from "../page/dom.ts";
import { certificateRows, fill } from "../page/facts.ts";
import { text } from "../page/page.ts";
import { givenPassword } from "../page/passwords.ts";
import { hideProblem, showOnlyProblem, showProblem } from "../page/problems.ts";

async function mend(store: KeyStore, entry: KeyEntry, uuid: string, password: string): Promise<void> {
  hideProblem();
  show("progress");
  const bar = need<HTMLProgressElement>("progress");
  await waitFor(uuid, (percent) => {
    bar.value = percent * 0.8;
  });
  const told = (stage: string): void => {
    bar.value = stage === "confirmed" ? 100 : 90;
    need("[data-view=progress] [data-spoken]").textContent = text(`stage.${stage}`);
  };
  const installed = await collect(store, entry.id, uuid, { password, told });
  if (installed.certificate)
    fill(need("[data-view=done] [data-facts]"), certificateRows(installed.certificate));
  show("done");
}

/** A key here whose certificate is installed, but of which the centre does not know yet. */
const waits = (entry: KeyEntry): boolean => entry.state === "pending" || entry.acknowledgedAt === undefined;

async function start(): Promise<void> {
  const store = await openStore();
  const entries = await store.list();
  const { application } = data;
  if (application === null) {
    await handingIn(() => tidy(store));
    show("nothing");
    return;
  }
  const entry = entries.find(({ id }) => id === application.spki);
  if (entry === undefined || !waits(entry)) {
    show("absent");
    return;
  }
  show("ready", { focus: false });
  const form = need<HTMLFormElement>("[data-form]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const password = givenPassword("password");
    if (password === undefined) return;
    void whileBusy(need<HTMLButtonElement>("button.first", form), () =>
      mend(store, entry, application.uuid, password).catch((error: unknown) => {
        show("ready", { focus: false });
        showProblem(error);
      }),
    );
  });
}

common();
start().catch(showOnlyProblem);
