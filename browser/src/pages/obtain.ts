/** From the proven identity to the installed certificate: password, key, request, certificate, backup (SPEC A3, A4). */
import { askForPersistence, type KeyEntry, type KeyStore } from "../index.ts";
import {
  type SignedProof,
  chosenMode,
  collect,
  data,
  handingIn,
  openStore,
  prove,
  submit,
  tidy,
  waitFor,
} from "../page/centre.ts";
import { common } from "../page/common.ts";
import { every, maybe, need, show, whileBusy } from "../page/dom.ts";
import { certificateRows, fill } from "../page/facts.ts";
import { text } from "../page/page.ts";
import { checkedPassword, showRules } from "../page/passwords.ts";
import { hideProblem, showOnlyProblem, showProblem } from "../page/problems.ts";

const STAGES = ["key", "sent", "issued", "installed", "confirmed"] as const;
type Stage = (typeof STAGES)[number];

/** A key that was made on this page; kept so that a lost answer is asked for again with the same key. */
interface Made {
  readonly id: string;
  readonly uuid: string;
  readonly csr: Uint8Array<ArrayBuffer>;
}

let made: Made | undefined;

function reached(stage: Stage): void {
  const done = STAGES.indexOf(stage);
  for (const [place, name] of STAGES.entries()) {
    const item = need(`[data-stage="${name}"]`);
    item.classList.toggle("done", place <= done);
    if (place === done + 1) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  need("[data-view=progress] [data-spoken]").textContent = need(`[data-stage="${stage}"]`).textContent;
}

function bar(percent: number): void {
  need<HTMLProgressElement>("progress").value = percent;
}

function step(name: string): void {
  let passed = true;
  for (const item of every("[data-step]")) {
    const here = item.dataset["step"] === name;
    if (here) passed = false;
    item.classList.toggle("done", passed);
    if (here) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
}

/** The key that signs the renewal, if it is on this device. */
function oldKey(entries: readonly KeyEntry[]): KeyEntry | undefined {
  if (data.kind !== "renew") return undefined;
  return entries.find(({ id, state }) => id === data.host?.spki && state === "installed");
}

/** What an earlier press made, unless another tab has tidied it away since: the centre never heard of it. */
async function kept(store: KeyStore): Promise<Made | undefined> {
  return (await store.list()).some(({ id }) => id === made?.id) ? made : undefined;
}

async function makeKey(
  store: KeyStore,
  password: string,
  form: HTMLFormElement,
  old: KeyEntry | undefined,
): Promise<Made> {
  await tidy(store);
  const uuid = crypto.randomUUID();
  const order = { type: data.keyType, password, requestUuid: uuid, securityMode: chosenMode(form) };
  return { uuid, ...(await store.generate({ ...order, ...(old && { replaces: old.id }) })) };
}

/** The old key's word for the renewal; without its password the code that was entered is enough (SPEC A4). */
async function oldKeySigns(store: KeyStore, id: string): Promise<SignedProof | undefined> {
  const typed = need<HTMLInputElement>("#old").value;
  if (typed !== "") return prove(store, id, "renew", typed);
  return (await store.needsPassword(id)) ? undefined : prove(store, id, "renew");
}

async function run(
  store: KeyStore,
  form: HTMLFormElement,
  password: string,
  old: KeyEntry | undefined,
): Promise<void> {
  hideProblem();
  show("progress");
  step("install");
  bar(2);
  const { id, uuid } = await handingIn(async () => {
    const mine = (made = (await kept(store)) ?? (await makeKey(store, password, form, old)));
    reached("key");
    bar(15);
    const proof = old && (await oldKeySigns(store, old.id));
    await submit(mine.uuid, mine.csr, proof);
    return mine;
  });
  reached("sent");
  // The centre's own percentage fills the stretch between 20 and 80.
  await waitFor(uuid, (percent) => {
    bar(20 + percent * 0.6);
  });
  reached("issued");
  const entry = await collect(store, id, uuid, {
    told: (stage) => {
      reached(stage as Stage);
      bar(stage === "confirmed" ? 100 : 90);
    },
  });
  await finished(entry);
}

/** The key has its password: what is typed now would be another, and nobody would know which one counts. */
function keepChoices(form: HTMLFormElement): void {
  for (const input of form.querySelectorAll<HTMLInputElement>("#password, #again")) input.readOnly = true;
  for (const input of form.querySelectorAll<HTMLInputElement>("[name=mode]:not(:checked)"))
    input.disabled = true;
}

async function finished(entry: KeyEntry): Promise<void> {
  if (entry.certificate) fill(need("[data-view=done] [data-facts]"), certificateRows(entry.certificate));
  step("backup");
  show("done");
  // Back must not lead to a form that has done its work.
  history.replaceState(null, "", location.href);
  const note = maybe("[data-storage]");
  if (note && (await askForPersistence()).state !== "persistent") {
    note.textContent = text("storage.best-effort");
    note.hidden = false;
  }
}

async function start(): Promise<void> {
  const form = need<HTMLFormElement>("[data-form]");
  showRules("password");
  const store = await openStore();
  const entries = await store.list();
  // A second tab or a reload after sending: the repair page goes on from where this one was.
  if (data.application !== null) {
    location.replace("/repair/");
    return;
  }
  const old = oldKey(entries);
  if (old && (await store.needsPassword(old.id))) need("[data-old]").hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const password = checkedPassword("password", "again");
    if (password === undefined) return;
    void whileBusy(need<HTMLButtonElement>("button.first", form), () =>
      run(store, form, password, old).catch((error: unknown) => {
        step("apply");
        show("password", { focus: false });
        if (made) keepChoices(form);
        showProblem(error, made && text("obtain.kept"));
      }),
    );
  });
  show("password", { focus: false });
}

common();
start().catch(showOnlyProblem);
