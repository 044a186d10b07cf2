/** 密碼解鎖: the device shows that it holds the customer's certificate; the centre opens the login (SPEC B3, manual M2). */
import { ApiError } from "../index.ts";
import { common } from "../page/common.ts";
import { openKeys, proveDevice, typed } from "../page/device.ts";
import { need, show, whileBusy } from "../page/dom.ts";
import { text } from "../page/page.ts";
import { givenPassword } from "../page/passwords.ts";
import { fieldProblem, hideProblem, showProblem } from "../page/problems.ts";

/** What the centre says of the two fields stands at them. */
function atFields(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const wrong = ["identity", "birth_date"].filter((name) => typeof error.fields[name] === "string");
  for (const name of wrong) fieldProblem(`id_${name}`, String(error.fields[name]));
  if (wrong[0] !== undefined) need(`#id_${wrong[0]}`).focus();
  return wrong.length > 0;
}

function missing(): boolean {
  const { identity, birthDate } = typed();
  fieldProblem("id_identity", identity === "" ? text("rule.field") : "");
  fieldProblem("id_birth_date", birthDate === "" ? text("rule.field") : "");
  if (identity === "") need("#id_identity").focus();
  else if (birthDate === "") need("#id_birth_date").focus();
  return identity === "" || birthDate === "";
}

async function unlock(): Promise<void> {
  hideProblem();
  if (missing()) return;
  const keys = await openKeys();
  const key = await keys.find(typed().identity);
  if (key === undefined) {
    show("none");
    return;
  }
  const ask = need("[data-ask]");
  if (key.asks && ask.hidden) {
    ask.hidden = false;
    need("#password").focus();
    return;
  }
  const password = key.asks ? givenPassword("password") : undefined;
  if (key.asks && password === undefined) return;
  await proveDevice(keys, key, "unlock", typed(), password);
  show("done");
}

common();
const form = need<HTMLFormElement>("[data-form]");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  void whileBusy(need<HTMLButtonElement>("button.first", form), () =>
    unlock().catch((error: unknown) => {
      if (!atFields(error)) showProblem(error);
    }),
  );
});
need("[data-back]").addEventListener("click", () => {
  show("form");
});
