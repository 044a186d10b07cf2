/** When orders ask for the certificate password (SPEC A11); the change needs it and takes effect at the next login. */
import { chosenMode, data, openStore } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { need, show, whileBusy } from "../page/dom.ts";
import { givenPassword } from "../page/passwords.ts";
import { hideProblem, showOnlyProblem, showProblem } from "../page/problems.ts";

async function start(): Promise<void> {
  const store = await openStore();
  const entries = (await store.list()).filter(({ state }) => state === "installed");
  const mine = entries.find(({ id }) => id === data.host?.spki) ?? entries[0];
  if (mine === undefined) {
    show("none", { focus: false });
    return;
  }
  const mode = mine.nextMode?.mode ?? mine.securityMode;
  need<HTMLInputElement>(`input[name=mode][value="${mode}"]`).checked = true;
  show("form", { focus: false });
  const form = need<HTMLFormElement>("[data-form]");
  const save = async (): Promise<void> => {
    hideProblem();
    const password = givenPassword("password");
    if (password === undefined) return;
    await store.changeSecurityMode(mine.id, chosenMode(form), password);
    form.reset();
    show("done");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(need<HTMLButtonElement>("button.first", form), () => save().catch(showProblem));
  });
}

common();
start().catch(showOnlyProblem);
