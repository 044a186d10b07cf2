/** The phone's half of the upload: show the code, fetch once, open, ask for the password, keep the key (SPEC A12). */
import {
  askForPersistence,
  type Bytes,
  fromBase64Url,
  type KeyEntry,
  type KeyStore,
  loadHpke,
  loadQr,
  matchingCode,
  pairingText,
  PATHS,
  readPfx,
  type Transcript,
  TransferError,
} from "../index.ts";
import { api, chosenMode, data, openStore } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { every, need, show, whileBusy } from "../page/dom.ts";
import { certificateRows, fill } from "../page/facts.ts";
import { clock, page, text } from "../page/page.ts";
import { givenPassword } from "../page/passwords.ts";
import { hideProblem, showOnlyProblem, showProblem } from "../page/problems.ts";
import { askToRemove } from "../page/removal.ts";
import { cancel, type Transfer, whileIn } from "../page/transfer.ts";

const LIVE = new Set(["valid", "expiring"]);
/** At which seconds a screen reader hears how long the code is still valid. */
const SPOKEN = new Set([120, 60, 30]);

/** What was fetched and opened: the PFX, in memory alone until its password is typed. */
let arrived: Bytes | undefined;

function forget(): void {
  arrived?.fill(0);
  arrived = undefined;
}

/** Show how long the code is valid, until `signal` is aborted. */
function countDown(until: Date, signal: AbortSignal): void {
  const tell = (): void => {
    const left = Math.max(0, Math.floor((until.getTime() - api.now().getTime()) / 1000));
    const words = text("phone.left", { time: clock(left) });
    need("[data-left]").textContent = words;
    if (SPOKEN.has(left)) need("[data-spoken]").textContent = words;
  };
  const timer = window.setInterval(tell, 1000);
  signal.addEventListener("abort", () => {
    window.clearInterval(timer);
  });
  tell();
}

async function present(transcript: Transcript): Promise<void> {
  const { drawQr } = await loadQr();
  need("[data-qr]").replaceChildren(drawQr(pairingText(transcript), text("phone.qr")));
  need("[data-view=waiting] [data-matching]").textContent = await matchingCode(transcript);
  need<HTMLTextAreaElement>("#text").value = pairingText(transcript);
  show("waiting");
}

function over(why: "expired" | "cancelled"): void {
  need("[data-view=over] [data-title]").textContent = text(`phone.${why}`);
  show("over");
}

/** One pairing, from the fresh key to the opened parcel. */
async function pair(subject: string): Promise<void> {
  hideProblem();
  const { newPhoneKey, openWith } = await loadHpke();
  const key = await newPhoneKey();
  const opened = await api.post<Transfer>(PATHS.transfers(), { public_key: key.publicKey });
  const transcript: Transcript = {
    ...{ institution: page.institution, origin: location.origin },
    ...{ session: opened.session, key: key.publicKey, subject },
  };
  const stop = new AbortController();
  const { signal } = stop;
  try {
    await present(transcript);
    countDown(new Date(opened.expires_at), signal);
    need("[data-view=waiting] [data-cancel]").addEventListener(
      "click",
      () => {
        stop.abort();
        void cancel(transcript);
        show("ready");
      },
      { signal },
    );
    const state = await whileIn("open", transcript, signal);
    if (state === undefined) return;
    if (state !== "sealed") {
      over(state === "expired" ? "expired" : "cancelled");
      return;
    }
    const parcel = await api.post<{ ciphertext: string }>(PATHS.transferCollection(opened.session), {});
    arrived = await openWith(key.pair, transcript, fromBase64Url(parcel.ciphertext));
    show("password");
  } finally {
    stop.abort();
  }
}

/** The password opens the file; the key is kept as any imported one is. */
async function keep(store: KeyStore, form: HTMLFormElement, subject: string): Promise<KeyEntry | undefined> {
  hideProblem();
  const password = givenPassword("password");
  if (password === undefined || arrived === undefined) return undefined;
  const pfx = await readPfx(arrived, password);
  try {
    if (pfx.certificate.spkiId !== subject) throw new TransferError("another_certificate");
    const expected = { subjectCommonName: data.subjects };
    return await store.importPfx(pfx, { password, securityMode: chosenMode(form), expected });
  } finally {
    pfx.pkcs8.fill(0);
  }
}

async function here(store: KeyStore, entry: KeyEntry, focus: boolean): Promise<void> {
  if (entry.certificate) fill(need("[data-view=here] [data-facts]"), certificateRows(entry.certificate));
  const note = need("[data-storage]");
  note.hidden = (await askForPersistence()).state === "persistent";
  note.textContent = text("storage.best-effort");
  need("[data-remove]").onclick = (): void => {
    void askToRemove(store, entry).then((removed) => {
      if (removed) show("ready");
    }, showProblem);
  };
  show("here", { focus });
}

function listen(store: KeyStore, subject: string): void {
  for (const button of every<HTMLButtonElement>("[data-begin]"))
    button.addEventListener("click", () => {
      void whileBusy(button, () =>
        pair(subject).catch((error: unknown) => {
          show("ready", { focus: false });
          showProblem(error);
        }),
      );
    });
  need("[data-copy]").addEventListener("click", () => {
    const words = need<HTMLTextAreaElement>("#text");
    words.select();
    void navigator.clipboard.writeText(words.value).then(() => {
      need("[data-copy]").textContent = text("phone.copied");
    }, showProblem);
  });
  const form = need<HTMLFormElement>("[data-form]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(need<HTMLButtonElement>("button.first", form), async () => {
      try {
        const entry = await keep(store, form, subject);
        if (entry === undefined) return;
        forget();
        form.reset();
        await here(store, entry, true);
      } catch (error) {
        showProblem(error);
      }
    });
  });
  need("[data-discard]").addEventListener("click", () => {
    forget();
    form.reset();
    hideProblem();
    show("ready");
  });
}

async function start(): Promise<void> {
  const { host } = data;
  if (host === null || !LIVE.has(host.status)) {
    show("none", { focus: false });
    return;
  }
  const store = await openStore();
  listen(store, host.spki);
  const entry = (await store.list()).find(({ id, state }) => id === host.spki && state === "installed");
  if (entry === undefined) show("ready", { focus: false });
  else await here(store, entry, false);
}

common();
start().catch(showOnlyProblem);
