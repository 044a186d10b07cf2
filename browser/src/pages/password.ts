/** The password centre's forms: rules while typing, tick boxes, and the certificate that signs (SPEC B1, B5, B6). */
import { KeyStoreError, type PasswordFault, passwordFaults } from "../index.ts";
import { data, openStore, prove } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { every, make, maybe, need, whileBusy } from "../page/dom.ts";
import { text } from "../page/page.ts";
import { givenPassword } from "../page/passwords.ts";
import { hideProblem, showProblem } from "../page/problems.ts";

/** One list of rules below a new password, ticked off while it and its repetition are typed. */
function showRules(list: HTMLElement): void {
  const { rules = "", again = "", min = "1", max = "" } = list.dataset;
  const first = need<HTMLInputElement>(`#${rules}`);
  const second = need<HTMLInputElement>(`#${again}`);
  const policy = {
    min: Number(min),
    characters: "letters_digits" as const,
    ...(max && { max: Number(max) }),
  };
  const broken = (): Set<string> => {
    const faults = new Set<string>(passwordFaults(first.value, policy));
    // Too long is the same rule to a person as too short.
    if (faults.has("too_long" satisfies PasswordFault)) faults.add("too_short");
    if (first.value !== second.value) faults.add("different");
    return faults;
  };
  const items = [
    ["too_short", text(min === max ? "rule.length.exact" : "rule.length", { min, max })],
    ["forbidden_character", text("rule.characters")],
    ["different", text("rule.same")],
  ].map(([fault = "", words = ""]) => ({ fault, item: make("li", {}, words) }));
  list.append(...items.map(({ item }) => item));
  const tick = (): void => {
    const faults = broken();
    for (const { fault, item } of items) {
      item.className = first.value === "" ? "" : faults.has(fault) ? "unmet" : "met";
    }
  };
  first.addEventListener("input", tick);
  second.addEventListener("input", tick);
}

/** Show the fields of a part only while its box is ticked. */
function follow(part: HTMLElement): void {
  const box = maybe<HTMLInputElement>(":scope > legend input[type=checkbox]", part);
  if (!box) return;
  const fields = [...part.children].filter((child) => child.tagName !== "LEGEND");
  const set = (): void => {
    for (const field of fields) (field as HTMLElement).hidden = !box.checked;
  };
  box.addEventListener("change", set);
  set();
}

/** Let the certificate of this browser sign for the withdrawal password, then send the form. */
async function signed(form: HTMLFormElement): Promise<void> {
  hideProblem();
  const store = await openStore();
  const entry = (await store.list()).find(({ id, state }) => state === "installed" && id === data.host?.spki);
  if (entry === undefined) throw new KeyStoreError("key_not_found");
  const ask = need("[data-certificate]");
  const asks = await store.needsPassword(entry.id);
  if (asks && ask.hidden) {
    ask.hidden = false;
    need("#certificate-password").focus();
    return;
  }
  const password = asks ? givenPassword("certificate-password") : undefined;
  if (asks && password === undefined) return;
  const proof = await prove(store, entry.id, "withdrawal", password);
  need<HTMLInputElement>("#id_structure").value = proof.structure;
  need<HTMLInputElement>("#id_signature").value = proof.signature;
  form.submit();
}

common();
for (const list of every("[data-rules]")) showRules(list);
for (const part of every("[data-part]")) follow(part);

const form = maybe<HTMLFormElement>("form[data-signs]");
form?.addEventListener(
  "submit",
  (event) => {
    if (!need<HTMLInputElement>("#id_change_withdrawal").checked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void whileBusy(need<HTMLButtonElement>("button.first", form), () => signed(form).catch(showProblem));
  },
  { capture: true },
);
